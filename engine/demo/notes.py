"""The clinical notes of the demo lake: sentences put together, every planted value noted with its place."""

# ruff: noqa: PLR2004 - a generator is made of chosen shares and sizes

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any

import pyarrow as pa
from numpy.random import Generator

from engine.demo import prose
from engine.demo.people import TODAY, Numbers
from engine.demo.truth import Ledger

PLANTED = {
    **dict.fromkeys(("full", "full_upper", "last_first", "first", "last", "last_possessive", "first_possessive", "title_last",
                     "initials", "initials_last", "relative", "relative_first", "doctor", "doctor_initial"), "PERSON"),
    "phone": "PHONE_NUMBER", "relative_phone": "PHONE_NUMBER", "email": "EMAIL_ADDRESS", "street": "STREET_ADDRESS",
    "city": "LOCATION", "mrn": "MEDICAL_RECORD_NUMBER", "ssn": "US_SSN",
    "insurance": "INSURANCE_NUMBER", "age": "AGE", "age_year": "AGE",
    "dob": "DATE_OF_BIRTH", "visit": "DATE_TIME", "url": "URL", "ip": "IP_ADDRESS",
}
"""Slot → entity type that it plants."""

DESK = {"phone": "(503) 555-0100", "email": "desk@hospital.example.org", "ssn": "219-09-9999", "ip": "10.0.0.7"}
"""What a note says where the patient's own is not known."""

KINDS = tuple(prose.OPENINGS)


@dataclass(frozen=True)
class Slot:
    """What stands in a slot: ``before`` and ``after`` surround the private ``value`` but are not private themselves."""

    value: str
    before: str = ""
    after: str = ""


def notes(rng: Generator, numbers: Numbers, people: pa.Table, staff: list[str], *, count: int, ledger: Ledger) -> pa.Table:
    """Returns the notes table: ``count`` texts about random patients, planted values noted in ``ledger``."""
    who = rng.integers(people.num_rows, size=count)
    about = people.take(pa.array(who)).to_pylist()
    ids = [f"NT-{n}" for n in numbers.distinct(1_000_000, 10_000_000, count)]
    columns: dict[str, list[Any]] = {name: [] for name in ("kind", "author", "written", "text")}
    for note_id, patient in zip(ids, about, strict=True):
        kind = str(rng.choice(KINDS, p=[0.25, 0.25, 0.15, 0.2, 0.15]))
        written = TODAY - dt.timedelta(days=int(rng.integers(1, 800)))
        author = _one(rng, staff)
        slots = _Slots(rng, patient, author, written)
        text, planted = fill(_template(rng, kind), slots)
        for start, end, entity_type in planted:
            ledger.add("notes", note_id, "text", start, end, entity_type, text[start:end])
        for name, cell in zip(columns, (kind, f"Dr. {author}", written, text), strict=True):
            columns[name].append(cell)
    return pa.table({"note_id": ids, "patient_id": [patient["patient_id"] for patient in about], **columns})


def fill(template: str, slots: dict[str, Slot]) -> tuple[str, list[tuple[int, int, str]]]:
    """Returns the text, and (start, end, entity type) of each planted value in it, in characters."""
    text, planted = "", []
    for literal, slot, _, _ in Formatter().parse(template):
        text += literal
        if slot:
            filled = slots[slot]
            start = len(text) + len(filled.before)
            text += filled.before + filled.value + filled.after
            if slot in PLANTED and _identifies(PLANTED[slot], filled.value):
                planted.append((start, start + len(filled.value), PLANTED[slot]))
    return text, planted


def _identifies(entity_type: str, value: str) -> bool:
    """Whether it points at a person. Ages do above 89: 45 CFR 164.514(b)(2)(i)(C)."""
    return entity_type != "AGE" or int(value.partition("-")[0]) > 89


def _template(rng: Generator, kind: str) -> str:
    middles = rng.choice(len(prose.MIDDLES), int(rng.integers(3, 8)), replace=False)
    parts = [_one(rng, prose.OPENINGS[kind]), *(prose.MIDDLES[place] for place in middles), _one(rng, prose.CLOSINGS)]
    return ("\n" if rng.random() < 0.2 else " ").join(parts)  # some write line by line


def _one(rng: Generator, among: Sequence[str]) -> str:
    return among[int(rng.integers(len(among)))]


