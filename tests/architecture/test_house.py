"""The house keeps its shape: floors, sizes, names, and nothing heavy loaded before its time."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "udfs", "engine", "jobs")
SOURCES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
JOBS = sorted((ROOT / "jobs").glob("*.py"))
MOST_LINES, MOST_IN_FUNCTION, MOST_IN_JOB = 300, 40, 80
HEAVY = ("pyspark", "delta", "ray", "torch", "opacus", "sklearn")


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: the files that would be committed are not known")
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.slow
def test_files_and_functions_are_short():
    """A file or function that is longer says why: a comment '# long: REASON' in it."""
    for path in SOURCES:
        text = path.read_text()
        lines = text.splitlines()
        assert len(lines) <= MOST_LINES or "# long: " in text, f"{path}: {len(lines)} lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = node.end_lineno - node.lineno + 1 - _docstring_lines(node)
                body = "\n".join(lines[node.lineno - 1:node.end_lineno])
                assert size <= MOST_IN_FUNCTION or "# long: " in body, f"{path}: {node.name}: {size} lines"


def _docstring_lines(node) -> int:
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return first.end_lineno - first.lineno + 1 if documented else 0


@pytest.mark.parametrize("path", JOBS, ids=lambda p: p.name)
def test_jobs_are_thin(path):
    if path.stem.startswith("_"):
        pytest.skip("shared face of the jobs, not a job")
    assert len(path.read_text().splitlines()) <= MOST_IN_JOB
    tree = ast.parse(path.read_text())
    logic = [node for node in ast.walk(tree) if isinstance(node, ast.While | ast.Try | ast.Lambda)]
    assert not logic, "a job goes from argv to the engine; what decides lives there"


@pytest.mark.slow
def test_no_job_shadows_a_module():
    """spark-submit puts jobs/ first on the path: a job named like a module would be imported in its place."""
    names = {path.stem for path in JOBS} - {"__init__"}
    installed = set(importlib.metadata.packages_distributions()) - set(PACKAGES)
    assert not names & set(sys.stdlib_module_names)
    assert not names & installed


@pytest.mark.slow
def test_floors():
    """Every import-linter contract of pyproject.toml is kept."""
    done = subprocess.run([str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
                          cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:]
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", done.stdout), done.stdout[-500:]


@pytest.mark.slow
@pytest.mark.parametrize("code", [
    "import engine, schemas, udfs, jobs",
    "import engine; engine.Policy; engine.compile_plan; engine.Receipt; engine.ScanReport; engine.Release",
    "import engine; engine.LocalBackend",
    "import udfs, pkgutil, importlib; [importlib.import_module(f'udfs.{m.name}') for m in pkgutil.iter_modules(udfs.__path__)]",
    "import jobs.cli",
    "import engine.road, engine.doctor, engine.propose, engine.showcase",
], ids=["packages", "face", "local backend", "kernels", "command line", "road"])
def test_heavy_engines_stay_unloaded(code):
    loaded = python(f"{code}\nimport sys\nprint(*(m for m in {HEAVY!r} if m in sys.modules))")
    assert loaded.split() == []


def test_face_is_lazy_and_complete():
    assert python("import engine, sys; print('numpy' in sys.modules, 'pydantic' in sys.modules)").split() == ["False", "False"]
    assert python("import engine; print(len(dir(engine)))").strip() == "10"


def test_packages_share_one_root():
    roots = {Path(importlib.util.find_spec(name).origin).parents[1] for name in PACKAGES}
    assert roots == {ROOT}


@pytest.mark.slow
@pytest.mark.parametrize(("pattern", "what"), [
    (re.compile(r"(?<![\w.:/])/(?:work|root|farm|opt/wheels)/"), "path of a machine"),
    (re.compile(r"(?<![\w.])/(?:home|Users)/[a-z]\w+/"), "path of a person's machine"),
    (re.compile(r"\b(?:pypi\.org|pythonhosted\.org|repo1?\.maven\.(?:apache\.)?org|registry\.npmjs\.org)\b"), "registry host"),
    (re.compile(r"--(?:extra-)?index-url|--find-links"), "index address"),
], ids=lambda v: v if isinstance(v, str) else "")
def test_tracked_files_name_no_machine_and_no_registry(pattern, what):
    own = {Path(__file__).resolve(), ROOT / "Makefile"}
    found = []
    for path in tracked():
        if path.resolve() in own:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}:{text[:hit.start()].count(chr(10)) + 1}" for hit in pattern.finditer(text)]
    assert not found, f"{what}: {found}"


def test_requirements_are_hashed():
    for name in ("uv", "core", "synth", "dev"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        pins = re.findall(r"^[A-Za-z0-9_.-]+(?:\[[^\]]+\])?==[^\s;]+.*$", text, flags=re.MULTILINE)
        assert pins, name
        assert all(pin.endswith("\\") for pin in pins), "a pin without a hash"
        assert "://" not in text, "an address in a requirement file"


def test_requirements_fit_the_ranges_of_the_distribution():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = (ROOT / "requirements" / "dev.txt").read_text()
    pins = dict(re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]+\])?==([^\s;\\]+)", text, re.MULTILINE))
    wanted = [*project["dependencies"], *(r for extra in project["optional-dependencies"].values() for r in extra)]
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(pins[requirement.name.lower()]), requirement


def test_tests_mirror_the_source():
    """No package under tests: pytest imports by path, and a test of udfs/x.py is not itself called udfs."""
    assert not list((ROOT / "tests").rglob("__init__.py"))
    assert (ROOT / "tests" / "udfs").is_dir()


def test_every_kernel_has_its_test():
    kernels = {path.stem for path in (ROOT / "udfs").glob("*.py") if not path.stem.startswith("_")}
    tests = {path.stem.removeprefix("test_") for path in (ROOT / "tests" / "udfs").glob("test_*.py")}
    assert kernels <= tests, f"kernels without a test: {sorted(kernels - tests)}"
