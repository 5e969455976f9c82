"""Networks that are told how far their training is, and networks that return logits of a second head in training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import episodes
from children import cut_and_resumed, same, task
from rlsearch.cell_notation import read
from rlsearch.data.images.tensors import ImageBatch, scale
from rlsearch.networks import _registry as registry
from rlsearch.networks.nasnet import NASNet
from rlsearch.networks.simple_cnn import SimpleCNN
from rlsearch.training.episode import Episode
from rlsearch.training.evaluate import train
from rlsearch.training.forward_flops import forward_flops

CELLS = {"normal": read("0.conv3+1.id, 2.sep3|0.avg3").plain(), "reduction": read("0.max3+1.conv1").plain()}
SPEC = {"network": CELLS}
CHILD = {"network": "nasnet", "network_options": {"filters": 4, "drop_path": 0.6, "auxiliary": 0.4}}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What all of the networks `simple-cnn` are told."""
    heard: list[float] = []
    monkeypatch.setattr(SimpleCNN, "set_progress", lambda self, progress: heard.append(progress), raising=False)
    return heard


@pytest.mark.parametrize(("batch_size", "steps"), [(32, 3), (40, 3), (19, 5)], ids=["even", "rest", "rest of one"])
def test_a_network_is_told_its_progress_before_each_step(
    batch_size: int, steps: int, told: list[float], tmp_path: Path
) -> None:
    """96 images; the last batch of one is left out."""
    train({}, task(tmp_path, epochs=2, batch_size=batch_size), 1)
    assert told == [step / (2 * steps) for step in range(2 * steps)]


def test_a_resumed_child_and_an_episode_are_told_the_same(
    told: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [step / 9 for step in range(9)]
    cut_and_resumed(task(tmp_path), 2, tmp_path / "c.pt", monkeypatch, best=False)
    assert told == whole
    told.clear()
    episodes.played(Episode(episodes.task(tmp_path), {}, episodes.plan(), 7), ("adam", "sgd", "adam"))
    assert told == whole
    told.clear()
    episodes.played(Episode(episodes.task(tmp_path), {}, episodes.plan(), 7), ("sam",))
    assert told == whole[:3], "both passes of a step have the same progress"


class TwoHeads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Linear(64, 4), nn.Linear(64, 4)

    def forward(self, images: Tensor) -> Any:
        maps = images.flatten(1)
        return (self.one(maps), self.other(maps), 0.3) if self.training else self.one(maps)


def test_the_loss_of_a_second_head_counts_by_its_weight() -> None:
    torch.manual_seed(0)
    model, labels = TwoHeads(), torch.arange(8) % 4
    batch = ImageBatch(torch.randint(0, 256, (8, 1, 8, 8), dtype=torch.uint8), labels, "unit", 8)
    loss, right = batch.loss(model)
    one, other, _ = model(scale(batch.images, "unit"))
    wanted = functional.cross_entropy(one, labels) + 0.3 * functional.cross_entropy(other, labels)
    assert torch.equal(loss, wanted) and right == (one.argmax(1) == labels).sum()


def test_the_head_costs_and_counting_it_leaves_no_trace() -> None:
    torch.manual_seed(0)
    costs = {}
    for weight in (0.0, 0.4):
        options = {**CELLS, "filters": 4, "auxiliary": weight, "drop_path": 0.5}
        model = NASNet((1, 8, 8), 4, **options)
        model.set_progress(1.0)
        state = {name: value.clone() for name, value in model.state_dict().items()}
        generator = torch.get_rng_state()
        costs[weight] = forward_flops(model, torch.zeros(1, 1, 8, 8))
        assert costs[weight] == registry.forward_flops("nasnet", (1, 8, 8), 4, options)
        assert all(module.training for module in model.modules())
        assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
        assert torch.equal(generator, torch.get_rng_state())
    # 8 maps at 2 x 2 places into 16, all of these into 96, and those into 4 classes.
    assert costs[0.4] - costs[0.0] == 2 * (4 * 8 * 16 + 4 * 16 * 96 + 96 * 4)


@pytest.mark.parametrize("epochs", [1, 2])
def test_a_child_with_dropped_paths_and_a_head_goes_on_to_the_last_bit(
    epochs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = task(tmp_path, **CHILD, optimizer={"name": "sam", "lr": 0.01}, augment=("crop-flip", "cutout-3"))
    whole = train(SPEC, one, 5)
    assert whole.outcome.status == "ok"
    assert same(whole, cut_and_resumed(one, epochs, tmp_path / "c.pt", monkeypatch, best=False, spec=SPEC))
    kept = {**CHILD, "network_options": {"filters": 4, "auxiliary": 0.4}}
    other = train(SPEC, task(tmp_path, **kept, optimizer=one.settings.optimizer, augment=one.settings.augment), 5)
    assert not same(whole, other)


def test_an_episode_with_dropped_paths_goes_on_to_the_last_bit(tmp_path: Path) -> None:
    one = episodes.task(tmp_path, **CHILD)
    whole = episodes.played(Episode(one, SPEC, episodes.plan(), 5), episodes.PATHS[0])
    begun = episodes.played(Episode(one, SPEC, episodes.plan(), 5), episodes.PATHS[0][:2])
    other = Episode(one, SPEC, episodes.plan(), 5)
    other.load(begun.state())
    episodes.played(other, episodes.PATHS[0][2:])
    assert other.steps == whole.steps and episodes.same(episodes.weights(other.model), episodes.weights(whole.model))
