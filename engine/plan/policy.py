"""Reading policies from YAML, with errors that name the place and the nearest valid word."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import yaml
from pydantic import PrivateAttr, ValidationError

from engine.anonymity.hierarchies.files import read_counts, read_rows
from engine.conf import problem_of, read_yaml
from engine.errors import PolicyError
from engine.plan.fingerprint import fingerprint
from engine.plan.problems import policy_error
from schemas.policy.v1 import PolicyV1

if TYPE_CHECKING:
    from engine.detect.detector import Detector
    from schemas.receipt import Receipt


class Policy(PolicyV1):
    """A policy and the files that it names. All fields are those of ``schemas.policy.v1``."""

    _detector: Detector | None = PrivateAttr(None)

    def model_post_init(self, context: Any) -> None:  # noqa: ANN401 - pydantic's signature
        """Reads the list of recognizers that the policy names."""
        if self.recognizers is not None:
            from engine.detect.detector import Detector  # noqa: PLC0415 - loads detection, which few policies need to be read

            self._detector = Detector.load(_found(self.recognizers, context or Path()) or self.recognizers)

    @property
    def detector(self) -> Detector | None:
        """What is looked for in text; None for what ships."""
        return self._detector

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads and checks a policy file; hierarchies named by ``file``, and recognizers, are read into it.

        Args:
            path: A YAML file. A hierarchy's ``file``, and ``recognizers``, are found from the policy's folder, then from the
                working directory.

        Raises:
            PolicyError: If the file is absent, not YAML, or breaks a rule; all broken rules are named.
            InputError: If the recognizers cannot be read.
        """
        path = Path(path)
        if not path.is_file():
            raise PolicyError("there is no such policy file", where=str(path), next="lakeveil init TABLE writes a first one")
        try:
            written = read_yaml(path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            problem, where = problem_of(error, str(path))
            raise PolicyError(f"the policy is not valid YAML: {problem}", where=where) from None
        if not isinstance(written, dict):
            raise PolicyError("the policy is not a mapping", where=str(path), next="see conf/policies for examples")
        return cls.parse(written, where=str(path), folder=path.parent)

    @classmethod
    def parse(cls, written: dict[str, Any], *, where: str = "policy", folder: Path | None = None) -> Self:
        """Checks a policy that is already a mapping.

        Raises:
            PolicyError: With one line for each broken rule.
        """
        read = _with_tables(written, folder or Path())
        try:
            return cls.model_validate(read, context=folder)
        except ValidationError as error:
            raise policy_error(cls, read, error, where) from None

    def released_to(self, path: str) -> Self:
        """Returns the same policy with its release at another path."""
        return self.model_copy(update={"release": self.release.model_copy(update={"path": path})})

    def of_versions(self, receipt: Receipt) -> Self:
        """Returns the same policy on the very versions of its tables that a receipt names."""
        found: dict[str, Any] = {}
        if receipt.source.version is not None:
            found["source"] = self.source.model_copy(update={"version": receipt.source.version})
        if self.guarantees.population and receipt.population and receipt.population.version is not None:
            table = self.guarantees.population.model_copy(update={"version": receipt.population.version})
            found["guarantees"] = self.guarantees.model_copy(update={"population": table})
        return self.model_copy(update=found)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the policy's canonical form: comments, order of keys and defaults written out do not matter.

        Of recognizers what they say counts, not where they lie. Who may open tokens, the key that wraps the subjects' own, whose
        groups are compared, which ledger is charged, and statistics of the source may change: the release is the same one.
        """
        written = self.model_dump(mode="json", by_alias=True, exclude_defaults=True,
                                  exclude={"detokenize": True, "budget": True, "statistics": True, "subject_keys": {"key"},
                                           "columns": {"__all__": {"protected"}}})
        return fingerprint(written if self.detector is None else {**written, "recognizers": self.detector.digest})


def _with_tables(written: Any, folder: Path) -> Any:  # noqa: ANN401 - any YAML
    if isinstance(written, dict):
        return {key: with_files(item, folder) if key == "hierarchy" and isinstance(item, dict) else _with_tables(item, folder)
                for key, item in written.items()}
    return [_with_tables(item, folder) for item in written] if isinstance(written, list) else written


def with_files(hierarchy: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Returns a hierarchy, as it is written, with what its files hold in their places.

    Args:
        hierarchy: What a policy may have at ``hierarchy``.
        folder: Where files are looked for, before the working directory.

    Raises:
        PolicyError: If a file is missing, or is not what it should be.
    """
    if set(hierarchy) == {"file"}:
        return {"table": read_rows(_named(hierarchy["file"], folder, "a hierarchy's file is missing"))}
    postal = hierarchy.get("postal")
    if isinstance(postal, dict) and isinstance(postal.get("populations"), str):
        path = _named(postal["populations"], folder, "the file of populations is missing")
        return {**hierarchy, "postal": {**postal, "populations": read_counts(path)}}
    return hierarchy


def _named(name: Any, folder: Path, missing: str) -> Path:  # noqa: ANN401 - any YAML
    path = _found(str(name), folder)
    if path is None:
        raise PolicyError(missing, where=str(name), next="give a path from the policy's folder")
    return path


def _found(name: str, folder: Path) -> Path | None:
    return next((path for path in (folder / name, Path(name)) if path.is_file()), None)
