"""The ledger of a finished search, rendered from its journal in asking order. No times, no cache hits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlsearch.files import canonical_json, csv_text
from rlsearch.measures import Measure
from rlsearch.search.checked import key_of, spec_of
from rlsearch.search.journal import Entry, Recorded, StepTaken
from rlsearch.search.reward import RewardOf
from rlsearch.spaces.base import Space, Spec
from rlsearch.spaces.closed_loop import ClosedLoop
from rlsearch.training.observation import Measured, Weights


@dataclass(frozen=True)
class Trial:
    """One trial as the ledger knows it."""

    index: int
    actions: tuple[float | int, ...]
    spec: Spec
    key: str
    reward: float
    entry: Entry


def trials(space: Space, entries: Iterable[Entry], reward: RewardOf) -> list[Trial]:
    """Decode recorded entries, each by the space as it stood when the entry was proposed."""
    decoded = []
    for entry in entries:
        stage = space.at(entry.stage)
        spec = spec_of(stage, entry.proposal.actions)
        key = key_of(stage, spec)
        decoded.append(Trial(entry.index, entry.proposal.actions, spec, key, reward(entry.outcome), entry))
    return decoded


def render(ledger: Sequence[Trial], recorded: Recorded) -> str:
    """Return trials.jsonl (the fields are listed in docs/artefacts.md)."""
    diagnostics = _by_trial(recorded, len(ledger))
    return "".join(canonical_json(_line(trial, diagnostics[trial.index])) + "\n" for trial in ledger)


def times(ledger: Sequence[Trial]) -> str:
    """Return times.csv: the only file of a search that depends on the clock."""
    rows = [(t.index, f"{t.entry.seconds:.4f}", int(t.entry.cached)) for t in ledger]
    return csv_text(("index", "seconds", "cached"), rows)


def steps(
    space: ClosedLoop,
    ledger: Sequence[Trial],
    recorded: Recorded,
    measure: Measure,
    weights: Weights,
    outputs: int,
) -> str:
    """Return steps.csv: one row a step of every trial, with its level in the task's measure.

    An agent without a policy proposes whole schedules: its steps have an optimizer and no values.
    """
    rows: list[Sequence[Any]] = []
    for trial in ledger:
        taken = [recorded.steps.get((trial.index, step)) for step in range(len(trial.actions))]
        rewards = _rewards(taken, measure, weights, outputs, trial.reward) if all(taken) else []
        for step, action in enumerate(trial.actions):
            answer = taken[step]
            values: tuple[Any, ...] = ("",) * 5
            if answer is not None:
                level, loss = level_and_loss(measure, answer.metrics)
                values = (_cell(level), _cell(loss), repr(rewards[step]), answer.flops, repr(answer.cost))
            rows.append((trial.index, step, space.labels[int(action)], *values))
    return csv_text(("trial", "step", "optimizer", measure.name, "loss", "reward", "flops", "cost"), rows)


def _cell(value: float) -> str:
    # repr is the shortest text that reads back as the same float.
    return repr(value) if math.isfinite(value) else ""


def level_and_loss(measure: Measure, metrics: Mapping[str, float]) -> tuple[float, float]:
    """Return the level of a step in the task's measure and its loss (nats); NaN where nothing was measured."""
    return (measure.of(metrics), metrics["loss"]) if metrics else (math.nan, math.nan)


def _rewards(
    taken: Sequence[StepTaken | None], measure: Measure, weights: Weights, outputs: int, failure: float
) -> list[float]:
    """Return the reward that the agent received after each step."""
    seen, rewards = Measured.untrained(measure, outputs), []
    for number, step in enumerate(filter(None, taken), 1):
        now = Measured.of(measure, *level_and_loss(measure, step.metrics), number)
        earned = failure if step.diverged else weights.earned(seen, now, step.cost, last=number == len(taken))
        rewards.append(earned)
        seen = now
    return rewards


def _line(trial: Trial, diagnostics: Mapping[str, float]) -> dict[str, Any]:
    outcome = trial.entry.outcome.to_json()
    return {
        "index": trial.index,
        "actions": list(trial.actions),
        "replicate": trial.entry.proposal.replicate,
        "key": trial.key,
        "spec": dict(trial.spec),
        "reward": trial.reward,
        **outcome,
        "info": dict(trial.entry.proposal.info),
        "diagnostics": dict(diagnostics),
    }


def _by_trial(recorded: Recorded, count: int) -> list[Mapping[str, float]]:
    by_trial: list[Mapping[str, float]] = [{} for _ in range(count)]
    for start, (size, diagnostics) in sorted(recorded.tells.items()):
        for index in range(start, min(start + size, count)):
            by_trial[index] = diagnostics
    return by_trial
