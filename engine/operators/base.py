"""What an operator is: parameters from the policy, a declared effect, and the kernel call it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa


@dataclass(frozen=True)
class Effect:
    """What an operator declares of itself, for the plan, the receipt and the report.

    Attributes:
        summary: One short clause in plain words: what is left of a value.
        reversible: Some key or mapping can bring values back.
        linkable: Equal values stay equal (under one key), so that rows can be joined or followed.
    """

    summary: str
    reversible: bool
    linkable: bool


@dataclass(frozen=True)
class KeyRef:
    """A subkey by reference: HKDF-SHA-256 from the key behind ``handle`` with ``info``. Never the key."""

    handle: str
    info: str

    def of_version(self, version: int) -> KeyRef:
        """Returns the subkey of a version: of the first one, this."""
        return self if version == 1 else KeyRef(self.handle, f"{self.info}/{version}")


KEY_ID = "lakeveil/v1/key-id"
"""What the bytes are derived for that name a key in tokens."""


@dataclass(frozen=True)
class KernelCall:
    """One call of a kernel: ``udfs.<kernel>.<kernel>(*inputs, **params[, subkey=...]) -> array of type output``.

    Attributes:
        kernel: Name of the module in ``udfs`` and of the function in it.
        inputs: Columns, in the order of the kernel's positional arguments.
        params: Keyword arguments, plain JSON values, sorted by name.
        output: Arrow type of the result.
        key: Where the keyword argument ``subkey`` (32 bytes) comes from, if the kernel takes one.
        more_keys: Where other keyword arguments (32 bytes each) come from.
    """

    kernel: str
    inputs: tuple[str, ...]
    output: pa.DataType
    params: tuple[tuple[str, Any], ...] = ()
    key: KeyRef | None = None
    more_keys: tuple[tuple[str, KeyRef], ...] = ()

    @property
    def keys(self) -> tuple[tuple[str, KeyRef], ...]:
        """Keyword arguments that are subkeys, and where each comes from."""
        return (*((("subkey", self.key),) if self.key else ()), *self.more_keys)


@dataclass(frozen=True)
class Context:
    """What an operator may know of its surroundings when it becomes a call.

    Attributes:
        column: The column it stands on.
        type: The column's Arrow type in the source.
        role: The column's role.
        subject: Name of the subject column, if the source has one.
        recognizers: What is looked for in text, as JSON (``engine.detect.detector.Detector``); what ships if None.
        subject_keys: Handle of the key under which the subjects' own are wrapped, if they have some.
    """

    column: str
    type: pa.DataType
    role: str
    subject: str | None = None
    recognizers: str | None = None
    subject_keys: str | None = None


class OperatorSpec(Protocol):
    """One operator. ``parameters`` is its record from ``schemas.policy.operators``."""

    name: str

    def effect(self, parameters: Any) -> Effect:  # noqa: ANN401 - the operator's own record
        """Returns what the operator declares of itself under these parameters."""
        ...

    def call(self, parameters: Any, context: Context) -> KernelCall | None:  # noqa: ANN401 - the operator's own record
        """Returns the kernel call, or None where nothing has to run (keep, drop).

        Raises:
            PolicyError: If the column's type does not fit the operator.
        """
        ...
