"""Every number of the settings has a least and a greatest value, and absurd ones are one message."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

import rlsearch.agents
import rlsearch.config
import rlsearch.spaces
import tiny
from rlsearch import checks
from rlsearch.config import resolved, schema
from rlsearch.config.base import Settings
from rlsearch.errors import SettingsError
from rlsearch.truth.recipe import Recipe

UNBOUNDED = {
    ("TaskSettings", "network_options"): "keywords of a network of one's own, which checks them",
    ("TuneSettings", "network_options"): "values of such keywords, each of which stands in a task of its own",
    ("SensitivitySettings", "agents"): "values of an agent's own settings, whose model checks them (checks.tables)",
    ("Settings", "options"): "keywords of any algorithm of the library, which checks them (agents/sb3.py)",
}


def models() -> list[type[Settings]]:
    """Return every settings model of params.yaml, of a plugin, and of a truth table."""
    for package in (rlsearch.config, rlsearch.agents, rlsearch.spaces):
        for info in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{info.name}")
    return sorted({*below(Settings), Recipe}, key=lambda model: (model.__module__, model.__name__))


def below(model: type[Settings]) -> Iterator[type[Settings]]:
    for child in model.__subclasses__():
        if child.__module__.startswith(("rlsearch.config", "rlsearch.agents", "rlsearch.spaces")):
            yield child
            yield from below(child)


def numbers(annotation: Any) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Yield (type, notes) of every number that an annotation allows, also inside lists and sections."""
    for kind, notes in schema._branches(annotation):
        if kind in (int, float) or kind is Any:
            yield kind, notes
        elif get_origin(kind) is not None:
            for inner in get_args(kind):
                if get_args(kind) and inner is not ... and not isinstance(inner, str | int):
                    yield from numbers(inner)


def bounded(kind: Any, notes: tuple[Any, ...]) -> bool:
    least = [getattr(note, name) for note in notes for name in ("gt", "ge") if getattr(note, name, None) is not None]
    most = [getattr(note, name) for note in notes for name in ("lt", "le") if getattr(note, name, None) is not None]
    return kind is not Any and bool(least) and bool(most)


@pytest.mark.parametrize("model", models(), ids=lambda model: f"{model.__module__}.{model.__name__}")
def test_every_number_has_bounds(model: type[Settings]) -> None:
    loose = []
    for name in model.model_fields:
        annotation = schema._walk(model, (name,))
        allowed = (model.__name__, name) in UNBOUNDED
        if not allowed and not all(bounded(kind, notes) for kind, notes in numbers(annotation)):
            loose.append(name)
    assert loose == []


def test_the_models_are_found() -> None:
    names = {f"{model.__module__}.{model.__name__}" for model in models()}
    assert {"rlsearch.config.task_models.TaskSettings", "rlsearch.agents.dqn.Settings"} <= names
    assert {"rlsearch.spaces.sgd_sweep.Settings", "rlsearch.truth.recipe.Recipe"} <= names and len(names) > 35
    assert all(issubclass(model, BaseModel) for model in models())


@pytest.mark.parametrize("value", [10**25, 1e20, -1, 0, "1e20"])
@pytest.mark.parametrize("key", ["batch_size", "epochs"])
def test_an_absurd_number_is_one_message(key: str, value: Any, tmp_path: Any) -> None:
    raw = resolved.dump(tiny.study(tmp_path))
    raw["studies"]["tiny"]["proxy"][key] = value
    with pytest.raises(SettingsError, match=rf"proxy.{key}(.|\n)*must be a whole number, at least") as caught:
        checks.validate(raw)
    assert "at most" in str(caught.value)
