"""What layers of each group are held to be worth, layer by layer (Baker et al. 2017, figure A3)."""

from __future__ import annotations

from matplotlib.figure import Figure

from rlsearch.report import q_tables, words
from rlsearch.report.plotting import kinds
from rlsearch.report.plotting.style import Layout
from rlsearch.report.repetitions import Band
from rlsearch.report.study import StudyData

TITLE = "Learnt values by layer type and depth"
SECTION = "exploration"
ORDER = 16


def applies(study: StudyData) -> bool:
    """Tell whether an agent left a table of values of options that have groups."""
    return bool(_panels(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return one panel per agent, a line for each group of options."""
    return kinds.draw(layout, _panels(study), study.grouped.names, study.grouped.unit, q_tables.AXIS)


def _panels(study: StudyData) -> dict[str, dict[str, Band]]:
    groups, names = study.grouped.groups, study.grouped.names
    if not groups:
        return {}
    bands = {agent: q_tables.by_depth(study, agent, groups.get, names) for agent in q_tables.agents(study)}
    return {agent: lines for agent, lines in bands.items() if lines}


def caption(study: StudyData) -> str:
    """Return n, and what is averaged."""
    return (
        f"{q_tables.whose(study)}. Mean of Q over all pairs of a state and an option of that group that a candidate "
        f"has taken at that {study.grouped.unit}, then over the searches{q_tables.band(study)}. At its "
        "end a search has drawn good pairs more often, but here each counts once. Values of agents that are paid "
        "otherwise (at every decision, or discounted) lie on another scale: compare the lines of one panel, not panels."
    )


def alt(study: StudyData) -> str:
    """Return each agent's values of the groups of the first layer."""
    return f"Mean Q at the first {study.grouped.unit}. {q_tables.at_first(_panels(study), words.number)}."
