"""`rlsearch q-table`: the values that a tabular agent has learnt in a finished search."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rlsearch.cli.base import PARAMS, ParamsFile, app, read
from rlsearch.cli.output import show_table
from rlsearch.config.plugins import nearest
from rlsearch.errors import RlsearchError
from rlsearch.units import counted

if TYPE_CHECKING:
    from rlsearch.config.models import Params

SHOWN = 10
"""States that a message names."""
LAYERS = re.compile(r"\s*\[?\s*[A-Za-z]+\s*\(")
"""How layers begin; the texts of other states of such spaces begin with a number."""

Line = Mapping[str, Any]


@app.command(name="q-table")
def q_table(
    study: Annotated[str, typer.Argument(help="A study of the settings file.")],
    agent: Annotated[str, typer.Argument(help="One of its agents that keep a table, such as one of type q-learning.")],
    seed: Annotated[int, typer.Option("--seed", help="The search seed, from 0.")],
    state: Annotated[
        str | None,
        typer.Option("--state", help="This state, or layers that lead to it; default: those of the greedy candidate."),
    ] = None,
    params: ParamsFile = PARAMS,
) -> None:
    """Show options by their learnt values, how often they were taken, and the candidate of the highest values."""
    settings = read(params)
    learnt = _learnt(settings, study, agent, seed)
    columns, rows = learnt["q_table"]["columns"], learnt["q_table"]["rows"]
    lines = [dict(zip(columns, row, strict=True)) for row in rows]
    states = list(dict.fromkeys(line["state"] for line in lines))
    if state is not None:
        state = _named(settings, study, state, states)
    typer.echo(f"{agent} of {study}, seed {seed}: {counted(len(lines), 'value')} in {counted(len(states), 'state')}")
    passed = states[:1]
    if greedy := learnt.get("greedy"):
        reward = greedy.get("reward")
        earned = "was not tried" if reward is None else f"earned {reward:.4g}"
        typer.echo(f"greedy: {greedy.get('label')}, which {earned}")
        passed = [name for name in dict.fromkeys(greedy.get("states", ())) if name in states] or passed
    for shown in passed if state is None else [state]:
        typer.echo(f"\nstate: {shown}")
        _show([line for line in lines if line["state"] == shown], columns)


def _show(lines: Sequence[Line], columns: Sequence[str]) -> None:
    """Print the options of one state, the best first; options that nobody took are not in the table."""
    names = [name for name in columns if name not in ("state", "depth", "option", "index")]
    ordered = sorted(lines, key=lambda line: -line["q"])
    show_table(("option", *names), [(line["option"], *(_number(line[name]) for name in names)) for line in ordered])


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4f}"


def _learnt(params: Params, study: str, agent: str, seed: int) -> Mapping[str, Any]:
    """Return what the agent told at the end of the search.

    Raises:
        RlsearchError: unknown search; an agent without a table; no results, or such as do not belong to the settings.
    """
    from pathlib import Path

    from rlsearch import stamps
    from rlsearch.config import artefacts
    from rlsearch.config.search_files import LEARNT_FILES, learnt_files
    from rlsearch.config.twins import arms
    from rlsearch.evidence import standing
    from rlsearch.files import read_json
    from rlsearch.search import ready

    ready.known_search(params, study, agent, seed)
    settings = params.studies[study]
    tabular = [label for label in arms(settings) if len(learnt_files(settings, label)) == len(LEARNT_FILES)]
    if agent not in tabular:
        raise RlsearchError(f"agent {agent!r} learns no table", allowed=", ".join(tabular) or "none of this study")
    folder = artefacts.search_folder(study, agent, seed)
    path = Path(folder) / LEARNT_FILES[0]
    if not path.exists():
        raise RlsearchError(
            f"the search of {agent!r} with seed {seed} has left no table yet",
            where=str(path),
            remedy=f"rlsearch search {study} {agent} {seed}",
        )
    made = next(made for made in standing.artefacts_of(params, study) if made.path == folder / "summary.json")
    summary = standing.read(made.path)
    stamps.check(made.path, summary)
    if not standing.Standing(Path(".")).belongs(made, summary):
        raise standing.other_settings([made.path])
    learnt: Mapping[str, Any] = read_json(path, "q_table")
    return learnt


def _named(params: Params, study: str, text: str, states: list[str]) -> str:
    """Return the state that a text means: one of the table, or that which layers in MetaQNN's notation lead to.

    Raises:
        RlsearchError: no candidate passed it; of layers, one that is unknown or breaks a rule of the space.
    """
    from rlsearch.agents._q_report import in_words
    from rlsearch.layer_notation import read_beginning, write
    from rlsearch.spaces._making import space_of
    from rlsearch.spaces.metaqnn import MetaQNN

    space, meant = space_of(params.studies[study].space), text
    if text not in states and isinstance(space, MetaQNN) and LAYERS.match(text):
        prefix = space.beginning(text)
        # As the agent's states are: those of the space, prefixes, or the depth alone.
        words = (in_words(space.state(prefix)), write(read_beginning(text)), in_words(len(prefix)))
        meant = next((name for name in words if name in states), words[0])
    if meant not in states:
        raise _unknown(meant, states)
    return meant


def _unknown(state: str, states: list[str]) -> RlsearchError:
    more = f", and {len(states) - SHOWN} more" if len(states) > SHOWN else ""
    return RlsearchError(
        f"no candidate of this search passed a state {state!r}{nearest(state, states)}",
        allowed=f"{'; '.join(states[:SHOWN])}{more}",
        remedy="take a state as q-table.csv has it, in quotes",
    )
