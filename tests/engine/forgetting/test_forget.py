"""Who was forgotten cannot be read or linked any more, whatever is tried; everybody else can."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from typer.testing import CliRunner

from engine import road
from engine.ciphers.opening import opened_each
from engine.ciphers.sealed import Label
from engine.errors import GuaranteeNotMet, InputError, PolicyError, SetupError
from engine.forgetting import forget
from jobs.cli import app
from schemas.certificate import Certificate
from tests.engine.forgetting.clients import KEEP, MAILS, PEOPLE, all_keys, key_table, opened, policy_of, release


@pytest.mark.slow
def test_who_was_forgotten_cannot_be_read_or_linked(lake):
    first = release("first")
    assert opened() == MAILS
    table = key_table()
    names, start = table.named(pa.array(PEOPLE)), table.table().version()
    done = forget([policy_of()], "leave.parquet", Path("certificate.json"))
    gone, kept = [1, 4], [0, 2, 3, 5]

    assert done.proven
    assert (done.subjects, done.keys[0].destroyed, done.keys[0].without) == (3, 2, 1)
    assert (done.keys[0].before.found, done.keys[0].after.found) == (4, 0)
    assert opened() == [None if place in gone else mail for place, mail in enumerate(MAILS)]

    # With the key that wraps and everything that is still on disk.
    label = Label("mail", "mail", 1, b"")
    values, wrong = opened_each(first["mail"].combine_chunks(), all_keys(table), label)
    assert values.to_pylist() == [None if place in gone else mail.encode() for place, mail in enumerate(MAILS)]
    assert wrong.tolist() == [place in gone for place in range(6)]
    with pytest.raises(Exception, match=r"(?i)no such file|not found"):
        DeltaTable("clients.keys", version=start).to_pyarrow_table()
    stored = b"".join(file.read_bytes() for file in Path("clients.keys").rglob("*") if file.is_file())
    assert [names[place].as_py().encode() in stored for place in range(6)] == [place in kept for place in range(6)]

    # Linking: a later release gives those who come back other tokens, and everybody else the same.
    second = release("second")
    assert [first["id"][place] == second["id"][place] for place in range(6)] == [place in kept for place in range(6)]
    assert not {first["mail"][place].as_py() for place in gone} & set(second["mail"].to_pylist())
    assert first["phone"].equals(second["phone"])  # not under the subjects' own keys: the certificate says so


@pytest.mark.slow
def test_forgetting_again_changes_nothing_and_goes_on(lake):
    release("first")
    forget([policy_of()], "leave.parquet", Path("one.json"))
    again = forget([policy_of()], "leave.parquet", Path("two.json"))
    assert again.proven
    assert (again.keys[0].destroyed, again.keys[0].without) == (0, 3)


@pytest.mark.slow
def test_a_run_cut_short_before_the_purge_is_made_good(lake):
    release("first")
    table = key_table()
    rows = table.wrapped(table.named(pa.array(["p1", "p4"])))
    table.table().merge(rows.select(["subject"]), "held.subject = gone.subject", source_alias="gone",
                        target_alias="held").when_matched_delete().execute()
    done = forget([policy_of()], "leave.parquet", Path("certificate.json"))
    assert (done.keys[0].destroyed, done.keys[0].before.found) == (2, 4)  # in the version before
    assert done.proven


@pytest.mark.slow
def test_old_files_of_nobody_are_removed_and_young_ones_are_told(lake):
    release("first")
    part = next(Path("clients.keys").glob("*.parquet"))
    copies = [Path("clients.keys") / name for name in ("part-old.parquet", "part-young.parquet")]
    for file in Path("clients.keys").glob("*.parquet"):
        if b"p1" and key_table().named(pa.array(["p1"]))[0].as_py().encode() in file.read_bytes():
            part = file
    for copy in copies:
        shutil.copy(part, copy)
    os.utime(copies[0], (0, 0))
    with pytest.raises(GuaranteeNotMet, match="the same call again after"):
        forget([policy_of()], "leave.parquet", Path("certificate.json"))
    found = Certificate.model_validate_json(Path("certificate.json").read_text())
    assert not found.proven
    assert found.keys[0].left_over == 1
    assert {one.state for one in found.columns} == {"remains"}
    assert found.keys[0].until is not None
    assert found.keys[0].until > dt.datetime.now(dt.UTC)
    assert [copy.exists() for copy in copies] == [False, True]
    os.utime(copies[1], (0, 0))
    assert forget([policy_of()], "leave.parquet", Path("certificate.json")).finished


def test_nothing_is_destroyed_before_all_is_known_to_work(lake):
    release("first")
    absent = policy_of("other", subject_keys={"table": "absent.keys", "key": "env:CASE_KEY"})
    wrong = ([policy_of(), absent], "c.json", InputError), ([policy_of()], "leave.parquet/c.json", SetupError)
    for policies, out, error in wrong:
        with pytest.raises(error):
            forget(policies, "leave.parquet", Path(out))
        assert not Path("c.json").exists()
    pq.write_table(pa.table({"id": [dt.date(2020, 1, 1)]}), "days.parquet")
    with pytest.raises(InputError, match="subjects are listed as"):
        forget([policy_of()], "days.parquet", Path("c.json"))
    assert opened() == MAILS


@pytest.mark.parametrize(("change", "error", "says"), [
    ({"key": "env:OTHER_KEY"}, InputError, "wrapped under another key"),
    ({"key": "env:ABSENT_KEY"}, SetupError, "a key is missing"),
])
def test_another_key_is_refused(lake, change, error, says):
    release("first")
    other = policy_of(subject_keys={"table": "clients.keys", **change})
    with pytest.raises(error, match=says):
        forget([other], "leave.parquet", Path("c.json"))
    assert not Path("c.json").exists()
    assert opened() == MAILS


@pytest.mark.slow
def test_what_is_asked_wrongly_is_refused(lake):
    release("first")
    plain = policy_of("x", subject_keys=None, columns={
        "id": {"role": "direct", "operator": "drop"}, "visit": {"role": "insensitive", **KEEP}})
    with pytest.raises(PolicyError, match="no subjects' keys"):
        forget([plain], "leave.parquet", Path("c.json"))
    with pytest.raises(InputError, match="has no column 'idd'"):
        forget([policy_of()], "leave.parquet", Path("c.json"), "idd")
    with pytest.raises(InputError, match="there is no table here"):
        forget([policy_of()], "absent.parquet", Path("c.json"))
    Path("c.json").write_text("a certificate")
    with pytest.raises(InputError, match="something is there"):
        forget([policy_of()], "leave.parquet", Path("c.json"))
    assert Path("c.json").read_text() == "a certificate"
    Path("killed.json").touch()
    assert forget([policy_of()], "leave.parquet", Path("killed.json")).proven
    with pytest.raises(InputError, match="something is there"):
        forget([policy_of()], "leave.parquet", Path(os.devnull))
    assert not Path(os.devnull).is_file()
    (lake / "else").mkdir()
    (lake / "else" / "file").touch()
    with pytest.raises(InputError, match="something else"):
        road.anonymize(policy_of("y", subject_keys={"table": "else", "key": "env:CASE_KEY"}), road.open_backend("local"))


@pytest.mark.slow
def test_the_command_says_what_it_did(lake):
    release("first")
    Path("policy.yaml").write_text(json.dumps(policy_of().model_dump(mode="json", exclude_none=True, by_alias=True)))
    done = CliRunner().invoke(app, ["forget", "leave.parquet", "--policy", "policy.yaml", "--out", "c.json"])
    assert done.exit_code == 0, done.output
    for word in ("unlinkable", "unreadable", "still holds 2", "backups"):
        assert word in done.output
    plain = CliRunner().invoke(app, ["forget", "leave.parquet", "--policy", "policy.yaml", "--out", "d.json", "--json"])
    assert json.loads(plain.stdout)["subjects"] == 3
