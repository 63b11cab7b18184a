"""From a table that holds reversible tokens to one that holds the values."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.artifacts import Artifacts, read
from engine.backends.keys import RootKey, resolve
from engine.backends.subject_keys import SUBJECT_KEYS, KeyTable
from engine.backends.tables import open_table
from engine.ciphers.opening import opened, opened_each
from engine.ciphers.sealed import Label
from engine.ciphers.within import Within
from engine.ciphers.wrapped import KEY, attached, unwrap
from engine.errors import InputError, LakeveilError, PolicyError, SetupError, nearest
from engine.operators.base import KEY_ID
from engine.operators.columns import is_text
from engine.operators.encrypt import subkeys
from engine.operators.encrypt_format import subkey_of
from engine.operators.own_keys import is_own
from engine.plan import Policy
from engine.principal import principal
from engine.release.files import commit_sha256, local_path
from engine.reversal.audit import AUDIT, DAY, Audit
from schemas.audit import FIRST, Reversal
from schemas.policy.key_handles import is_handle
from schemas.policy.operators import Encrypt, EncryptFormat
from schemas.policy.v1 import Detokenize, Source
from schemas.receipt import Receipt


@dataclass(frozen=True)
class Asked:
    """What somebody wants to see again, and why.

    Attributes:
        table: A table with columns of the release: some of its rows, say.
        columns: Which to bring back, by their released names.
        key: Handle of the key; never the policy's own by default.
        purpose: What for.
        approver: Who allowed it.
    """

    table: str
    columns: tuple[str, ...]
    key: str
    purpose: str
    approver: str


class Restored(NamedTuple):
    """What came of it: the table with values in place of tokens, and how many were and were not brought back."""

    table: pa.Table
    opened: int
    refused: int
    audit: str


def detokenize(policy: Policy, asked: Asked) -> Restored:
    """Brings values back, and writes down that it did, before and after.

    Args:
        policy: The policy that the release was made by: it says who may approve, and how much.
        asked: What for, from where, with which key.

    Returns:
        The table; null where a token is not of this key and column, or was changed.

    Raises:
        PolicyError: If the policy allows nobody, or not this approver, or a column is not reversible.
        InputError: If there are more rows than allowed, a column is missing, or the audit was changed.
        SetupError: If the key is missing, or the audit cannot be written.
        Whatever is raised once the release is known to be this policy's stands in the audit, too, with its reason.
    """
    receipt = _receipt(policy)
    place = _audit_of(policy)
    with Audit.of(place) as audit:
        call = _call(policy, asked)
        with _told(audit, call, "refused"):
            rules = _rules(policy, asked)
            operators = {name: _operator(policy, name) for name in asked.columns}
            table = _table(asked)
        call = call.model_copy(update={"rows": table.num_rows})
        with _told(audit, call, "refused"):
            _refuse_many(rules, table.num_rows, audit.rows_since(call.at - DAY), str(place))
            keys = _Keys(resolve(asked.key), policy, asked.key)
            _refuse_other_keys([operator for _, operator in operators.values()], keys.root, receipt, asked)
        audit.add(call.model_copy(update={"before": audit.last}))
        good = bad = 0
        with _told(audit, call, "failed"):
            for name, (column, operator) in operators.items():
                tokens = table[name].combine_chunks().cast(pa.string())
                values = _opened(_released(tokens, policy, name), column, operator, keys)
                table = table.set_column(table.schema.get_field_index(name), name, values)
                good += len(values) - values.null_count
                bad += values.null_count - tokens.null_count
        audit.add(call.model_copy(update={"step": "done", "at": datetime.now(UTC), "opened": good, "refused": bad,
                                          "before": audit.last}))
    return Restored(table, good, bad, str(place))


def _call(policy: Policy, asked: Asked) -> Reversal:
    """Returns what is kept of a call, before anything is known of it; a key that is named by no handle is not written down."""
    return Reversal(
        step="asked", call=uuid.uuid4().hex, at=datetime.now(UTC), user=principal(), approver=_readable(asked.approver),
        purpose=_readable(asked.purpose), policy=policy.name, policy_fingerprint=policy.fingerprint,
        table=_readable(asked.table), columns=tuple(map(_readable, asked.columns)),
        key=asked.key if is_handle(asked.key) else "(no handle)",
        rules=sha256(policy.detokenize.model_dump_json().encode()).hexdigest() if policy.detokenize else "", rows=0, before=FIRST)


@contextmanager
def _told(audit: Audit, call: Reversal, step: Literal["refused", "failed"]) -> Iterator[None]:
    """Writes down why a call ended here, if it does."""
    try:
        yield
    except Exception as error:
        reason = error.what if isinstance(error, LakeveilError) else type(error).__name__
        audit.add(call.model_copy(update={"step": step, "at": datetime.now(UTC), "reason": reason, "before": audit.last}))
        raise


def _readable(text: str) -> str:
    return text if text.isprintable() else "(unreadable)"


def _rules(policy: Policy, asked: Asked) -> Detokenize:
    rules = policy.detokenize
    if rules is None:
        raise PolicyError("the policy lets nobody bring values back", where="detokenize",
                          allowed="detokenize: {approvers: [...], rows: 1000, per_day: 10000}", next="ask its owner")
    if asked.approver not in rules.approvers:
        raise PolicyError("this approver is not among those that the policy names", where="--approver",
                          allowed=f"{len(rules.approvers)} in detokenize.approvers", next="ask one of them")
    if not (asked.purpose.strip() and asked.purpose.isprintable()):
        raise PolicyError("a purpose says something, in one line of readable signs", where="--purpose",
                          next="say what the values are needed for")
    if not asked.columns:
        raise PolicyError("no column is named", where="--column", next="name the columns to bring back")
    return rules


def _receipt(policy: Policy) -> Receipt:
    """Returns the receipt of the release that the policy made: both are there, and the audit beside them, and nowhere else."""
    receipt = read(Artifacts.of(policy).receipt, Receipt)
    if commit_sha256(policy.release.path) != receipt.commit_sha256:
        raise InputError("the receipt is of another release than lies beside it", where=policy.release.path,
                         next="restore the release and its receipt; lakeveil verify tells more")
    if receipt.policy_fingerprint != policy.fingerprint:
        raise PolicyError("the release was not made by this policy", where=policy.release.path,
                          next="name the policy that it was released by, in the folder that its paths start from")
    return receipt


def _refuse_other_keys(operators: Sequence[Encrypt | EncryptFormat], root: RootKey, receipt: Receipt, asked: Asked) -> None:
    """Tells a wrong key at once; with FF1, which knows none, it would bring back values that never were."""
    for operator in operators:
        made = receipt.keys.get(operator.key)
        if made is not None and made != root.key_id:  # of subjects' keys the receipt names none: they may be wrapped anew
            raise SetupError("another key made these values", where=asked.key, allowed=f"the key with identifier {made}",
                             next="name it with --key; lakeveil key check tells a key's identifier")


def _operator(policy: Policy, released: str) -> tuple[str, Encrypt | EncryptFormat]:
    """Returns which source column a released one is, and how it was encrypted."""
    of = {policy.released_name(name): name for name, column in policy.columns.items() if not column.dropped}
    column = of.get(released)
    if column is None:
        raise PolicyError(f"the release has no column {released!r}", where="--column", next=nearest(released, of))
    operator = policy.columns[column].operator
    found = operator and (operator.encrypt or operator.encrypt_format)
    if not found:
        raise PolicyError(f"column {released!r} cannot be brought back", where="--column",
                          allowed="columns with operator encrypt or encrypt_format")
    return column, found


def _table(asked: Asked) -> pa.Table:
    opened_ = open_table(Source(table=asked.table))
    for name in asked.columns:
        if name not in opened_.schema.names:
            raise InputError(f"the table has no column {name!r}", where=asked.table, next=nearest(name, opened_.schema.names))
        if not is_text(opened_.schema.field(name).type):
            raise InputError(f"column {name!r} holds no tokens", where=asked.table, allowed="strings",
                             next="name rows of the release")
    return pa.Table.from_batches(list(opened_.batches(opened_.schema.names)), opened_.schema)


def _audit_of(policy: Policy) -> Path:
    place = local_path(policy.release.path.rstrip("/") + AUDIT)
    if place is None:
        raise InputError("the audit's place is not on a mounted file system", where=policy.release.path, next="mount it")
    return place


def _refuse_many(rules: Detokenize, rows: int, before: int, audit: str) -> None:
    if rows > rules.rows:
        raise InputError(f"the table has {rows:,} rows, and a call may bring back {rules.rows:,}", where="detokenize.rows",
                         next="take fewer rows")
    if before + rows > rules.per_day:
        raise InputError(f"{before:,} rows were asked for in the last 24 hours, and {rules.per_day:,} may be", where=audit,
                         next="wait, or take fewer rows")


class _Keys:
    """The key that was named, and the subjects' own that are wrapped under it."""

    def __init__(self, root: RootKey, policy: Policy, handle: str) -> None:
        self.root = root
        self._policy, self._handle = policy, handle

    def own(self) -> npt.NDArray[np.uint8]:
        """Returns the subjects' keys, shape (keys, 32)."""
        written = self._policy.subject_keys
        if written is None:
            return np.zeros((0, KEY), np.uint8)
        table = KeyTable(written.table, self._handle, self.root)
        rows = pa.Table.from_batches(list(table.batches()), SUBJECT_KEYS).combine_chunks()
        return unwrap(attached(rows["subject"].combine_chunks(), rows["wrapped"].combine_chunks()), table.key)


