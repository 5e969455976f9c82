"""What every surrogate keeps to: it is a function of some space, its values are levels, and none is above its best."""

from __future__ import annotations

import importlib.util
import math

import numpy as np
import pytest

from rlsearch.config import plugins
from rlsearch.spaces._rows import PADDING
from rlsearch.spaces.base import Space
from rlsearch.surrogates._reading import watched
from rlsearch.surrogates.base import Surrogate, make_surrogate, of_choices, optimum, value, values_of
from rlsearch.testing import cases

SPACES = plugins.names("spaces")
pytestmark = pytest.mark.parametrize("name", plugins.names("surrogates"))


def supported(name: str) -> list[tuple[Surrogate, Space]]:
    """Return the surrogate on every space that it supports, with the settings that it asks for (`TEST_SPACES`)."""
    module, pairs = plugins.load("surrogates", name), []
    settings = module.SETTINGS(name=name, **cases.of_plugin("surrogates", name))
    asked = getattr(module, "TEST_SPACES", {})
    for space in (cases.space(kind, **asked.get(kind, {})) for kind in SPACES):
        if module.SURROGATE.supports(space):
            pairs.append((make_surrogate(space, settings), space))
    return pairs


def test_it_is_a_function_of_some_space(name: str) -> None:
    assert supported(name)


def test_values_are_levels_and_none_is_better_than_the_best(name: str) -> None:
    rng = np.random.default_rng(0)
    for surrogate, space in supported(name):
        low, high = surrogate.measure.bounds
        for _ in range(50):
            spec = space.decode(space.sample(rng))
            level = value(surrogate, spec)
            assert level == value(surrogate, dict(reversed(list(spec.items()))))
            assert low <= level <= high and math.isfinite(level)
            assert not surrogate.measure.better(level, optimum(surrogate))


def test_many_candidates_are_worth_what_each_of_them_is(name: str) -> None:
    rng = np.random.default_rng(1)
    for surrogate, space in supported(name):
        if not of_choices(space):
            continue
        drawn = [space.sample(rng) for _ in range(20)]
        longest = max(map(len, drawn))
        padded = np.array([[*actions, *[PADDING] * (longest - len(actions))] for actions in drawn], np.int64)
        found = values_of(surrogate, space, padded)
        assert found.dtype == np.float64 and found.tolist() == [value(surrogate, space.decode(one)) for one in drawn]


def test_its_file_opens_no_other_when_it_is_imported(name: str) -> None:
    plugin = plugins.find("surrogates", name)
    spec = importlib.util.spec_from_file_location(plugin.module, plugin.file)
    assert spec is not None and spec.loader is not None
    with watched(plugin.module):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


def test_an_answer_costs_something(name: str) -> None:
    assert all(surrogate.cost >= 1 for surrogate, _ in supported(name))
