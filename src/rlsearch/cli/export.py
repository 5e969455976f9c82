"""`rlsearch export`: a retrained network as a folder that loads without the project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rlsearch.cli.base import PARAMS, ParamsFile, app, read
from rlsearch.config.faults import check_name

FOLDER = Path("results/export")


@app.command()
def export(
    study: Annotated[str, typer.Argument(help="A study of the settings file.")],
    slot: Annotated[str, typer.Argument(help="One of its slots, e.g. best-random.")],
    params: ParamsFile = PARAMS,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write; results/export/STUDY/SLOT by default.")
    ] = None,
    onnx: Annotated[bool, typer.Option("--onnx", help="Write model.onnx too; needs onnx and onnxscript.")] = False,
) -> None:
    """Copy a retrained slot's network: model.json and weights.pt, for rlsearch.load_model."""
    from rlsearch import export as exporting
    from rlsearch.config import artefacts

    settings = read(params)
    check_name("study", study, list(settings.studies))
    check_name("slot", slot, [entry.name for entry in artefacts.slots(settings.studies[study])])
    folder = out or FOLDER / study / slot
    for path in exporting.export(artefacts.retrain_folder(study, slot), folder, onnx=onnx):
        typer.echo(path)
