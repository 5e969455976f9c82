"""`rlsearch network`: what a chain of layers in MetaQNN's notation is made of, and which rules it breaks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rlsearch.cli.base import PARAMS, ParamsFile, app, read
from rlsearch.cli.output import show_table
from rlsearch.config.faults import check_name
from rlsearch.errors import SettingsError

if TYPE_CHECKING:
    from rlsearch.layer_costs import Maps, Step
    from rlsearch.spaces.metaqnn import MetaQNN

LARGEST_SIDE = 1024


class Padding(StrEnum):
    """As `layer_costs.Padding`, for the command line."""

    same = "same"
    valid = "valid"


class Head(StrEnum):
    """What classifies."""

    softmax = "softmax"
    sigmoid = "sigmoid"


@app.command()
def network(
    text: Annotated[str, typer.Argument(help='The layers, e.g. "C(128,5,1) - P(2,2) - SM()".')],
    shape: Annotated[
        str | None, typer.Option("--shape", help="Of one image: channels x height x width; the study's, else 1x64x64.")
    ] = None,
    classes: Annotated[
        int | None, typer.Option("--classes", min=2, max=10_000, help="Of the data; the study's, else 2.")
    ] = None,
    first: Annotated[Padding | None, typer.Option("--first", help="Padding of a first convolution; same.")] = None,
    pools: Annotated[Padding | None, typer.Option("--pools", help="Padding of the pools; valid.")] = None,
    head: Annotated[Head | None, typer.Option("--head", help="sigmoid: one unit for two classes; softmax.")] = None,
    study: Annotated[
        str | None, typer.Option("--study", help="Whose rules, padding and head count; without it, the paper's.")
    ] = None,
    params: ParamsFile = PARAMS,
) -> None:
    """Show a network layer by layer: sizes, parameters, FLOPs of one sample, and the rules of the space it breaks."""
    from rlsearch.layer_costs import steps
    from rlsearch.layer_notation import read as layers_of
    from rlsearch.layer_notation import write

    if study is not None and None in (shape, classes):
        of_study = _form(study, params)
        shape, classes = shape or of_study[0], classes or of_study[1]
    shape, classes = shape or "1x64x64", classes or 2
    images = _shape(shape)
    given = {"first": first and first.value, "pools": pools and pools.value}
    space, own = _space(study, params, images, classes, {key: value for key, value in given.items() if value})
    head = head or own
    if head is Head.sigmoid and classes != 2:
        raise SettingsError("one unit tells two classes apart", where=f"--classes {classes}", allowed="--classes 2")
    try:
        layers = layers_of(text)
        made = steps(layers, images, 1 if head is Head.sigmoid else classes, space.settings.first, space.settings.pools)
    except ValueError as error:
        raise SettingsError(str(error), where=text) from None
    typer.echo(f"{write(layers)}\non images of {shape}, {classes} classes\n")
    _show(made, "1 unit" if head is Head.sigmoid else f"{classes} units")
    broken = list(space.rules.broken_rules(layers))
    typer.echo("\nbreaks rules of the space:" if broken else "\nbreaks no rule of the space")
    for problem in broken:
        typer.echo(f"  {problem}")


def _form(study: str, params: Path) -> tuple[str, int]:
    """Return the shape of a study's images and its classes, as far as its dataset tells; else those of its space."""
    from rlsearch.checks.kinds import form_of
    from rlsearch.spaces._making import space_of

    settings = read(params)
    check_name("study", study, list(settings.studies))
    chosen, space = settings.studies[study], space_of(settings.studies[study].space)
    form = form_of(settings.datasets[chosen.dataset])
    own = [getattr(getattr(space, "settings", None), name, 1) for name in ("channels", "size", "classes")]
    sides, classes = ([own[0], own[1], own[1]], own[2]) if form is None else (form.shape, form.outputs)
    return "x".join(map(str, sides)), classes


def _space(
    study: str | None, params: Path, images: Maps, classes: int, given: Mapping[str, str]
) -> tuple[MetaQNN, Head]:
    """Return the space whose rules count, and the head: a study's, or the paper's on these images."""
    from rlsearch.spaces._making import space_of
    from rlsearch.spaces.metaqnn import SETTINGS, MetaQNN

    channels, height, width = images
    if study is None:
        # The rules know one side: of images that are not square, the shorter.
        size = {"size": min(height, width), "channels": channels, "classes": classes}
        return MetaQNN(SETTINGS.model_validate({**size, **given})), Head.softmax
    settings = read(params)
    check_name("study", study, list(settings.studies))
    space = space_of(settings.studies[study].space)
    if not isinstance(space, MetaQNN):
        raise SettingsError(f"study {study!r} chooses no layers in this notation", allowed="a study of space metaqnn")
    if misfit := space.misfit(images, classes):
        key, problem = misfit
        raise SettingsError(
            f"space.{key} {problem}", where=f"study {study}", remedy="give --shape and --classes of its images"
        )
    target = settings.studies[study].target
    own = target and target.network_options.get("head")
    return MetaQNN(space.settings.model_copy(update=given)), Head.sigmoid if own == "sigmoid" else Head.softmax


def _shape(text: str) -> Maps:
    found = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})x([0-9]{1,5})", text)
    channels, height, width = (int(number) for number in found.groups()) if found else (0, 0, 0)
    if not (1 <= channels <= LARGEST_SIDE and 1 <= height <= LARGEST_SIDE and 1 <= width <= LARGEST_SIDE):
        raise SettingsError(
            f"{text!r} is no shape of images",
            where="--shape",
            allowed=f"channels x height x width, each from 1 to {LARGEST_SIDE}, e.g. 1x64x64",
        )
    return channels, height, width


def _show(made: Sequence[Step], units: str) -> None:
    rows = [
        (str(step.layer), units if step.layer.ends else "x".join(map(str, step.maps)), step.parameters, step.flops)
        for step in made
    ]
    total = ("all", "", sum(row[2] for row in rows), sum(row[3] for row in rows))
    cells = [(layer, maps, f"{parameters:,}", f"{flops:,}") for layer, maps, parameters, flops in [*rows, total]]
    show_table(("layer", "makes", "parameters", "FLOPs"), cells, left=2, total=True)
