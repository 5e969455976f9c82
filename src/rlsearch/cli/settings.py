"""`rlsearch validate` and `rlsearch config`: check the settings, print them with every default filled in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from rlsearch import checks
from rlsearch.cli.base import PARAMS, ParamsFile, app
from rlsearch.config import artefacts, plugins, resolved
from rlsearch.config.models import Params
from rlsearch.errors import SettingsError
from rlsearch.units import counted


@app.command()
def validate(params: ParamsFile = PARAMS) -> None:
    """Check the settings; list every fault."""
    settings = checks.read(params)
    checks.check_places(settings, params)
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
    for warning in _without_headroom(settings):
        typer.echo(f"warning: {warning}", err=True)


def _without_headroom(settings: Params) -> Iterator[str]:
    """Yield what hardly any agent can reach: claims whose margin is above what the best chooser that we tried gains."""
    if not any(study.claims for study in settings.studies.values()):
        return  # before scipy is imported
    from rlsearch.overview import headroom

    for name, index, warning in headroom.out_of_reach(settings, Path(".")):
        margin = settings.studies[name].claims[index].margin
        yield f"studies.{name}.claims[{index}].margin = {margin:g}: {warning}"


@app.command(name="config")
def show_config(
    study: Annotated[str, typer.Argument(help="A study of the settings file.")], params: ParamsFile = PARAMS
) -> None:
    """Print a study's settings, defaults filled in. The output is a settings file itself."""
    settings = checks.read(params)
    known = list(settings.studies)
    if study not in known:
        raise SettingsError(
            f"there is no study {study!r}{plugins.nearest(study, known)}", where=str(params), allowed=", ".join(known)
        )
    typer.echo(yaml.safe_dump(_only(settings, study), sort_keys=False, allow_unicode=True, width=120), nl=False)


def _only(settings: Params, study: str) -> dict[str, Any]:
    """Return the resolved settings with this study and its dataset alone."""
    whole = resolved.dump(settings)
    dataset = settings.studies[study].dataset
    return {
        **whole,
        "datasets": {dataset: whole["datasets"][dataset]},
        "studies": {study: whole["studies"][study]},
    }