class _Slots(dict[str, Slot]):
    """Fills slots when a template first asks for them; dates and numbers that may repeat are drawn anew each time."""

    def __init__(self, rng: Generator, patient: dict[str, Any], author: str, written: dt.date) -> None:
        super().__init__()
        self._rng, self._patient, self._author, self._written = rng, patient, author, written
        self.first, _, self.last = patient["full_name"].partition(" ")
        contact = patient["contact"] or {"relation": "neighbor", "phone": None}
        self.relation, self.relative_phone = contact["relation"], contact["phone"]
        self.relative = patient["next_of_kin"] or f"{author.partition(' ')[0]} {self.last}"

        self.update(self._names())

    def __missing__(self, name: str) -> Slot:
        for source in (self._doctor, self._identifier, self._date, self._chance):
            slot = source(name)
            if slot is not None:
                return slot
        raise KeyError(name)

    def _names(self) -> dict[str, Slot]:
        first, last = self.first, self.last
        doctor_first, _, doctor_last = self._author.partition(" ")
        return {
            "full": Slot(f"{first} {last}"), "full_upper": Slot(f"{first} {last}".upper()),
            "last_first": Slot(f"{last}, {first}"), "first": Slot(first), "last": Slot(last),
            "last_possessive": Slot(last, after="'s"), "first_possessive": Slot(first, after="'s"),
            "title_last": Slot(last, before="Ms. " if self._patient["sex"] == "female" else "Mr. "),
            "initials": Slot(f"{first[0]}. {last[0]}."), "initials_last": Slot(f"{first[0]}. {last}"),
            "relative": Slot(self.relative), "relative_first": Slot(self.relative.split()[0]),
            "relation": Slot(self.relation), "relation_cap": Slot(self.relation.capitalize()),
            "doctor_initial": Slot(f"{doctor_first[0]}. {doctor_last}", after=", MD"),
        }

    def _doctor(self, name: str) -> Slot | None:
        if name != "doctor":
            return None
        full = self._rng.random() < 0.5  # both are common
        return Slot(self._author if full else self._author.partition(" ")[2], before="Dr. ")

    def _identifier(self, name: str) -> Slot | None:
        patient = self._patient
        simple = {"phone": "phone", "email": "email", "street": "street", "city": "city", "mrn": "mrn", "ssn": "ssn",
                  "insurance": "insurance_no", "ip": "portal_ip"}
        if name in simple:
            return Slot(patient[simple[name]] or DESK[name])
        if name == "relative_phone":
            return Slot(self.relative_phone or DESK["phone"])
        if name == "url":
            return Slot(f"https://images.example.org/{patient['mrn'].lower()}/{int(self._rng.integers(100, 999))}")
        return None

    def _date(self, name: str) -> Slot | None:
        born = self._patient["birth_date"]
        age = (self._written - born).days * 4 // 1461
        if name == "dob":
            return Slot(spell(born, int(self._rng.integers(4))))
        if name == "visit":
            return Slot(spell(self._written - dt.timedelta(days=int(self._rng.integers(0, 40))), int(self._rng.integers(6))))
        return {"age": Slot(str(age)), "age_year": Slot(f"{age}-year-old")}.get(name)

    def _chance(self, name: str) -> Slot | None:
        rng, n = self._rng, self._rng.integers
        complaint = _one(rng, prose.COMPLAINTS)
        made = {
            "complaint": complaint, "complaint_cap": complaint.capitalize(), "drug": _one(rng, prose.DRUGS),
            "dose": str(int(n(1, 20)) * 5), "bp": f"{n(95, 180)}/{n(55, 105)}", "pulse": str(n(52, 118)),
            "temp": f"{n(361, 392) / 10}",
            "sat": str(n(89, 100)), "lab": f"{n(80, 165) / 10}", "creatinine": f"{n(6, 24) / 10}", "crp": str(n(1, 180)),
            "pain": str(n(1, 9)), "weeks": str(n(2, 30)), "bed": str(n(1, 38)),
            "ward": _one(rng, prose.WARDS),
            "diagnosis": self._patient["diagnosis"].partition(" ")[2].lower(),
            "occupation": (self._patient["occupation"] or "employee").lower(),
        }
        return Slot(made[name]) if name in made else None


def spell(day: dt.date, form: int) -> str:
    """Returns ``day`` in one of six spellings: ISO, US, long, short, dotted, US without zeros."""
    month = day.strftime("%B")
    return (day.isoformat(), day.strftime("%m/%d/%Y"), f"{month} {day.day}, {day.year}", f"{day.day} {month[:3]} {day.year}",
            day.strftime("%d.%m.%Y"), f"{day.month}/{day.day}/{day.year % 100:02d}")[form]
