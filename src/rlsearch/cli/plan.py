"""`rlsearch plan`: what a run would cost, before anything starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rlsearch import checks
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
    from rlsearch.files import pretty_json
    from rlsearch.overview import plan as overview

    settings = checks.read(params)
    checks.check_places(settings, params)
    if power:
        show_power(settings, params, as_json=as_json)
        return
    found = overview.plan(settings, cores=cores)
    if as_json:
        typer.echo(pretty_json(found.to_json()), nl=False)
        return
    typer.echo(f"{params}: preset {found.preset}\n")
    rows = [*found.rows, found.total]
    show_table(COLUMNS, [_cells(row) for row in rows], left=2, total=True)
    _facts(found)


def _cells(row: Row) -> tuple[str, ...]:
    children, flops = (str(row.children), f"{row.flops:.2e}") if row.children else ("", "")
    return row.study or "all", row.phase, str(row.jobs), str(row.done), children, flops, duration(row.seconds)


def _facts(found: Plan) -> None:
    cores = counted(found.cores, "core")
    parts = ", ".join(f"{name} {amount(size)}" for name, size in found.disk.items() if size)
    still = f"; what is left takes about {duration(found.seconds_left)}" if found.total.done else ""
    typer.echo(f"\ntime      about {duration(found.total.seconds)} on {cores} of {found.device}{still}")
    once = f" and {found.load_seconds:.1f} s once for what they share" if found.load_seconds else ""
    typer.echo(f"          including {found.start_seconds:.1f} s to start each job{once}, without downloads")
    typer.echo(f"download  {amount(found.download) if found.download else 'nothing'}")
    typer.echo(f"disk      about {amount(sum(found.disk.values()))}: {parts}")
    for note in found.notes:
        typer.echo(f"note      {note}")
