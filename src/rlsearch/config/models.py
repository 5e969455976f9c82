"""params.yaml as typed, frozen settings. Every section of a study is written out, so that DVC can track it by key."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SerializeAsAny, model_validator

from rlsearch.config.base import (
    AgentSettings,
    ClaimSettings,
    Count,
    Name,
    Number,
    Positive,
    Settings,
    Share,
    SpaceSettings,
)
from rlsearch.config.control_models import ControlSettings, GradientSettings, RepetitionSettings, SensitivitySettings
from rlsearch.config.dataset_models import DatasetSettings
from rlsearch.config.evaluator_models import EvaluatorSettings, SurrogateSettings, TableSettings, surrogate_measure
from rlsearch.config.optimizer_models import OptimizerSettings
from rlsearch.config.retrain_models import FidelitySettings, RetrainSettings, TuneSettings
from rlsearch.config.task_models import RestartSettings, RuntimeSettings, ScheduleSettings, TaskSettings
from rlsearch.config.transfer_models import TransferSettings
from rlsearch.measures import Measure

__all__ = [
    "ControlSettings",
    "DatasetSettings",
    "EvaluatorSettings",
    "FidelitySettings",
    "GradientSettings",
    "OptimizerSettings",
    "Params",
    "RepetitionSettings",
    "RestartSettings",
    "RetrainSettings",
    "RewardSettings",
    "RuntimeSettings",
    "ScheduleSettings",
    "SearchSettings",
    "SensitivitySettings",
    "StepRewardSettings",
    "StudySettings",
    "SurrogateSettings",
    "TableSettings",
    "TaskSettings",
    "TransferSettings",
    "TuneSettings",
]


class StepRewardSettings(Settings):
    """The reward of a step where a policy chooses optimizers (Pham 2024, who gives no values).

    gain x gain in validation accuracy + loss x fall of the validation loss (nats) - cost x FLOPs in steps of plain
    SGD (2 for SAM); at the end of a run `final` x validation accuracy on top. Of a task with another measure, its merit
    stands for the accuracy (`rlsearch.measures`).
    """

    gain: Number = 1.0
    loss: Number = 0.1
    cost: Number = 0.01
    final: Number = 1.0


class RewardSettings(Settings):
    """Reward = scale x measure ** power; `failure` of a child that diverged or did not train.

    The measure is that of the task on the validation data: accuracy (0 to 1) on images. Where lower is better, the
    power is negative.

    `steps` is for spaces in which every step is answered (optimizer-selection): the reward that a learning policy
    receives there. The ledger and agents without a policy keep to the measure at the end of a run.
    """

    scale: Positive = 10.0
    power: Literal[-2, -1, 1, 2, 3] = 1
    failure: Number = -2.0
    steps: StepRewardSettings | None = None

    @property
    def of_steps(self) -> StepRewardSettings:
        """The weights of a step's reward, also where none are given."""
        return self.steps or StepRewardSettings()


class SearchSettings(Settings):
    """How long a search lasts. `budget` counts full proxy trainings; finalists' re-evaluation is paid from it.

    Where networks cost unlike amounts, a unit of the budget is the mean training cost of the space (of the truth table,
    or of 1,000 networks drawn from the space). A child is evaluated if its own cost fits beside what the finalists may
    cost, and the first that does not fit ends the search: none overruns the budget, and one that prefers small networks
    has more trials than one that prefers large ones.

    `most_trials` ends a search after this many trials, whatever is left of the budget; null: the budget alone ends it.

    The top `finalists` are trained again on `replicates` fresh seeds; the best of those is the search's answer, which
    `score_replicates` further seeds score on the same validation images (measurement, not search, and counted apart).
    """

    seeds: Annotated[int, Field(ge=1, le=1000)]
    budget: Count
    finalists: Count = 3
    replicates: Count = 3
    score_replicates: Count = 3
    max_failed_share: Share = 0.5
    most_trials: Count | None = None

    @model_validator(mode="after")
    def _trials_remain(self) -> SearchSettings:
        if self.trials < 1:
            raise ValueError(
                f"budget {self.budget} leaves {self.trials} trials after finalists x replicates = "
                f"{self.finalists * self.replicates}; at least 1 is needed: raise the budget or lower one of the two"
            )
        return self

    @property
    def trials(self) -> int:
        """About how many proposals a search has: those that the budget pays for at the mean cost.

        Exactly so many where all candidates cost the same and train in full.
        """
        paid = self.budget - self.finalists * self.replicates
        return paid if self.most_trials is None else min(paid, self.most_trials)


class StudySettings(Settings):
    """One study: a space, a proxy task that the search sees, a target task for the selected, and the claims.

    `evaluator` answers for the search's children: `train` trains them on the proxy, and a truth table or a surrogate
    answers in its place. Without a `target` nothing is retrained, and `retrain` is null too; a surrogate then needs no
    `proxy` either.
    """

    protocol: Literal["as-published", "paper", "corrected"] = "corrected"
    published: Name | None = None
    dataset: Name
    # SerializeAsAny, here and below: a dump has the keys of the plugin's own model, not of its base alone.
    evaluator: Literal["train"] | SerializeAsAny[EvaluatorSettings] = "train"
    space: SerializeAsAny[SpaceSettings]
    proxy: TaskSettings | None
    target: TaskSettings | None
    reward: RewardSettings
    agents: Annotated[dict[Name, SerializeAsAny[AgentSettings]], Field(min_length=1)]
    search: SearchSettings
    # Not strict, here and below: YAML has lists and no tuples.
    baselines: Annotated[tuple[Name, ...], Field(strict=False)]
    fidelity: FidelitySettings | None
    retrain: RetrainSettings | None
    controls: ControlSettings
    alpha: Share = 0.05
    claims: Annotated[tuple[SerializeAsAny[ClaimSettings], ...], Field(strict=False)]

    @property
    def measure(self) -> Measure:
        """What a search's candidates are judged by: as trained on the proxy, or as the surrogate has it."""
        if self.surrogate is not None:
            return surrogate_measure(self.surrogate.name)
        return self.tasks["proxy"].measure

    @property
    def target_measure(self) -> Measure:
        """What retrained networks are judged by; where nothing is retrained, as `measure`."""
        return self.measure if self.target is None else self.target.measure

    @property
    def retraining(self) -> RetrainSettings:
        """How often it does so, and of what besides."""
        assert self.retrain is not None
        return self.retrain

    @property
    def tasks(self) -> dict[str, TaskSettings]:
        """The tasks that the study has, by their section."""
        return {name: task for name, task in (("proxy", self.proxy), ("target", self.target)) if task is not None}

    @property
    def trains(self) -> bool:
        """Whether the search's children are really trained."""
        return self.evaluator == "train"

    @property
    def table(self) -> str | None:
        """The truth table that answers for them, if one does."""
        return self.evaluator.name if isinstance(self.evaluator, TableSettings) else None

    @property
    def surrogate(self) -> SurrogateSettings | None:
        """The surrogate that answers for them, if one does."""
        return self.evaluator if isinstance(self.evaluator, SurrogateSettings) else None


class Params(Settings):
    """The whole of params.yaml."""

    preset: Name
    datasets: Annotated[dict[Name, SerializeAsAny[DatasetSettings]], Field(min_length=1)]
    runtime: RuntimeSettings
    studies: Annotated[dict[Name, StudySettings], Field(min_length=1)]
    transfers: dict[Name, TransferSettings] = Field(default_factory=dict)
