"""Searches where there is nothing to find, and where the answer is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlsearch.report import simulated, words
from rlsearch.report.study import StudyData

TITLE = "Would chance look the same?"
ORDER = 80
NEEDS = ("search", "controls")


def applies(_: StudyData) -> bool:
    """Tell whether the study has controls: all have."""
    return True


def introduction(study: StudyData) -> str:
    """Return which agents search where there is nothing to find, and what they meet there instead of rewards."""
    controlled = {*simulated.agents(study), *simulated.policies(study)}
    if not controlled:
        return _nothing(study)
    whose = simulated.named(study, [agent for agent in study.agents if agent in controlled])
    lead = (
        f"Searches where there is nothing to find are simulated of {whose}"
        if simulated.left_out(study)
        else "The same agents search where there is nothing to find"
    )
    return (
        f"{lead}{_null(study)}. Whatever they show there is no sign of learning. And they search where the answer is "
        "known, which shows what they can find."
    )


def _null(study: StudyData) -> str:
    noise, others = "the reward is noise of the measured size", simulated.agents(study)
    if not simulated.policies(study):
        return f": {noise}"
    drawn = "see the progress of a schedule drawn at random, whatever they choose"
    return f". Those that learn a policy {drawn}; for {words.listed(others)} {noise}" if others else f": they {drawn}"


def _nothing(study: StudyData) -> str:
    """Return in one sentence that nothing is simulated, and what the controls hold all the same."""
    controls = list(study.controls.values())
    noise = f"; the noise of the reward was measured (sd {words.number(_sd(controls[0]))})" if controls else ""
    permuted = any(control.get("permuted_labels") for control in controls)
    return (
        "No agent is simulated here where there is nothing to find, or where the answer is known, since the settings "
        f"name none (`controls.agents`){noise}{', and agents that learn met permuted labels' if permuted else ''}."
    )


def _sd(control: Mapping[str, Any]) -> float:
    return float(control["noise"]["pooled_sd"])
