"""What the claims of some settings can find, as tables or as JSON."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rlsearch.cli.output import show_table

if TYPE_CHECKING:
    from rlsearch.config.models import Params
    from rlsearch.overview.power import Power

COLUMNS = ("claim", "setting", "now", "finds", "margin", "unit", "needs")
NOTES = """\
finds   the smallest effect that the claim's test finds four times in five with its seeds, at the strictest level that
        Holm's procedure can ask for; "-": no effect, since its rearrangements are too few for that level
needs   the seeds with which it finds the margin; "none": no number of seeds does, since judging trainings or null runs,
        whose number stays, vary by too much alone
noise   as measured in results/, else in a recorded run, on its own data and networks; "?": in neither"""


def show_power(settings: Params, file: Path, *, as_json: bool) -> None:
    """Print what each claim can find, and the seeds that it needs."""
    from rlsearch.files import pretty_json
    from rlsearch.overview import power

    claims = power.power(settings)
    if as_json:
        typer.echo(pretty_json([row.to_json() for row in claims]), nl=False)
        return
    typer.echo(f"{file}: preset {settings.preset}\n")
    for _, of_study in groupby(claims, lambda row: row.study):
        rows = list(of_study)
        typer.echo(_heading(rows))
        show_table(COLUMNS, [_cells(row) for row in rows], left=2)
        typer.echo()
    typer.echo(NOTES if claims else "no study makes a claim, so there is nothing to find")


def _heading(rows: list[Power]) -> str:
    sources = dict.fromkeys(row.noise for row in rows if row.noise is not None)
    level = f"level {rows[0].level:.3g} (alpha / {len(rows)})"
    return f"{rows[0].study}: {level}, noise of {' and '.join(sources) or 'nothing yet'}"


def _cells(row: Power) -> tuple[str, ...]:
    against = f" over {row.against}" if row.against else ""
    finds = needs = "?"
    if row.noise is not None:
        finds = "-" if row.detectable is None else row.unit.number(row.detectable, sign=False)
        needs = "none" if row.needed is None else str(row.needed)
    margin, unit = row.unit.number(row.margin, sign=False), row.unit.noted
    return f"{row.claim}: {row.agent}{against}", row.key, str(row.seeds), finds, margin, unit, needs
