"""The best candidates of an agent as one network: the mean of their probabilities, and what that costs."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import tiny
from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.data.kinds import images
from rlsearch.evidence import tables
from rlsearch.export import load_model
from rlsearch.phases import retrain, search, select
from rlsearch.slots import ensemble, top
from rlsearch.slots.base import Searched
from rlsearch.training.ensemble import Ensemble
from top_slots import CHANGES, chosen, metrics, of_search


@pytest.fixture(scope="module")
def selected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Params]:
    root = tmp_path_factory.mktemp("selected")
    params = tiny.study(root, **CHANGES)
    for seed in range(2):
        search.run(params, "tiny", "random", seed, root)
    select.run(params, "tiny", root)
    return root, params


@pytest.fixture(scope="module")
def retrained(selected: tuple[Path, Params]) -> Path:
    root, params = selected
    for slot in ("joined", "first-1", "first-2"):
        retrain.run(params, "tiny", slot, root)
    return root


def test_an_ensemble_of_more_candidates_than_there_are_stays_empty(selected: tuple[Path, Params]) -> None:
    root, params = selected
    assert len(chosen(root, "many")["spec"]["members"]) == 4
    summaries = {("random", seed): tables.summary(of_search(root, seed) / "summary.json") for seed in range(2)}
    few = Searched(
        "tiny",
        params.studies["tiny"],
        None,  # type: ignore[arg-type]
        summaries,
        trials=lambda *_: [],
        finalists=lambda _, seed: tables.finalists(of_search(root, seed) / "finalists.csv")[:1],
        form=lambda: pytest.fail("no form is needed"),
    )
    (slot,) = [one for one in artefacts.slots(params.studies["tiny"]) if one.name == "many"]
    file = ensemble.SLOT.fill(slot, few)
    assert file["status"] == "empty" and "2 different candidates, and this asks for 4" in file["reason"]
    (third,) = [one for one in artefacts.slots(params.studies["tiny"]) if one.name == "first-3"]
    assert "and this asks for 3" in top.SLOT.fill(third, few)["reason"]


class Fixed(nn.Module):
    """Gives the same logits to every sample."""

    def __init__(self, logits: list[float]) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.tensor(logits))

    def forward(self, samples: Tensor) -> Tensor:
        return self.logits.expand(len(samples), -1)


def test_an_ensemble_gives_the_mean_of_its_members_probabilities() -> None:
    members = [Fixed([2.0, 0.0, -1.0]), Fixed([-3.0, 5.0, 0.0]), Fixed([0.0, 0.0, 40.0])]
    samples = torch.zeros(4, 1)
    mean = torch.stack([member(samples).softmax(-1) for member in members]).mean(0)
    assert torch.allclose(Ensemble(members)(samples).softmax(-1), mean)


def test_an_ensemble_is_measured_beside_its_members_and_costs_what_they_cost(retrained: Path) -> None:
    joined, alone = metrics(retrained, "joined"), [metrics(retrained, f"first-{place}") for place in (1, 2)]
    assert joined["status"] == "ok" and len(joined["runs"]) == 2
    for member, slot in zip(joined["members"], alone, strict=True):
        assert member["runs"] == slot["runs"] and member["mean_test_accuracy"] == slot["mean_test_accuracy"]
    for position, run in enumerate(joined["runs"]):
        assert run["flops"] == sum(slot["runs"][position]["flops"] for slot in alone)
        assert run["test_loss"] <= fmean(slot["runs"][position]["test_loss"] for slot in alone), "as Jensen has it"
    assert joined["parameters"] == sum(slot["parameters"] for slot in alone)
    accuracies = [run["test_accuracy"] for run in joined["runs"]]
    assert joined["mean_test_accuracy"] == pytest.approx(fmean(accuracies))


def test_the_probabilities_are_those_of_the_members_networks(retrained: Path) -> None:
    folder = retrained / artefacts.retrain_folder("tiny", "joined")
    whole = load_model(folder)
    members = [load_model(retrained / artefacts.retrain_folder("tiny", f"first-{place}")) for place in (1, 2)]
    split = images.KIND.load(retrained / "data/spots/test.npz")
    samples = split.inputs(len(split), tiny_target(retrained))
    with torch.no_grad():
        mean = torch.stack([member(samples).softmax(-1) for member in members]).mean(0)
        assert torch.allclose(whole(samples).softmax(-1), mean, atol=1e-6)
    labels = torch.tensor(tiny.spots(64, "test")[1])
    run = json.loads((folder / "metrics.json").read_text())["runs"][0]
    assert run["test_accuracy"] == pytest.approx((mean.argmax(1) == labels).double().mean().item())
    picked = mean[torch.arange(64), labels]
    assert run["test_loss"] == pytest.approx(-picked.log().mean().item(), abs=1e-5)


def tiny_target(root: Path) -> Any:
    return tiny.study(root, **CHANGES).studies["tiny"].target


def test_an_ensemble_of_policies_is_measured_on_the_test_set(tmp_path: Path) -> None:
    slots = {
        "joined": {"type": "ensemble", "agent": "ppo", "count": 2},
        "first": {"type": "top", "agent": "ppo", "count": 2},
    }
    agents = {"ppo": tiny.CONTROL["agents"]["ppo"]}
    changes = {**tiny.CONTROL, "agents": agents, "search": {**tiny.CONTROL["search"], "seeds": 2}}
    params = tiny.study(tmp_path, **changes, retrain={"seeds": 1, "slots": slots})
    for label, seed in artefacts.searches(params, "tiny"):
        search.run(params, "tiny", label, seed, tmp_path)
    select.run(params, "tiny", tmp_path)
    retrain.run(params, "tiny", "joined", tmp_path)
    (run,) = metrics(tmp_path, "joined")["runs"]
    assert set(run) >= {"test_accuracy", "test_macro_f1"}
    assert metrics(tmp_path, "joined")["members"][0]["key"] == chosen(tmp_path, "first-1")["key"]
