"""Colours: an agent has one in the whole report, and no two agents of a study look alike."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from rlsearch.checks.load import read
from rlsearch.report.places import AGAIN, GREYS, HUES, places
from rlsearch.report.plotting import style

PRESETS = sorted((Path(__file__).parents[3] / "presets").glob("*.yaml"))


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_no_two_agents_of_a_study_look_alike(preset: Path) -> None:
    params = read(preset)
    found = places(params)
    for study in params.studies.values():
        for one, other in combinations(study.agents, 2):
            first, second = found[one], found[other]
            assert (style.colour(first), style.line(first)) != (style.colour(second), style.line(second)), (one, other)


def test_agents_that_ignore_rewards_are_grey() -> None:
    found, greys = places(read(next(path for path in PRESETS if path.stem == "laptop"))), range(HUES, HUES + GREYS)
    assert {found[label] in greys for label in ("random", "random-distinct", "grid", "largest", "fixed")} == {True}
    assert {found[label] in greys for label in ("reinforce", "ppo", "dqn", "evolution", "tpe")} == {False}


def test_every_place_has_a_colour_a_line_and_a_marker() -> None:
    assert len(style.COLOURS) == HUES + GREYS
    everywhere = range(AGAIN.stop)
    assert len(everywhere) == len(style.LINES) == len(style.MARKERS) == len(set(style.MARKERS))
    assert len({(style.colour(place), str(style.line(place))) for place in everywhere}) == len(everywhere)


def test_hues_come_again_only_beside_all_others() -> None:
    """What a study of few agents looks like does not depend on the studies of many beside it."""
    params = read(next(path for path in PRESETS if path.stem == "laptop"))
    found = places(params)
    crowded = [
        study.agents for study in params.studies.values() if any(found[label] in AGAIN for label in study.agents)
    ]
    assert crowded
    for agents in crowded:
        assert {found[label] for label in agents} >= set(range(HUES))
