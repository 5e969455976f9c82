"""How much an agent's regret hangs on its settings: searches repeated on the table with one setting changed at a time.

Run by run a variation meets the same trainings as the agent's own repetitions; a policy also starts from the same
weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rlsearch.config.base import AgentSettings
from rlsearch.config.control_models import BUDGET
from rlsearch.config.models import StudySettings
from rlsearch.controls import repetitions
from rlsearch.search.answers import Answers

KEPT = ("runs", "trials", "answers", "answer_columns", "answer_rows", "flops")
"""What is kept of a variation's repetitions: the answers, by which it is judged, and their cost."""


def block(answers: Answers, agent: str) -> list[dict[str, Any]] | None:
    """Return the `sensitivity` block of a controls file (docs/artefacts.md), None where the settings ask for none."""
    asked = answers.study.controls.sensitivity
    if asked is None or agent not in asked.agents:
        return None
    found = []
    for setting, value, changed in variations(answers.study, agent):
        answered = repetitions.block(answers, agent, changed, controls=False) or {}
        kept = {key: answered[key] for key in KEPT if key in answered}
        found.append({"setting": setting, "value": value, **kept})
    return found


def variations(study: StudySettings, agent: str) -> Iterator[tuple[str, Any, StudySettings]]:
    """Yield the name and the value of what is changed, and the study with it, in the order of the settings."""
    asked, own = study.controls.sensitivity, study.controls.repetitions
    if asked is None or own is None:
        return
    for setting, values in asked.agents[agent].items():
        for value in values:
            agents = {**study.agents, agent: changed(study.agents[agent], setting, value)}
            yield setting, value, _repeated(study.model_copy(update={"agents": agents}), asked.runs, own.trials)
    for trials in asked.trials:
        yield BUDGET, trials, _repeated(study, asked.runs, trials)


def changed(settings: AgentSettings, setting: str, value: Any) -> AgentSettings:
    """Return the settings with another value.

    Raises:
        ValidationError: there is no such setting, or it does not take the value.
    """
    return type(settings).model_validate({**settings.model_dump(), setting: value})


def _repeated(study: StudySettings, runs: int, trials: int) -> StudySettings:
    """Return the study with other repetitions."""
    own = study.controls.repetitions
    assert own is not None
    again = own.model_copy(update={"runs": runs, "trials": trials})
    return study.model_copy(update={"controls": study.controls.model_copy(update={"repetitions": again})})
