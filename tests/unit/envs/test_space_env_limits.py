"""SpaceEnv: the extent of spaces, those that grow, what cannot be an environment, and environments by name."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import gymnasium
import numpy as np
import pytest

from rlsearch.envs import SpaceEnv
from rlsearch.envs.limits import Limits, limits
from rlsearch.errors import SettingsError
from rlsearch.gymnasium_ids import env_id
from rlsearch.spaces.base import Actions, Choice, Continuous, Decision, Space
from rlsearch.spaces.init_scale import InitScale
from small_spaces import Layers, Wide, box, play

pytestmark = pytest.mark.filterwarnings("error")


class Mixed(Layers):
    """A choice, then a number."""

    def next(self, prefix: Actions) -> Decision | None:
        if prefix:
            return Continuous("rate", 0.0, 1.0, 2) if len(prefix) == 1 else None
        return Choice("kind", ("a", "b"), (True, True))


class Endless(Layers):
    """Four options, ten times: more prefixes than anyone walks through."""

    def next(self, prefix: Actions) -> Decision | None:
        return Choice("digit", (0, 1, 2, 3), (True,) * 4) if len(prefix) < 10 else None


class Empty(Layers):
    def next(self, prefix: Actions) -> Decision | None:
        return None


def test_extent_of_spaces() -> None:
    assert limits(InitScale()) == Limits(1, 0, True)
    assert limits(Layers()) == Limits(3, 3, False)
    assert limits(Wide()) == Limits(2, 4, False)
    assert limits(Layers(), max_decisions=5, max_options=4) == Limits(5, 4, False)
    assert limits(Endless(), max_decisions=12, max_options=4) == Limits(12, 4, False)


def test_a_space_may_state_its_extent() -> None:
    class Stated(Endless):
        def extent(self) -> tuple[int, int]:
            return 10, 4

    assert limits(Stated()) == Limits(10, 4, False)
    assert limits(Stated(), max_decisions=11) == Limits(11, 4, False)
    with pytest.raises(SettingsError, match="max_decisions = 9 is too small"):
        limits(Stated(), max_decisions=9)


def test_a_space_that_grows_is_padded_to_the_stated_extent() -> None:
    env = SpaceEnv(Layers(), max_decisions=5, max_options=4)
    observation, *_, info = play(env, 0)
    assert observation.tolist() == [0, -1, -1, -1, -1]
    assert info["action_mask"].tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("space", "options", "message"),
    [
        (Mixed(), {}, "mixes choices and continuous decisions"),
        (Endless(), {}, "state max_decisions"),
        (Endless(), {"max_decisions": 10}, "state max_decisions .* max_options"),
        (Endless(), {"max_decisions": 9, "max_options": 4}, "max_decisions = 9 is too small"),
        (Layers(), {"max_options": 2}, "max_options = 2 is too small"),
        (Empty(), {}, "no decision to take"),
        (Layers(), {"observation": "none"}, "hides the decisions"),
        (InitScale(), {"observation": "all"}, "no observation 'all'"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Space) else str(value),
)
def test_what_cannot_be_an_environment(space: Space, options: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        SpaceEnv(space, **options)


def test_a_kind_that_changes_beyond_the_walk_is_found_in_the_episode() -> None:
    class LateMix(Endless):
        def next(self, prefix: Actions) -> Decision | None:
            return Continuous("late", 0.0, 1.0, 2) if prefix == (0, 0) else super().next(prefix)

    env = SpaceEnv(LateMix(), max_decisions=10, max_options=4)
    with pytest.raises(SettingsError, match="decision 'late'"):
        play(env, 0, 0)


@pytest.mark.parametrize(
    ("space", "name"),
    [
        ("init-scale", "InitScale"),
        ("layered-cnn", "LayeredCNN"),
        ("metaqnn", "MetaQNN"),
        ("nasnet-cell", "NASNetCell"),
        ("recurrent-cell", "RecurrentCell"),
    ],
)
def test_ids_keep_acronyms(space: str, name: str) -> None:
    assert env_id(space) == f"rlsearch/{name}-v0"


def test_make_takes_the_settings_of_the_space() -> None:
    env = gymnasium.make("rlsearch/InitScale-v0", low=0.1, high=1.9, observation="previous")
    assert env.observation_space == box(0.1, 1.9)
    env.reset(seed=0)
    *_, info = env.step(np.asarray([1.0], np.float32))
    assert info["actions"] == (1.9,)
    with pytest.raises(SettingsError, match="lowest"):
        gymnasium.make("rlsearch/InitScale-v0", lowest=0.1)


def test_importing_the_environments_imports_no_torch() -> None:
    code = (
        "import gymnasium, rlsearch.envs, sys; gymnasium.make('rlsearch/InitScale-v0'); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
