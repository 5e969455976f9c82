"""Settings of tabular Q-learning; the defaults are those of Baker et al. (2017), with a schedule for short searches."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from rlsearch.config.base import Count, LearnerSettings, Natural, Number

Rate = Annotated[Number, Field(ge=0, le=1)]
Row = Annotated[tuple[Rate, Natural], Field(strict=False)]


class Settings(LearnerSettings):
    """How values are learnt (`alpha` to `bootstrap`), and how candidates are drawn from them (`schedule`, `again`).

    `schedule` has rows of an epsilon and a number of distinct candidates that are drawn at it; the last epsilon stays.
    """

    # A table that nobody updates holds equal values, whatever they are and however it would be updated.
    learning_alone: ClassVar[frozenset[str]] = frozenset(
        ("alpha", "gamma", "q0", "replay", "state", "order", "reward_at", "update", "steps", "bootstrap")
    )

    type: Literal["q-learning"] = "q-learning"
    alpha: Annotated[Number, Field(gt=0, le=1)] = 0.01
    gamma: Rate = 1.0
    q0: Number = 0.5
    schedule: Annotated[tuple[Row, ...], Field(strict=False, min_length=1)] = (
        *((1.0, 40), (0.9, 9), (0.7, 9)),
        *((0.5, 9), (0.3, 9), (0.1, 9)),
    )
    replay: Natural = 100
    state: Literal["space", "prefix", "place"] = "space"
    order: Literal["reverse", "forward"] = "reverse"
    reward_at: Literal["end", "every"] = "end"
    update: Literal["q-learning", "sarsa", "double", "max"] = "q-learning"
    steps: Count | None = 1
    bootstrap: Literal["allowed", "visited"] = "allowed"
    again: bool = False

    @field_validator("schedule")
    @classmethod
    def _falls(cls, schedule: tuple[tuple[float, int], ...]) -> tuple[tuple[float, int], ...]:
        for epsilon, models in schedule:
            if models < 1:
                raise ValueError(f"the row of epsilon {epsilon:g} counts {models} models: at least 1, or no such row")
        for (before, _), (after, _) in pairwise(schedule):
            if after > before:
                raise ValueError(f"epsilon rises from {before:g} to {after:g}: it may only fall")
        return schedule

    @property
    def planned(self) -> int:
        """Distinct candidates that the schedule counts."""
        return sum(models for _, models in self.schedule)

    def epsilon(self, candidates: int) -> float:
        """Return the epsilon at which the next candidate is drawn, after so many distinct ones.

        >>> [Settings().epsilon(candidates) for candidates in (0, 39, 40, 10_000)]
        [1.0, 1.0, 0.9, 0.1]
        """
        ends = accumulate(models for _, models in self.schedule)
        rows = zip(ends, self.schedule, strict=True)
        return next((epsilon for end, (epsilon, _) in rows if candidates < end), self.schedule[-1][0])
