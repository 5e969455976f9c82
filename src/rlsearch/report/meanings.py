"""What a verdict means for someone who wants to use the result, in a sentence or two."""

from __future__ import annotations

from collections.abc import Mapping

from rlsearch.evidence.decision import Decision
from rlsearch.evidence.verdict import Verdict
from rlsearch.report import words


def meaning(verdict: Verdict) -> str:
    """Return what follows from a verdict: who won, by how much, and what to do."""
    if verdict.interval is None or verdict.effect is None:
        return "Nothing follows from this yet."
    text = _MEANINGS[verdict.decision].get(verdict.kind, "")
    text = text.format(agent=verdict.agent, against=verdict.against, size=verdict.unit.size(verdict.effect))
    if verdict.decision == "too small to matter":
        text = f"{text} {_too_small(verdict)}"
    return f"{out_of_reach(verdict)} {text}".strip()


def out_of_reach(verdict: Verdict) -> str:
    """Return that the margin lies above the headroom, and how sure it is that no agent could reach it; else nothing."""
    if not verdict.beyond_reach or verdict.decision == "better":
        return ""
    return words.minus(verdict.headroom.verdict(verdict.margin, verdict.unit))


def _too_small(verdict: Verdict) -> str:
    """Return the size and the sign of an effect that does not matter."""
    effect, unit = verdict.effect or 0.0, verdict.unit
    sign = "gain" if effect > 0 else "loss"
    measured = f"A {sign} of {unit.size(effect)} was measured" if effect else "No difference was measured"
    return f"{measured}; no difference of {unit.size(verdict.margin)}, the smallest worth having, fits the data."


_MEANINGS: Mapping[Decision, Mapping[str, str]] = {
    "too small to matter": {
        "beats-agent": "At this cost, {agent} and {against} find candidates that differ too little to matter.",
        "selected-beats-baseline": "What {agent} selected and {against} differ too little on this target to matter.",
        "beats-agent-on-table": (
            "On this table and at this cost, {agent} and {against} choose candidates that differ too little to matter."
        ),
        "learns": (
            "What {agent} finds, it finds by the policy that it starts from: its twin, which never learns, does about "
            "as well."
        ),
        "lowers-gradient-variance": "The gradient estimates of {agent} and {against} are about equally noisy.",
        "convergence": "Do not read anything into {agent} settling: it settles about as tightly without a signal.",
    },
    "better": {
        "beats-agent": (
            "On this task and at this cost, searching with {agent} pays off against {against}: what it finds is better "
            "by {size}."
        ),
        "selected-beats-baseline": (
            "On this target, use what {agent} selected rather than {against}: it is better by {size}."
        ),
        "beats-agent-on-table": (
            "On this table and at this cost, {agent} chooses better candidates than {against}: better by {size}."
        ),
        "learns": (
            "What {agent} learns during a search pays off: its answers are better by {size} than those of its twin, "
            "which starts from the same policy and never learns."
        ),
        "lowers-gradient-variance": (
            "The gradient estimate of {agent} is less noisy than that of {against}, by {size} in the variance; whether "
            "the search is better for it is another question (see regret)."
        ),
        "convergence": (
            "It settles more tightly than chance alone made it settle; whether it settles in the right place is "
            "another question (see the planted optimum)."
        ),
    },
    "worse": {
        "beats-agent": (
            "On this task and at this cost, {agent} does not find better candidates than {against}: what it finds is "
            "worse by {size}."
        ),
        "selected-beats-baseline": "Stay with {against}: what {agent} selected is worse by {size}.",
        "beats-agent-on-table": (
            "On this table and at this cost, {agent} does not choose better candidates than {against}: worse by {size}."
        ),
        "learns": (
            "Learning does harm here: the answers of {agent} are worse by {size} than those of its twin, which starts "
            "from the same policy and never learns."
        ),
        "lowers-gradient-variance": (
            "The gradient estimate of {agent} does not vary less than that of {against}: it is worse, noisier by "
            "{size} in the variance."
        ),
        "convergence": "{agent} settles worse, less tightly than it does when the reward says nothing.",
    },
    "cannot tell": {
        "beats-agent": "Do not prefer {agent} to {against} because of these searches; they cannot tell.",
        "selected-beats-baseline": "Stay with {against} until more runs show that changing it helps.",
        "beats-agent-on-table": "Do not prefer {agent} to {against} because of these searches; they cannot tell.",
        "learns": "These searches cannot tell whether {agent} learns: its twin, which never does, may do as well.",
        "lowers-gradient-variance": "These trainings cannot tell whose gradient estimate is noisier.",
        "convergence": "That {agent} settles says little yet: these searches may have settled by chance.",
    },
}
