"""The patients of the demo lake: who they are, how they are reached, what they suffer from."""

# ruff: noqa: PLR2004 - a generator is made of chosen shares and sizes

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache

import numpy as np
import pyarrow as pa
from faker.providers.address.en_US import Provider as Places
from faker.providers.job.en_US import Provider as Jobs
from faker.providers.person.en_US import Provider as Names
from numpy.random import Generator

TODAY = dt.date(2025, 6, 30)
"""The day the demo lake was 'exported'. Ages count to it, so that the lake does not depend on the clock."""

# City, first postal code, number of codes, share of patients, how much the air and the jobs there wear people out.
CITIES = (
    ("Alderbrook", 97301, 6, 0.26, 1.0), ("Brookhaven", 97321, 4, 0.18, 1.5), ("Castleton", 97333, 3, 0.12, 0.7),
    ("Dunmore", 97351, 3, 0.10, 1.2), ("Eastlinden", 97361, 2, 0.09, 0.8), ("Fairwater", 97370, 2, 0.08, 0.6),
    ("Graniteville", 97381, 2, 0.07, 1.6), ("Harrowgate", 97390, 1, 0.06, 0.9), ("Ivycross", 97401, 1, 0.04, 1.0),
)

# Diagnosis, share at 18-39, 40-59, 60-74, 75+, typical yearly cost in dollars.
DIAGNOSES = (
    ("O80 Delivery", 0.20, 0.02, 0.00, 0.00, 9_000), ("J45 Asthma", 0.18, 0.09, 0.05, 0.03, 2_600),
    ("F32 Depression", 0.20, 0.15, 0.08, 0.06, 3_900), ("G40 Epilepsy", 0.08, 0.05, 0.03, 0.03, 5_200),
    ("K80 Gallstones", 0.10, 0.13, 0.09, 0.06, 6_800), ("I10 Hypertension", 0.06, 0.20, 0.21, 0.18, 1_900),
    ("E11 Type 2 diabetes", 0.05, 0.15, 0.17, 0.14, 7_400), ("C50 Breast cancer", 0.03, 0.07, 0.07, 0.05, 24_000),
    ("C61 Prostate cancer", 0.00, 0.04, 0.09, 0.08, 19_000), ("J44 COPD", 0.01, 0.06, 0.11, 0.11, 8_800),
    ("I25 Ischaemic heart disease", 0.01, 0.08, 0.14, 0.17, 14_500), ("S72 Femur fracture", 0.02, 0.02, 0.05, 0.14, 17_500),
)

# Runs of area codes in use in the United States; with 555-0100 to 555-0199 they make valid numbers that nobody has.
AREA_CODES = (
    (201, 203), (205, 210), (212, 220), (223, 225), (227, 229), (234, 235), (239, 240), (251, 254), (269, 270), (301, 305),
    (307, 310), (312, 321), (323, 327), (329, 332), (336, 337), (346, 347), (350, 353), (360, 361), (363, 364), (385, 386),
    (401, 402), (404, 410), (412, 415), (423, 425), (434, 435), (442, 443), (447, 448), (463, 464), (469, 470), (478, 480),
    (500, 505), (507, 510), (512, 513), (515, 518), (520, 522), (525, 534), (539, 541), (561, 564), (566, 567), (570, 575),
    (585, 586), (601, 603), (605, 610), (614, 620), (628, 631), (640, 641), (645, 646), (650, 651), (656, 657), (659, 662),
    (680, 682), (701, 704), (706, 708), (712, 720), (724, 728), (730, 732), (737, 738), (747, 748), (762, 763), (769, 775),
    (785, 786),
)

ALLERGIES = ("penicillin", "latex", "ibuprofen", "pollen", "peanuts", "iodine contrast", "sulfonamides", "shellfish")
RELATIONS = {"female": ("wife", "daughter", "mother", "sister"), "male": ("husband", "son", "father", "brother")}
MAIL_HOSTS = ("example.com", "example.org", "example.net", "mail.example.com", "post.example.org")
UNCOMMON = ("O'Brien", "Núñez", "García-López", "D'Angelo", "Müller", "Van der Berg", "McAllister", "Sørensen")


@cache
def _weighted(sex: str) -> tuple[np.ndarray, np.ndarray]:
    listed = {"female": Names.first_names_female, "male": Names.first_names_male, "last": Names.last_names}[sex]
    weights = np.array(list(listed.values()), dtype=float)
    return np.array(list(listed)), weights / weights.sum()


def first_names(rng: Generator, sex: Sequence[str]) -> list[str]:
    """Returns a first name for each sex, by its frequency in the United States (Faker's list)."""
    drawn = {each: iter(rng.choice(_weighted(each)[0], len(sex), p=_weighted(each)[1])) for each in ("female", "male")}
    return [str(next(drawn[each])) for each in sex]


