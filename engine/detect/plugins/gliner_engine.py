"""A GLiNER model from a folder: it is asked for labels in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.detect.plugins.models import Model
from engine.detect.plugins.offline import go_offline, missing, only_tensors
from engine.detect.plugins.plugin import Typed
from engine.detect.plugins.windows import Windows
from engine.errors import InputError, PolicyError

WINDOWS = Windows(250, 50)
_NEEDED = ("gliner_config.json", "model.safetensors", "tokenizer_config.json")


@dataclass(frozen=True)
class GlinerEngine:
    """As ``engine.detect.plugins.models.Engine`` says.

    Attributes:
        folder: The model's folder.
        asked: The labels that it is asked for.
        threshold: Entities with lower scores are dropped.
        flat: Entities do not lie inside each other.
        several: One stretch may have several labels.
        device: As torch names it.
        windows: What it is given at a time, if it can see so much.
    """

    folder: str
    asked: tuple[str, ...]
    threshold: float = 0.3
    flat: bool = True
    several: bool = False
    device: str = "cpu"
    windows: Windows = WINDOWS

    @property
    def folders(self) -> tuple[str, ...]:
        """The model's."""
        return (self.folder,)

    def load(self) -> Model:
        """Loads the model."""
        absent = [name for name in _NEEDED if not Path(self.folder, name).is_file()]
        if absent:
            raise PolicyError(f"this folder holds no GLiNER model with its tokenizer: {', '.join(absent)} is missing",
                              where=self.folder, allowed="what save_pretrained(folder, safe_serialization=True) writes")
        go_offline()
        only_tensors(self.folder)
        try:
            import gliner  # noqa: PLC0415 - slow to import; only if a model is configured
        except ImportError as error:
            raise missing("gliner", error) from error
        try:
            model = gliner.GLiNER.from_pretrained(self.folder, local_files_only=True, map_location=self.device)
        except Exception as error:
            raise InputError(f"gliner cannot load this model: {type(error).__name__}", where=self.folder,
                             next="save it with save_pretrained, after a call that loaded its encoder") from error

        def predict(texts: Sequence[str]) -> list[list[Typed]]:
            results = model.inference(list(texts), list(self.asked), flat_ner=self.flat, threshold=self.threshold,
                                      multi_label=self.several)
            return [[(int(one["start"]), int(one["end"]), str(one["label"]), float(one["score"])) for one in result]
                    for result in results]

        # A window has no more words than characters, and GLiNER drops those past its most.
        size = min(self.windows.size, int(model.config.max_len))
        return Model(predict, Windows(size, min(self.windows.overlap, (size - 1) // 2)))
