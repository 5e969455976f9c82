"""The first screen: one study a card, with its question, the answer in a sentence, and what nobody expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    """What a study comes to.

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
    text = _ANSWERS[verdict.decision].get(verdict.kind, f"{verdict.claim}: {verdict.decision}.")
    said = text.format(
        agent=verdict.agent,
        against=verdict.against,
        size=verdict.unit.size(verdict.effect),
        margin=verdict.unit.size(verdict.margin),
        span=words.between(verdict.interval, verdict.unit),
    )
    return f"{said} {out_of_reach(verdict)}".strip()


def _topic(verdict: Verdict) -> str:
    """Return a claim and its measured effect in a few words."""
    topic = _TOPICS.get(verdict.kind, verdict.kind).format(agent=verdict.agent, against=verdict.against)
    return f"{topic}: {'–' if verdict.effect is None else words.minus(verdict.unit.told(verdict.effect))}"


def _unclaimed(study: StudyData) -> str:
    """Return what a study without claims shows: the answer of its first agent on the target."""
    for slot in study.of_role("answer"):
        values = tables.tested(study.retrained.get(slot.name, {}), study.measure)
        if values:
            reached = words.level(study.measure.mean(values), study.measure, 1)
            return f"No claim is tested here. What {slot.source} selected reaches {reached} on the target's test set."
    return "No claim is tested here."


_ANSWERS: Mapping[Decision, Mapping[str, str]] = {
    "better": {
        "beats-agent": "Yes: at the same cost, {agent} finds better candidates than {against}, by {size}.",
        "beats-agent-on-table": "Yes: at the same cost, {agent} chooses better candidates than {against}, by {size}.",
        "selected-beats-baseline": "Yes: what {agent} selected is better than {against}, by {size}.",
        "learns": "Yes, it learns: {agent} finds better candidates than its twin that never learns, by {size}.",
        "lowers-gradient-variance": "Yes: the gradient estimate of {agent} is less noisy than that of {against}.",
        "convergence": "{agent} settles more tightly than it does where there is nothing to find.",
    },
    "worse": {
        "beats-agent": "No: at the same cost, {agent} finds worse candidates than {against}, by {size}.",
        "beats-agent-on-table": "No: at the same cost, {agent} chooses worse candidates than {against}, by {size}.",
        "selected-beats-baseline": "No: what {agent} selected is worse than {against}, by {size}.",
        "learns": "No: {agent} finds worse candidates than its twin that never learns, by {size}.",
        "lowers-gradient-variance": "No: the gradient estimate of {agent} is noisier than that of {against}.",
        "convergence": "No: {agent} settles less tightly than it does where there is nothing to find.",
    },
    "too small to matter": {
        "beats-agent": (
            "It makes no difference worth having: {agent} and {against} end within {margin} at the same cost."
        ),
        "beats-agent-on-table": (
            "It makes no difference worth having: {agent} and {against} end within {margin} at the same cost."
        ),
        "selected-beats-baseline": (
            "It makes no difference worth having: what {agent} selected and {against} lie within {margin}."
        ),
        "learns": "It learns nothing worth having: {agent} and its twin that never learns end within {margin}.",
        "lowers-gradient-variance": "The gradient estimates of {agent} and {against} are about equally noisy.",
        "convergence": "{agent} settles about as tightly where there is nothing to find.",
    },
    "cannot tell": {
        "beats-agent": (
            "This run cannot tell whether {agent} finds better candidates than {against} at the same cost: anything "
            "from {span} fits the data."
        ),
        "beats-agent-on-table": (
            "This run cannot tell whether {agent} chooses better candidates than {against} at the same cost: anything "
            "from {span} fits the data."
        ),
        "selected-beats-baseline": (
            "This run cannot tell whether what {agent} selected is better than {against}: anything from {span} fits."
        ),
        "learns": (
            "This run cannot tell whether {agent} learns anything that its twin, which never learns, does not have: "
            "anything from {span} fits the data."
        ),
        "lowers-gradient-variance": "This run cannot tell whose gradient estimate is noisier.",
        "convergence": "This run cannot tell whether {agent} settles more tightly than by chance.",
    },
}
_TOPICS: Mapping[str, str] = {
    "beats-agent": "{agent} against {against}",
    "beats-agent-on-table": "{agent} against {against}",
    "selected-beats-baseline": "what {agent} selected against {against}, on the target",
    "learns": "{agent} against its twin that never learns",
    "lowers-gradient-variance": "noise of the gradient, {agent} against {against}",
    "convergence": "how tightly {agent} settles, against searches without a signal",
}
