"""`rlsearch list`: what can be named in params.yaml, and what params.yaml calls it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

from rlsearch.cli.base import PARAMS, ParamsFile, app, read
from rlsearch.cli.output import beside
from rlsearch.config import plugins
from rlsearch.config.plugins import Plugin
from rlsearch.errors import RlsearchError

if TYPE_CHECKING:
    from rlsearch.config.models import Params

KINDS = {
    "spaces": "spaces (studies.<study>.space.type)",
    "agents": "agents (studies.<study>.agents.<label>.type)",
    "surrogates": "surrogates (studies.<study>.evaluator.name, with type: surrogate)",
    "sources": "datasets (datasets.<name>.source)",
    "kinds": "kinds of data (KIND of a dataset's source, TAKES of a network)",
    "optimizers": "optimizers (studies.<study>.proxy.optimizer.name, and those of a space)",
    "slots": "slots (studies.<study>.retrain.slots.<name>.type)",
    "claims": "claims (studies.<study>.claims[n].claim)",
    "networks": "networks (studies.<study>.proxy.network, .target.network)",
}
"""Kinds whose names appear in settings. Of the others, which every study has, only those from elsewhere are shown."""

Uses = Mapping[tuple[str, str], list[str]]


@app.command(name="list")
def show_list(params: ParamsFile = PARAMS) -> None:
    """List what settings can name, where it comes from if not from the package, and where the settings use it."""
    uses: Uses = {}
    fault = None
    try:
        uses = _uses(read(params))
    except RlsearchError as error:
        fault = error  # a wrong name in the settings is a reason to ask for this list: it comes first
    # First what settings name, in the order of KINDS, then the rest.
    shown = {kind: _shown(kind) for kind in sorted(plugins.KINDS, key=[*KINDS, *plugins.KINDS].index)}
    width = max(len(name) for of_kind in shown.values() for name in of_kind)
    for kind, of_kind in shown.items():
        if of_kind:
            typer.echo(KINDS.get(kind, kind))
        for name, plugin in sorted(of_kind.items()):
            origin = "" if plugin.shipped else f" [{plugin.place}]"
            typer.echo(beside(f"  {name:<{width}} ", f"{_summary(plugin)}{origin}"))
            for use in uses.get((kind, name), []):
                typer.echo(f"  {'':<{width}} - {use}")
    if fault is not None:
        raise fault


def _shown(kind: str) -> dict[str, Plugin]:
    """Return the plugins of a kind that the list shows, by name."""
    nameable = plugins.asked_for(kind) if kind in KINDS else []
    return {name: plugin for name, plugin in plugins.by_name(kind).items() if name in nameable or not plugin.shipped}


def _uses(params: Params) -> Uses:
    """Return where the settings use each plugin, by (kind, name)."""
    from rlsearch.spaces._making import space_of

    uses: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for label, dataset in params.datasets.items():
        uses["sources", dataset.source].append(f"datasets.{label}")
    for study, settings in params.studies.items():
        base = f"studies.{study}"
        space = space_of(settings.space)
        uses["spaces", settings.space.type].append(f"{base}: {space.sizes()}")
        if settings.surrogate:
            uses["surrogates", settings.surrogate.name].append(f"{base}.evaluator")
        for label, agent in settings.agents.items():
            uses["agents", agent.type].append(f"{base}.agents.{label}")
        for label, slot in (settings.retrain.slots if settings.retrain else {}).items():
            uses["slots", slot.type].append(f"{base}.retrain.slots.{label}")
        for index, claim in enumerate(settings.claims):
            uses["claims", claim.claim].append(f"{base}.claims[{index}]")
        for section, task in settings.tasks.items():
            uses["networks", task.network].append(f"{base}.{section}")
    return uses


def _summary(plugin: Plugin) -> str:
    """Return the first sentence of a plugin's docstring without importing it: networks would import torch."""
    try:
        text = ast.get_docstring(ast.parse(plugin.file.read_text(encoding="utf-8"))) or ""
    except SyntaxError as error:
        return f"(line {error.lineno} of {plugin.file} is not valid Python)"
    return " ".join(text.split("\n\n", 1)[0].split()) or "(no docstring)"
