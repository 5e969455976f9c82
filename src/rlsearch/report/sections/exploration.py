"""How searches go over from exploring to exploiting, and what the tables behind them have learnt."""

from __future__ import annotations

from rlsearch.measures import ONE_CLASS
from rlsearch.report import exploration, q_tables
from rlsearch.report.study import StudyData

TITLE = "From exploring to exploiting"
ORDER = 12
NEEDS = ("search",)


def applies(study: StudyData) -> bool:
    """Tell whether an agent learns a table of values, or explores by a schedule."""
    return study.explores


def introduction(study: StudyData) -> str:
    """Return what is shown, and what of it cannot be."""
    return " ".join(
        [
            "Some agents draw every decision at random with probability epsilon, and take the option that they value "
            "most otherwise; epsilon falls during the search. Whether they come to propose better candidates, which "
            "ones, and what their values say of the options is shown here.",
            *_absent(study),
        ]
    )


def _absent(study: StudyData) -> list[str]:
    """Return what this study has not, so that figures of it are missing."""
    absent = []
    if not exploration.agents(study):
        absent.append("No search has told an epsilon yet: rewards and candidates by epsilon are missing.")
    if not study.grouped.groups:
        absent.append("The options of this space have no groups, so that nothing is shown by kind of layer.")
    if q_tables.agents(study) != list(dict.fromkeys(agent for agent, _ in study.q_tables.paths)):
        absent.append("Not all tables of values are there yet.")
    if ONE_CLASS.metric not in study.trials:
        absent.append("Whether a network answers one class alone was not recorded (`record` of the proxy task).")
    return absent
