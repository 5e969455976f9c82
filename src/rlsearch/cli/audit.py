"""`rlsearch audit space`: what a space holds, which decisions change nothing, and whether keys say what is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rlsearch.cli.base import PARAMS, ParamsFile, app, read
from rlsearch.cli.output import beside, show_table
from rlsearch.config.plugins import load, names, nearest
from rlsearch.errors import SettingsError

if TYPE_CHECKING:
    from rlsearch.config.models import Params
    from rlsearch.evidence.built import Comparison, Pair
    from rlsearch.evidence.built_recipe import Recipe
    from rlsearch.spaces.base import Space

FAILED = 1
"""Exit code when keys say something else than what is built."""
SHOWN = 5
"""Pairs of candidates that are printed of each fault."""

audit = typer.Typer(no_args_is_help=True, help="Audit a space: what it holds, and what sampling from it favours.")
app.add_typer(audit, name="audit")


@audit.callback()
def _group() -> None:
    """Audit a space: what it holds, and what sampling from it favours."""


@audit.command()
def space(
    name: Annotated[str, typer.Argument(help="A study of the settings file, or a space.", metavar="SPACE|STUDY")],
    built: Annotated[
        int | None,
        typer.Option("--built", min=1, metavar="N", help="Compare keys with the networks of N candidates as built."),
    ] = None,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="Of a name that is both: the space, with its own settings.")
    ] = False,
    params: ParamsFile = PARAMS,
) -> None:
    """Say how many networks a space holds and which decisions change nothing. Exit code 1 if --built finds a fault."""
    from rlsearch.evidence import audit_words, space_audit

    study = _study(name, params, defaults)
    chosen = _space(name, study)
    typer.echo(f"study {name} of {params}: {type(chosen).__name__}" if study else f"space {name}, its own settings")
    found = space_audit.audit(chosen)
    for sentence in audit_words.sentences(found):
        typer.echo(beside("  ", sentence))
    _show(found["decisions"])
    if built is not None:
        from rlsearch.evidence import built as comparing

        recipe = _recipe(name, chosen, study)
        comparison = comparing.compare(chosen, recipe, built)
        _tell(comparison, recipe, found["noun"])
        if comparison.failed:
            raise typer.Exit(FAILED)


def _study(name: str, params: Path, defaults: bool) -> Params | None:
    """Return the settings that have a study of this name; None where a space is meant.

    Raises:
        RlsearchError: there is neither; or the settings cannot be used.
    """
    spaces = names("spaces")
    # A space can be looked at wherever one is.
    settings = None if defaults or (params == PARAMS and not params.exists()) else read(params)
    studies = list(settings.studies) if settings else []
    if name not in (*studies, *spaces):
        known = [*studies, *(space for space in spaces if space not in studies)]
        raise SettingsError(f"there is no study and no space {name!r}{nearest(name, known)}", allowed=", ".join(known))
    return settings if name in studies else None


def _space(name: str, study: Params | None) -> Space:
    from rlsearch.spaces._making import space_of

    if study is not None:
        return space_of(study.studies[name].space)
    module = load("spaces", name)
    made: Space = module.SPACE(module.SETTINGS())
    return made


def _recipe(name: str, chosen: Space, study: Params | None) -> Recipe:
    """Return how the candidates of a study's proxy task are built, or those of a space."""
    from rlsearch.checks.kinds import form_of
    from rlsearch.data.kinds import _registry as kinds
    from rlsearch.evidence import built_recipe

    if chosen.unbuilt:
        key, problem = chosen.unbuilt
        raise SettingsError(f"space.{key} {problem}", where=name, remedy="leave --built out")
    task = None if study is None else study.studies[name].proxy or study.studies[name].target
    if study is None or task is None:
        return built_recipe.of_space(chosen)
    dataset, kind = study.datasets[study.studies[name].dataset], kinds.of_network(task.network)
    form = form_of(dataset) or built_recipe.smallest(chosen, kind)  # of a user's own data nobody knows it yet
    return built_recipe.Recipe(task.network, kind, form, task.network_options)


def _show(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the decisions that change nothing in some candidates."""
    shown = [row for row in rows if row["dead"] or row["forced"]]
    if not shown:
        return
    typer.echo()
    columns = ("decision", "options", "asked", "one option", "changes nothing")
    shares = ("asked", "forced", "dead")
    show_table(
        columns,
        [(row["name"], str(row["options"]), *(f"{100 * row[share]:.1f} %" for share in shares)) for row in shown],
    )


def _tell(found: Comparison, recipe: Recipe, noun: str) -> None:
    data = recipe.kind.describe(recipe.form)
    what = f"{recipe.network} on {data}" if recipe.network else f"nothing, {noun}s name no network"
    typer.echo(f"\nbuilt: {what}")
    graphs, joined, gathered = found.graphs
    looser = {"with concatenations in any order": joined, "with sums of sums written out too": gathered}
    more = "".join(f", {count} {how}" for how, count in looser.items() if count != graphs)
    typer.echo(
        beside(
            "  ",
            f"{found.drawn} candidates, {found.compared} sequences with those changed in one decision:"
            f" {found.keys} keys, {graphs} different graphs{more}",
        )
    )
    unseen = {name: counts for name, counts in found.unseen.items() if counts[1]}
    if unseen:
        told = ", ".join(f"{name} ({equal} of {tried})" for name, (tried, equal) in unseen.items())
        typer.echo(beside("  ", f"changed the key and not what is built: {told}"))
    for problem, count in found.unbuilt.items():
        typer.echo(beside("  ", f"not built, {count} times: {problem}"))
    excuse = f"; kept apart: {found.kept_apart}" if found.kept_apart else ""
    _pairs(f"different keys, equal {noun}s{excuse}", found.alike)
    _pairs(f"equal keys, different {noun}s", found.unlike)
    verdict = "keys say something else than what is built" if found.failed else "keys say what is built"
    typer.echo(f"  {verdict if found.keys else 'nothing was compared'}")


def _pairs(heading: str, pairs: Sequence[Pair]) -> None:
    if pairs:
        more = f", of which {SHOWN} are shown" if len(pairs) > SHOWN else ""
        typer.echo(beside("  ", f"{heading}: {len(pairs)}{more}"))
    for pair in pairs[:SHOWN]:
        typer.echo(f"    {pair.first}\n    {pair.second}\n")
