"""Tables and policies on which every backend must write the same release."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.plan import Policy

ENDINGS = ["Better.", "⚕ stable", ""]
KEEP = {"why": "the study asks for it"}


def visits(rows: int = 400, seed: int = 7) -> pa.Table:
    """Returns invented visits: nulls, NaN, signs of many scripts, repeated subjects."""
    rng = random.Random(seed)  # noqa: S311 - test data
    given = ["Ann", "José", "Zoë", "Ægir", "Mary Jane", "李", "O'Neil"]
    family = ["Lee", "García", "van der Berg", "Ñuñez", "Smith-Jones"]
    people = {n: f"{rng.choice(given)} {rng.choice(family)}" for n in range(rows // 3)}
    subjects = [rng.choice([*people, None]) if n % 40 == 0 else rng.choice(list(people)) for n in range(rows)]
    names = [people.get(s) if s is not None else None for s in subjects]
    start = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)
    return pa.table({
        "patient": pa.array(subjects, pa.int64()),
        "name": names,
        "mail": [None if n is None else f"{n.split()[0].lower()}@example.org" for n in names],
        "born": pa.array([dt.date(1930, 1, 1) + dt.timedelta(days=rng.randrange(30_000)) if rng.random() > .03 else None
                          for _ in range(rows)], pa.date32()),
        "zip": [rng.choice(["10115", "10117", "20095", "20097", "80331", None]) for _ in range(rows)],
        "age": pa.array([rng.randrange(18, 95) if rng.random() > .02 else None for _ in range(rows)], pa.int32()),
        "weight": [rng.choice([rng.uniform(40, 140), float("nan"), None, 72.5]) for _ in range(rows)],
        "seen": pa.array([start + dt.timedelta(seconds=rng.randrange(10**8)) for _ in range(rows)], pa.timestamp("us", tz="UTC")),
        "cost": pa.array([rng.randrange(10**6) for _ in range(rows)], pa.int64()),
        "diagnosis": [rng.choice(["flu", "asthma", "diabetes", "fracture"]) for _ in range(rows)],
        "note": [None if n is None else f"{n} was seen; write to {n.split()[0].lower()}@example.org. {rng.choice(ENDINGS)}"
                 for n in names],
    })


def policy(columns: dict[str, Any], table: Path | str, release: Path | str, **rest: Any) -> Policy:
    """Returns a policy over a table, with everything that has no meaning here filled in."""
    source = {"table": str(table), **rest.pop("source", {})}
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": "parity", "purpose": "test", "legal_basis": "none", "retention": "none",
        "source": source, "columns": columns, "release": {"path": str(release)}, **rest,
    })


def dropped(*names: str) -> dict[str, Any]:
    """Returns columns that do not reach the release."""
    return {name: {"role": "direct", "operator": "drop"} for name in names}


def every_operator(key: str) -> dict[str, Any]:
    """Returns columns that meet each operator at least once, natively and as kernels."""
    return {
        "patient": {"role": "direct", "operator": {"token": {"domain": "patient", "key": key, "form": "uuid"}}, **KEEP},
        "name": {"role": "direct", "operator": {"token": {"domain": "name", "key": key}}, **KEEP},
        "mail": {"role": "direct", "operator": {"mask": {"keep_left": 1, "keep_right": 3}}, **KEEP},
        "born": {"role": "insensitive", "operator": {"date_shift": {"key": key, "max_days": 90}}, **KEEP},
        "zip": {"role": "insensitive", "operator": {"generalize": {"hierarchy": {"mask": "right"}, "level": 2}}, **KEEP},
        "age": {"role": "insensitive", "operator": {"bucket": {"width": 10}}, **KEEP},
        "weight": {"role": "insensitive", "operator": {"noise": {"scale": 2.0, "key": key}}, **KEEP},
        "seen": {"role": "insensitive", "operator": {"date_shift": {"key": key, "max_days": 90}}, **KEEP},
        "cost": {"role": "insensitive", "operator": {"bucket": {"width": 250.5}}, **KEEP},
        "diagnosis": {"role": "sensitive", "operator": {"replace": {"with": "a disease"}}, **KEEP},
        "note": {"role": "text", "operator": {"redact": {"known": ["name", "mail"]}}, **KEEP},
    }


def reversible(key: str) -> dict[str, Any]:
    """Returns columns that a key can bring back."""
    return {
        "patient": {"role": "direct", "operator": {"encrypt": {"domain": "patient", "key": key}}, **KEEP},
        "name": {"role": "direct", "operator": {"encrypt": {"domain": "name", "key": key, "version": 2}}, **KEEP},
        "mail": {"role": "direct", "operator": {"encrypt_format": {
            "domain": "mail", "key": key, "alphabet": "lower", "short": "null", "others": "keep"}}, **KEEP},
        "cost": {"role": "insensitive", "operator": {"token": {"domain": "cost", "key": key, "form": "integer"}}, **KEEP},
        "born": {"role": "insensitive", "operator": {"token": {"domain": "day", "key": key, "form": "tagged"}}, **KEEP},
        **dropped("zip", "age", "weight", "seen", "diagnosis", "note"),
    }


def forgettable(key: str) -> dict[str, Any]:
    """Returns columns under their subjects' own keys, the subject's among them, beside one that reads the subject."""
    own = {"domain": "patient", "key": "subject"}
    return {
        "patient": {"role": "direct", "operator": {"token": own}, **KEEP},
        "name": {"role": "direct", "operator": {"encrypt": {"domain": "name", "key": "subject"}}, **KEEP},
        "mail": {"role": "direct", "operator": {"token": {**own, "domain": "mail", "form": "uuid", "version": 2}}, **KEEP},
        "seen": {"role": "insensitive", "operator": {"date_shift": {"key": key}}, **KEEP},
        "cost": {"role": "insensitive", "operator": {"token": {"domain": "cost", "key": "subject", "form": "integer"}}, **KEEP},
        **dropped("born", "zip", "age", "weight", "diagnosis"),
        "note": {"role": "text", "operator": {"redact": {"known": ["name"]}}, **KEEP},
    }


def numbers(key: str) -> dict[str, Any]:
    """Returns columns whose numbers and dates are rounded and coded, natively and as kernels."""
    return {
        "patient": {"role": "direct", "operator": {"token": {"domain": "patient", "key": key}}, **KEEP},
        "born": {"role": "insensitive", "operator": {"round": {"to": "month"}}, **KEEP},
        "age": {"role": "insensitive", "operator": {"top_bottom_code": {"bottom": 20, "top": 90, "top_label": "90+"}}, **KEEP},
        "weight": {"role": "insensitive", "operator": {"round": {"digits": 1}}, **KEEP},
        "seen": {"role": "insensitive", "operator": {"round": {"to": "hour"}}, **KEEP},
        "cost": {"role": "insensitive", "operator": {"round": {"significant": 2}}, **KEEP},
        **dropped("name", "mail", "zip", "diagnosis", "note"),
    }


def blurred(key: str) -> dict[str, Any]:
    """Returns columns with noise of each kind."""
    bounds = {"epsilon": 1, "key": key, "per": ["seen", "name"]}
    return {
        "patient": {"role": "direct", "operator": {"token": {"domain": "patient", "key": key}}, **KEEP},
        "seen": {"role": "insensitive", "operator": {"date_shift": {"key": key}}, **KEEP},
        "age": {"role": "insensitive", "operator": {"noise": {
            "distribution": "discrete_laplace", "scale": 2, "key": key}}, **KEEP},
        "weight": {"role": "insensitive", "operator": {"noise": {"delta": 1e-5, "lower": 40, "upper": 140, **bounds}}, **KEEP},
        "cost": {"role": "insensitive", "operator": {"noise": {
            "distribution": "laplace", "lower": 0, "upper": 10**6, **bounds}}, **KEEP},
        **dropped("name", "mail", "born", "zip", "diagnosis", "note"),
    }


def made_up(key: str) -> dict[str, Any]:
    """Returns columns of invented people, beside a text about them."""
    return {
        "patient": {"role": "direct", "operator": {"token": {"domain": "patient", "key": key}}, **KEEP},
        "name": {"role": "direct", "operator": {"surrogate": {"type": "PERSON", "key": key}}, **KEEP},
        "mail": {"role": "direct", "operator": {"surrogate": {"type": "EMAIL_ADDRESS", "key": key, "domain": "mail"}}, **KEEP},
        "note": {"role": "text", "operator": {"redact": {"known": ["name"], "style": "surrogate", "key": key}}, **KEEP},
        **dropped("born", "zip", "age", "weight", "seen", "cost", "diagnosis"),
    }


def generalized(key: str) -> dict[str, Any]:
    """Returns columns with quasi-identifiers of each kind and a sensitive one."""
    return {
        "patient": {"role": "direct", "operator": {"token": {"domain": "patient", "key": key}}, **KEEP},
        **dropped("name", "mail", "weight", "cost", "seen"),
        "born": {"role": "quasi", "hierarchy": {"dates": ["year", "decade"]}, **KEEP},
        "zip": {"role": "quasi", "hierarchy": {"mask": "right"}, **KEEP},
        "age": {"role": "quasi", **KEEP},
        "diagnosis": {"role": "sensitive", "rename": "dx", **KEEP},
        "note": {"role": "text", "operator": {"redact": {"known": ["name"]}}, **KEEP},
    }


def averaged(key: str) -> dict[str, Any]:
    """Returns the same columns, of which a class publishes a mean age."""
    return {**generalized(key), "age": {"role": "quasi", "aggregate": "mean", **KEEP}}


STYLES: dict[str, dict[str, Any]] = {
    "surrogates": {"style": "surrogate", "known": ["name", "mail", "born"]},
    "apart": {"style": "surrogate", "scope": "subject", "locale": "de_DE"},
    "kept_formats": {"style": "keep_format", "known": ["name"]},
    "tokens": {"style": "hash", "scope": "subject"},
    "left_out": {"style": "drop", "known": ["name"]},
    "mixed": {"style": {"EMAIL_ADDRESS": "surrogate", "KNOWN": "hash", "default": "drop"}, "known": ["name"]},
}
"""Columns of the same notes, and how their findings are written."""


def noted() -> pa.Table:
    """Returns visits with their notes once for each style."""
    table = visits()
    for name in STYLES:
        table = table.append_column(name, table["note"])
    return table.drop_columns("note")


def styled(key: str) -> dict[str, Any]:
    """Returns columns of which only notes are more than dropped: their findings in every style."""
    keyed = {name: redact if redact["style"] == "drop" else {"key": key, **redact} for name, redact in STYLES.items()}
    return {
        "patient": {"role": "direct", "operator": {"token": {"domain": "patient", "key": key}}, **KEEP},
        "seen": {"role": "insensitive", "operator": {"date_shift": {"key": key}}, **KEEP},
        **dropped("name", "mail", "born", "zip", "age", "weight", "cost", "diagnosis"),
        **{name: {"role": "text", "operator": {"redact": redact}, **KEEP} for name, redact in keyed.items()},
    }


BY_SUBJECT = {"source": {"subject": "patient"}}
CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "every operator, known values by subject": (every_operator, {"source": {"subject": "patient"}}),
    "reversible tokens and other forms": (reversible, {"source": {"subject": "patient"}}),
    "under subjects' own keys": (forgettable, {**BY_SUBJECT, "subject_keys": {"table": "keys", "key": "as given"}}),
    "under subjects' own keys, subjects as text": (forgettable, {
        "source": {"subject": "mail"}, "subject_keys": {"table": "keys", "key": "as given"}}),
    "rounded and coded numbers": (numbers, {"source": {"subject": "patient"}}),
    "made-up people in columns and text": (made_up, {"source": {"subject": "patient"}}),
    "blurred numbers": (blurred, {"source": {"subject": "patient"}}),
    "quasi-identifiers": (generalized, {"source": {"subject": "patient"}, "guarantees": {"k": 5, "suppression": 0.1}}),
    "quasi-identifiers, l and t, means and cells": (averaged, {"source": {"subject": "patient"}, "guarantees": {
        "k": 4, "subjects": {"column": "patient", "least": 2}, "l": [{"column": "diagnosis", "distinct": 2}, {
            "column": "diagnosis", "entropy": 1.2}], "t": {"column": "diagnosis", "max": 0.6},
        "beta": {"column": "diagnosis", "max": 20}, "suppression": 0.1, "suppress": "cells"}}),
    "quasi-identifiers, one level each": (generalized, {
        "source": {"subject": "patient"}, "recoding": {"model": "full-domain"},
        "guarantees": {"k": 3, "suppression": 0.2, "suppress": "values"}}),
    "findings in every style": (styled, BY_SUBJECT),
}
