"""`rlsearch status`: what is finished, running or interrupted, with the best reward so far.

The words for a state are those of `overview/state.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from rlsearch.cli.base import PARAMS, ParamsFile, app, read
from rlsearch.cli.output import show_table

if TYPE_CHECKING:
    from rlsearch.overview.state import PhaseState, SearchState


@app.command()
def status(params: ParamsFile = PARAMS) -> None:
    """Show every search: state, what ended it, share of the budget spent, best reward; then the jobs of each phase."""
    from pathlib import Path

    from rlsearch.config import artefacts
    from rlsearch.overview import transfers
    from rlsearch.overview.state import StudyState, reported

    settings = read(params)
    studies = [StudyState(settings, name) for name in settings.studies]
    _show_searches([search for study in studies for search in study.searches])
    typer.echo()
    phases = [phase for study in studies for phase in study.phases()] + transfers.states(settings)
    _show_phases(phases)
    typer.echo()
    for name in dict.fromkeys(study.settings.dataset for study in studies if not study.fetched):
        typer.echo(f"dataset {name}: not fetched with these settings, so no result can be said to belong to them")
    page = Path(artefacts.REPORT_FOLDER) / "index.html"
    finished = all(phase.done == phase.planned for phase in phases)
    if not reported():
        typer.echo("report: not written yet; make partial shows what is there")
    else:
        typer.echo(f"report: {page}{'' if finished else ' (may be older than the state above; make run renews it)'}")


def _show_searches(searches: Sequence[SearchState]) -> None:
    from rlsearch.progress import reward_text

    rows = [
        (
            search.study,
            search.agent,
            str(search.seed),
            f"{search.state} {search.note}".strip(),
            search.ended,
            str(search.trials) if search.ended else f"{search.trials} of {search.planned}",
            "" if search.spent is None else f"{search.spent:.0%}",
            "" if search.best is None else reward_text(search.best),
        )
        for search in searches
    ]
    show_table(("study", "agent", "seed", "state", "ended by", "trials", "spent", "best reward"), rows, left=5)


def _show_phases(phases: Sequence[PhaseState]) -> None:
    rows = [
        (state.study, state.phase, f"{state.done}/{state.planned}", str(state.running) if state.running else "")
        for state in phases
    ]
    show_table(("study", "phase", "done", "running"), rows, left=2)
