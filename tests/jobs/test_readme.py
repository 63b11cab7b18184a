"""Every command of the README runs as written, in the folder that the README says."""

import re
import shlex
import subprocess
import textwrap

import pytest

from tests.jobs.command import KEY, ROOT, lakeveil

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = [line for language, block in BLOCKS if language == "bash" for line in block.splitlines()]


def commands_of(program):
    return [command for command in COMMANDS if shlex.split(command)[0] == program]


def test_the_readme_has_commands_and_every_kind_is_tested_here():
    assert len(COMMANDS) >= 8
    assert {shlex.split(command)[0] for command in COMMANDS} == {"make", "lakeveil", "deploy/spark/submit.sh"}
    assert [language for language, _ in BLOCKS if language not in ("bash", "python", "yaml")] == []


@pytest.mark.parametrize("command", commands_of("make"))
def test_make_targets_exist_and_are_what_ci_and_the_demo_run(command):
    done = subprocess.run([*shlex.split(command), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    runs = {"make demo": "lakeveil demo --folder build/demo", "make test": "-m pytest", "make zip": "deploy/spark/package.py"}
    assert runs[command] in done.stdout


@pytest.mark.spark
@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.parametrize("command", commands_of("lakeveil"))
def test_lakeveil_commands_run_in_the_demo_folder(command, demo_run):
    written = demo_run.folder / "patients.yaml"
    if " init " in command:
        written.unlink(missing_ok=True)
    done = lakeveil(*shlex.split(command)[1:], cwd=demo_run.folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    if " init " in command:
        assert written.is_file()


@pytest.mark.spark
@pytest.mark.ray
@pytest.mark.slow
def test_python_lines_run_in_the_demo_folder(demo_run, monkeypatch, capsys):
    monkeypatch.chdir(demo_run.folder)
    monkeypatch.setenv("LAKEVEIL_KEY", KEY)
    programs = [block for language, block in BLOCKS if language == "python"]
    for program, said in zip(programs, ("k = ", "[CREDIT_CARD]"), strict=True):
        assert len(program.splitlines()) <= 11
        exec(compile(textwrap.dedent(program), "README.md", "exec"), {})  # noqa: S102 - our own README
        assert said in capsys.readouterr().out


@pytest.mark.spark
@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.parametrize("command", commands_of("deploy/spark/submit.sh"))
def test_submit_runs_as_written(command, demo_run, monkeypatch):
    monkeypatch.setenv("LAKEVEIL_KEY", KEY)
    arguments = [word.replace("build/demo", str(demo_run.folder)) for word in shlex.split(command)]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "k = " in done.stdout
