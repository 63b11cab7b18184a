"""Writing the demo lake: three Delta tables, and beside them the truth about what was planted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from deltalake import write_deltalake

from engine.demo.notes import notes
from engine.demo.people import Numbers, patients
from engine.demo.stays import encounters, physicians
from engine.demo.truth import Ledger, Planted
from engine.errors import InputError

IDENTIFYING = {
    "patients": {
        "patient_id": "PATIENT_ID", "mrn": "MEDICAL_RECORD_NUMBER", "full_name": "PERSON", "birth_date": "DATE_OF_BIRTH",
        "street": "STREET_ADDRESS", "city": "LOCATION", "phone": "PHONE_NUMBER", "email": "EMAIL_ADDRESS", "ssn": "US_SSN",
        "insurance_no": "INSURANCE_NUMBER", "portal_ip": "IP_ADDRESS", "next_of_kin": "PERSON",
        "contact.phone": "PHONE_NUMBER", "contact.email": "EMAIL_ADDRESS",
    },
    "encounters": {
        "encounter_id": "ENCOUNTER_ID", "patient_id": "PATIENT_ID", "admitted": "DATE_TIME", "discharged": "DATE_TIME",
        "physician": "PERSON",
    },
    "notes": {"note_id": "NOTE_ID", "patient_id": "PATIENT_ID", "author": "PERSON", "written": "DATE_TIME"},
}
"""Table → column path → entity type that it holds."""

MOST_PATIENTS = 11_000


@dataclass(frozen=True)
class Truth:
    """What was written.

    Attributes:
        folder: Where; the tables are ``lake/patients``, ``lake/encounters``, ``lake/notes`` in it, the truth ``truth/``.
        rows: Table → rows.
        planted: Entity type → planted values.
    """

    folder: Path
    rows: dict[str, int]
    planted: dict[str, int]


def generate(folder: Path, *, seed: int = 7, patients: int = 8000) -> Truth:
    """Writes the demo lake and its truth. The same seed and size give the same rows.

    Args:
        folder: A folder that holds no lake yet; it is made if it is absent.
        seed: Of the random generator; no clock and no other source of chance is used.
        patients: Rows of ``patients``, at most 11,000; encounters are one and a half times, notes three eighths as many.

    Raises:
        InputError: If there is a lake in ``folder`` already, or more patients are asked for than there are fictional phones.
    """
    folder = Path(folder)
    if (folder / "lake").exists():
        raise InputError("there is a lake already", where=str(folder), next="name a new folder, or remove this one")
    if not 1 <= patients <= MOST_PATIENTS:
        raise InputError(f"cannot invent {patients:,} patients", allowed=f"1 to {MOST_PATIENTS:,}")
    tables, planted = tables_of(seed, patients)
    for name, table in tables.items():
        write_deltalake(str(folder / "lake" / name), table)
    planted.write(folder)
    return Truth(folder, {name: table.num_rows for name, table in tables.items()}, planted.counts())


def tables_of(seed: int, count: int) -> tuple[dict[str, pa.Table], Planted]:
    """Returns the three tables by name, and what is planted in them."""
    rng = np.random.default_rng(seed)
    numbers, ledger = Numbers(rng), Ledger()
    people = patients(rng, numbers, count)
    staff = physicians(rng)
    stays = encounters(rng, numbers, people, staff, count * 3 // 2)
    texts = notes(rng, numbers, people, staff, count=count * 3 // 8, ledger=ledger)
    tables = {"patients": people, "encounters": stays, "notes": texts}
    for name, columns in IDENTIFYING.items():
        ids = tables[name].column(0).to_pylist()
        for path, entity_type in columns.items():
            ledger.column(name, ids, path, entity_type, _texts(tables[name], path))
    return tables, ledger.planted()


def _texts(table: pa.Table, path: str) -> list[str | None]:
    column, _, inner = path.partition(".")
    cells = table[column].to_pylist()
    if inner:
        cells = [cell and cell[inner] for cell in cells]
    spelled = [cell.isoformat() if isinstance(cell, dt.date) else cell for cell in cells]
    return [None if cell is None else str(cell).removeprefix("Dr. ") for cell in spelled]
