"""How slots and optimizers look in every figure: an agent's slots have its colour, baselines the colour of text."""

from __future__ import annotations

from typing import Any

from rlsearch.config.artefacts import Slot
from rlsearch.report.figures import style
from rlsearch.report.study import StudyData


def colour(study: StudyData, slot: Slot) -> str:
    """Return the colour of a slot."""
    return style.INK if slot.kind == "baseline" else style.colour(study.agents.index(slot.source))


def mark(study: StudyData, slot: Slot) -> dict[str, Any]:
    """Return the marker of a slot: its agent's, hollow for a schedule that is followed blindly; baselines their own."""
    if slot.kind == "baseline":
        place = [one.name for one in study.of_kind("baseline")].index(slot.name)
        return {"marker": style.marker(place), "color": style.INK, "markeredgecolor": style.INK}
    edge = colour(study, slot)
    face = style.PAPER if slot.kind == "schedule" else edge
    return {"marker": style.marker(study.agents.index(slot.source)), "color": face, "markeredgecolor": edge}


def optimizers(study: StudyData) -> dict[str, str]:
    """Return the colour of every optimizer that trained an epoch, in the order of the space."""
    seen = {label for arm in study.control.arms.values() for run in arm.runs for label in run.optimizers}
    known = list(getattr(study.settings.space, "optimizers", ()))
    ordered = [label for label in known if label in seen] + sorted(seen - set(known))
    return {label: style.colour((known or ordered).index(label)) for label in ordered}
