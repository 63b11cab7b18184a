"""The encounters of the demo lake: stays of the patients on the wards, under the physicians of the house."""

# ruff: noqa: PLR2004 - a generator is made of chosen shares and sizes

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
from numpy.random import Generator

from engine.demo.people import TODAY, Numbers, first_names, last_names

# Where patients with a diagnosis are treated, and for how many days.
WARDS = {
    "O80": ("Maternity", 3), "J45": ("Pulmonology", 3), "F32": ("Psychiatry", 12), "G40": ("Neurology", 4),
    "K80": ("Surgery", 3), "I10": ("Internal Medicine", 3), "E11": ("Internal Medicine", 5), "C50": ("Oncology", 6),
    "C61": ("Oncology", 6), "J44": ("Pulmonology", 7), "I25": ("Cardiology", 6), "S72": ("Orthopedics", 10),
}


def physicians(rng: Generator, count: int = 48) -> list[str]:
    """Returns the full names of the house's physicians, without title."""
    sex = rng.choice(["female", "male"], count).tolist()
    return [f"{a} {b}" for a, b in zip(first_names(rng, sex), last_names(rng, count), strict=True)]


def encounters(rng: Generator, numbers: Numbers, people: pa.Table, staff: list[str], count: int) -> pa.Table:
    """Returns the encounters table: ``count`` stays over the two and a half years before the export."""
    # Some come often: the same person has several rows, so that a subject's contribution has to be bounded.
    eager = rng.gamma(0.8, 1.0, people.num_rows)
    who = rng.choice(people.num_rows, count, p=eager / eager.sum())
    diagnosis = np.array(people["diagnosis"].to_pylist())[who]
    births = np.array([(TODAY - day).days for day in people["birth_date"].to_pylist()])[who]
    ward, typical = zip(*(WARDS[name.split()[0]] for name in diagnosis), strict=True)
    stay = np.clip(rng.gamma(2.0, np.array(typical) / 2.0), 1, 60).astype(int)
    ago = rng.integers(61, 900, count)
    admitted = [TODAY - dt.timedelta(days=int(n)) for n in ago]
    age = (births - ago) / 365.25
    readmitted = rng.random(count) < np.clip(0.04 + 0.002 * np.maximum(age - 40, 0) + 0.008 * stay, 0, 0.6)
    per_day = {"Psychiatry": 900, "Maternity": 900, "Oncology": 1900, "Cardiology": 1900}
    rate = np.array([per_day.get(name, 1300) for name in ward])
    by_ward = {name: rng.choice(staff, 6, replace=False) for name in sorted(set(ward))}
    return pa.table({
        "encounter_id": [f"EN-{n}" for n in numbers.distinct(1_000_000, 10_000_000, count)],
        "patient_id": pa.array(people["patient_id"].to_pylist()).take(pa.array(who)),
        "admitted": pa.array(admitted, pa.date32()),
        "discharged": pa.array([None if hole else day + dt.timedelta(days=int(n)) for day, n, hole
                                in zip(admitted, stay, rng.random(count) < 0.01, strict=True)], pa.date32()),  # not closed yet
        "age": pa.array(age.astype(int), pa.int32()),
        "sex": pa.array(people["sex"].to_pylist()).take(pa.array(who)),
        "ward": list(ward),
        "physician": [f"Dr. {rng.choice(by_ward[w])}" for w in ward],
        "reason": diagnosis.tolist(),
        "emergency": pa.array(rng.random(count) < np.where(np.isin(ward, ["Cardiology", "Orthopedics"]), 0.7, 0.3)),
        "cost": pa.array((stay * rate * np.exp(rng.normal(0, 0.2, count))).round(2), pa.float64()),
        "readmitted": pa.array(readmitted),
    })
