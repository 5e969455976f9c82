"""Candidates of a space of choices as numbers, and noise that stands still for each candidate of any space."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from rlsearch import seeds
from rlsearch.controls.simulate import PADDING, Floats, Integers
from rlsearch.errors import RlsearchError
from rlsearch.search.answers import Answers
from rlsearch.spaces.base import Actions, Continuous, Space

Numbers = NDArray[np.uint64]

# The table of noise around a decision has (runs, levels) doubles: 0.8 MB a run at this limit.
MOST_LEVELS = 100_000
# A space up to this size is enumerated: its planted values are then exact, not a sample's.
MOST_ENUMERATED = 100_000
SAMPLES = 20_000
"""Candidates drawn uniformly to describe a space that is too large to be enumerated."""


class Candidates:
    """What the controls need to know of candidates, looked up once for each.

    A number is the beginning of the canonical key, so that equal networks have equal numbers whatever led to them.
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        self._numbers: dict[Actions, int] = {}
        self._planted: dict[Actions, float] = {}

    def numbers(self, actions: Integers) -> Numbers:
        """Return the numbers (...) of candidates (..., decisions)."""
        return np.array(self._each(actions, self._numbers, self._number), dtype=np.uint64).reshape(actions.shape[:-1])

    def planted(self, actions: Integers) -> Floats:
        """Return the planted rewards (...) of candidates (..., decisions)."""
        return np.array(self._each(actions, self._planted, self.space.planted)).reshape(actions.shape[:-1])

    def _each(self, actions: Integers, values: dict[Actions, Any], value_of: Callable[[Actions], Any]) -> list[Any]:
        padded = actions.reshape(-1, actions.shape[-1]).tolist()
        rows: list[Actions] = [tuple(row[: row.index(PADDING)] if PADDING in row else row) for row in padded]
        for row in rows:
            if row not in values:
                values[row] = value_of(row)
        return [values[row] for row in rows]

    def _number(self, actions: Actions) -> int:
        # Hashed by name, because a space is free to choose what its keys look like.
        return seeds.integer("candidate", self.space.key(self.space.decode(actions)))


class Draws:
    """Standard normal noise as a search meets it: frozen for each candidate of a run, fresh for another replicate.

    A child's seed depends on the candidate, so a scale that is proposed twice earns the same reward twice, and an agent
    can climb noise that stands still. A null with fresh noise at every proposal would look too innocent.
    """

    def __init__(self, answers: Answers, name: str) -> None:
        decision = answers.space.next(())
        assert isinstance(decision, Continuous)  # any other space has `Frozen`
        # Not named after the agent: all agents meet the same noise, so their controls can be compared.
        self.decision, self.rng = decision, seeds.generator("controls", name)
        if decision.levels > MOST_LEVELS:
            raise RlsearchError(
                f"{decision.levels} values of {decision.name} are too many for the controls' table of noise",
                where="space.digits",
                allowed=f"at most {MOST_LEVELS} distinct values",
                remedy="round to fewer digits",
            )
        self.table = self.rng.standard_normal((answers.study.controls.runs, decision.levels))

    def __call__(self, actions: Floats, replicate: int) -> Floats:
        """Return the noise of all runs (runs,) at these actions."""
        if replicate > 0:
            return self.rng.standard_normal(len(actions))
        # `rint`, since the product of two decimals is seldom whole in binary; truncation could miss by one level.
        level = np.rint((actions - self.decision.low) * 10.0**self.decision.digits).astype(int)
        return np.asarray(self.table[np.arange(len(actions)), level])


class Frozen:
    """Standard normal noise as a search meets it: one value for each candidate of a run, fresh for another replicate.

    The value is a function of (name, run, candidate), made by SplitMix64's mixer (Steele, Lea & Flood 2014) and the
    normal quantile, so that a space of any size needs no table.
    """

    def __init__(self, name: str) -> None:
        # Not named after the agent: all agents meet the same noise, so their controls can be compared.
        self.salt = np.uint64(seeds.integer("controls", "choices", name))
        self.rng = seeds.generator("controls", "choices", name)

    def __call__(self, numbers: Numbers, replicate: int) -> Floats:
        """Return the noise of all runs at their candidates, both (runs,)."""
        if replicate > 0:
            return self.rng.standard_normal(len(numbers))
        # Mixed twice, so that neighbouring runs and candidates share no pattern of bits.
        runs = np.arange(len(numbers), dtype=np.uint64)
        bits = _mix(_mix(numbers ^ self.salt) + runs)
        # 53 bits fill a double's mantissa; the half keeps out 0, whose quantile is minus infinity.
        return np.asarray(scipy.special.ndtri(((bits >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53))


def _mix(values: Numbers) -> Numbers:
    # The golden-ratio increment and Stafford's variant 13 of the 64-bit finalizer. Sums and products wrap modulo 2^64:
    # NumPy does that without a warning for arrays, but not for scalars.
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(values ^ (values >> np.uint64(31)))


def planted_values(space: Space) -> Floats:
    """Return the planted rewards of all sequences of decisions, or of the optimum and 20,000 drawn uniformly.

    A random answer is drawn by its decisions: networks that several sequences mean count as often as they are drawn.
    """
    size = space.nominal_size
    if size is not None and size <= MOST_ENUMERATED:
        return np.array([space.planted(actions) for actions in space.enumerate()])
    rng = seeds.generator("planted-values")
    drawn = [space.planted(space.sample(rng)) for _ in range(SAMPLES)]
    # The optimum is added by hand: 20,000 draws from a large space will hardly meet it.
    best = space.optimum()
    return np.array([*([] if best is None else [space.planted(best)]), *drawn])
