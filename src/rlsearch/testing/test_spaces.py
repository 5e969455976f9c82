"""What every space keeps to, at its first and its last stage: candidates, keys, sampling, spread, baselines, extent."""

from __future__ import annotations

import contextlib
import json
from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare, kstest

from rlsearch.envs.limits import limits
from rlsearch.errors import SettingsError
from rlsearch.spaces._rows import Rows
from rlsearch.spaces.base import (
    LAST_TRIAL,
    Action,
    Continuous,
    Decision,
    decisions,
    representatives,
)
from rlsearch.spaces.closed_loop import ClosedLoop, Stepwise
from rlsearch.testing.spaces import FIRST_AND_LAST, VARIANTS, drawn, reordered, space_of

pytestmark = pytest.mark.parametrize("name", VARIANTS)


@FIRST_AND_LAST
def test_candidates_are_json_and_their_keys_do_not_depend_on_spelling(name: str, trial: int) -> None:
    space = space_of(name).at(trial)
    for actions in drawn(space, 50):
        spec = space.decode(actions)
        assert json.loads(json.dumps(spec, allow_nan=False)) == spec == space.decode(tuple(actions))
        assert space.key(spec) == space.key(reordered(spec)) == space_of(name).at(trial).key(spec)
        assert space.describe(spec)


