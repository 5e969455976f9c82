"""How far searches come in the schedule by which their agent explores: their budget may end them before it does."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from rlsearch.report import exploration, repetitions
from rlsearch.report.study import StudyData
from rlsearch.units import counted


def planned(study: StudyData, label: str) -> dict[float, int]:
    """Return how many candidates an arm's schedule gives each epsilon, highest first; empty where it has none."""
    rows = getattr(study.arm_settings[label], "schedule", ())
    counts: Counter[float] = Counter()
    for epsilon, candidates in rows:
        counts[float(epsilon)] += int(candidates)
    return dict(counts)


def epsilons(study: StudyData, label: str) -> list[float]:
    """Return every epsilon of an arm's schedule or of its searches' trials, highest first, reached or not."""
    seen = {float(epsilon) for epsilon in exploration.trials(study, label)["epsilon"]}
    return sorted(seen | set(planned(study, label)), reverse=True)


def cut_short(study: StudyData) -> str:
    """Return which of the study's own searches ended before their schedule, as a sentence that follows others."""
    told = [text for label in exploration.agents(study) if (text := _cut(study, label))]
    return f" Ended before the schedule did: {'; '.join(told)}." if told else ""


def repeated_short(study: StudyData) -> str:
    """Return how many repeated searches of each arm ended before their schedule, as a sentence that follows others."""
    counts = {label: _shorter(study, label) for label in repetitions.agents(study)}
    told = ", ".join(f"{label} {count}" for label, count in counts.items() if count)
    return f" Searches that ended before their agent's schedule of epsilon did: {told}." if told else ""


def _shorter(study: StudyData, label: str) -> int:
    total = sum(planned(study, label).values())
    return sum(used < total for used in repetitions.block(study, label)["trials_used"])


def _cut(study: StudyData, label: str) -> str:
    """Return e.g. "q after 76 of 85 networks, at epsilon 0.3"; of several searches, the one that came least far."""
    total = sum(planned(study, label).values())
    searches = [rows for seed, rows in _searches(study, label) if (label, int(seed)) in study.summaries]
    short = [rows for rows in searches if rows["key"].nunique() < total]
    if not short:
        return ""
    least = min(short, key=lambda rows: int(rows["key"].nunique()))
    some = f" ({len(short)} of {counted(len(searches), 'search')}; this one the soonest)"
    return (
        f"{label} after {least['key'].nunique()} of {total} {study.noun}s, at epsilon {least['epsilon'].min():g}"
        f"{some if len(searches) > 1 else ''}"
    )


def _searches(study: StudyData, label: str) -> list[tuple[float, pd.DataFrame]]:
    return [(float(str(seed)), rows) for seed, rows in exploration.trials(study, label).groupby("seed")]
