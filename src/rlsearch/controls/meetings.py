"""Which trainings repeated searches meet: those of a table in an order of its own, or the noise of their own seeds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rlsearch import seeds
from rlsearch.config.control_models import LONGEST
from rlsearch.config.models import RewardSettings
from rlsearch.controls.signs import quarter
from rlsearch.controls.simulate import Floats, Integers
from rlsearch.search.answers.function import FunctionOracle
from rlsearch.search.answers.oracle import AnyOracle, Oracle
from rlsearch.search.reward import Reward
from rlsearch.seeds import Purpose
from rlsearch.truth.table import search_places

FIRST_SEED = 1_000_000
"""Repetition i has this search seed plus i, so that no real search meets its trainings."""


@dataclass(frozen=True)
class Trace:
    """One search, trial by trial; all arrays (trials,).

    Attributes:
        rows, columns: of the oracle: which network was trained, and which of its trainings the search saw.
        levels: of the measure on the validation data, NaN after a divergence; reward: what the agent was told.
        flops: cost so far, this trial included.
        epsilon: with which probability each decision was drawn at random; None of agents that do not tell it.
        names: a number for each sequence of decisions; None where each network has one sequence (`other_names`).
    """

    rows: Integers
    columns: Integers
    levels: Floats
    reward: Floats
    flops: Integers
    epsilon: Floats | None = None
    names: Integers | None = None


@dataclass(frozen=True)
class Answer:
    """The row that a search answers (None if all its trainings diverged), the columns of it that it saw, the cost."""

    row: int | None
    columns: list[int]
    flops: int


class Meetings(ABC):
    """Which training of a network a repetition meets, what it reaches and what that earns.

    Attributes:
        oracle: who knows it; runs: repetitions.
        alike: the price of every training, where all have the same; None: they differ.
    """

    oracle: AnyOracle
    runs: int
    alike: int | None = None

    @abstractmethod
    def columns(self, runs: Integers | int, rows: Integers, position: Integers | int) -> Integers:
        """Return the columns that repetitions meet at a position of their order."""

    @abstractmethod
    def places(self, replicates: int, trials: int) -> Sequence[int]:
        """Return the positions that answer the replicates of a search's own trials; after the last they repeat."""

    @abstractmethod
    def levels_at(self, rows: Integers, columns: Integers) -> Floats:
        """Return what networks reach in these trainings, of the shape of rows and columns together."""

    @abstractmethod
    def rewards_at(self, rows: Integers, columns: Integers) -> Floats:
        """Return what that earns."""

    @abstractmethod
    def named(self, traces: Sequence[Trace], best: Sequence[Integers], answers: Sequence[Answer]) -> dict[str, Any]:
        """Return the part of a block that says which candidates were found.

        Args:
            traces, answers: of each search; best: the trial of the incumbent at each checkpoint.
        """

    def trace(
        self, rows: Integers, columns: Integers, epsilon: Floats | None = None, names: Integers | None = None
    ) -> Trace:
        """Return the search that met these trainings, all (trials,)."""
        flops = np.cumsum(self.oracle.flops_of(rows))
        levels, rewards = self.levels_at(rows, columns), self.rewards_at(rows, columns)
        return Trace(rows, columns, levels, rewards, flops, epsilon, names)


class SeedOrder(Meetings):
    """The trainings of an oracle that lists them all, in an order of each repetition's own.

    Args:
        oracle: all candidates and trainings; settings: of the reward; study: its name; runs: repetitions.
    """

    def __init__(self, oracle: Oracle, settings: RewardSettings, study: str, runs: int) -> None:
        self.oracle: Oracle = oracle
        self.runs = runs
        self.levels = oracle.levels
        self.reward = Reward(settings, oracle.measure).of_levels(self.levels)
        # One generator a repetition: a generator for each network, as in real searches, takes a hundred times as long.
        columns = np.tile(np.arange(oracle.seeds, dtype=np.int8), (oracle.candidates, 1))
        generators = [seeds.generator("repetition", study, FIRST_SEED + run) for run in range(runs)]
        self.order = np.stack([rng.permuted(columns, axis=1) for rng in generators])

    def columns(self, runs: Integers | int, rows: Integers, position: Integers | int) -> Integers:
        """Return the columns that repetitions meet at a position of their order; it begins again at the end."""
        # Modulo: an agent that asks for more replicates than there are trainings meets the first ones again.
        return np.asarray(self.order[runs, rows, np.asarray(position) % self.oracle.seeds], dtype=np.int64)

    def places(self, replicates: int, trials: int) -> Sequence[int]:
        """Return the positions that finalists leave."""
        return search_places(self.oracle.seeds, replicates, 0)

    def levels_at(self, rows: Integers, columns: Integers) -> Floats:
        """Look the levels up."""
        return np.asarray(self.levels[rows, columns])

    def rewards_at(self, rows: Integers, columns: Integers) -> Floats:
        """Look the rewards up."""
        return np.asarray(self.reward[rows, columns])

    def named(self, traces: Sequence[Trace], best: Sequence[Integers], answers: Sequence[Answer]) -> dict[str, Any]:
        """Return rows and columns: who judges looks them up in the table's test part."""
        return {
            "incumbents": [trace.rows[at].tolist() for trace, at in zip(traces, best, strict=True)],
            "columns": [trace.columns[at].tolist() for trace, at in zip(traces, best, strict=True)],
            "answers": [chosen.row for chosen in answers],
            "answer_columns": [chosen.columns for chosen in answers],
            "late_rows": [trace.rows[-quarter(len(trace.rows)) :].tolist() for trace in traces],
        }


