"""The optimizers of the registry: their steps by formula, two passes, resume, what they import and cost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

import tiny
from rlsearch.config import plugins
from rlsearch.config.models import OptimizerSettings, RuntimeSettings, TaskSettings
from rlsearch.config.optimizer_models import optimizer_settings
from rlsearch.data.images.tensors import Split
from rlsearch.networks.small_resnet import SmallResNet
from rlsearch.training import checkpoint
from rlsearch.training.checkpoint import Checkpoint
from rlsearch.training.evaluate import evaluate, train
from rlsearch.training.loop import fit
from rlsearch.training.optimizers._making import TwoPass, make_optimizer
from rlsearch.training.task import Task

NAMES = plugins.names("optimizers")
RATES = {"sgd": 0.05, "sam": 0.05, "lamb": 0.02, "rmsprop": 3e-3}
MOMENTUM = {"momentum": 0.9}


def settings(name: str, **changes: Any) -> OptimizerSettings:
    """Return settings in which every part of an optimizer's state counts."""
    momentum = MOMENTUM if name in ("sgd", "rmsprop", "sam") else {}
    keys = {"name": name, "lr": RATES.get(name, 3e-3), "weight_decay": 1e-3, **momentum, **changes}
    return optimizer_settings(**keys)


def task(root: Path, optimizer: OptimizerSettings, **changes: Any) -> Task:
    tiny.study(root)
    folder = root / "data" / "spots"
    values = {"network": "small-resnet", "network_options": {"width": 4}, "epochs": 3, "batch_size": 32, **changes}
    made = TaskSettings(**{**values, "optimizer": optimizer})
    return Task(made, RuntimeSettings(), (folder / "train.npz",), folder / "validation.npz")


def digits() -> Split:
    images, labels = load_digits(return_X_y=True)
    pixels = torch.from_numpy((images.reshape(-1, 1, 8, 8) * 15).astype(np.uint8))
    return Split(pixels, torch.from_numpy(labels).long(), 10)


def equal(one: nn.Module | None, other: nn.Module | None) -> bool:
    assert one is not None and other is not None
    theirs = other.state_dict()
    return all(torch.equal(value, theirs[name]) for name, value in one.state_dict().items())


def test_the_registry_is_what_the_settings_name() -> None:
    assert {"sgd", "adam", "sam", "adamw", "rmsprop", "adabelief", "lamb"} == set(NAMES)
    for name in NAMES:
        made = make_optimizer(optimizer_settings(name=name), [nn.Parameter(torch.ones(2))])
        assert isinstance(made, TwoPass) == (name == "sam") == (optimizer_settings(name=name).passes == 2)


# --- settings ---


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": "adam", "rho": 0.05}, "'adam' takes no `rho`; it is for sam"),
        ({"name": "sgd", "batch_norm_updates": 1}, "'sgd' takes no `batch_norm_updates`; it is for sam"),
        ({"name": "lamb", "momentum": 0.9}, "'lamb' takes no `momentum`; it is for rmsprop, sam, sgd"),
        ({"name": "rmsprop", "momentum": 0.9, "nesterov": True}, "takes no `nesterov`; it is for sam, sgd"),
        ({"name": "sam", "nesterov": True}, "a `momentum` above 0"),
        ({"name": "sam", "rho": 0}, "greater than 0"),
        ({"name": "sam", "batch_norm_updates": 3}, "1 or 2"),
    ],
)
def test_keys_without_effect_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        optimizer_settings(**wrong)


@pytest.mark.parametrize("name", NAMES)
def test_a_dump_holds_what_has_an_effect_and_can_be_read_again(name: str) -> None:
    made = settings(name)
    dump = TaskSettings(network="small-resnet", epochs=1, optimizer=made).model_dump(mode="json")
    assert ("rho" in dump["optimizer"]) == ("batch_norm_updates" in dump["optimizer"]) == (name == "sam")
    assert TaskSettings.model_validate(dump).optimizer == made


# --- steps by formula ---


# --- the training loop ---


@pytest.mark.parametrize("name", NAMES)
def test_every_optimizer_lowers_the_loss_on_digits(name: str) -> None:
    torch.manual_seed(0)
    model = SmallResNet((1, 8, 8), 10)
    made = TaskSettings(network="small-resnet", epochs=2, batch_size=64, optimizer=settings(name))
    curve = fit(model, digits(), made, seed=1).curve
    assert curve[1][0] < 0.7 * curve[0][0] and curve[1][1] > max(curve[0][1], 0.6)


@pytest.mark.parametrize("name", NAMES)
def test_a_checkpoint_changes_nothing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three epochs, and one epoch, a checkpoint and two epochs more, end with equal bytes."""
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)
    file = tmp_path / "c.pt"
    whole = train({}, task(tmp_path, settings(name)), 5)
    train({}, task(tmp_path, settings(name), epochs=1), 5, Checkpoint(file))
    assert file.exists()
    resumed = train({}, task(tmp_path, settings(name)), 5, Checkpoint(file))
    assert (resumed.outcome, resumed.curve) == (whole.outcome, whole.curve) and len(whole.curve) == 3
    assert equal(whole.model, resumed.model)


def test_a_child_of_sam_costs_twice_as_much(tmp_path: Path) -> None:
    plain, sharp = (task(tmp_path, settings(name), epochs=2) for name in ("sgd", "sam"))
    assert evaluate({}, sharp, 1).flops == 2 * evaluate({}, plain, 1).flops == sharp.full_cost({})
    assert sharp.full_cost({}) == 2 * plain.full_cost({})


# --- imports ---

IMPORTS = """
import sys
import torch
from rlsearch.config.optimizer_models import optimizer_settings
from rlsearch.training.optimizers._making import make_optimizer

def use(name):
    def fresh():
        model.zero_grad()
        return make_optimizer(optimizer_settings(name=name), model.parameters())
    model = torch.nn.Linear(2, 2)
    made = fresh()
    model(torch.ones(1, 2)).sum().backward()
    made.first_step() if name == "sam" else made.step()
    if name == "sam":
        made.second_step()
    fresh().load_state_dict(made.state_dict())

use("sgd")
print("pytorch_optimizer" in sys.modules)
for name in ("sam", "adabelief", "lamb"):
    use(name)
slow = ("torch._dynamo", "torch.distributed.tensor", "torch.distributed._tensor")
print([name for name in slow if name in sys.modules])
"""


def test_nobody_pays_for_imports_that_they_do_not_need() -> None:
    """Torch's optimizers do not import the package, and the package's neither torch's compiler nor its like."""
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["False", "[]"]
