"""Studies of text and of pairs run from the data to the report, and a killed training goes on to the same bits."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

import text_project
from children import cut_and_resumed, same
from rlsearch import checks
from rlsearch.config import artefacts
from rlsearch.config.artefacts import retrain_folder, search_folder, transfer_folder
from rlsearch.config.models import Params, TaskSettings
from rlsearch.data import fetch
from rlsearch.errors import DataError
from rlsearch.export import load_model
from rlsearch.files import read_json, read_jsonl
from rlsearch.measures import PERPLEXITY
from rlsearch.phases import controls, report, retrain, search, select, transfer
from rlsearch.search.reward import Reward
from rlsearch.testing.tiny_text import TinyLM
from rlsearch.training.calibrate import ImaginedTask, child_cost
from rlsearch.training.ensemble import Ensemble
from rlsearch.training.evaluate import evaluate, train
from rlsearch.training.loop import measure
from rlsearch.training.task import Task
from rlsearch.truth.build import fetch as truth_fetch
from rlsearch.truth.build import train_row
from rlsearch.truth.recipe import Recipe

SPEC = {"network": {"hidden": 4}}


def fetched(own: Path, monkeypatch: pytest.MonkeyPatch, kind: str = "text", **changes: object) -> Params:
    monkeypatch.chdir(own.parent)
    params = text_project.params(own, kind, **changes)
    fetch.run(params, kind)
    return params


def task(params: Params, kind: str = "text", **changes: object) -> Task:
    folder = Path("data") / kind
    settings = params.studies["tiny"].tasks["proxy"].model_copy(update=changes)
    return Task(settings, params.runtime, (folder / "train.npz",), folder / "validation.npz")


@pytest.mark.parametrize("kind", ["text", "pairs"])
def test_from_the_data_to_the_report(kind: str, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = {"record": ["bleu"]} if kind == "pairs" else {}
    params = fetched(own, monkeypatch, kind, target=text_project.task(kind, epochs=3, **record))
    study = params.studies["tiny"]
    for agent, seed in artefacts.searches(params, "tiny"):
        search.run(params, "tiny", agent, seed)
    trials = read_jsonl(search_folder("tiny", "random", 0) / "trials.jsonl")
    for trial in trials:
        assert trial["reward"] == pytest.approx(10 * math.exp(trial["metrics"]["loss"]) ** -2)
    assert max(trial["reward"] for trial in trials) > 0.16  # of guessing among 8 words
    select.run(params, "tiny")
    for slot in artefacts.slots(study):
        retrain.run(params, "tiny", slot.name)
    for agent in artefacts.controlled(study):
        controls.run(params, "tiny", agent)
    page = report.run(params).read_text(encoding="utf-8")
    shown = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
    assert "test perplexity" in shown and "accura" not in shown.lower() and "image" not in shown.lower()
    folder = retrain_folder("tiny", "narrow")
    card, run = read_json(folder / "model.json"), read_json(folder / "metrics.json")["runs"][0]
    assert card["kind"] == kind and len(card["words"]) == card["vocabulary"] == 8 + (kind == "pairs")
    assert ("test_bleu" in run) == (kind == "pairs") and math.isfinite(run["test_loss"])
    assert load_model(folder).head.out_features == card["vocabulary"]


def test_what_text_selected_is_carried_to_pairs(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(own.parent)
    raw, pairs = text_project.settings(own), text_project.settings(own, "pairs")
    raw["datasets"] |= pairs["datasets"]
    asked = {"study": "tiny", "slots": ["narrow"], "dataset": "pairs", "seeds": 2}
    raw["transfers"] = {"carried": {**asked, "task": text_project.task("pairs", record=["bleu"]), "weights": "none"}}
    params = checks.validate(raw)
    for dataset in ("text", "pairs"):
        fetch.run(params, dataset)
    search.run(params, "tiny", "random", 0)
    select.run(params, "tiny")
    transfer.run(params, "carried", "narrow")
    runs = read_json(transfer_folder("carried", "narrow") / "metrics.json")["runs"]
    assert len(runs) == 2 and all(0 <= run["test_bleu"] <= 100 and math.isfinite(run["test_loss"]) for run in runs)


def test_a_truth_table_of_text_holds_what_a_child_reaches(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(own.parent)
    params = text_project.params(own)
    study = params.studies["tiny"]
    recipe = Recipe(
        name="tiny-table", dataset=params.datasets["text"], space=study.space, proxy=study.proxy, epochs=(1, 2), seeds=2
    )
    metrics, parameters, flops = train_row(recipe, truth_fetch(recipe), 2, 0)
    assert [measured.shape for measured in metrics.values()] == [(1, 2), (1, 2)] and parameters > 0 < flops
    # In nats, below guessing among 8 words, and falling.
    assert all(math.log(8) > measured[0, 0] > measured[0, 1] > 0 for measured in metrics.values())


def test_an_ensemble_of_language_models_keeps_the_state_of_each(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = task(fetched(own, monkeypatch)).data[1]
    members = [TinyLM((), 8) for _ in range(2)]
    alike = Ensemble([members[0], members[0]])
    settings = TaskSettings.model_validate(text_project.task("text"))
    alone = [measure(member, part, settings)["loss"] for member in members]
    assert measure(alike, part, settings)["loss"] == pytest.approx(alone[0], abs=1e-6)
    assert measure(Ensemble(members), part, settings)["loss"] < max(alone)


@pytest.mark.parametrize("kind", ["text", "pairs"])
@pytest.mark.parametrize("optimizer", ["adam", "sam"])
def test_a_child_that_is_killed_between_epochs_goes_on_to_the_same_bits(
    kind: str, optimizer: str, own: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    changed = text_project.task(kind, epochs=4, optimizer={"name": optimizer, "lr": 0.02})
    one = task(fetched(own, monkeypatch, kind, proxy=changed), kind)
    whole = train(SPEC, one, 5, best=True)
    for epochs in (1, 3):
        found = cut_and_resumed(one, epochs, tmp_path / f"{epochs}.pt", monkeypatch, best=True, spec=SPEC)
        assert same(found, whole)


def test_a_loss_that_is_not_finite_is_a_child_that_diverged(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    params, calm = fetched(own, monkeypatch), TinyLM.forward

    def overflows(self: TinyLM, tokens: Tensor, state: Any = None) -> Any:
        logits, state = calm(self, tokens, state)
        return (logits * math.inf if state[0].abs().max() > 0.2 else logits), state

    monkeypatch.setattr(TinyLM, "forward", overflows)
    outcome = evaluate(SPEC, task(params), 1)
    assert outcome.status == "diverged" and outcome.epochs == 1
    reward = params.studies["tiny"].reward
    assert Reward(reward, PERPLEXITY)(outcome) == reward.failure == 0.0


def test_a_batch_for_which_there_are_too_few_tokens(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    params = fetched(own, monkeypatch)
    assert task(params, batch_size=112).data[0]  # 112 x 17 = 1,904 of 1,920 tokens
    with pytest.raises(DataError) as caught:
        _ = task(params, batch_size=113).data
    text = " ".join(str(caught.value).split())
    assert "1920 tokens to train on are fewer than batch_size x (bptt + 1) = 113 x 17 = 1921" in text
    assert "lower batch_size or bptt" in text and "train.npz" in text


@pytest.mark.parametrize("kind", ["text", "pairs"])
def test_what_a_child_costs_is_known_before_it_is_trained(
    kind: str, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = task(fetched(own, monkeypatch, kind), kind)
    outcome = evaluate(SPEC, one, 1)
    assert outcome.flops == one.full_cost(SPEC) > 0
    counts = tuple(len(part) for part in one.data)
    imagined = ImaginedTask(one.settings, one.runtime, one.train, one.measure, imagined=one.form, counts=counts)
    cost = child_cost(imagined, SPEC, enough=0.01)
    assert cost.flops == outcome.flops and cost.seconds > 0