class OwnNoise(Meetings):
    """The noise that a real search with the repetition's seed would meet, of an oracle that is a function.

    Position 0 of a repetition is the training of a trial, 1 to R those of a finalist, and the others are further
    replicates within the search. A column is a repetition and a position.

    Args:
        oracle: the function; settings: of the reward; runs: repetitions; replicates: of a finalist (R).
    """

    def __init__(self, oracle: FunctionOracle, settings: RewardSettings, runs: int, replicates: int) -> None:
        self.oracle: FunctionOracle = oracle
        self.runs, self.replicates = runs, replicates
        self.alike = oracle.surrogate.cost
        self._reward = Reward(settings, oracle.measure)

    def columns(self, runs: Integers | int, rows: Integers, position: Integers | int) -> Integers:
        """Return repetition and position as one number."""
        return np.asarray(np.asarray(position) * self.runs + runs + np.zeros_like(rows), dtype=np.int64)

    def places(self, replicates: int, trials: int) -> Sequence[int]:
        """Return a position for every replicate: noise of its own has no end."""
        return [0, *range(1 + replicates, replicates + LONGEST * trials)]

    def levels_at(self, rows: Integers, columns: Integers) -> Floats:
        """Return the values with the noise of these children, as the evaluator of a search draws it."""
        rows, columns = np.broadcast_arrays(rows, columns)
        if self.oracle.noise == 0:
            return np.asarray(self.oracle.values[rows])
        positions, runs = np.divmod(columns.ravel(), self.runs)
        levels, flat = np.empty(rows.size), rows.ravel()
        finalist = (positions > 0) & (positions <= self.replicates)
        replicates = np.where(positions > self.replicates, positions - self.replicates, np.maximum(positions - 1, 0))
        parts: tuple[tuple[Purpose, Any], ...] = (("search", ~finalist), ("finalist", finalist))
        for purpose, at in parts:
            levels[at] = self.oracle.levels(flat[at], FIRST_SEED + runs[at], purpose, replicates[at])
        return levels.reshape(rows.shape)

    def rewards_at(self, rows: Integers, columns: Integers) -> Floats:
        """Return the rewards of these levels."""
        return self._reward.of_levels(self.levels_at(rows, columns))

    def named(self, traces: Sequence[Trace], best: Sequence[Integers], answers: Sequence[Answer]) -> dict[str, Any]:
        """Return what candidates are worth without noise, and the decisions of the answers: rows mean nothing here."""
        exact, measure = self.oracle.values, self.oracle.measure
        late = [measure.merit(exact[trace.rows[-quarter(len(trace.rows)) :]]).mean() for trace in traces]
        rows = [chosen.row for chosen in answers]
        return {
            "incumbent_values": [exact[trace.rows[at]].tolist() for trace, at in zip(traces, best, strict=True)],
            "answer_values": [None if row is None else float(exact[row]) for row in rows],
            "answer_actions": [None if row is None else list(self.oracle.candidate(row)) for row in rows],
            "late_values": [measure.level_of(float(merit)) for merit in late],
        }


def meetings(oracle: AnyOracle, settings: RewardSettings, study: str, runs: int, replicates: int) -> Meetings:
    """Return what the repetitions of a study meet on an oracle, with so many replicates of a finalist."""
    if isinstance(oracle, FunctionOracle):
        return OwnNoise(oracle, settings, runs, replicates)
    assert isinstance(oracle, Oracle)
    return SeedOrder(oracle, settings, study, runs)
