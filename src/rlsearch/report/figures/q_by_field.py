"""What convolutions of each field are held to be worth, layer by layer (Baker et al. 2017, figure A4)."""

from __future__ import annotations

from matplotlib.figure import Figure

from rlsearch.report import q_tables, words
from rlsearch.report.plotting import kinds
from rlsearch.report.plotting.style import Layout
from rlsearch.report.repetitions import Band
from rlsearch.report.study import StudyData

TITLE = "Learnt values by receptive field and depth"
SECTION = "exploration"
ORDER = 17


def applies(study: StudyData) -> bool:
    """Tell whether an agent left a table of values of convolutions of more than one field."""
    return len(_fields(study)) > 1 and bool(_panels(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return one panel per agent, a line for each field."""
    return kinds.draw(layout, _panels(study), _fields(study), study.grouped.unit, q_tables.AXIS)


def _named(option: str) -> str | None:
    side = q_tables.field(option)
    return None if side is None else f"{side}×{side}"


def _fields(study: StudyData) -> list[str]:
    sides = {side for option in study.grouped.groups if (side := q_tables.field(option)) is not None}
    return [f"{side}×{side}" for side in sorted(sides)] if q_tables.agents(study) else []


def _panels(study: StudyData) -> dict[str, dict[str, Band]]:
    names = _fields(study)
    bands = {agent: q_tables.by_depth(study, agent, _named, names) for agent in q_tables.agents(study)}
    return {agent: lines for agent, lines in bands.items() if lines}


def caption(study: StudyData) -> str:
    """Return n, and what is averaged."""
    return (
        f"{q_tables.whose(study)}. Mean of Q over all pairs of a state and a convolution of that field that a "
        f"candidate has taken at that {study.grouped.unit}, then over the searches{q_tables.band(study)}. Larger "
        "fields end earlier where maps have become smaller than they are."
    )


def alt(study: StudyData) -> str:
    """Return each agent's values of the fields of the first layer."""
    return f"Mean Q at the first {study.grouped.unit}. {q_tables.at_first(_panels(study), words.number)}."
