"""`rlsearch validate` and `rlsearch config`: check the settings, print them with every default filled in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from rlsearch.cli.base import PARAMS, ParamsFile, app, read
from rlsearch.config.faults import check_name
from rlsearch.units import counted

if TYPE_CHECKING:
    from rlsearch.config.models import Params


@app.command()
def validate(
    params: ParamsFile = PARAMS,
    brief: Annotated[bool, typer.Option("--brief", help="One line of warnings for each study.")] = False,
) -> None:
    """Check the settings; list every fault."""
    from rlsearch.checks import budgets, transfers
    from rlsearch.config import artefacts

    settings = read(params, before_work=True)
    typer.echo(f"{params}: valid (preset {settings.preset})")
    for name, study in settings.studies.items():
        parts = {
            "agent": len(study.agents),
            "search": len(artefacts.searches(settings, name)),
            "slot": len(artefacts.slots(study)),
            "claim": len(study.claims),
        }
        counts = ", ".join(counted(count, word) for word, count in parts.items())
        typer.echo(f"  {name} on {study.dataset}: {counts}")
    told = (*transfers.warnings(settings, brief=brief), *budgets.warnings(settings, brief=brief))
    for warning in (*told, *_without_headroom(settings, brief=brief)):
        typer.echo(f"warning: {warning}", err=True)


def _without_headroom(settings: Params, *, brief: bool) -> Iterator[str]:
    """Yield what hardly any agent can reach: claims whose margin is above what the best chooser that we tried gains."""
    if not any(study.claims for study in settings.studies.values()):
        return  # before scipy is imported
    from rlsearch.overview import headroom

    for name, claims in groupby(headroom.out_of_reach(settings, Path(".")), lambda claim: claim.study):
        if brief:
            all_of_study = list(claims)
            most = max(all_of_study, key=lambda claim: claim.share)
            count = f"{len(all_of_study)} of {counted(len(settings.studies[name].claims), 'claim')}"
            yield f"{name}: {count} with margins above their headroom (farthest, {most.short}); see `rlsearch validate`"
        else:
            same = dict[tuple[float, str], list[int]]()
            for claim in claims:  # those of one margin on one table have the same to hear
                same.setdefault((claim.margin, claim.warning), []).append(claim.index)
            for (margin, warning), indices in same.items():
                yield f"studies.{name}.claims[{','.join(map(str, indices))}].margin = {margin:g}: {warning}"


@app.command(name="config")
def show_config(
    study: Annotated[str, typer.Argument(help="A study of the settings file.")], params: ParamsFile = PARAMS
) -> None:
    """Print a study's settings, defaults filled in. The output is a settings file itself."""
    settings = read(params)
    check_name("study", study, list(settings.studies), where=str(params))
    typer.echo(yaml.safe_dump(_only(settings, study), sort_keys=False, allow_unicode=True, width=120), nl=False)


def _only(settings: Params, study: str) -> dict[str, Any]:
    """Return the resolved settings with this study, its transfers and their datasets alone."""
    from rlsearch.config import resolved

    whole = resolved.shown(settings)
    transfers = {name: entry for name, entry in whole["transfers"].items() if entry["study"] == study}
    used = {settings.studies[study].dataset, *(entry["dataset"] for entry in transfers.values())}
    return {
        **whole,
        "datasets": {name: entry for name, entry in whole["datasets"].items() if name in used},
        "studies": {study: whole["studies"][study]},
        "transfers": transfers,
    }
