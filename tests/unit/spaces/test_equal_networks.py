"""Sequences that mean one network: one key, one planted reward, one row, one proposal, from the space to the search."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pytest

import rlsearch
import unordered
from rlsearch.agents import grid, random
from rlsearch.controls import candidates, simulate
from rlsearch.spaces import _equal_sequences, _rows
from rlsearch.spaces.base import Actions, Choice, Decision, Size, Space, Spec, planted_by_choice, representatives
from rlsearch.spaces.layered_cnn import LayeredCNN, LayeredSettings
from rlsearch.spaces.optimizer_selection import OptimizerSelection
from rlsearch.spaces.optimizer_selection import Settings as SelectionSettings
from rlsearch.spaces.sgd_sweep import SgdSweep
from rlsearch.surrogates.planted import Planted
from rlsearch.surrogates.planted import Settings as PlantedSettings
from rlsearch.testing import test_space_baselines
from rlsearch.testing import test_spaces as conformance

PAIRS = unordered.Unordered()
APART = unordered.Unordered(unordered.Settings(apart=True))


class Bag(Space):
    """Up to `most` of nine things, each with its number, in any order; the first option ends it."""

    def __init__(self, most: int) -> None:
        self.most = most

    def next(self, prefix: Actions) -> Decision | None:
        over = len(prefix) == self.most or (prefix and prefix[-1] == 0)
        return None if over else Choice(f"thing {len(prefix)}", tuple(range(10)), (bool(prefix), *(True,) * 9))

    def decode(self, actions: Actions) -> Spec:
        return {"things": sorted(int(action) for action in actions if action)}

    def canonical(self, actions: Actions) -> Actions:
        return (*sorted(action for action in actions if action), *(action for action in actions if not action))

    def spread(self, count: int) -> list[Actions]:
        return list(itertools.islice(self.enumerate(), count))


def bags(most: int) -> int:
    """Return how many bags there are: of n things, n + 8 over n."""
    return sum(math.comb(size + 8, size) for size in range(1, most + 1))


class Faulty(Bag):
    """Its own code has a fault."""

    def next(self, prefix: Actions) -> Decision | None:
        return super().next((*prefix, *None)) if prefix else super().next(prefix)  # type: ignore[misc]


def test_a_fault_in_a_space_is_not_told_as_an_unknown_size() -> None:
    with pytest.raises(TypeError, match="NoneType"):
        _ = Faulty(2).distinct_size


def test_sequences_are_counted_and_so_are_networks() -> None:
    assert (PAIRS.nominal_size, PAIRS.distinct_size, PAIRS.different) == (36, Size(21), 21)
    assert PAIRS.sizes() == "36 sequences of decisions, 21 different pairs"
    assert LayeredCNN().sizes() == "1,296 networks" and SgdSweep().sizes() == "18 settings"
    assert OptimizerSelection().sizes() == "81 schedules"


def test_what_is_kept_apart_counts_apart_and_is_said() -> None:
    assert (APART.distinct_size, APART.different, len(list(representatives(APART)))) == (Size(21), 36, 36)
    assert APART.sizes().endswith("21 different pairs; equal pairs are kept apart: branches have names")
    skips = LayeredCNN(LayeredSettings(layers=3, strides=(1,), skips=True))
    assert skips.distinct_size is None and "layers count in the order" in skips.sizes()


def test_networks_of_a_large_space_are_estimated_with_their_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Bag(3).distinct_size == Size(bags(3))
    monkeypatch.setattr(_equal_sequences, "MOST_WALKED", 10)
    found = Bag(3).distinct_size
    assert found is not None and found.error is not None and 0 < found.error < 0.2 * found.count
    assert abs(found.count - bags(3)) < 4 * found.error
    assert "estimated; standard error" in Bag(3).sizes()


class Told(Bag):
    """It says how many sequences name a bag, however large."""

    def encodings(self, spec: Spec) -> int:
        counts = Counter(spec["things"])
        return math.factorial(len(spec["things"])) // math.prod(map(math.factorial, counts.values()))


def test_encodings_are_counted_in_small_spaces_and_make_estimates_sharper(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [Bag(3).encodings({"things": things}) for things in ([1], [1, 1], [1, 2], [1, 2, 2], [1, 2, 3])] == [
        *(1, 1, 2, 3, 6)
    ]
    assert [PAIRS.encodings(PAIRS.decode(actions)) for actions in [(1, 1), (2, 1)]] == [1, 2]
    assert [APART.encodings(APART.decode(actions)) for actions in [(1, 1), (1, 2), (2, 1)]] == [1, 2, 2]
    assert PAIRS.encodings({"branches": [7, 7]}) == 0 and LayeredCNN().encodings({"network": {}}) == 1
    monkeypatch.setattr(_equal_sequences, "MOST_WALKED", 10)
    assert Bag(3).encodings({"things": [1]}) is None
    plain, told = Bag(3).distinct_size, Told(3).distinct_size
    assert plain is not None and plain.error is not None and told is not None and told.error is not None
    assert 0 < told.error < 0.6 * plain.error and abs(told.count - bags(3)) < 4 * told.error


def test_a_space_of_a_thousand_decisions_has_a_size_in_words() -> None:
    assert _equal_sequences.in_words(3**1000, Size(3**1000), "schedule") == "about 10^477 schedules"
    assert _equal_sequences.in_words(None, None, "network") == "networks of unknown number"


def test_equal_sequences_earn_the_same_planted_reward_and_one_network_the_highest() -> None:
    for widths in range(2, 9):
        space = unordered.Unordered(unordered.Settings(widths=widths))
        earned = {actions: space.planted(actions) for actions in space.enumerate()}
        assert all(value == earned[actions[::-1]] for actions, value in earned.items())
        assert np.mean(list(earned.values())) == pytest.approx(0, abs=1e-12)
        best = [actions for actions in representatives(space) if earned[actions] == max(earned.values())]
        assert best == [space.optimum()]


def test_where_no_sequences_are_equal_the_planted_reward_is_that_of_the_choices() -> None:
    for space in (LayeredCNN(), SgdSweep(), OptimizerSelection()):
        assert all(space.planted(one) == planted_by_choice(space, one) for one in space.spread(16))


@pytest.mark.parametrize("most", [1, 2**20])
def test_rows_of_candidates_of_any_length(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_rows, "MOST_CODES", most)
    space = Bag(2)
    rows = _rows.Rows(space)
    assert rows([[1, 2], [2, 1], [1, 0]]).tolist() == [2, 2, 0] and rows([[[2, 2]]]).tolist() == [[11]]
    for wrong in ([[0, 1]], [[1, -1]]):
        with pytest.raises(ValueError, match="no candidate of this space"):
            rows(wrong)


@pytest.mark.parametrize("most", [1, 2**20])
def test_an_illegal_action_is_not_another_candidates_code(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With weights 5 and 1 the code of (0, 5) would be that of (1, 0)."""
    monkeypatch.setattr(_rows, "MOST_CODES", most)
    rows = _rows.Rows(OptimizerSelection(SelectionSettings(steps=2)))
    assert rows([[0, 2], [1, 0], [2, 2]]).tolist() == [2, 3, 8]
    for wrong in ([0, 3], [0, 4], [0, -2], [2, -5], [3, 0], [-3, 1], [0, 2**62], [0, -(2**62)], [0, 0, 0], [0, 0, -1]):
        with pytest.raises(ValueError, match="no candidate of this space"):
            rows([[1, 1], wrong] if len(wrong) == 2 else [wrong])


