"""What searches leave of their budget and why, from the block `left` of each summary.json (docs/artefacts.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from rlsearch.report import words
from rlsearch.report.study import StudyData

Summary = Mapping[str, Any]
Summaries = Mapping[tuple[str, int], Summary]
"""By arm and search seed."""

MANY = 8
"""More arms than these are counted, not named."""
SET_ASIDE = {
    "failed_children": "children that failed or could not be built",
    "empty_places": "more finalists than there were",
    "unneeded_restarts": "restarts of finalists",
    "shorter_finalists": "trainings of finalists that took less",
}


def share(summary: Summary) -> float:
    """Return the share of a search's budget that was neither spent on trials nor on training the finalists again."""
    return _share(summary, "flops")


def about(study: StudyData) -> str:
    """Return what ended the searches and what was set aside in vain, as sentences; nothing where all was spent."""
    # Summaries from before this was recorded have none.
    known = {search: summary for search, summary in study.summaries.items() if "left" in summary}
    if not any(summary["left"]["flops"] for summary in known.values()):
        return ""
    return f" Budget left: {_ended(known)}.{_set_aside(known)} The reasons stand in each summary.json (`left`)."


def _ended(known: Summaries) -> str:
    """Return how searches ended, the commonest way last."""
    (commonest, _), *others = Counter(map(_end, known.values())).most_common()
    if not others:
        return f"every search ended {commonest}"
    told = [f"those of {_named(known, _ending(known, end))} ended {end}" for end, _ in others]
    return f"{'; '.join(told)}; all others ended {commonest}"


def _ending(known: Summaries, end: str) -> list[tuple[str, int]]:
    return [search for search, summary in known.items() if _end(summary) == end]


def _end(summary: Summary) -> str:
    left = summary["left"]
    if left["ended"] == "most_trials":
        return f"after {summary['trials']} trials, the most that the settings allow (`search.most_trials`)"
    if left["ended"] == "agent":
        return "when their agent had nothing more to propose"
    if left["refused"]["key"] is None:
        return "when what remained allowed no further proposal"
    return (
        "with the first proposal whose cost, beside what is set aside for training the finalists again, was more than "
        "what remained, though a cheaper one might still have fitted"
    )


def _set_aside(known: Summaries) -> str:
    told = []
    for part, name in SET_ASIDE.items():
        if some := [key for key, summary in known.items() if summary["left"][part]]:
            most = words.percent(max(_share(known[key], part) for key in some), 1)
            told.append(f"{name} ({_named(known, some)}; at most {most} of the budget)")
    return f" Part of it was set aside and not needed: for {', for '.join(told)}." if told else ""


def _share(summary: Summary, part: str) -> float:
    return float(summary["left"][part] / summary["cost"]["budget_flops"])


def _named(known: Summaries, some: Collection[tuple[str, int]]) -> str:
    """Return whose searches some are: each arm by name, with a count where not all of its searches are among them."""
    every, found = Counter(arm for arm, _ in known), Counter(arm for arm, _ in some)
    if found == every:
        return "all agents"
    if len(found) > MANY:
        return f"{len(found)} of {len(every)} agents"
    return ", ".join(arm if n == every[arm] else f"{arm} ({n} of {every[arm]} searches)" for arm, n in found.items())
