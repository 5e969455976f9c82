"""The mock reward of a source: its published anchors, what chance makes of it, and its optimum."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import mock_study
from rlsearch import seeds
from rlsearch.errors import RlsearchError, SettingsError
from rlsearch.spaces.nasnet_cells import CellSettings, NASNetCells
from rlsearch.surrogates.nasnet_mock import NASNetMock, Settings, raw

SPACE = NASNetCells(CellSettings(canonical=False))


@pytest.mark.parametrize(
    ("actions", "unclamped", "value"), [((0, 0, 12, 12, 0) * 4, 1.026124, 0.998), ((0,) * 20, 0.586538, 0.5)]
)
def test_the_anchors_of_the_source(actions: tuple[int, ...], unclamped: float, value: float) -> None:
    assert raw(np.array([actions]))[0] == pytest.approx(unclamped, abs=5e-7)
    mock, strict = NASNetMock(SPACE, Settings()), NASNetMock(SPACE, Settings(clamp=None))
    assert mock.value(SPACE.decode(actions)) == value
    assert strict.value(SPACE.decode(actions)) == pytest.approx(unclamped**2, abs=2e-6)


@pytest.mark.parametrize(
    ("inputs", "mean", "sd", "best"), [("per-cell", 0.783, 0.07, 0.963), ("running", 0.764, 0.074, 0.960)]
)
def test_what_chance_earns(inputs: Any, mean: float, sd: float, best: float) -> None:
    space = NASNetCells(CellSettings(canonical=False, inputs=inputs))
    mock = NASNetMock(space, Settings())
    sizes = [len(decision.options) for decision in space.plan]
    drawn = mock.values_of(seeds.generator("mock").integers(sizes, size=(800 * 400, len(sizes))))
    assert drawn.mean() == pytest.approx(mean, abs=0.003) and drawn.std() == pytest.approx(sd, abs=0.003)
    assert drawn.reshape(-1, 800).max(axis=1).mean() == pytest.approx(best, abs=0.003)


def test_the_optimum_without_a_clamp_is_that_of_the_source() -> None:
    strict = NASNetMock(SPACE, Settings(clamp=None))
    assert math.sqrt(strict.optimum) == pytest.approx(1.055823, abs=5e-7)
    best = (0, 0, 11, 12, 0, 0, 0, 12, 12, 1, 0, 0, 12, 12, 0, 0, 0, 12, 12, 1)
    assert strict.value(SPACE.decode(best)) == strict.optimum
    assert NASNetMock(SPACE, Settings(clamp=0.9)).optimum == 0.9


def test_what_are_no_four_blocks_has_no_value() -> None:
    three = NASNetCells(CellSettings(blocks=3, canonical=False))
    with pytest.raises(RlsearchError, match="no four of the space"):
        NASNetMock(SPACE, Settings()).value(three.decode((0,) * 30))


@pytest.mark.parametrize(
    "other",
    [
        {"blocks": 3, "canonical": False},
        {"canonical": True},
        {"combinations": ["add"], "canonical": False},
        {"operations": ["identity"], "canonical": False},
        {"cells": "shared", "canonical": False},
    ],
)
def test_a_space_that_does_not_fit_is_refused_with_key_and_remedy(other: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as caught:
        mock_study.study(space={"type": "nasnet-cells", **other})
    told = " ".join(str(caught.value).split())
    assert "one fault" in told and "studies.mock.evaluator.name = 'nasnet-mock'" in told
    assert "it takes nasnet-cells with blocks: 2" in told and "canonical: false" in told


def test_a_clamp_that_every_value_reaches_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"evaluator\.clamp"):
        mock_study.study(evaluator={"type": "surrogate", "name": "nasnet-mock", "clamp": 0.5})
