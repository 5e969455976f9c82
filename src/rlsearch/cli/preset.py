"""`rlsearch preset`: put another starting point into params.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rlsearch import turn
from rlsearch.cli.base import PARAMS, ParamsFile, app, read
from rlsearch.config.faults import check_name
from rlsearch.errors import SettingsError
from rlsearch.files import write_atomic


@app.command()
def preset(
    name: Annotated[str, typer.Argument(help="A file of presets/, such as smoke, laptop or paper.")],
    params: ParamsFile = PARAMS,
    force: Annotated[bool, typer.Option("--force", help="Replace settings that no preset holds.")] = False,
) -> None:
    """Put a preset into the settings file. Settings of your own are replaced only with --force."""
    turn.check()  # DVC would record a running stage's results under the settings that it finds at the end
    folder = params.parent / "presets"
    source = _find(name, folder)
    # Read first: a preset with a fault must not replace settings that work.
    read(source)
    backup = _keep_own_settings(params, folder, force)
    write_atomic(params, source.read_bytes())
    typer.echo(f"{params} is now the preset {name}{f'; the settings before are in {backup}' if backup else ''}")


def _find(name: str, folder: Path) -> Path:
    names = sorted(path.stem for path in folder.glob("*.yaml"))
    if not names:
        raise SettingsError("there are no presets here", where=str(folder), remedy="run this in the project's folder")
    check_name("preset", name, names, where=str(folder))
    return folder / f"{name}.yaml"


def _keep_own_settings(params: Path, folder: Path, force: bool) -> Path | None:
    """Return the backup of settings that no preset holds; None where nothing would be lost."""
    if not params.exists():
        return None
    content = params.read_bytes()
    if any(content == preset_file.read_bytes() for preset_file in folder.glob("*.yaml")):
        return None
    backup = params.with_name(f"{params.name}.bak")
    if not force:
        raise SettingsError(
            f"{params} holds changes that no preset has",
            where=str(params),
            remedy=f"copy the file to presets/local-<name>.yaml to keep it, or add --force (kept as {backup.name})",
        )
    write_atomic(backup, content)
    return backup
