"""A kind of claim is one file: from its entry in the settings to the tables of the report, without another line."""

from __future__ import annotations

from pathlib import Path

import pytest

import artefact_factory
from rlsearch import seeds
from rlsearch.checks import validate
from rlsearch.config import plugins
from rlsearch.errors import SettingsError
from rlsearch.evidence.verdict import Evidence, judge
from rlsearch.files import pretty_json, read_json, write_atomic
from rlsearch.measures import ACCURACY
from rlsearch.overview.power import power
from rlsearch.phases import report
from rlsearch.report import cards, meanings, metrics, page, tables
from rlsearch.report.study import StudyData

COSTS_LESS = """\
'''The agent's searches take less arithmetic than so many FLOPs.'''

from rlsearch.claims.base import Claim, Meaning, Meanings, Seeds
from rlsearch.config.base import ClaimSettings, Positive
from rlsearch.statistics import reach
from rlsearch.units import Unit


class Settings(ClaimSettings):
    most: Positive


class CostsLess(Claim[Settings]):
    TOPIC = "what {agent} costs"
    MEANINGS = Meanings(
        better=Meaning("Yes: {agent} saves {size}.", "Take {agent}: it saves {size}."),
        worse=Meaning("No: {agent} costs {size} more.", "{agent} costs {size} more, which is worse."),
        too_small_to_matter=Meaning("It saves nothing: {margin} at most.", "{agent} saves too little to matter."),
        cannot_tell=Meaning("Nobody knows: {span} fits.", "These searches cannot tell what {agent} costs."),
    )

    def unit(self, study):
        return Unit("TFLOP")

    def check(self, place):
        if place.study.search.budget < 20:
            yield place.beside(("search", "budget"), "must be at least 20 to tell costs apart")

    def power(self, study, level):
        now = study.search.seeds
        return Seeds(("search", "seeds"), now, max(now, reach.FEWEST))

    def evidence(self, results):
        evidence = self.start(results, f"{self.settings.agent} costs less than {self.settings.most:g} TFLOP")
        found = [value for (agent, _), value in results.summaries.items() if agent == self.settings.agent]
        if not found:
            return evidence.without("not run yet (no search has ended)")
        return evidence.estimate([self.settings.most - value["cost"]["flops"] / 1e12 for value in found])


SETTINGS, CLAIM = Settings, CostsLess
"""
ENTRY = {"claim": "costs-less", "agent": "random", "margin": 0.001, "most": 1.0}


@pytest.fixture
def kind(own: Path) -> str:
    write_atomic(own / "claims/costs_less.py", COSTS_LESS)
    return "costs-less"


def test_a_file_is_a_kind_from_the_settings_to_the_report(kind: str, tmp_path: Path) -> None:
    params = artefact_factory.build(tmp_path, raw=artefact_factory.settings(claims=[ENTRY]))
    for seed in range(6):  # made-up searches all cost the same
        path = tmp_path / "results/search/init-scale/random" / f"seed-{seed}" / "summary.json"
        found = read_json(path)
        path.write_text(pretty_json({**found, "cost": {**found["cost"], "flops": int(1e11) * (4 + seed)}}))
    data = StudyData(params, "init-scale", tmp_path)
    (verdict,) = data.verdicts
    assert (verdict.kind, verdict.decision, verdict.effect) == (kind, "better", pytest.approx(0.35))
    [table] = [one for one in tables.build(data) if one.name == "verdicts"]
    (row,) = table.rows
    assert row["claim"] == "random costs less than 1 TFLOP"
    assert (row["unit_shown"], row["effect_shown"]) == ("TFLOP", "+0.350")
    assert meanings.meaning(verdict) == "Take random: it saves 0.350 (TFLOP)."
    assert cards.card(data, None).answer == "Yes: random saves 0.350 (TFLOP)."
    assert page.reached(data) == ""
    numbers = metrics.build([data])["studies"]["init-scale"]["claims"]
    assert numbers["costs-less-random"]["verdict"] == {"better": 1}
    (planned,) = power(params, tmp_path)
    assert (planned.claim, planned.key, planned.seeds) == (kind, "search.seeds", 6)
    assert "random costs less than 1 TFLOP" in report.run(params, tmp_path).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"mots": 2.0}, "claims[0].mots = 2.0 unknown key (did you mean 'most'?); allowed: claim, agent, margin, most"),
        ({"most": -1.0}, "claims[0].most = -1.0 must be a finite number, above 0"),
        ({"agent": "rndom"}, "claims[0].agent = 'rndom' there is no such agent in this study (did you mean 'random'?)"),
        ({"claim": "cost-less"}, "there is no such claim (did you mean 'costs-less'?)"),
    ],
)
def test_its_entry_is_checked_as_those_of_the_package(kind: str, changed: dict[str, object], told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        validate(artefact_factory.settings(claims=[{**ENTRY, **changed}]))
    assert told in " ".join(str(caught.value).split())


def test_what_it_asks_of_other_settings_is_checked(kind: str) -> None:
    search = {**artefact_factory.SETTINGS["studies"]["init-scale"]["search"], "budget": 17}
    grid = {"agents": {"random": {"type": "random"}}, "fidelity": None}
    for seeds_given, told in ((6, "must be at least 20 to tell costs apart"), (2, "must be at least 5 (or make")):
        with pytest.raises(SettingsError, match="(?s)costs") as caught:
            validate(artefact_factory.settings(claims=[ENTRY], search={**search, "seeds": seeds_given}, **grid))
        assert told in " ".join(str(caught.value).split())


def test_two_entries_of_a_kind_with_other_keys_are_two_claims(kind: str) -> None:
    both = [ENTRY, {**ENTRY, "most": 2.0}]
    assert len(validate(artefact_factory.settings(claims=both)).studies["init-scale"].claims) == 2
    with pytest.raises(SettingsError, match="the same claim as claims"):
        validate(artefact_factory.settings(claims=[ENTRY, {**ENTRY, "margin": 0.5}]))


def test_a_kind_that_lacks_a_part_is_refused(own: Path) -> None:
    write_atomic(own / "claims/half.py", "'''Half a kind.'''\nSETTINGS = None\n")
    with pytest.raises(Exception, match="CLAIM"):
        plugins.load("claims", "half")


def test_noise_is_called_better_no_more_often_than_the_level() -> None:
    """Both arms alike: of 400 claims at level 0.05 at most one in forty ends as better, but for chance."""
    rng, better = seeds.generator("test", "own-claim"), 0
    for number in range(400):
        evidence = Evidence("a beats b", "beats-agent", f"a{number}", "b", ACCURACY, 1e-9)
        better += judge(evidence.compare(*rng.standard_normal((2, 5))), 0.05).decision == "better"
    assert better <= 400 * 0.025 + 3 * (400 * 0.025) ** 0.5
