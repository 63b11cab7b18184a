"""Scores the tier that finds names on labelled text: what it was developed on, and what it is reported on.

    python tests/benchmarks/score_names.py [weights.csv]

A finding counts when its type is right and it shares three quarters of the characters that it and the label cover together.
Beside it,
*merged*: places and addresses are one type, and what stands together of a type is one (labels cut an address into number, street
and
town in some sentences and not in others). The first tier's findings (numbers, mail addresses, …) settle their text, as in a scan.

The split: sentences of the generator by the parity of their template, developed on even; MEDDOCAN and WNUT17 train and dev;
Wikigold,
contracts and the demo's notes developed on; English web text reported. Of what is reported only these scores are looked at.
"""

# ruff: noqa: T201 - a script that prints

import sys
from collections import Counter
from pathlib import Path

import names_corpora as corpora
import numpy as np
import pyarrow as pa

from engine.detect.block import Block, Claims
from engine.detect.names import NameTier
from engine.detect.names.evidence import Weights
from engine.detect.scanner import Scanner

OVERLAP = 0.75
GENERAL = ("PERSON", "LOCATION", "ORGANIZATION")
TYPES = {"synth": ("PERSON", "LOCATION", "STREET_ADDRESS", "ORGANIZATION", "TITLE", "AGE", "NRP", "DATE_TIME"),
         "meddocan": ("PERSON", "LOCATION", "STREET_ADDRESS", "ORGANIZATION", "AGE", "DATE_TIME"),
         "demo": ("PERSON", "LOCATION", "STREET_ADDRESS")}
OTHERS = {"CREDIT_CARD": "CREDIT_CARD", "EMAIL_ADDRESS": "EMAIL_ADDRESS", "IBAN_CODE": "IBAN_CODE",
          "PHONE_NUMBER": "PHONE_NUMBER",
          "URL": "DOMAIN_NAME", "US_SSN": "US_SSN", "US_DRIVER_LICENSE": "US_DRIVER_LICENSE"}
"""Types of the first tier that the generator labels, and what it calls them."""
PLACES = {"ZIP_CODE": "LOCATION"}


def settled(documents, block, types):
    """Returns the first tier's claims on a block, and the names of their types."""
    rows = Scanner.default().find(pa.array([document.text for document in documents], pa.string())).to_pylist()
    kept = [row for row in rows if _settles(row, documents[row["row"]].text, types)]
    names = tuple(sorted({row["entity_type"] for row in kept}))
    places = [[int(block.starts[row["row"]]) + len(documents[row["row"]].text[:row[side]].encode()) for side in ("start", "end")]
              for row in kept]
    start, end = np.array(places, np.int64).reshape(-1, 2).T
    kind = np.array([names.index(row["entity_type"]) for row in kept], np.int64)
    return Claims(start, end, kind, np.array([row["score"] for row in kept]), kind), names


def _settles(row, text, types):
    written = text[row["start"]:row["end"]]
    if row["entity_type"] in {"DATE_TIME", "DATE_OF_BIRTH"}:
        return not any(sign.isalpha() for sign in written)
    return row["entity_type"] not in types and row["entity_type"] != "MEDICAL_RECORD_NUMBER"


def found(tier, documents):
    """Returns for each document the findings (start, end, type, score), the first tier's of labelled types with them."""
    block = Block(pa.array([document.text for document in documents], pa.string()))
    first, names = settled(documents, block, tier.types)
    out = [[] for _ in documents]
    for claims, types in ((tier.find(block, first, settled_types=names), tier.types), (first, names)):
        rows = zip(block.value_of(claims.start).tolist(), block.characters(claims.start).tolist(),
                   block.characters(claims.end).tolist(),
                   claims.kind.tolist(), claims.score.tolist(), strict=True)
        for value, start, end, kind, score in rows:
            name = {"DATE_OF_BIRTH": "DATE_TIME"}.get(types[kind], OTHERS.get(types[kind], types[kind]))
            out[value].append((start, end, name, score))
    return out


def merged(text, spans):
    """Makes places and addresses one type, and of what stands together of a type one."""
    out = []
    for start, end, kind, *rest in sorted(spans, key=lambda span: span[:2]):
        kind = {"STREET_ADDRESS": "LOCATION", "ZIP_CODE": "LOCATION"}.get(kind, kind)  # noqa: PLW2901 - renamed
        if out and out[-1][2] == kind and not any(sign.isalnum() for sign in text[out[-1][1]:start]):
            out[-1] = (out[-1][0], max(end, out[-1][1]), kind, *rest)
        else:
            out.append((start, end, kind, *rest))
    return out


def tally(documents, findings, types, prepare=lambda _, spans: spans):
    """Counts (right, labelled, found) by type."""
    right, labelled, claimed = Counter(), Counter(), Counter()
    for document, mine in zip(documents, findings, strict=True):
        gold = [span for span in prepare(document.text, document.spans) if span[2] in types]
        left = [span for span in prepare(document.text, mine) if span[2] in types]
        claimed.update(span[2] for span in left)
        for span in gold:
            labelled[span[2]] += 1
            hit = next((other for other in left if other[2] == span[2] and _shared(other, span) >= OVERLAP), None)
            if hit:
                right[span[2]] += 1
                left.remove(hit)
    return right, labelled, claimed


def _shared(one, other):
    both = min(one[1], other[1]) - max(one[0], other[0])
    return max(0, both) / (max(one[1], other[1]) - min(one[0], other[0]))


def line(name, counted):
    """Writes precision, recall and F2 of everything, and precision/recall of each type."""
    right, labelled, claimed = counted
    cells = [f"{kind} {right[kind] / max(1, claimed[kind]):.2f}/{right[kind] / max(1, labelled[kind]):.2f}"
             for kind in sorted(labelled, key=lambda kind: -labelled[kind])]
    precision, recall = right.total() / max(1, claimed.total()), right.total() / max(1, labelled.total())
    weighted = 5 * precision * recall / max(1e-9, 4 * precision + recall)
    return f"{name:24s} {precision:.3f}/{recall:.3f} F2 {weighted:.3f} | " + " ".join(cells)


def main(arguments):
    """Prints the scores of both parts."""
    tier = NameTier(Weights.parse(Path(arguments[0]).read_text(encoding="utf-8"))) if arguments else NameTier.default()
    for part, among in (("developed on", corpora.developed()), ("reported", corpora.reported())):
        print(f"-- {part}: precision/recall")
        for name, documents in among:
            findings = found(tier, documents)
            if not name.startswith("synth"):  # no other set tells postal codes from places
                findings = [[(start, end, PLACES.get(kind, kind), score) for start, end, kind, score in of] for of in findings]
            types = TYPES.get(name.split()[0], GENERAL)
            print(line(name, tally(documents, findings, types)), flush=True)
            if name.split()[0] in TYPES:
                print(line("  merged", tally(documents, findings, types, merged)))
            if name.startswith("synth"):
                everything = {kind for document in documents for _, _, kind in document.spans}
                print(line("  all types", tally(documents, findings, everything)))
                print(line("  all types, merged", tally(documents, findings, everything | {"LOCATION"}, merged)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
