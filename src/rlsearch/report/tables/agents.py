"""One row per agent: how its searches went and what their answers score on fresh seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from statistics import fmean

from rlsearch.evidence import tables
from rlsearch.report import words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, level_columns, level_spread, text
from rlsearch.report.tables import _left
from rlsearch.report.tables._answers import answer_label

SECTION = "search"
ORDER = 10


def table(study: StudyData) -> Table:
    """One row per agent: how its searches went and what their answers score on fresh seeds."""
    rows = [_agent_row(study, agent) for agent in study.arms if any(key[0] == agent for key in study.summaries)]
    score, *spread = level_columns("score", study.measure)
    single = all(row["searches"] == 1 for row in rows)
    columns = (
        text("agent", "agent"),
        Column("searches", "searches"),
        Column("trials", "trials each", words.number),
        Column("not_trained", "did not train", words.count),
        Column("left", "budget left", lambda share: words.percent(share, 0)),
        Column("answers", "answers", words.unbroken, numeric=False),
        score,
        *([] if single else spread),
    )
    note = (
        _score(study)
        + (" One search each: no interval." if single else " Mean and 95 % t interval over the searches.")
        + _left.about(study)
        + words.about_twins(study.arms)
        + (" Answers of policies: the schedule that each chose when it was first scored." if study.learners else "")
    )
    hidden = [column.key for column in spread] if single else []
    return Table("The searches of each agent", columns, rows, note, hidden)


def _score(study: StudyData) -> str:
    """Return what a score is of, and on what it is measured."""
    if study.settings.surrogate:
        noise = "fresh" if study.settings.surrogate.noise else "no"
        return f"Score: {study.judged} of a search's answer, by the surrogate with {noise} noise."
    return (
        f"Score: {study.judged} of a search's answer, trained on fresh seeds but measured on the same {study.split} "
        f"{study.kind.noun} by which it was chosen."
    )


def _agent_row(study: StudyData, agent: str) -> Row:
    summaries = [summary for (label, _), summary in study.summaries.items() if label == agent]
    answers = [summary["answer"] for summary in summaries if summary["answer"]]
    # Summaries from before this was recorded have none.
    known = [summary for summary in summaries if "left" in summary]
    not_trained = sum(n for summary in summaries for status, n in summary["statuses"].items() if status != "ok")
    return {
        "agent": agent,
        "searches": len(summaries),
        "trials": fmean(summary["trials"] for summary in summaries),
        "not_trained": not_trained,
        "left": fmean(map(_left.share, known)) if known else None,
        "answers": _counted(answer_label(study, answer) for answer in answers) or None,
        **level_spread("score", tables.scores(answers, study.measure), study.measure),
    }


def _counted(labels: Iterable[str]) -> str:
    """Return "s = 1.2 (4×), s = 1.3": each label once, with how often it came."""
    counts = sorted(Counter(labels).items())
    # Labels may hold commas themselves.
    between = "; " if any(", " in label for label, _ in counts) else ", "
    return between.join(label if count == 1 else f"{label} ({count}×)" for label, count in counts)
