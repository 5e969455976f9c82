"""`rlsearch plan`: what a run would cost, before anything starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rlsearch.cli.base import PARAMS, ParamsFile, app
from rlsearch.cli.output import amount, duration, show_table
from rlsearch.cli.power import show_power
from rlsearch.units import counted

if TYPE_CHECKING:
    from rlsearch.overview.plan import Plan, Row

COLUMNS = ("study", "phase", "jobs", "done", "children", "FLOPs", "time")


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
    from rlsearch import checks
    from rlsearch.files import pretty_json
    from rlsearch.overview import plan as overview

    settings = checks.read(params)
    checks.check_places(settings, params)
    if power:
        show_power(settings, params, as_json=as_json)
        return
    estimate = overview.plan(settings, cores=cores)
    if as_json:
        typer.echo(pretty_json(estimate.to_json()), nl=False)
        return
    typer.echo(f"{params}: preset {estimate.preset}\n")
    rows = [*estimate.rows, estimate.total]
    show_table(COLUMNS, [_cells(row) for row in rows], left=2, total=True)
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
