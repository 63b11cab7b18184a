"""``lakeveil``: one command, one function a job."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs._console import EXIT_CODES
from jobs._ending import ending
from jobs.anonymize import anonymize
from jobs.append import append
from jobs.audit_training import audit_training
from jobs.budget import budget
from jobs.demo import demo
from jobs.detokenize import detokenize
from jobs.doctor import doctor
from jobs.evaluate import evaluate
from jobs.forget import forget
from jobs.hierarchy import hierarchy
from jobs.init import init
from jobs.inventory import inventory
from jobs.key import key
from jobs.plan import plan
from jobs.report import report
from jobs.risk import risk
from jobs.rotate import rotate
from jobs.run import run
from jobs.sample import sample
from jobs.scan import scan
from jobs.stats import stats
from jobs.synthesize import synthesize
from jobs.utility import utility
from jobs.verify import verify

ROAD = (scan, plan, anonymize, append, verify, utility, synthesize, sample, evaluate, report)
AROUND = (doctor, init, key, hierarchy, inventory, risk, stats, budget, audit_training, run, detokenize, rotate, forget, demo)

app = typer.Typer(
    help="Anonymize data lakes: find personal data, replace it, generalize until the guarantees hold, prove it, synthesize.",
    epilog=EXIT_CODES, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

for panel, jobs in (("The road", ROAD), ("Around it", AROUND)):
    for job in jobs:
        app.command(rich_help_panel=panel, epilog=EXIT_CODES)(job)


def _version(asked: bool) -> None:
    if asked:
        from engine.version import lakeveil_version

        typer.echo(f"lakeveil {lakeveil_version()}")
        raise typer.Exit


@app.callback()
def lakeveil(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    """Anonymize data lakes: find personal data, replace it, generalize until the guarantees hold, prove it, synthesize."""


def main() -> None:
    """Runs the command line; exits with the codes of ``docs/exit-codes.md``."""
    ending(app)


if __name__ == "__main__":
    main()
