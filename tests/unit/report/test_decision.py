"""The four verdicts: one table of cases, for every kind of claim, from the rule to the page."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from rlsearch.config import plugins
from rlsearch.evidence.decision import DECISIONS, Decision, decide
from rlsearch.evidence.verdict import Evidence, Verdict, judge
from rlsearch.measures import ACCURACY
from rlsearch.report import strip
from rlsearch.report.meanings import meaning
from rlsearch.report.metrics import claim_numbers
from rlsearch.statistics.intervals import Interval
from rlsearch.units import LOG_RATIO

KINDS = plugins.names("claims")
MARGIN = 0.005
STYLE = (Path(strip.__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Case:
    """An interval, the verdict that it must have, and what the page must and must not say about it."""

    low: float
    high: float
    decision: Decision
    said: str
    unsaid: str = "ruled out"


CASES = {
    "a gain above the margin": Case(0.006, 0.02, "better", "lies wholly above 0\\.", "may be below"),
    "a gain of unknown size": Case(0.001, 0.02, "better", "lies wholly above 0; it may be below", "worse"),
    "a gain without an upper bound": Case(0.001, math.inf, "better", r"\+0\.10 to no bound", "too few"),
    "a gain that is sure and small": Case(0.001, 0.004, "too small to matter", "A gain of 0.25 points", "none at all"),
    "a gain of the margin but for rounding": Case(
        MARGIN * (1 - 1e-15), 0.02, "better", "lies wholly above 0\\.", "may be below"
    ),
    "a loss of the margin but for rounding": Case(
        -0.02, -MARGIN * (1 - 1e-15), "worse", "lies wholly below 0\\.", "may be below"
    ),
    "a loss that is sure and small": Case(
        -0.004, -0.001, "too small to matter", "A loss of 0.25 points", "none at all"
    ),
    "nothing, surely": Case(-0.002, 0.001, "too small to matter", "A loss of 0.05 points.*may be none at all", "worse"),
    "exactly nothing": Case(-0.002, 0.002, "too small to matter", "No difference was measured", "loss"),
    "a loss below the margin": Case(-0.0246, -0.006, "worse", "lies wholly below 0\\.", "may be below"),
    "a loss of unknown size": Case(
        -0.0246, -0.0025, "worse", "worse.*lies wholly below 0; the loss may be", "better by"
    ),
    "a loss without a bound": Case(-math.inf, -0.001, "worse", "no bound to -0.10 points", "too few"),
    "a gain ruled out, a loss not": Case(-0.009, 0.0015, "cannot tell", "holds 0 and reaches beyond ±0.50 points"),
    "a loss ruled out, a gain not": Case(-0.001, 0.02, "cannot tell", "holds 0 and reaches beyond ±0.50 points"),
    "anything": Case(-0.02, 0.02, "cannot tell", "holds 0", "worse"),
    "no bounds": Case(-math.inf, math.inf, "cannot tell", "too few to bound"),
    "from 0 on": Case(0.0, 0.02, "cannot tell", "holds 0", "pays off"),
    "up to 0": Case(-0.02, 0.0, "cannot tell", "holds 0", "worse"),
    "0 but for rounding": Case(1e-16, 0.02, "cannot tell", "holds 0"),
    "up to the margin": Case(0.001, 0.005, "better", "lies wholly above 0"),
    "down to the margin": Case(-0.005, 0.001, "cannot tell", "reaches beyond"),
    "the margin but for rounding": Case(0.001, 0.005 - 1e-17, "better", "lies wholly above 0"),
}


@dataclass(frozen=True)
class Found:
    """A test whose interval is the given one at every level."""

    low: float
    high: float
    p: float = 0.5
    name: str = "made up"

    @property
    def effect(self) -> float:
        ends = [end for end in (self.low, self.high) if math.isfinite(end)]
        return sum(ends) / len(ends) if ends else 0.0

    def interval(self, confidence: float) -> Interval:
        return Interval(self.low, self.high, confidence)


def _judged(case: Case, kind: str) -> Verdict:
    evidence = Evidence("a beats b", kind, "a", "b", ACCURACY, MARGIN, (0.9, 0.91), (0.9, 0.92))
    return judge(Evidence(**{**evidence.__dict__, "test": Found(case.low, case.high)}), 0.05)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_kind_of_claim_ends_in_the_same_four_verdicts(case: Case, kind: str) -> None:
    verdict = _judged(case, kind)
    assert verdict.decision == decide(Interval(case.low, case.high, 0.95), MARGIN) == case.decision
    said = f"{meaning(verdict)} {verdict.explanation}"
    assert re.search(case.said, said), said
    assert not re.search(case.unsaid, said), said
    assert claim_numbers(verdict)["verdict"] == {case.decision.replace(" ", "-"): 1}


@pytest.mark.parametrize("kind", KINDS)
def test_each_verdict_says_something_else_and_ends_as_a_sentence(kind: str) -> None:
    texts = {case.decision: meaning(_judged(case, kind)) for case in CASES.values()}
    assert set(texts) == set(DECISIONS)
    assert len(set(texts.values())) == 4
    assert all(text.endswith(".") and "None" not in text for text in texts.values())
    assert "worse" in texts["worse"]


def test_without_an_interval_nothing_can_be_told() -> None:
    verdict = judge(Evidence("a beats b", "beats-agent", "a", "b", ACCURACY, MARGIN, reason="not run yet"), 0.05)
    assert (verdict.decision, verdict.explanation) == ("cannot tell", "Not decided: not run yet.")
    assert meaning(verdict) == "Nothing follows from this yet."


@pytest.mark.parametrize("decision", DECISIONS)
def test_each_verdict_has_a_colour_and_a_sign_of_its_own(decision: str) -> None:
    name = decision.replace(" ", "-")
    assert len(re.findall(rf"^\.{name} {{ --verdict: var\(--\w+\); }}", STYLE, re.MULTILINE)) == 1
    signs = re.findall(r"^\.([\w-]+) \.decision::before { content: \"(.)\"; }", STYLE, re.MULTILINE)
    assert [sign for found, sign in signs if found == name]
    assert len(dict(signs)) == len({sign for _, sign in signs}) == len(DECISIONS)


def test_a_ratio_of_variances_is_told_as_a_factor() -> None:
    evidence = Evidence("a varies less than b", "lowers-gradient-variance", "a", "b", LOG_RATIO, 0.1)
    verdict = judge(Evidence(**{**evidence.__dict__, "test": Found(-0.246, -0.004)}), 0.01)
    assert "noisier by a factor of 1.13 in the variance" in meaning(verdict)
