"""Which agents the settings simulate where there is nothing to find, and where an optimum is planted."""

from __future__ import annotations

from rlsearch.report import words
from rlsearch.report.study import StudyData

MANY = 6
"""More agents than these are counted, not named."""


def agents(study: StudyData) -> list[str]:
    """Return the agents with simulated searches; policies have null and planted runs of their own."""
    named = study.settings.controls.agents
    return [agent for agent in study.agents if named is None or agent in named]


def policies(study: StudyData) -> list[str]:
    """Return the agents whose policies have null and planted runs beside their repetitions."""
    on_tree = study.settings.controls.repetitions is not None and study.settings.table is not None
    return study.learners if on_tree else []


def left_out(study: StudyData) -> list[str]:
    """Return the agents without any such search."""
    controlled = {*agents(study), *policies(study)}
    return [agent for agent in study.agents if agent not in controlled]


def named(study: StudyData, some: list[str]) -> str:
    """Return agents in words: by name, or how many of all where they are many."""
    return words.listed(some) if len(some) <= MANY else f"{len(some)} of the {len(study.agents)} agents"
