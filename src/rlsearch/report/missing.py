"""What of a study has not run yet, in words."""

from __future__ import annotations

from collections.abc import Sequence

from rlsearch.config.artefacts import SELECT_FILES
from rlsearch.report.study import StudyData

_PHASES = {
    "search": "searches",
    "controls": "controls",
    "select": "selected slots",
    "retrain": "retrained slots",
    "transfer": "slots of transfers",
    "reference": "parts of the truth table",
}


_ONE = {"reference": "part of the truth table"}


def not_run(study: StudyData, needs: Sequence[str]) -> list[str]:
    """Return what is missing of these result folders, e.g. "3 searches (results/search)"."""
    lines = []
    for phase in needs:
        paths = [path for path in study.missing if path.startswith(f"results/{phase}/")]
        if phase == "select":
            paths = [path for path in paths if not path.endswith(SELECT_FILES)]
        # A search or a retrained slot is a folder of several files, and counts once.
        places = {path.rsplit("/", 1)[0] if phase in ("search", "retrain") else path for path in paths}
        if places:
            noun = _PHASES[phase]
            noun = _ONE.get(phase, noun.removesuffix("s")) if len(places) == 1 else noun
            lines.append(f"{len(places)} {noun} (results/{phase})")
    return lines
