"""A user's own model: spaCy, transformers or GLiNER, from a folder, loaded when it is first needed.

Labels become entity types as in Presidio's ``NerModelConfiguration`` (presidio-analyzer 2.2.366): a label that is ignored or not
mapped claims nothing; a type of little trust has its score lowered.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import pyarrow as pa

from engine.detect.plugins.budget import BUDGET, Budget
from engine.detect.plugins.guarded import Watch
from engine.detect.plugins.offline import same
from engine.detect.plugins.plugin import Typed
from engine.detect.plugins.spans import Claimed, Spans, without_contained
from engine.detect.plugins.texts import Texts
from engine.detect.plugins.windows import Windows, joined

TOO_LONG = "too long"
_BATCH = 256
"""Windows that a model is given at once; it cuts them into batches of its own."""

Predict = Callable[[Sequence[str]], list[list[Typed]]]
"""Texts → for each of them start, end, the model's label, score."""


class Model(NamedTuple):
    """A loaded model.

    Attributes:
        predict: What it says of texts.
        windows: What it sees at a time: of longer texts it, or its library, would see the beginning only.
    """

    predict: Predict
    windows: Windows


class Engine(Hashable, Protocol):
    """A model's description, from which it can be loaded. Hashable: one that equals it has been loaded already."""

    @property
    def folders(self) -> tuple[str, ...]:
        """Where its files lie."""
        ...

    def load(self) -> Model:
        """Loads the model.

        Raises:
            SetupError: If its library is not installed.
            PolicyError: If its files may not be loaded.
            InputError: If they are not what they were, or cannot be read.
        """
        ...


@functools.lru_cache(maxsize=8)
def loaded(engine: Engine, fingerprints: tuple[tuple[str, str], ...] = ()) -> Model:
    """Returns a model, loaded once a process.

    Raises:
        InputError: If a folder does not have the fingerprint that is asked of it.
    """
    for folder, expected in fingerprints:
        same(folder, expected)
    return engine.load()


@dataclass(frozen=True)
class Labels:
    """What a model's labels mean.

    Attributes:
        types: Label → entity type; other labels claim nothing.
        ignored: Labels, and types, that claim nothing all the same.
        doubtful: Types whose scores are multiplied by ``factor``.
        factor: As above.
    """

    types: Mapping[str, str]
    ignored: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()
    factor: float = 0.4

    @property
    def entity_types(self) -> tuple[str, ...]:
        """What may be claimed."""
        return tuple(sorted({kind for label, kind in self.types.items() if not {label, kind} & self.ignored}))

    def typed(self, predictions: Sequence[Typed]) -> Iterator[Typed]:
        """Yields predictions under their entity types."""
        for start, end, label, score in predictions:
            kind = self.types.get(label)
            if kind is not None and start < end and not {label, kind} & self.ignored:
                yield start, end, kind, min(1.0, score * self.factor if kind in self.doubtful else score)


@dataclass(frozen=True)
class ModelPlugin:
    """A model as a plug-in. As ``engine.detect.plugins.plugin.Plugin`` says.

    Attributes:
        engine: The model.
        labels: What its labels mean.
        budget: Longer cells are unscannable, and so are those on which the model fails. A model's time is not limited by cell:
            what it takes follows from the length.
        fingerprints: Of the engine's folders, where a plan took them.
    """

    name: str
    engine: Engine
    labels: Labels
    context: tuple[str, ...] = ()
    needs_context: bool = False
    thresholds: Mapping[str, float] = field(default_factory=dict)
    filter: str | None = None
    budget: Budget = BUDGET
    fingerprints: tuple[tuple[str, str], ...] = ()

    @property
    def entity_types(self) -> tuple[str, ...]:
        """What its labels stand for."""
        return self.labels.entity_types

    @property
    def folders(self) -> tuple[str, ...]:
        """Where the model's files lie."""
        return self.engine.folders

    def load(self) -> Model:
        """Returns the model, loaded once a process.

        Raises:
            As ``Engine.load`` does; and InputError if the folders do not have their fingerprints.
        """
        return loaded(self.engine, self.fingerprints)

    def find(self, values: pa.Array, header: str = "") -> Spans:  # noqa: ARG002 - models see texts alone
        """Returns the model's claims on each value; long values are seen in windows.

        Raises:
            As ``load`` does, when it is first called.
        """
        model, texts, watch = self.load(), Texts(values), Watch(self.budget)
        places = texts.candidates(None)
        pieces: list[tuple[int, int, str]] = []
        for place, text in zip(places.tolist(), texts.strings(places), strict=True):
            if len(text) > self.budget.characters:
                watch.given_up[place] = TOO_LONG
            elif text and not text.isspace():
                pieces += ((place, first, piece) for first, piece in model.windows.of(text))
        claims = [claim for begin in range(0, len(pieces), _BATCH)
                  for claim in self._batch(model.predict, pieces[begin:begin + _BATCH], watch)]
        cut = {place for place, first, _ in pieces if first}
        return without_contained(Spans.of(_joined(claims, cut), watch.given_up))

    def _batch(self, predict: Predict, pieces: Sequence[tuple[int, int, str]], watch: Watch) -> Iterator[Claimed]:
        try:
            found = predict([piece for _, _, piece in pieces])
        except Exception:  # noqa: BLE001 - each text alone tells on which the model fails
            found = [watch.alone(lambda text, _: predict([text])[0], place, piece) for place, _, piece in pieces]
        for (place, first, _), predictions in zip(pieces, found, strict=True):
            for start, end, kind, score in self.labels.typed(predictions):
                yield place, first + start, first + end, kind, score


def _joined(claims: Sequence[Claimed], cut: Collection[int]) -> list[Claimed]:
    """Joins what windows of one value saw twice; leaves the claims on values that were seen whole."""
    by_value: dict[int, list[Typed]] = {}
    for place, start, end, kind, score in claims:
        if place in cut:
            by_value.setdefault(place, []).append((start, end, kind, score))
    whole = [claim for claim in claims if claim[0] not in cut]
    return whole + [(place, *claim) for place, found in by_value.items() for claim in joined(found)]
