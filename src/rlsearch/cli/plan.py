"""`rlsearch plan`: what a run would cost, before anything starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rlsearch import config
from rlsearch.cli.base import PARAMS, ParamsFile, app
from rlsearch.cli.output import amount, duration, show_table
from rlsearch.evidence.amounts import amount as difference

if TYPE_CHECKING:
    from rlsearch.config.models import Params
    from rlsearch.overview.plan import Plan, Row
    from rlsearch.overview.power import Power

COLUMNS = ("study", "phase", "jobs", "done", "children", "FLOPs", "time")
POWER_COLUMNS = ("study", "claim", "of", "seeds", "level", "finds", "margin", "needs")


@app.command()
def plan(
    params: ParamsFile = PARAMS,
    cores: Annotated[
        int | None, typer.Option("--cores", min=1, envvar="RLSEARCH_CORES", help="Cores to assume; all by default.")
    ] = None,
    power: Annotated[
        bool, typer.Option("--power", help="Say instead what each claim can show, and the seeds it would need.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the same as JSON.")] = False,
) -> None:
    """Say what a run costs: children, FLOPs, time on this machine, disk, downloads. Takes a few seconds."""
    from rlsearch.files import pretty_json
    from rlsearch.overview import plan as overview

    settings = config.read(params)
    config.check_places(settings, params)
    if power:
        _show_power(settings, as_json)
        return
    found = overview.plan(settings, cores=cores)
    if as_json:
        typer.echo(pretty_json(found.to_json()), nl=False)
        return
    typer.echo(f"{params}: preset {found.preset}\n")
    rows = [*found.rows, found.total]
    show_table(COLUMNS, [_cells(row) for row in rows], left=2, total=True)
    _facts(found)


def _show_power(settings: Params, as_json: bool) -> None:
    from rlsearch.files import pretty_json
    from rlsearch.overview.power import power

    found = power(settings)
    if as_json:
        typer.echo(pretty_json([row.to_json() for row in found]), nl=False)
        return
    show_table(POWER_COLUMNS, [_power_cells(row) for row in found], left=3)
    typer.echo("\nfinds: the smallest effect that the claim's test finds four times in five; level: Holm's strictest")
    typer.echo("needs: the seeds with which it finds its margin so often")
    for study, noise in dict.fromkeys((row.study, row.noise) for row in found):
        typer.echo(f"noise: {study}: {noise or 'unknown (no results yet, and no recorded run has this claim)'}")


def _power_cells(row: Power) -> tuple[str, ...]:
    against = f" against {row.against}" if row.against else ""
    unknown = row.noise is None
    none_found = "unknown" if unknown else "no effect"
    finds = none_found if row.detectable is None else difference(row.detectable, row.unit, sign=False)
    none_needed = "unknown" if unknown else "over 1000"
    needs = none_needed if row.needed is None else str(row.needed)
    margin = difference(row.margin, row.unit, sign=False)
    return row.study, row.claim, f"{row.agent}{against}", str(row.seeds), f"{row.level:.3g}", finds, margin, needs


def _cells(row: Row) -> tuple[str, ...]:
    children, flops = (str(row.children), f"{row.flops:.2e}") if row.children else ("", "")
    return row.study or "all", row.phase, str(row.jobs), str(row.done), children, flops, duration(row.seconds)


def _facts(found: Plan) -> None:
    cores = f"{found.cores} core{'s' if found.cores > 1 else ''}"
    parts = ", ".join(f"{name} {amount(size)}" for name, size in found.disk.items() if size)
    still = f"; what is left takes about {duration(found.seconds_left)}" if found.total.done else ""
    typer.echo(f"\ntime      about {duration(found.total.seconds)} on {cores} of {found.device}{still}")
    once = f" and {found.load_seconds:.1f} s once for what they share" if found.load_seconds else ""
    typer.echo(f"          including {found.start_seconds:.1f} s to start each job{once}, without downloads")
    typer.echo(f"download  {amount(found.download) if found.download else 'nothing'}")
    typer.echo(f"disk      about {amount(sum(found.disk.values()))}: {parts}")
    for note in found.notes:
        typer.echo(f"note      {note}")
