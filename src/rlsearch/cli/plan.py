"""`rlsearch plan`: what a run would cost, and what its claims can find, before anything starts."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rlsearch.cli.base import PARAMS, ParamsFile, app, read
from rlsearch.cli.output import amount, duration, show_table
from rlsearch.files import pretty_json
from rlsearch.units import counted

if TYPE_CHECKING:
    from rlsearch.config.models import Params
    from rlsearch.overview.plan import Plan, Row
    from rlsearch.overview.power import Power

COST_COLUMNS = ("study", "phase", "jobs", "done", "children", "FLOPs", "time")
CLAIM_COLUMNS = ("claim", "setting", "now", "finds", "margin", "unit", "needs")
NOTES = """\
finds   the smallest effect that the claim's test finds four times in five with its seeds, at the strictest level that
        Holm's procedure can ask for; "-": no effect, since its rearrangements are too few for that level
needs   the seeds with which it finds the margin; "none": no number of seeds does, since judging trainings or null runs,
        whose number stays, vary by too much alone
noise   as measured in results/, else in a recorded run, on its own data and networks; "?": in neither"""


@app.command()
def plan(
    params: ParamsFile = PARAMS,
    cores: Annotated[
        int | None, typer.Option("--cores", min=1, envvar="RLSEARCH_CORES", help="Cores to assume; all by default.")
    ] = None,
    power: Annotated[bool, typer.Option("--power", help="Say instead what each claim can find.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the same as JSON.")] = False,
) -> None:
    """Say what a run costs: children, FLOPs, time on this machine, disk, downloads. Takes a few seconds."""
    from rlsearch.overview import plan as overview

    settings = read(params, before_work=True)
    if power:
        _show_power(settings, params, as_json=as_json)
        return
    estimate = overview.plan(settings, cores=cores)
    if as_json:
        typer.echo(pretty_json(estimate.to_json()), nl=False)
        return
    typer.echo(f"{params}: preset {estimate.preset}\n")
    rows = [*estimate.rows, estimate.total]
    show_table(COST_COLUMNS, [_cells(row) for row in rows], left=2, total=True)
    _facts(estimate)


def _cells(row: Row) -> tuple[str, ...]:
    children, flops = (str(row.children), f"{row.flops:.2e}") if row.children else ("", "")
    return row.study or "all", row.phase, str(row.jobs), str(row.done), children, flops, duration(row.seconds)


def _facts(estimate: Plan) -> None:
    cores = counted(estimate.cores, "core")
    parts = ", ".join(f"{name} {amount(size)}" for name, size in estimate.disk.items() if size)
    still = f"; what is left takes about {duration(estimate.seconds_left)}" if estimate.total.done else ""
    typer.echo(f"\ntime      about {duration(estimate.total.seconds)} on {cores} of {estimate.device}{still}")
    once = f" and {estimate.load_seconds:.1f} s once for what they share" if estimate.load_seconds else ""
    typer.echo(f"          including {estimate.start_seconds:.1f} s to start each job{once}, without downloads")
    typer.echo(f"download  {amount(estimate.download) if estimate.download else 'nothing'}")
    typer.echo(f"disk      about {amount(sum(estimate.disk.values()))}: {parts}")
    for note in estimate.notes:
        typer.echo(f"note      {note}")


def _show_power(settings: Params, file: Path, *, as_json: bool) -> None:
    """Print what each claim can find, and the seeds that it needs."""
    from rlsearch.overview import power

    claims = power.power(settings)
    if as_json:
        typer.echo(pretty_json([row.to_json() for row in claims]), nl=False)
        return
    typer.echo(f"{file}: preset {settings.preset}\n")
    for _, of_study in groupby(claims, lambda row: row.study):
        rows = list(of_study)
        typer.echo(_heading(rows))
        show_table(CLAIM_COLUMNS, [_claim_cells(row) for row in rows], left=2)
        typer.echo()
    typer.echo(NOTES if claims else "no study makes a claim, so there is nothing to find")


def _heading(rows: list[Power]) -> str:
    sources = dict.fromkeys(row.noise for row in rows if row.noise is not None)
    level = f"level {rows[0].level:.3g} (alpha / {len(rows)})"
    return f"{rows[0].study}: {level}, noise of {' and '.join(sources) or 'nothing yet'}"


def _claim_cells(row: Power) -> tuple[str, ...]:
    against = f" over {row.against}" if row.against else ""
    finds = needs = "?"
    if row.noise is not None:
        finds = "-" if row.detectable is None else row.unit.number(row.detectable, sign=False)
        needs = "none" if row.needed is None else str(row.needed)
    margin, unit = row.unit.number(row.margin, sign=False), row.unit.noted
    return f"{row.claim}: {row.agent}{against}", row.key, str(row.seeds), finds, margin, unit, needs