def _released(tokens: pa.Array, policy: Policy, name: str) -> pa.Array:
    """Returns those tokens that stand in the release, null for others: this policy's approvers speak for this release alone.

    Of FF1 it is also what tells a value that was encrypted from one that never was.
    """
    release = open_table(Source(table=policy.release.path, format="delta"))
    wanted, found = pc.unique(tokens).drop_null(), []
    for batch in release.batches([name]):
        cells = batch[name].cast(pa.string())
        found.append(pc.unique(cells.filter(pc.is_in(cells, wanted))))
    known = pa.chunked_array(found, pa.string()).unique()
    return pc.if_else(pc.is_in(tokens, known), tokens, pa.scalar(None, pa.string()))


def _opened(tokens: pa.Array, column: str, operator: Encrypt | EncryptFormat, keys: _Keys) -> pa.Array:
    root = keys.root
    if isinstance(operator, EncryptFormat):
        cipher = Within(root.derive(subkey_of(operator).info), operator.signs)
        return cipher.decrypt(tokens, f"{operator.domain}/{column}".encode())
    label = Label(operator.domain, column, operator.version, root.derive(KEY_ID))
    if is_own(operator.key):
        values, _ = opened_each(tokens, keys.own(), label)
    else:
        values, _ = opened(tokens, b"".join(root.derive(half.info) for half in subkeys(operator)), label)
    return values.cast(pa.string(), safe=False) if _is_text(values) else values


def _is_text(values: pa.Array) -> bool:
    try:
        values.cast(pa.string()).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
