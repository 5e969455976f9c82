"""The planted reward of spaces of choices: mean 0 under masks and lengths that differ, and one best candidate."""

from __future__ import annotations

import itertools
import math

import pytest

from rlsearch.errors import SettingsError
from rlsearch.spaces import _planted
from rlsearch.spaces.base import Actions, Choice, Decision, Space, Spec, decisions, planted_by_choice, planted_option
from rlsearch.spaces.layered_cnn import LayeredCNN
from rlsearch.spaces.optimizer_selection import OptimizerSelection
from rlsearch.spaces.sgd_sweep import SgdSweep


class Steps(Space):
    """Up to four steps of five options; the last ends it, none comes twice in a row, and the first only once."""

    def next(self, prefix: Actions) -> Decision | None:
        if len(prefix) == 4 or 4 in prefix:
            return None
        mask = tuple(option not in prefix[-1:] and (option > 0 or 0 not in prefix) for option in range(5))
        return Choice(f"step {len(prefix)}", tuple("abcde"), mask)

    def decode(self, actions: Actions) -> Spec:
        return {"steps": list(actions)}

    def spread(self, count: int) -> list[Actions]:
        return list(itertools.islice(self.enumerate(), count))


class Lured(Space):
    """The good first option ends at once; a candidate that goes on earns more."""

    def next(self, prefix: Actions) -> Decision | None:
        over = len(prefix) == 4 or prefix == (1,)
        return None if over else Choice(f"step {len(prefix)}", (0, 1), (True, True))

    def decode(self, actions: Actions) -> Spec:
        return {"steps": list(actions)}

    def spread(self, count: int) -> list[Actions]:
        return list(itertools.islice(self.enumerate(), count))


def chance(space: Space, actions: Actions) -> float:
    """Return the probability with which a sequence is drawn."""
    return math.prod(1 / sum(decision.mask) for decision in decisions(space, actions) if isinstance(decision, Choice))


@pytest.mark.parametrize("space", [LayeredCNN(), SgdSweep(), OptimizerSelection()], ids=lambda space: space.noun)
def test_without_masks_the_good_option_is_number_3t_plus_1(space: Space) -> None:
    for actions in space.spread(16):
        sizes = [len(decision.options) for decision in decisions(space, actions) if isinstance(decision, Choice)]
        hits = [(a == (3 * t + 1) % n) - 1 / n for t, (a, n) in enumerate(zip(actions, sizes, strict=True))]
        assert space.planted(actions) == planted_by_choice(space, actions) == sum(hits) / len(hits)


def test_of_the_allowed_options_a_number_is_good() -> None:
    decision = Choice("layer", tuple("abcde"), (False, True, False, True, True))
    assert [planted_option(place, decision) for place in range(4)] == [3, 3, 3, 3]  # numbers 1, 4, 7, 10 of three
    assert planted_option(0, Choice("layer", ("a", "b"), (False, True))) == 1


@pytest.mark.parametrize("space", [Steps(), Lured()], ids=["masked", "lured"])
def test_the_mean_is_0_where_lengths_differ(space: Space) -> None:
    everything = list(space.enumerate())
    assert {len(actions) for actions in everything} == {1, 2, 3, 4} - ({2, 3} if isinstance(space, Lured) else set())
    assert space.longest == 4 and sum(chance(space, actions) for actions in everything) == pytest.approx(1)
    mean = sum(chance(space, actions) * space.planted(actions) for actions in everything)
    assert mean == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("space", [Steps(), Lured()], ids=["masked", "lured"])
def test_the_optimum_earns_the_most(space: Space) -> None:
    earned = {actions: space.planted(actions) for actions in space.enumerate()}
    assert [actions for actions, value in earned.items() if value == max(earned.values())] == [space.optimum()]


def test_a_candidate_that_goes_on_may_beat_the_good_options() -> None:
    space = Lured()
    assert _planted.all_good(space) == (1,) and space.optimum() == (0, 0, 1, 0)


def test_a_table_tells_every_prefix_apart_where_a_space_says_nothing_else() -> None:
    assert Steps().state(()) == () and LayeredCNN().state((1, 0)) == (1, 0)


def test_groups_are_for_all_options() -> None:
    assert Choice("layer", ("a", "b"), (True, True), groups=("conv", "pool")).groups == ("conv", "pool")
    with pytest.raises(SettingsError, match=r"has 2 options and the groups \['conv'\]"):
        Choice("layer", ("a", "b"), (True, True), groups=("conv",))