def test_spaces_of_trainings_say_so(name: str) -> None:
    """Who answers, what pairs and what is retrained on which images hang on it, and none of them looks at a spec."""
    space = space_of(name)
    specs = [*(space.decode(actions) for actions in drawn(space, 20)), *space.baselines().values()]
    assert {"training" in spec for spec in specs} == {space.stepwise}
    assert space.stepwise == isinstance(space, Stepwise) and space.closed_loop == isinstance(space, ClosedLoop)
    if isinstance(space, Stepwise):
        assert {spec["training"]["steps"] for spec in specs} == {space.steps}
        assert {spec["training"]["patience"] for spec in specs} == {space.patience}
    if isinstance(space, ClosedLoop):
        assert len(decisions(space, space.largest())) == space.steps == len(space.plan)
        last = space.nominal_size - 1
        assert [space.rank(actions) for actions in space.spread(3)] == [0, last // 2, last]


@FIRST_AND_LAST
def test_sequences_share_a_key_where_they_mean_one_network_and_only_there(name: str, trial: int) -> None:
    """The canonical sequence stands for all that do; they earn the same planted reward."""
    space = space_of(name).at(trial)
    sequences = drawn(space, 200)
    canonical = [space.canonical(actions) for actions in sequences]
    keys = [space.key(space.decode(actions)) for actions in sequences]
    enough = min(50, (space.different or 2) // 2)
    assert len(set(keys)) > enough and list(map(space.canonical, canonical)) == canonical
    assert len(set(sequences if space.kept_apart else canonical)) == len(set(keys))
    for actions, stands, key in zip(sequences, canonical, keys, strict=True):
        assert decisions(space, stands) and space.planted(actions) == space.planted(stands)
        assert space.kept_apart or space.key(space.decode(stands)) == key


def test_the_encodings_of_a_network_are_the_sequences_that_mean_it(name: str) -> None:
    space = space_of(name)
    sequences = drawn(space, 20)
    if isinstance(space.next(()), Continuous) or not 0 < (space.nominal_size or 0) <= 5000:
        for actions in sequences:
            numbers = {space.encodings(space.decode(one)) for one in (actions, space.canonical(actions))}
            assert len(numbers) == 1 and not numbers & {0}
        return
    means = Counter(map(space.canonical, space.enumerate()))
    told = {actions: space.encodings(space.decode(actions)) for actions in means}
    assert space.unbuilt or told == means
    for actions in sequences:
        assert space.unbuilt or space.encodings(space.decode(actions)) == means[space.canonical(actions)]


def test_what_is_kept_apart_is_said(name: str) -> None:
    """A source's own encoding may tell equal networks apart: no fault, but whoever reads the results is told."""
    space = space_of(name)
    if space.kept_apart:
        assert space.kept_apart in space.sizes()
        pytest.skip(f"sequences that mean one network are kept apart: {space.kept_apart}")


def test_nothing_earns_more_than_the_planted_optimum(name: str) -> None:
    space = space_of(name)
    best = space.optimum()
    if best is not None:
        assert space.canonical(best) == best and decisions(space, best)
        assert space.planted(best) >= max(space.planted(actions) for actions in drawn(space, 200)) - 1e-12


def test_a_label_is_read_back_or_refused(name: str) -> None:
    """A label that leaves something out stands for several candidates: it is refused, never read as one of them."""
    space = space_of(name)
    with pytest.raises(SettingsError, match="no candidate"):
        space.read("no such label")
    for spec in [*map(space.decode, drawn(space, 2)), *space.baselines().values()]:
        with contextlib.suppress(SettingsError):
            assert space.key(space.read(space.describe(spec))) == space.key(spec)


@FIRST_AND_LAST
def test_samples_are_allowed_and_uniform(name: str, trial: int) -> None:
    space = space_of(name).at(trial)
    sequences = drawn(space, 1500)
    answered = [decisions(space, actions) for actions in sequences[:50]]
    for place, decision in enumerate(answered[0] if space.fixed else answered[0][:1]):
        assert uniformity(decision, [actions[place] for actions in sequences]) > 1e-5, decision.name


def uniformity(decision: Decision, actions: list[Action]) -> float:
    """Return the p-value of uniform actions."""
    if isinstance(decision, Continuous):
        return float(kstest(actions, "uniform", (decision.low, decision.high - decision.low)).pvalue)
    free = np.flatnonzero(decision.mask)
    if len(free) == 1:
        assert {*actions} == {*free}
        return 1.0
    counts = np.bincount(np.asarray(actions, np.int64), minlength=len(decision.options))
    assert counts[~np.asarray(decision.mask)].sum() == 0
    return float(chisquare(counts[free]).pvalue)


@FIRST_AND_LAST
@pytest.mark.parametrize("count", [1, 2, 3, 16])
def test_a_spread_is_made_of_different_candidates(name: str, trial: int, count: int) -> None:
    space = space_of(name).at(trial)
    count = min(count, space.different or count)
    spread = space.spread(count)
    assert all(decisions(space, actions) for actions in spread)
    assert len({space.key(space.decode(actions)) for actions in spread}) == count
    assert spread == space_of(name).at(trial).spread(count)


def test_a_space_of_choices_enumerates_its_nominal_size(name: str) -> None:
    space = space_of(name)
    size = space.nominal_size
    if isinstance(space.next(()), Continuous):
        with pytest.raises(TypeError, match="cannot be enumerated"):
            next(space.enumerate())
    elif size is None or size > 5000:
        assert decisions(space, next(space.enumerate()))
    else:
        candidates = list(space.enumerate())
        keys = [space.key(space.decode(actions)) for actions in candidates]
        assert candidates == sorted(candidates) and len(candidates) == size
        assert len(set(keys)) == space.different
        # Each sequence has the row of its key.
        rows = {space.key(space.decode(actions)): row for row, actions in enumerate(representatives(space))}
        longest = max(map(len, candidates))
        rows_of_all = Rows(space)([[*actions, *[-1] * (longest - len(actions))] for actions in candidates])
        assert rows_of_all.tolist() == [rows[key] for key in keys] and len(rows) == space.different


def test_the_extent_is_that_of_the_longest_candidate(name: str) -> None:
    space = space_of(name)
    extent = limits(space)
    last = [decisions(space.at(LAST_TRIAL), actions) for actions in drawn(space.at(LAST_TRIAL), 50)]
    longest = max(map(len, last))
    widest = max(len(getattr(decision, "options", ())) for answered in last for decision in answered)
    assert (extent.decisions, extent.options) == (longest, widest)
    assert all(len(actions) <= longest for actions in drawn(space, 50))


def test_a_stage_is_one_object(name: str) -> None:
    """Agents keep what they derive from a space for as long as it is the same object."""
    space = space_of(name)
    for trial in (0, 5, 10, LAST_TRIAL):
        assert space.at(trial) is space.at(trial) is space.at(0).at(trial)
    assert space.at(0) is space
