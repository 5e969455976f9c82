"""The first screen: one study a card, with its question, the answer in a sentence, and what nobody expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlsearch.claims.base import kind_of
from rlsearch.evidence import tables
from rlsearch.evidence.decision import Decision
from rlsearch.evidence.verdict import Verdict
from rlsearch.report import words
from rlsearch.report.meanings import out_of_reach
from rlsearch.report.published_models import Published
from rlsearch.report.study import StudyData
from rlsearch.report.surprises import surprises


@dataclass(frozen=True)
class Card:
    """The result of a study in short.

    Attributes:
        study: its name.
        question: in plain words, from the source where there is one.
        answer: one sentence that a student understands: the verdict on the study's first claim.
        others: the other claims' verdicts, a few words each.
        surprises: found afterwards, not claimed beforehand.
        claims: whether the study tests any.
    """

    study: str
    question: str
    answer: str
    others: Sequence[tuple[Decision, str]]
    surprises: Sequence[str]
    claims: bool


def card(study: StudyData, published: Published | None) -> Card:
    """Return the card of a study."""
    question = published.question if published else study.space.question
    # The first claim of the settings is the one that the study is about.
    first, rest = (study.verdicts[0], study.verdicts[1:]) if study.verdicts else (None, ())
    return Card(
        study=study.name,
        question=question,
        answer=_unclaimed(study) if first is None else answer(first),
        others=[(verdict.decision, _topic(verdict)) for verdict in rest],
        surprises=surprises(study),
        claims=first is not None,
    )


def answer(verdict: Verdict) -> str:
    """Return a verdict as the answer to a question that anyone can ask."""
    if verdict.interval is None or verdict.effect is None:
        return f"Not known yet: {verdict.explanation.removeprefix('Not decided: ')}"
    sentence = (
        kind_of(verdict)
        .MEANINGS[verdict.decision]
        .answer.format(
            agent=verdict.agent,
            against=verdict.against,
            size=verdict.unit.size(verdict.effect),
            margin=verdict.unit.size(verdict.margin),
            span=words.between(verdict.interval, verdict.unit),
        )
    )
    return f"{sentence} {out_of_reach(verdict)}".strip()


def _topic(verdict: Verdict) -> str:
    """Return a claim and its measured effect in a few words."""
    topic = kind_of(verdict).TOPIC.format(agent=verdict.agent, against=verdict.against)
    return f"{topic}: {'–' if verdict.effect is None else words.minus(verdict.unit.told(verdict.effect))}"


def _unclaimed(study: StudyData) -> str:
    """Return what a study without claims shows: the answer of its first agent on the target."""
    for slot in study.of_role("answer"):
        values = tables.tested(study.retrained.get(slot.name, {}), study.target_measure)
        if values:
            reached = words.level(study.target_measure.mean(values), study.target_measure, 1)
            return f"No claim is tested here. What {slot.source} selected reaches {reached} on the target's test set."
    return "No claim is tested here."
