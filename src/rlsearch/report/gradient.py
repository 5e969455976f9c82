"""The policy-gradient estimates that the controls phase measured, one point per agent and frozen policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rlsearch.report.study import StudyData
from rlsearch.statistics.intervals import Interval


@dataclass(frozen=True)
class Point:
    """One frozen policy of one agent.

    Attributes:
        agent: its label; updates: number of updates after which the policy was frozen.
        trace: trace of the covariance of the unclipped gradient estimate, mean over searches, with `trace_interval`.
        ratio: trace divided by that of the estimator without a baseline on the same batches, geometric mean over
            searches, with `interval`. Both are 95 % t intervals over searches.
        mean_norm: length of the mean gradient.
        mean_difference: distance of the mean gradient from the plain estimator's, in standard errors; mean_p: of the
            test that they are equal.
        clip_bias: relative bias of the mean gradient when rewards are clipped.
    """

    agent: str
    updates: int
    trace: float | None
    trace_interval: Interval | None
    ratio: float | None
    interval: Interval | None
    mean_norm: float | None
    mean_difference: float | None
    mean_p: float | None
    clip_bias: float | None


def points(study: StudyData) -> list[Point]:
    """Return every frozen policy that was measured, agent by agent."""
    measured = []
    for agent in study.agents:
        block = _block(study, agent)
        for index, updates in enumerate(block.get("updates", ())):
            measured.append(_point(agent, int(updates), index, block))
    return measured


def batches(study: StudyData) -> int:
    """Return over how many batches each estimate was taken."""
    return _largest(study, "batches")


def searches(study: StudyData) -> int:
    """Return how many trainings each number is a mean of."""
    return _largest(study, "searches")


def _largest(study: StudyData, key: str) -> int:
    return max((int(_block(study, agent).get(key, 0)) for agent in study.agents), default=0)


def _block(study: StudyData, agent: str) -> Mapping[str, Any]:
    return study.controls.get(agent, {}).get("gradient") or {}


def _point(agent: str, updates: int, index: int, block: Mapping[str, Any]) -> Point:
    def value(name: str) -> Any:
        return block[name][index] if block.get(name) else None

    def interval(name: str) -> Interval | None:
        ends = value(name)
        return None if ends is None or None in ends else Interval(float(ends[0]), float(ends[1]), 0.95)

    return Point(
        agent,
        updates,
        trace=value("trace"),
        trace_interval=interval("trace_interval"),
        ratio=value("ratio_to_plain"),
        interval=interval("ratio_interval"),
        mean_norm=value("mean_norm"),
        mean_difference=value("mean_difference"),
        mean_p=value("mean_difference_p"),
        clip_bias=value("clip_bias"),
    )