def last_names(rng: Generator, count: int) -> list[str]:
    """Returns surnames by their frequency in the United States; one in fifty is of a kind that breaks naive patterns."""
    names, weights = _weighted("last")
    drawn: list[str] = rng.choice(names, count, p=weights).tolist()
    for place in np.flatnonzero(rng.random(count) < 0.02):  # as stated
        drawn[place] = UNCOMMON[int(rng.integers(len(UNCOMMON)))]
    return drawn


class Numbers:
    """Draws numbers that nobody else in the lake has: 22,000 phones at most, all of the block kept for fiction."""

    def __init__(self, rng: Generator) -> None:
        self._rng = rng
        self._areas = [code for low, high in AREA_CODES for code in range(low, high + 1)]
        self._phones = iter(rng.permutation(len(self._areas) * 100).tolist())

    def phone(self) -> str:
        """Returns a phone number in one of five common spellings."""
        place = next(self._phones)
        area, line = self._areas[place // 100], f"01{place % 100:02d}"
        spelling = int(self._rng.integers(5))
        return (f"({area}) 555-{line}", f"{area}-555-{line}", f"{area}.555.{line}", f"+1 {area} 555 {line}",
                f"+1-{area}-555-{line}")[spelling]

    def distinct(self, low: int, high: int, count: int) -> list[int]:
        """Returns ``count`` distinct whole numbers from ``low`` up to, without, ``high``."""
        drawn: list[int] = (low + self._rng.choice(high - low, count, replace=False)).tolist()
        return drawn


def _ssn(rng: Generator, count: int) -> list[str]:
    """Valid structure: area 001-899 without 666, group 01-99, serial 0001-9999 (Social Security Administration)."""
    areas = np.array([area for area in range(1, 900) if area != 666])  # never assigned
    codes = rng.choice(len(areas) * 99 * 9999, count, replace=False)
    return [f"{areas[c // (99 * 9999)]:03d}-{c // 9999 % 99 + 1:02d}-{c % 9999 + 1:04d}" for c in codes.tolist()]


def _ages(rng: Generator, count: int) -> np.ndarray:
    old = rng.random(count) < 0.55  # hospitals see more of the old
    ages = np.where(old, rng.normal(68, 12, count), rng.normal(38, 12, count))
    # Folded back rather than cut off: a cut would give many the same birthday, and k would let that day pass as it is.
    return 18.0 + 80.0 - np.abs((ages - 18.0) % 160.0 - 80.0)


def _diagnoses(rng: Generator, ages: np.ndarray, sex: list[str], smoking: list[str | None], bmi: np.ndarray) -> list[str]:
    shares = np.array([row[1:5] for row in DIAGNOSES], dtype=float)
    names = [row[0] for row in DIAGNOSES]
    weights = shares[:, np.digitize(ages, [40, 60, 75])].T.copy()
    female, smoker = np.array(sex) == "female", np.array(smoking) == "current"
    where = {name.split()[0]: place for place, name in enumerate(names)}
    weights[~female, where["O80"]] = 0
    weights[female, where["C61"]] = 0
    weights[~female, where["C50"]] *= 0.02
    weights[smoker, where["J44"]] *= 6
    weights[smoker, where["I25"]] *= 2
    weights[bmi > 31, where["E11"]] *= 4  # obesity
    weights[bmi > 31, where["I10"]] *= 1.5
    edges = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    return [names[place] for place in (rng.random(len(ages))[:, None] > edges).sum(axis=1)]


def patients(rng: Generator, numbers: Numbers, count: int) -> pa.Table:
    """Returns the patients table: ``count`` rows, one a person."""
    sex = np.where(rng.random(count) < 0.53, "female", "male").tolist()  # slightly more women
    first, last = first_names(rng, sex), last_names(rng, count)
    ages = _ages(rng, count)
    city = rng.choice(len(CITIES), count, p=[row[3] for row in CITIES])
    wear = np.array([row[4] for row in CITIES])[city]
    smokes = rng.random(count) < 0.17 * wear
    smoking = np.where(smokes, "current", np.where(rng.random(count) < 0.3 * ages / 60, "former", "never")).tolist()
    bmi = np.clip(rng.normal(26.3 + 1.2 * (wear - 1) + 0.03 * (ages - 50), 4.6, count), 15.5, 52.0).round(1)
    diagnosis = _diagnoses(rng, ages, sex, smoking, bmi)
    typical = np.array([{row[0]: row[5] for row in DIAGNOSES}[name] for name in diagnosis])
    cost = (typical * np.exp(rng.normal(0, 0.35, count)) * (0.75 + ages / 160)).round(2)
    next_of_kin, contact = _relatives(rng, numbers, last)
    return pa.table({
        "patient_id": [f"PT-{n}" for n in numbers.distinct(100_000, 1_000_000, count)],
        "mrn": [f"RM{n}" for n in numbers.distinct(1_000_000, 10_000_000, count)],
        "full_name": [f"{a} {b}" for a, b in zip(first, last, strict=True)],
        "sex": _holes(rng, sex, 0.004),
        "birth_date": pa.array([TODAY - dt.timedelta(days=int(age * 365.25)) for age in ages], pa.date32()),
        "street": _streets(rng, count),
        "city": [CITIES[c][0] for c in city],
        "postal_code": _holes(rng, [str(CITIES[c][1] + int(rng.integers(CITIES[c][2]))) for c in city], 0.006),
        "phone": _holes(rng, [numbers.phone() for _ in range(count)], 0.03),
        "email": _holes(rng, _emails(rng, first, last), 0.12),
        "ssn": _holes(rng, _ssn(rng, count), 0.02),
        "insurance_no": [f"HPX-{n // 10_000}-{n % 10_000:04d}" for n in numbers.distinct(10_000_000, 100_000_000, count)],
        "portal_ip": _holes(rng, [_ip(n) for n in numbers.distinct(70_000, 1 << 24, count)], 0.4),
        "next_of_kin": next_of_kin,
        "contact": contact,
        "occupation": _holes(rng, _occupations(rng, ages), 0.1),
        "allergies": pa.array([sorted(rng.choice(ALLERGIES, n, replace=False).tolist())
                               for n in rng.poisson(0.6, count).clip(0, 4)], pa.list_(pa.string())),
        "smoking": _holes(rng, smoking, 0.03),
        "bmi": pa.array(_holes(rng, bmi.tolist(), 0.06), pa.float64()),
        "blood_type": rng.choice(["O+", "A+", "B+", "AB+", "O-", "A-", "B-", "AB-"], count,
                                 p=[0.374, 0.357, 0.085, 0.034, 0.066, 0.063, 0.015, 0.006]).tolist(),
        "diagnosis": diagnosis,
        "annual_cost": pa.array(_holes(rng, cost.tolist(), 0.01), pa.float64()),
    })


def _holes(rng: Generator, cells: Sequence[object], share: float) -> list[object]:
    return [None if hole else cell for cell, hole in zip(cells, rng.random(len(cells)) < share, strict=True)]


def _streets(rng: Generator, count: int) -> list[str]:
    names, suffixes = last_names(rng, count), rng.choice(Places.street_suffixes, count)
    flat = [f", Apt {n}" if n < 40 else "" for n in rng.integers(1, 160, count)]  # a quarter live in flats
    return [f"{rng.integers(10, 9800)} {name} {suffix}{end}" for name, suffix, end in zip(names, suffixes, flat, strict=True)]


def _emails(rng: Generator, first: list[str], last: list[str]) -> list[object]:
    plain = [f"{a}.{b}".lower().replace(" ", "").replace("'", "").encode("ascii", "ignore").decode()
             for a, b in zip(first, last, strict=True)]
    hosts = rng.choice(MAIL_HOSTS, len(first))
    digits = rng.permutation(90 * len(first))[:len(first)] + 10
    return [f"{name}{n}@{host}" for name, n, host in zip(plain, digits, hosts, strict=True)]


def _ip(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _relatives(rng: Generator, numbers: Numbers, last: list[str]) -> tuple[list[str | None], pa.Array]:
    """Returns the next of kin's names, and how to reach them; both are null for the same patients."""
    sex = np.where(rng.random(len(last)) < 0.5, "female", "male").tolist()
    first, other = first_names(rng, sex), last_names(rng, len(last))
    surnames = [own if keep else b for own, b, keep in zip(last, other, rng.random(len(last)) < 0.65, strict=True)]
    emails = _holes(rng, _emails(rng, first, surnames), 0.5)
    rows = [{"relation": RELATIONS[s][int(rng.integers(4))], "phone": numbers.phone(), "email": email}
            for s, email in zip(sex, emails, strict=True)]
    known = rng.random(len(last)) < 0.95
    kind = pa.struct([("relation", pa.string()), ("phone", pa.string()), ("email", pa.string())])
    names = [f"{a} {b}" if there else None for a, b, there in zip(first, surnames, known, strict=True)]
    return names, pa.array([row if there else None for row, there in zip(rows, known, strict=True)], kind)


def _occupations(rng: Generator, ages: np.ndarray) -> list[object]:
    jobs = [job for job in Jobs.jobs if "," not in job][:120]
    drawn = rng.choice(jobs, len(ages)).tolist()
    return ["Retired" if age > 66 else job for age, job in zip(ages, drawn, strict=True)]  # pension age
