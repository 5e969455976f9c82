"""How much an agent's regret depends on its settings: searches repeated on the table, one setting changed at a time.

Run by run a variation meets the same trainings as the agent's own repetitions; a policy also starts from the same
weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rlsearch.config.base import AgentSettings
from rlsearch.config.control_models import BUDGET
from rlsearch.config.models import RepetitionSettings, StudySettings
from rlsearch.controls import repetitions
from rlsearch.search.answers import Answers

ANSWER_KEYS = ("runs", "trials", "answers", "answer_columns", "answer_rows", "answer_values", "flops")
"""What a variation's block holds of its repetitions: the answers, by which it is judged, and their cost."""


def block(answers: Answers, agent: str) -> list[dict[str, Any]] | None:
    """Return the `sensitivity` block of a controls file (docs/artefacts.md), None where the settings ask for none."""
    sensitivity = answers.study.controls.sensitivity
    if sensitivity is None or agent not in sensitivity.agents:
        return None
    variants = []
    for setting, value, changed in variations(answers.study, agent):
        # Without the null and planted runs of policies: ANSWER_KEYS has no place for them.
        repeated = repetitions.block(answers, agent, changed, controls=False) or {}
        judged = {key: repeated[key] for key in ANSWER_KEYS if key in repeated}
        variants.append({"setting": setting, "value": value, **judged})
    return variants


def variations(study: StudySettings, agent: str) -> Iterator[tuple[str, Any, StudySettings]]:
    """Yield the name and the value of what is changed, and the study with it, in the order of the settings."""
    sensitivity, own = study.controls.sensitivity, study.controls.repetitions
    if sensitivity is None or own is None:
        return
    for setting, values in sensitivity.agents[agent].items():
        for value in values:
            agents = {**study.agents, agent: changed(study.agents[agent], setting, value)}
            other = study.model_copy(update={"agents": agents})
            yield setting, value, _repeated(other, own, sensitivity.runs, own.trials)
    for trials in sensitivity.trials:
        yield BUDGET, trials, _repeated(study, own, sensitivity.runs, trials)


def changed(settings: AgentSettings, setting: str, value: Any) -> AgentSettings:
    """Return the settings with another value.

    Raises:
        ValidationError: there is no such setting, or it does not take the value.
    """
    # Not `model_copy(update=...)`, which validates nothing.
    return type(settings).model_validate({**settings.model_dump(), setting: value})


def _repeated(study: StudySettings, own: RepetitionSettings, runs: int, trials: int) -> StudySettings:
    """Return the study with other repetitions than its own."""
    again = own.model_copy(update={"runs": runs, "trials": trials})
    return study.model_copy(update={"controls": study.controls.model_copy(update={"repetitions": again})})