def test_no_network_is_proposed_twice_under_another_name() -> None:
    settings = random.Settings(replacement=False)
    agent = random.Random(PAIRS, settings, seed=0)
    proposed = [PAIRS.canonical(proposal.actions) for proposal in agent.ask(100)]
    assert len(proposed) == len(set(proposed)) == 21
    points = grid.Grid(PAIRS, grid.Settings(points=21), 0).ask(42)
    assert len({PAIRS.canonical(point.actions) for point in points}) == 21 and points[21].replicate == 1
    actions, _ = random.Random.simulate_choices(
        PAIRS, settings, lambda chosen: chosen.sum(1) * 1.0, episodes=21, runs=3, seed=0
    )
    assert all(len({PAIRS.canonical(tuple(one)) for one in run.tolist()}) == 21 for run in actions)


def test_nor_where_names_are_kept_apart() -> None:
    settings = random.Settings(replacement=False)
    proposed = [APART.canonical(proposal.actions) for proposal in random.Random(APART, settings, seed=0).ask(100)]
    assert len(proposed) == len(set(proposed)) == APART.most_networks == 21
    assert [simulate.side_by_side(random.Random, APART, settings, episodes) for episodes in (21, 22)] == [True, False]


def test_a_search_of_ones_own_finds_the_planted_optimum() -> None:
    surrogate = Planted(PAIRS, PlantedSettings())
    found = rlsearch.search(PAIRS, "grid", surrogate.value, trials=21, points=21)
    assert found.best.spec == PAIRS.decode(PAIRS.optimum() or ())
    assert max(trial.reward for trial in found.trials) == pytest.approx(surrogate.optimum)


def test_planted_values_are_of_all_sequences() -> None:
    values = candidates.planted_values(PAIRS)
    assert len(values) == 36 and np.sum(values == values.max()) in (1, 2)


@pytest.mark.parametrize("space", [PAIRS, APART], ids=["one key", "kept apart"])
def test_the_space_conforms(space: unordered.Unordered, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (conformance, test_space_baselines):
        monkeypatch.setattr(module, "space_of", lambda name: unordered.Unordered(space.settings))
    for check in (
        conformance.test_sequences_share_a_key_where_they_mean_one_network_and_only_there,
        conformance.test_candidates_are_json_and_their_keys_do_not_depend_on_spelling,
        conformance.test_samples_are_allowed_and_uniform,
        test_space_baselines.test_what_serves_as_a_control_is_a_candidate,
    ):
        check("unordered", 0)
    for check in (
        conformance.test_a_space_of_choices_enumerates_its_nominal_size,
        conformance.test_nothing_earns_more_than_the_planted_optimum,
        conformance.test_the_encodings_of_a_network_are_the_sequences_that_mean_it,
        conformance.test_a_label_is_read_back_or_refused,
        conformance.test_the_extent_is_that_of_the_longest_candidate,
    ):
        check("unordered")
    conformance.test_a_spread_is_made_of_different_candidates("unordered", 0, 16)
