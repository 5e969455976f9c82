"""`rlsearch search` and `rlsearch report`: one search, or the report, without Snakemake."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rlsearch import turn
from rlsearch.cli.base import PARAMS, ParamsFile, app, read
from rlsearch.units import counted

if TYPE_CHECKING:
    from rlsearch.config.models import Params

# 128 + SIGINT, as shells report it.
INTERRUPTED = 130


@app.command()
def search(
    study: Annotated[str, typer.Argument(help="A study of the settings file.")],
    agent: Annotated[str, typer.Argument(help="One of its agents.")],
    seed: Annotated[int, typer.Argument(help="The search seed, from 0.")],
    params: ParamsFile = PARAMS,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, max=256, help="Processes; runtime.workers by default.")
    ] = None,
) -> None:
    """Run one search, or continue it. Ctrl-C loses nothing that is finished."""
    from rlsearch.phases import search
    from rlsearch.search import ready

    settings = read(params)
    if workers is not None:
        runtime = settings.runtime.model_copy(update={"workers": workers})
        settings = settings.model_copy(update={"runtime": runtime})
    ready.check(settings, study, agent, seed)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        search.run(settings, study, agent, seed)
    except KeyboardInterrupt:
        _interrupted(settings, study, agent, seed)
    _answer(settings, study, agent, seed)


@app.command()
def report(
    params: ParamsFile = PARAMS,
    partial: Annotated[bool, typer.Option("--partial", help="Report what is there and name what is missing.")] = False,
) -> None:
    """Write the report on all studies and print its path."""
    from rlsearch.phases import report

    settings = read(params)
    if partial:
        turn.check_beside_run()
    # A partial report may be written beside a run, which holds the turn; the run writes its own at the end.
    with contextlib.nullcontext() if partial else turn.taken():
        typer.echo(report.run(settings, partial=partial))


def _interrupted(settings: Params, study: str, agent: str, seed: int) -> None:
    from rlsearch.overview.state import StudyState

    state = StudyState(settings, study).search(agent, seed)
    typer.echo(
        f"stopped; {state.trials} of {state.planned} trials are finished and kept. The same command continues:\n"
        f"  rlsearch search {study} {agent} {seed}",
        err=True,
    )
    raise typer.Exit(INTERRUPTED)


def _answer(settings: Params, study: str, agent: str, seed: int) -> None:
    from rlsearch.config import artefacts
    from rlsearch.files import read_json

    folder = artefacts.search_folder(study, agent, seed)
    summary = read_json(Path(folder) / "summary.json")
    answer = summary["answer"]
    measure = settings.studies[study].measure
    score = answer[f"score_{measure.name}"]
    if score is None:
        typer.echo(f"answer: {answer['label']}, without a score: one of its scoring runs has no finite {measure.label}")
    else:
        split = (
            "test"
            if settings.datasets[settings.studies[study].dataset].validation == "published-test"
            else "validation"
        )
        typer.echo(
            f"answer: {answer['label']}, {split} {measure.label} {score:.4f} "
            f"(sd {answer['score_sd']:.4f}, {counted(answer['score_replicates'], 'fresh seed')})"
        )
    typer.echo(f"{counted(summary['trials'], 'trial')} in {folder}")
