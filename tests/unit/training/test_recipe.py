"""What a recipe says of training: optimizers, precision, learning rates, gradient clipping, augmentation."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from torch import nn

import tiny
from rlsearch.config.models import RuntimeSettings, ScheduleSettings, TaskSettings
from rlsearch.config.optimizer_models import optimizer_settings
from rlsearch.training import checkpoint, loop
from rlsearch.training.checkpoint import Checkpoint
from rlsearch.training.evaluate import evaluate, train
from rlsearch.training.optimizers._making import make_optimizer
from rlsearch.training.task import Task

SPEC = {"init": {"scheme": "scaled-normal", "scale": 1.0}}
KINDS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop, "sgd": torch.optim.SGD}


def task(root: Path, permuted: bool = False, device: Literal["cpu", "cuda"] = "cpu", **changes: Any) -> Task:
    tiny.study(root)
    folder = root / "data" / "spots"
    settings = TaskSettings(**{"network": "simple-cnn", "epochs": 3, "batch_size": 32, **changes})
    return Task(
        settings, RuntimeSettings(device=device), (folder / "train.npz",), folder / "validation.npz", permuted=permuted
    )


class Stop(BaseException):
    pass


def test_nesterov_is_torchs() -> None:
    weights = []
    settings = optimizer_settings(name="sgd", lr=0.1, momentum=0.9, nesterov=True)
    for ours in (True, False):
        torch.manual_seed(0)
        model = nn.Linear(3, 2)
        plain = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True, fused=True)
        optimizer = make_optimizer(settings, model.parameters()) if ours else plain
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.ones(4, 3)).square().sum().backward()
            optimizer.step()
        weights.append(model.weight.detach())
    assert torch.equal(*weights)
    with pytest.raises(ValueError, match="momentum"):
        optimizer_settings(name="sgd", nesterov=True)


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_optimizers_step_as_torchs_do(name: str, kind: type[torch.optim.Optimizer]) -> None:
    """Ours skip the import of torch's compiler; the numbers are torch's."""
    weights = []
    for ours in (True, False):
        torch.manual_seed(0)
        model = nn.Linear(3, 2)
        settings = optimizer_settings(name=name, lr=0.1)
        fused = {} if name == "rmsprop" else {"fused": True}
        other = kind(model.parameters(), lr=0.1, weight_decay=0.0, **fused)  # type: ignore[call-arg]
        optimizer = make_optimizer(settings, model.parameters()) if ours else other
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.ones(4, 3)).square().sum().backward()
            optimizer.step()
        weights.append(model.weight.detach())
    assert torch.equal(*weights)


def test_bfloat16_is_close_and_not_equal(tmp_path: Path) -> None:
    exact = evaluate(SPEC, task(tmp_path, epochs=20), 1).metrics
    coarse = evaluate(SPEC, task(tmp_path, epochs=20, precision="bfloat16"), 1).metrics
    assert coarse != exact and abs(coarse["accuracy"] - exact["accuracy"]) < 0.1


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [
        ({"type": "constant"}, [1.0, 1.0, 1.0, 1.0]),
        ({"type": "cosine"}, [1.0, 0.5 + 0.25 * math.sqrt(2), 0.5, 0.5 - 0.25 * math.sqrt(2)]),
        ({"type": "step"}, [1.0, 1.0, 0.1, 0.01]),
        ({"type": "step", "factor": 0.2}, [1.0, 1.0, 0.2, 0.04]),
        ({"type": "step", "factor": 0.2, "every": 1}, [1.0, 0.2, 0.04, 0.008]),
        ({"type": "step", "factor": 0.5, "every": 3}, [1.0, 1.0, 1.0, 0.5]),
    ],
)
def test_the_learning_rate_falls_as_the_schedule_says_also_after_a_kill(
    schedule: dict[str, Any], factors: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = task(tmp_path, epochs=4, schedule=schedule, optimizer=optimizer_settings(name="sam", lr=0.05))
    rates: list[float] = []
    original = loop.train_epoch

    def notes(model: nn.Module, optimizer: torch.optim.Optimizer, *rest: Any) -> Any:
        rates.append(optimizer.param_groups[0]["lr"])
        if len(rates) == 3:
            raise Stop
        return original(model, optimizer, *rest)

    whole = train(SPEC, one, 5)
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)
    monkeypatch.setattr(loop, "train_epoch", notes)
    with pytest.raises(Stop):
        train(SPEC, one, 5, Checkpoint(tmp_path / "c.pt"))
    resumed = train(SPEC, one, 5, Checkpoint(tmp_path / "c.pt"))
    assert rates == pytest.approx([0.05 * factor for factor in (*factors[:3], *factors[2:])], rel=1e-12)
    assert resumed.curve == whole.curve


def test_a_long_gradient_is_shortened_and_a_short_one_left(tmp_path: Path) -> None:
    plain, clipped, wide = (
        train(SPEC, task(tmp_path, epochs=1, clip_norm=norm, optimizer=optimizer_settings(name="sgd", lr=0.1)), 5)
        for norm in (None, 1e-6, 1e6)
    )
    assert plain.curve == wide.curve != clipped.curve
    assert plain.model is not None and clipped.model is not None
    before = task(tmp_path).build(SPEC, 5)
    moved = [
        sum((new - old).square().sum() for new, old in zip(model.parameters(), before.parameters(), strict=True)).sqrt()
        for model in (plain.model, clipped.model)
    ]
    assert moved[0] > 1e-3 and 0 < moved[1] < 3 * 0.1 * 1e-6 * 1.01  # three steps


def test_the_fall_of_the_source_is_a_fifth_every_five_epochs() -> None:
    """Baker et al. (2017): 20 epochs."""
    schedule = ScheduleSettings(type="step", factor=0.2, every=5)
    shares = [schedule.share(epoch, 20) for epoch in range(20)]
    assert shares == pytest.approx([0.2 ** (epoch // 5) for epoch in range(20)], rel=1e-12)
    assert [ScheduleSettings(type="step").share(epoch, 8) for epoch in (3, 4, 6)] == [1.0, 0.1, 0.1**2]


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_betas_are_torchs(name: str) -> None:
    weights = []
    for betas in ((0.5, 0.9), (0.9, 0.999)):
        for ours in (True, False):
            torch.manual_seed(0)
            model = nn.Linear(3, 2)
            kind: Any = KINDS[name]
            plain = kind(model.parameters(), lr=0.1, weight_decay=0.0, betas=betas, fused=True)
            settings = optimizer_settings(name=name, lr=0.1, betas=list(betas))
            optimizer = make_optimizer(settings, model.parameters()) if ours else plain
            for number in range(3):
                optimizer.zero_grad()
                model(torch.full((4, 3), number + 1.0)).square().sum().backward()
                optimizer.step()
            weights.append(model.weight.detach())
    assert torch.equal(weights[0], weights[1]) and torch.equal(weights[2], weights[3])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": "adam", "betas": [0.9]}, "at least 2"),
        ({"name": "adamw", "betas": [0.9, 0.99, 0.999]}, "at most 2"),
        ({"name": "adam", "betas": [0.9, 1.0]}, "less than 1"),
        ({"name": "sgd", "betas": [0.9, 0.99]}, "'sgd' takes no `betas`; it is for adam, adamw"),
    ],
)
def test_betas_that_are_none_are_refused(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        optimizer_settings(**wrong)


@pytest.mark.parametrize(("old", "new"), [("none", "[]"), ("crop-flip", "[crop-flip]")])
def test_the_old_spelling_of_augment_is_refused_with_the_new_one(old: str, new: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"is a list; write augment: {new}")):
        TaskSettings(network="simple-cnn", epochs=1, augment=old)
