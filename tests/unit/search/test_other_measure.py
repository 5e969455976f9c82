"""A study that is judged by perplexity: the same searches, claims and pages, with the lower level as the better one."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import artefact_factory
import made_up_table
from rlsearch import checks
from rlsearch.claims import base as claims
from rlsearch.config import task_models
from rlsearch.config.models import RewardSettings
from rlsearch.errors import SettingsError
from rlsearch.evidence.results import Results
from rlsearch.evidence.worth import Truth
from rlsearch.measures import ACCURACY, CROSS_ENTROPY, PERPLEXITY
from rlsearch.phases import report
from rlsearch.search.reward import Reward
from rlsearch.spaces.base import Actions
from rlsearch.training.outcome import Outcome
from rlsearch.truth.table import TruthTable

STUDY = "init-scale"
REWARD = {"scale": 10.0, "power": -1, "failure": -2.0}


class ByPerplexity(artefact_factory.Maker):
    """The made-up tree of `artefact_factory`, whose losses are 1.2 less the accuracy."""

    def trial(self, index: int, actions: Actions, agent: str, seed: int) -> dict[str, Any]:
        made = super().trial(index, actions, agent, seed)
        loss = made["metrics"]["loss"]
        earned = self.settings.reward.failure if loss is None else self.settings.reward.scale / math.exp(loss)
        return {**made, "reward": earned}

    def summary(self, *found: Any) -> dict[str, Any]:
        made = super().summary(*found)
        score = math.exp(1.2 - made["answer"].pop("score_accuracy"))
        return {**made, "answer": {**made["answer"], "score_perplexity": score}}

    def curve(self, run: dict[str, Any]) -> list[dict[str, Any]]:
        return [{**row, "train_perplexity": math.exp(row["train_loss"])} for row in super().curve(run)]


@pytest.fixture
def params(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(task_models, "_measure", lambda network: PERPLEXITY)
    raw = artefact_factory.settings(reward=REWARD, published=None)
    return artefact_factory.build(tmp_path, raw=raw, kind=ByPerplexity, gain=0.06)


def test_the_answer_with_the_lowest_perplexity_is_retrained(params: Any, tmp_path: Path) -> None:
    results = Results(params, STUDY, tmp_path)
    rows = [row for row in results.searches or () if row["agent"] == "reinforce"]
    chosen = results.selected["best-reinforce"]
    assert chosen["proxy"]["mean_perplexity"] == min(row["score_perplexity"] for row in rows)
    point = results.selected["grid-00"]
    losses = [math.log(level) for level in point["proxy"]["values"]]
    assert point["proxy"]["mean_perplexity"] == pytest.approx(math.exp(sum(losses) / len(losses)))


def test_claims_are_about_the_loss_and_told_in_per_cent(params: Any, tmp_path: Path) -> None:
    results = Results(params, STUDY, tmp_path)
    found = {verdict.kind: verdict for verdict in claims.evaluate(results)}
    target = found["selected-beats-baseline"]
    best, rival = (results.retrained[name] for name in ("best-reinforce", "he"))
    means = [sum(run["test_loss"] for run in arm["runs"]) / len(arm["runs"]) for arm in (best, rival)]
    assert (target.decision, target.unit) == ("better", PERPLEXITY)
    assert target.effect == pytest.approx(means[1] - means[0])
    assert f"The difference is {PERPLEXITY.amount(target.effect)}," in target.explanation
    assert target.headroom.floor == pytest.approx(-means[1])
    assert f"floor {math.exp(means[1]):.2f}," in target.headroom.sentence(target.unit)
    assert target.unit.name == "perplexity"


def test_the_report_speaks_of_perplexity(params: Any, tmp_path: Path) -> None:
    page = report.run(params, tmp_path).read_text(encoding="utf-8")
    shown = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
    assert "test perplexity" in shown and "accura" not in shown.lower()
    numbers = json.loads((tmp_path / "results" / "metrics.json").read_text(encoding="utf-8"))["studies"][STUDY]
    assert numbers["slots"]["he"]["test_perplexity"] > 1
    assert numbers["searches"]["reinforce"]["score_perplexity"] > 1


@pytest.mark.parametrize("power", [-2, -1])
def test_rewards_of_many_levels_are_those_of_outcomes(power: int) -> None:
    reward = Reward(RewardSettings(power=power), PERPLEXITY)
    outcomes = [Outcome("ok", {"loss": loss}) for loss in (0.0, 1.0, 5.0, 1e9)]
    told = [reward(outcome) for outcome in outcomes]
    assert told == sorted(told, reverse=True) and told[-1] == 0.0
    levels = np.array([*(PERPLEXITY.of(outcome.metrics) for outcome in outcomes), math.nan])
    assert reward.of_levels(levels).tolist() == pytest.approx([*told, -2.0])
    assert math.isfinite(Reward(RewardSettings(power=power), CROSS_ENTROPY)(outcomes[0]))


def test_a_table_is_judged_by_the_measure_of_its_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_models, "_measure", lambda network: PERPLEXITY)
    made_up_table.write(tmp_path)
    table = TruthTable.load(made_up_table.NAME, root=tmp_path)
    losses = table.values["loss"]
    assert list(table.values) == ["loss"] and table.measures == (PERPLEXITY,)
    assert np.array_equal(table.levels, np.exp(losses))
    means = losses[:, :, -1].mean(axis=1)
    regret, _, _ = Truth(table).regret(3, [])
    assert regret == pytest.approx(means[3] - means.min())


@pytest.mark.parametrize(
    ("measure", "power", "said"),
    [
        (PERPLEXITY, 1, "must be -2 or -1, since lower perplexity is better"),
        (ACCURACY, -1, "must be 1, 2 or 3, since higher accuracy is better"),
        (PERPLEXITY, -2, None),
        (ACCURACY, 3, None),
    ],
)
def test_a_power_that_rewards_the_worse_network_is_refused(
    measure: Any, power: int, said: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_models, "_measure", lambda network: measure)
    raw = artefact_factory.settings(reward={**REWARD, "power": power})
    if said is None:
        assert checks.validate(raw).studies[STUDY].reward.power == power
        return
    with pytest.raises(SettingsError) as error:
        checks.validate(raw)
    assert f"studies.init-scale.reward.power = {power}" in error.value.what
    assert said in " ".join(error.value.what.split())
