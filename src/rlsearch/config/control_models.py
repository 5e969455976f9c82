"""The controls of a study as typed, frozen settings: null and planted runs, repetitions, gradients, sensitivity."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from rlsearch.config.base import Count, Distinct, Extended, Name, Natural, Number, Settings

LONGEST = 4
"""A repeated search ends after this many times the trials of the settings, however cheap its networks are."""


class RepetitionSettings(Extended):
    """Whole searches repeated in memory on the study's truth table or surrogate: `runs` of each agent.

    The common budget is what `trials` networks of average cost take to train. `top` names the k whose best-k mean is
    followed, as Zoph & Le (2017, figure 6) do; `below` the levels of the measure for which the share of searches whose
    proposal falls short is followed, trial by trial.
    """

    later: ClassVar[tuple[str, ...]] = ("below",)

    runs: Annotated[int, Field(ge=2, le=10_000)] = 100
    trials: Annotated[int, Field(ge=16, le=100_000)] = 200
    top: Annotated[tuple[Count, ...], Field(strict=False, min_length=1), Distinct] = (1, 5, 15)
    below: Annotated[tuple[Number, ...], Field(strict=False), Distinct] = ()


BUDGET = "trials"
"""Takes the place of a setting's name where a variation changes the common budget."""


class SensitivitySettings(Settings):
    """How much the regret of learning agents depends on their settings: repetitions with one setting changed at a time.

    `agents` names for each agent the settings and the values that they take in turn; all else stays as it is. `trials`
    are other common budgets. Each variation is repeated `runs` times, on the trainings that the repetitions meet.
    """

    runs: Annotated[int, Field(ge=2, le=10_000)] = 5
    trials: Annotated[tuple[Annotated[int, Field(ge=16, le=100_000)], ...], Field(strict=False), Distinct] = ()
    agents: Annotated[
        dict[Name, dict[str, Annotated[tuple[Any, ...], Field(strict=False, min_length=1)]]], Field(min_length=1)
    ]


class GradientSettings(Settings):
    """Variance of the policy-gradient estimate at policies frozen after `updates` updates of `searches` trainings.

    At each policy the variance is taken over `batches` batches. The unit of replication is the training: batches say
    how well one policy is measured, trainings what the agent's policies are like. `agents` names those whose policies
    are frozen; null: all that learn by policy gradient.
    """

    agents: Annotated[tuple[Name, ...], Field(strict=False, min_length=1), Distinct] | None = None
    updates: Annotated[tuple[Natural, ...], Field(strict=False, min_length=1), Distinct] = (0, 10, 25)
    searches: Annotated[int, Field(ge=2, le=1000)] = 10
    batches: Annotated[int, Field(ge=20, le=100_000)] = 100


class ControlSettings(Settings):
    """Null and planted controls: `runs` simulated searches of `episodes` proposals.

    The noise comes from `replicates` real children at each of `actions` fixed candidates. `agents` names those that are
    simulated; null simulates all. An agent that takes a second a search is better left out.
    """

    agents: Annotated[tuple[Name, ...], Field(strict=False), Distinct] | None = None
    runs: Annotated[int, Field(ge=20, le=10_000)] = 200
    episodes: Annotated[int, Field(ge=8, le=100_000)] = 200
    replicates: Annotated[int, Field(ge=3, le=1000)] = 20
    actions: Annotated[int, Field(ge=2, le=50)] = 3
    permuted_labels: bool = True
    repetitions: RepetitionSettings | None = None
    gradient: GradientSettings | None = None
    sensitivity: SensitivitySettings | None = None
