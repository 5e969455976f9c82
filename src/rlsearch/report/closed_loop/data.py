"""What only closed loops have: what a schedule tree says exactly, and policies learned on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rlsearch.config import artefacts
from rlsearch.config.models import StudySettings
from rlsearch.evidence import policy_controls, sensitivity
from rlsearch.evidence.policy_controls import PolicyControls
from rlsearch.evidence.results import Results
from rlsearch.evidence.schedule_truth import Reference, ScheduleTruth
from rlsearch.evidence.sensitivity import Carry, Weighted
from rlsearch.training.observation import Weights


@dataclass(frozen=True)
class LoopData:
    """Empty for studies without a schedule tree.

    Attributes:
        truth, references: of the study's schedule tree.
        expected: by agent with a policy, mean return of the best schedule it can take and of all of them, on the tree.
        policies: their runs on the tree beside null runs, by agent.
        carry, weighted: sensitivity to carried state and to the reward's weights.
    """

    truth: ScheduleTruth | None = None
    references: Sequence[Reference] = ()
    expected: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    policies: Mapping[str, PolicyControls] = field(default_factory=dict)
    carry: Carry | None = None
    weighted: Sequence[Weighted] = ()


def of(results: Results) -> LoopData:
    """Return what there is of it.

    Raises:
        RlsearchError: a part of the table is damaged.
    """
    truth = ScheduleTruth.of(results)
    return LoopData() if truth is None else _with_tree(results, truth)


def _with_tree(results: Results, truth: ScheduleTruth) -> LoopData:
    settings = results.settings
    options = {label: optimizers(settings, label) for label in learners(settings)}
    weights = Weights(**settings.reward.of_steps.model_dump())
    failure = settings.reward.failure
    # The searches' own trainings, not those that judge: what a perfect learner could have expected of its episodes.
    expected = sensitivity.returns(truth.validation, weights, failure).mean(axis=1)
    reach = {label: expected[truth.among(labels)] for label, labels in options.items()}
    blocks = {label: results.block(label, "repetitions") for label in options}
    policies = {label: policy_controls.evaluate(block, truth.table) for label, block in blocks.items() if block}
    return LoopData(
        truth,
        truth.references(sorted(set(options.values()))),
        {label: (float(returns.max()), float(returns.mean())) for label, returns in reach.items()},
        {label: controls for label, controls in policies.items() if controls},
        sensitivity.carry(truth, results.files),
        sensitivity.weighted(truth, weights, failure),
    )


def learners(settings: StudySettings) -> list[str]:
    """Return the agents that learn a policy."""
    return [label for label in settings.agents if artefacts.learns_policy(settings, label)]


def optimizers(settings: StudySettings, label: str) -> tuple[str, ...]:
    """Return the labels of the optimizers among which an agent chooses."""
    chosen: tuple[str, ...] | None = getattr(settings.agents[label], "optimizers", None)
    return chosen or tuple(getattr(settings.space, "optimizers", ()))
