"""What ``lakeveil hierarchy`` is asked for, and the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal

import yaml
from pydantic import ValidationError

from engine import road
from engine.anonymity.hierarchies import paths
from engine.anonymity.hierarchies.files import SEPARATOR, SEPARATORS, read_numbered, read_rows, separator_of, written
from engine.artifacts import leave, refuse_overwriting
from engine.backends.base import Progress, silent
from engine.conf import problem_of, read_yaml
from engine.errors import InputError, PolicyError
from engine.hierarchy.build import Rows, by_quantiles, by_rule
from engine.hierarchy.column import Counted, counted, hierarchy_of, named
from engine.hierarchy.doubts import doubtful
from engine.hierarchy.edit import Edits, edited
from engine.hierarchy.look import MOST_LINES, Levels, Lines, broken, figures, levels_of_rows, levels_of_rule, odd, strange
from engine.plan.policy import with_files
from schemas.hierarchy import HierarchyRemark, HierarchyReport
from schemas.policy import Hierarchy

OPTIONS = "the command's options"
CONFIDENTIAL = "the file holds values of the column: it is as confidential as its source"
FROM_DATA = "the edges depend on the data: where they lie says something about the people in it"


Action = Literal["build", "show", "check", "edit"]


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        action: What is done.
        target: A hierarchy's file, a policy, or, to build from, a table or a list of values.
        column: Of the policy or the table.
        table: Whose column a hierarchy's file has to know.
        rule: A hierarchy as a policy writes it, in YAML.
        quantiles: Numbers of groups, level by level: ``8,4,2``.
        from_data: Whether the edges may depend on the data.
        level: Whose labels are named.
        edits: What is changed.
        out: The file to write; it must not exist yet.
        in_place: Whether the file itself is changed.
        separator: What stands between fields of the files.
        backend: Where tables are read; local by default, unless Spark is around.
    """

    action: Action
    target: str
    column: str | None = None
    table: str | None = None
    rule: str | None = None
    quantiles: str | None = None
    from_data: bool = False
    level: int | None = None
    edits: Edits = field(default_factory=Edits)
    out: Path | None = None
    in_place: bool = False
    separator: str | None = None
    backend: str | None = None


_GO_WITH: dict[Action, set[str]] = {
    "build": {"column", "rule", "quantiles", "from_data", "out", "separator", "backend"},
    "show": {"column", "table", "level", "separator", "backend"},
    "check": {"column", "table", "separator", "backend"},
    "edit": {"edits", "out", "in_place", "separator"},
}


def answer(request: Request, progress: Progress = silent) -> HierarchyReport:
    """Does what is asked.

    Raises:
        PolicyError: If options do not go together, or the hierarchy cannot be read, built or edited.
        InputError: If the table or column is not there, or the file to write is.
        SetupError: If the file cannot be written.
    """
    plain = Request(request.action, request.target)
    given = {one.name for one in fields(request) if getattr(request, one.name) != getattr(plain, one.name)}
    misplaced = sorted(given - _GO_WITH[request.action])
    if misplaced:
        raise PolicyError(f"{_options(misplaced)}: not with '{request.action}'", where=OPTIONS,
                          allowed=_options(sorted(_GO_WITH[request.action])))
    if request.separator is not None and request.separator not in SEPARATORS:
        raise PolicyError("fields are not separated by this", where="--separator", allowed="; , | or a tab")
    return _ACTIONS[request.action](request, progress)


def _options(names: list[str]) -> str:
    edits = ("add", "move", "merge", "rename")
    return ", ".join(f"--{name.replace('_', '-')}" for one in names for name in (edits if one == "edits" else (one,)))


def exit_code(request: Request, found: HierarchyReport) -> int:
    """Returns how the command ends: a check of what a plan refuses as such a plan does."""
    return PolicyError.exit_code if request.action == "check" and found.refused else 0


def _build(request: Request, progress: Progress) -> HierarchyReport:
    out = _free(request.out)
    found = counted(request.target, request.column, backend=request.backend, progress=progress)
    remarks = [HierarchyRemark(what=CONFIDENTIAL)]
    if request.quantiles is not None:
        rows, kind = _by_quantiles(request, found), "quantiles"
        remarks.append(HierarchyRemark(what=FROM_DATA))
    else:
        rule = _rule(request)
        rows, kind = by_rule(found, rule, "--rule" if request.rule else request.target, request.target), rule.kind
    leave(str(out), written(rows, request.separator or SEPARATOR))
    return _report(request, kind, levels_of_rows(rows), remarks, str(out))


def _by_quantiles(request: Request, found: Counted) -> Rows:
    if request.rule is not None:
        raise PolicyError("--rule and --quantiles do not go together", where=OPTIONS, next="leave one of them out")
    if not request.from_data:
        raise PolicyError("the edges of quantiles depend on the data, and a release shows them", where="--quantiles",
                          allowed="edges that are public: --rule 'edges: [[18, 30, 65], [18, 65]]'",
                          next="add --from-data if that is meant")
    parts = (request.quantiles or "").split(",")
    if not all(part.strip().isascii() and part.strip().isdigit() for part in parts):
        raise PolicyError("these are no numbers of groups", where="--quantiles", allowed="numbers and commas, as in 8,4,2")
    return by_quantiles(found, tuple(map(int, parts)), request.target)


