"""What a verdict means for someone who wants to use the result, in a sentence or two."""

from __future__ import annotations

from rlsearch.claims.base import kind_of
from rlsearch.evidence.verdict import Verdict
from rlsearch.report import words


def meaning(verdict: Verdict, where: str = "table") -> str:
    """Return what follows from a verdict: which arm is better, by how much, and what to do.

    `where` searches were repeated: on a truth table or a surrogate.
    """
    if verdict.interval is None or verdict.effect is None:
        return "Nothing follows from this yet."
    text = kind_of(verdict).MEANINGS[verdict.decision].advice
    size = verdict.unit.size(verdict.effect)
    text = text.format(agent=verdict.agent, against=verdict.against, size=size, where=where)
    if verdict.decision == "too small to matter":
        text = f"{text} {_too_small(verdict)}"
    return f"{out_of_reach(verdict)} {text} {_too_weak(verdict)}".strip()


def out_of_reach(verdict: Verdict) -> str:
    """Return that the margin lies above the headroom, and how sure it is that no agent could reach it; else nothing."""
    if not verdict.beyond_reach or verdict.decision == "better":
        return ""
    return words.minus(verdict.headroom.verdict(verdict.margin, verdict.unit))


def _too_weak(verdict: Verdict) -> str:
    """Return that the test finds only what is more than the best chooser gains, where that is why it cannot tell."""
    gain, mde, unit = verdict.headroom.gain, verdict.mde, verdict.unit
    if verdict.decision != "cannot tell" or mde is None or gain is None or not verdict.headroom.below(mde):
        return ""
    told = f"gains {unit.size(gain)}" if gain > 0 else "gains nothing"
    return (
        f"It could hardly have been otherwise: the best chooser that we tried {told} here, and with so many searches "
        f"the test finds {unit.size(mde)} or more."
    )


def _too_small(verdict: Verdict) -> str:
    """Return the size and the sign of an effect that does not matter."""
    effect, unit = verdict.effect or 0.0, verdict.unit
    sign = "gain" if effect > 0 else "loss"
    measured = f"A {sign} of {unit.size(effect)} was measured" if effect else "No difference was measured"
    return f"{measured}; no difference of {unit.size(verdict.margin)}, the smallest worth having, fits the data."
