"""`rlsearch trial`: train one line of a ledger again and compare it with what was recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rlsearch.cli.base import PARAMS, ParamsFile, app, read
from rlsearch.cli.output import show_table

if TYPE_CHECKING:
    from rlsearch.search.rerun import Comparison

DIFFERENT = 1
"""Exit code when a value is not what was recorded."""


@app.command()
def trial(
    study: Annotated[str, typer.Argument(help="A study of the settings file.")],
    agent: Annotated[str, typer.Argument(help="One of its agents.")],
    seed: Annotated[int, typer.Argument(help="The search seed.")],
    number: Annotated[int, typer.Argument(metavar="N", help="The trial's index in trials.jsonl, from 0.")],
    params: ParamsFile = PARAMS,
) -> None:
    """Train trial N of a finished search alone and compare it with the ledger. Exit code 1 if it differs in any bit."""
    from rlsearch.search.rerun import rerun

    comparison = rerun(read(params), study, agent, seed, number)
    typer.echo(f"trial {comparison.index} of {study}/{agent}/seed-{seed}: {comparison.label}\n")
    rows = [
        (name, _shown(before), _shown(now), "" if before == now else "differs") for name, before, now in comparison.rows
    ]
    show_table(("", "recorded", "measured", ""), rows)
    typer.echo()
    typer.echo(
        "equal to the last bit" if comparison.equal else "not equal: this is not the recorded trial to the last bit"
    )
    for what, before, now in comparison.changed:
        typer.echo(f"  {what}: recorded with {before}, now {now}")
    if not comparison.equal:
        _explain(comparison)
        raise typer.Exit(DIFFERENT)


def _shown(value: Any) -> str:
    # JSON shows all digits of a float: two that print alike may differ in their last bit.
    return json.dumps(value).strip('"')


def _explain(comparison: Comparison) -> None:
    if not comparison.bit_exact:
        typer.echo("  the search was continued on another machine and is marked as not bit-exact")
    elif not comparison.changed:
        typer.echo(
            "  versions, processor, device and threads are those of the search's last start. Its children may come\n"
            "  from an earlier start on another processor; if not, this is a fault worth reporting"
        )