def _rule(request: Request) -> Hierarchy:
    if request.rule is None and road.is_policy(request.target):
        return hierarchy_of(request.target, request.column)
    if request.rule is None:
        raise PolicyError("it is not said how to build", where=OPTIONS, allowed="--rule or --quantiles",
                          next="for example --rule ages, or --rule 'mask: right'; see docs/hierarchies.md")
    try:
        rule = read_yaml(request.rule)
        return Hierarchy.model_validate(with_files(rule, Path()) if isinstance(rule, dict) else rule)
    except yaml.YAMLError as error:
        raise PolicyError(f"the rule is not valid YAML: {problem_of(error, '--rule')[0]}", where="--rule") from None
    except ValidationError as error:
        problems = "; ".join(problem["msg"].removeprefix("Value error, ") for problem in error.errors(include_input=False))
        raise PolicyError(f"the rule is none: {problems}", where="--rule", next="see docs/hierarchies.md") from None


def _look(request: Request, progress: Progress) -> HierarchyReport:
    if not road.is_policy(request.target):
        return _look_at_file(request, progress)
    if request.table is not None:
        raise PolicyError("a policy names its table itself", where="--table", next="leave --table out")
    where = f"{request.target}, column {named(request.target, request.column)}"
    hierarchy = hierarchy_of(request.target, request.column)
    values = counted(request.target, request.column, backend=request.backend, progress=progress).values
    if hierarchy.listed:
        levels = levels_of_rows(paths(hierarchy, where))
        return _report(request, hierarchy.kind, levels, [*strange(values, levels[0]), *doubtful(levels)])
    levels, unknown = levels_of_rule(values, hierarchy, where)
    doubt = [HierarchyRemark(what="values of the column are unknown to the rule", count=unknown, refused=True)] if unknown else []
    return _report(request, hierarchy.kind, levels, [*doubt, *broken(levels)], names=False)


def _look_at_file(request: Request, progress: Progress) -> HierarchyReport:
    if request.table is None and request.column is not None:
        raise PolicyError("it is not said whose column this is", where="--column",
                          next="name the table with --table, or leave it out")
    numbered = read_numbered(_file(request.target), request.separator)
    first: dict[tuple[str, ...], int] = {}
    twice = [line for line, row in numbered if first.setdefault(row, line) != line]
    levels, lines = levels_of_rows(list(first)), list(first.values())
    remarks = list(broken(levels, lines))
    if twice:
        remarks.append(HierarchyRemark(what="rows stand twice", count=len(twice), lines=tuple(twice[:MOST_LINES])))
    if request.table is not None:
        values = counted(request.table, request.column, backend=request.backend, progress=progress).values
        remarks += strange(values, levels[0], lines)
    return _report(request, "table", levels, [*remarks, *doubtful(levels, lines)], lines=lines)


def _file(target: str) -> Path:
    if not Path(target).is_file():
        raise InputError("there is no such file", where=target, next="name a hierarchy's file, or a policy")
    return Path(target)


def _edit(request: Request, _: Progress) -> HierarchyReport:
    source = _file(request.target)
    if request.in_place == (request.out is not None):
        what = "it is said twice" if request.in_place else "it is not said"
        raise PolicyError(f"{what} where the edited hierarchy goes", where=OPTIONS,
                          allowed="--out FILE, or --in-place", next="name one of them")
    if request.edits.empty:
        raise PolicyError("nothing is edited", where=OPTIONS, allowed="--add, --move, --merge, --rename")
    out = source if request.in_place else _free(request.out)
    separator = request.separator or separator_of(source)
    rows = edited(read_rows(source, separator), request.edits, request.target)
    leave(str(out), written(rows, separator))
    levels = levels_of_rows(rows)
    return _report(request, "table", levels, list(doubtful(levels)), str(out))


def _free(out: Path | None) -> Path:
    if out is None:
        raise PolicyError("no file to write is named", where=OPTIONS, next="name one with --out")
    refuse_overwriting(out)
    if not out.parent.is_dir():
        raise InputError("there is no folder for the file to write", where=str(out.parent),
                          next="make it, or name another with --out")
    return out


def _report(
    request: Request, kind: str, levels: Levels, remarks: list[HierarchyRemark], out: str | None = None, *, names: bool = True,
    lines: Lines = None,
) -> HierarchyReport:
    tree = not any(remark.refused for remark in broken(levels))
    if request.level is not None and not (names and tree and 0 <= request.level < len(levels)):
        raise PolicyError("labels of this level are not listed", where="--level",
                          allowed=f"0 to {len(levels) - 1}, of a tree that lists its labels; a rule does not")
    found = figures(levels, request.level) if tree else ()
    target = request.target if request.column is None else f"{request.target}, column {request.column}"
    return HierarchyReport(hierarchy=target, kind=kind, values=len(levels[0]), levels=found,
                           remarks=(*remarks, *odd(found, levels, lines)), written=out)


_ACTIONS: dict[Action, Callable[[Request, Progress], HierarchyReport]] = {
    "build": _build, "show": _look, "check": _look, "edit": _edit}
