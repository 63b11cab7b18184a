"""What a synthetic table keeps beside its rows: its receipt, and its generator with how columns are encoded. Loads no torch."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pydantic import ValidationError

from engine.errors import InputError
from engine.release.files import local_path, receipt_path
from engine.synth.encoding import Encoding
from engine.synth.weights import Weights, load, save
from schemas.receipt import SynthesisReceipt

KEPT = Path("_lakeveil") / "generator.safetensors"
"""Where a synthetic table keeps its generator. Delta passes over names that begin so, and so does VACUUM."""


def keep(folder: Path, family: str, weights: Weights, encoding: Encoding) -> str:
    """Writes a generator into the folder of a table that it made; returns the file's SHA-256."""
    place = folder / KEPT
    place.parent.mkdir(parents=True)
    save(place, weights, {"generator": family, "encoding": json.dumps(encoding.as_dict())})
    return hashlib.sha256(place.read_bytes()).hexdigest()


def kept(table: Path, receipt: SynthesisReceipt) -> tuple[str, Weights, Encoding]:
    """Returns the family of a table's generator, its weights, and how its columns are encoded.

    Raises:
        InputError: If there is none, or it is not the one that the receipt names.
    """
    place = table / KEPT
    if receipt.generator_sha256 is None or not place.is_file():
        raise InputError("the synthetic table keeps no generator", where=str(place), next="lakeveil synthesize POLICY makes both")
    if hashlib.sha256(place.read_bytes()).hexdigest() != receipt.generator_sha256:
        raise InputError("the generator is not the one that was trained", where=str(place),
                         allowed="the bytes that the receipt names", next="synthesize again")
    weights, said = load(place)
    return said["generator"], weights, Encoding.from_dict(json.loads(said["encoding"]))


def synthesis_receipt(path: str) -> SynthesisReceipt:
    """Returns the receipt beside a synthetic table.

    Raises:
        InputError: If there is none, or it is not a synthesis receipt.
    """
    place = Path(receipt_path(str(local_path(path) or path)))
    try:
        return SynthesisReceipt.model_validate_json(place.read_bytes())
    except (OSError, ValidationError):
        raise InputError("the table has no synthesis receipt", where=str(place),
                         next="lakeveil synthesize POLICY writes a synthetic table and its receipt") from None
