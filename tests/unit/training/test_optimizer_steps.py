"""Steps of SAM, LAMB and AdaBelief by hand, and the two passes of a step of SAM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import tiny
from rlsearch.config.models import OptimizerSettings, RuntimeSettings, TaskSettings
from rlsearch.config.optimizer_models import optimizer_settings
from rlsearch.data.images.tensors import Split
from rlsearch.networks.small_resnet import SmallResNet
from rlsearch.training.evaluate import train
from rlsearch.training.loop import train_epoch
from rlsearch.training.optimizers._making import TwoPass, make_optimizer
from rlsearch.training.task import Task

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


def noise(count: int = 64) -> Split:
    rng = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (count, 1, 8, 8), dtype=torch.uint8, generator=rng)
    return Split(images, torch.arange(count) % 4, 4)


def equal(one: nn.Module | None, other: nn.Module | None) -> bool:
    assert one is not None and other is not None
    theirs = other.state_dict()
    return all(torch.equal(value, theirs[name]) for name, value in one.state_dict().items())


def stepped(made: OptimizerSettings, gradients: int, *weights: list[float]) -> list[torch.Tensor]:
    """Minimise the sum of a * w^2 / 2 with a = 3, 2 over two tensors, by so many steps of the training loop's kind."""
    parameters = [nn.Parameter(torch.tensor(values, dtype=torch.float64)) for values in weights]
    optimizer = make_optimizer(made, parameters)

    def backward() -> None:
        sum((a * p.square() / 2).sum() for a, p in zip((3, 2), parameters, strict=True)).backward()  # type: ignore[union-attr]

    for _ in range(gradients):
        optimizer.zero_grad()
        backward()
        if isinstance(optimizer, TwoPass):
            optimizer.first_step(zero_grad=True)
            backward()
            optimizer.second_step()
        else:
            optimizer.step()
    return [p.detach() for p in parameters]


def by_formula(w: np.ndarray, steps: int, lr: float, rho: float, momentum: float, decay: float) -> np.ndarray:
    """Foret et al. 2021, equation 2 (p = 2) and algorithm 1, with torch's SGD: v = momentum * v + g, w -= lr * v."""
    a, v = np.array([3.0, 2.0, 2.0]), np.zeros(3)
    for _ in range(steps):
        gradient = a * w
        moved = w + rho * gradient / np.linalg.norm(gradient)
        v = momentum * v + a * moved + decay * w
        w = w - lr * v
    return w


@pytest.mark.parametrize(
    ("steps", "momentum", "decay"), [(1, 0.0, 0.0), (2, 0.0, 0.0), (2, 0.9, 0.0), (3, 0.9, 0.1)], ids=str
)
def test_a_step_of_sam_by_hand(steps: int, momentum: float, decay: float) -> None:
    made = optimizer_settings(name="sam", lr=0.1, rho=0.5, momentum=momentum, weight_decay=decay)
    found = torch.cat(stepped(made, steps, [1.0], [-2.0, 0.5]))
    expected = by_formula(np.array([1.0, -2.0, 0.5]), steps, 0.1, 0.5, momentum, decay)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)  # the package's norm is of single precision
    assert not np.allclose(found, by_formula(np.array([1.0, -2.0, 0.5]), steps, 0.1, 1e-9, momentum, decay), rtol=1e-3)


def test_the_first_numbers_of_sam() -> None:
    """W = (1, 2), gradient (3, 4), norm 5, rho 1: moved to (1.6, 2.8), gradient there (4.8, 5.6), lr 0.1."""
    first, second = stepped(optimizer_settings(name="sam", lr=0.1, rho=1.0), 1, [1.0], [2.0])
    np.testing.assert_allclose([first.item(), second.item()], [1 - 0.48, 2 - 0.56], rtol=1e-7)


def test_a_step_of_lamb_is_as_long_as_lr_says() -> None:
    """You et al. 2020, algorithm 2, the first step: lr * |w| long in each tensor, along Adam's step and the decay."""
    found = stepped(optimizer_settings(name="lamb", lr=0.01, weight_decay=0.5), 1, [3.0, -4.0], [1.0])
    for w, a, after in zip(([3.0, -4.0], [1.0]), (3, 2), found, strict=True):
        before = np.array(w)
        step = 0.1 * a * before / (np.sqrt(0.001) * np.abs(a * before) + 1e-6) + 0.5 * before
        np.testing.assert_allclose(
            after, before - 0.01 * step * np.linalg.norm(before) / np.linalg.norm(step), rtol=1e-5
        )


def test_a_step_of_adabelief_by_hand() -> None:
    """Zhuang et al. 2020, algorithm 2: at first m = g after correction, s = (g - 0.1 g)^2; the decay is decoupled."""
    found = torch.cat(stepped(optimizer_settings(name="adabelief", lr=0.01, weight_decay=0.5), 1, [3.0, -4.0], [1.0]))
    before = np.array([3.0, -4.0, 1.0])
    np.testing.assert_allclose(found, before * (1 - 0.01 * 0.5) - 0.01 * np.sign(before) / 0.9, rtol=1e-6)


@pytest.mark.parametrize("nesterov", [False, True])
def test_sam_without_a_radius_is_sgd(nesterov: bool, tmp_path: Path) -> None:
    """Bit for bit, running statistics included."""
    plain, sharp = (
        train({}, task(tmp_path, settings(name, nesterov=nesterov, **radius)), 3)
        for name, radius in (("sgd", {}), ("sam", {"rho": 1e-30}))
    )
    assert equal(plain.model, sharp.model) and plain.curve == sharp.curve
    assert not equal(plain.model, train({}, task(tmp_path, settings("sam", nesterov=nesterov)), 3).model)


def epoch(made: OptimizerSettings, split: Split, batch: int) -> SmallResNet:
    """Train one epoch by an optimizer other than the settings', in one order."""
    torch.manual_seed(0)
    model = SmallResNet((1, 8, 8), split.classes, width=2)
    others = TaskSettings(network="small-resnet", epochs=1, batch_size=batch)  # whose optimizer is Adam
    optimizer = make_optimizer(made, model.parameters())
    train_epoch(model, optimizer, split, others, torch.Generator().manual_seed(1), torch.Generator())
    return model


def statistics(model: nn.Module) -> list[tuple[torch.Tensor, torch.Tensor, int]]:
    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert len(norms) == 7 and all(layer.track_running_stats and layer.training for layer in norms)
    return [(n.running_mean, n.running_var, int(n.num_batches_tracked)) for n in norms]  # type: ignore[misc, arg-type]


@pytest.mark.parametrize("updates", [1, 2])
def test_updates_of_batch_norm_in_a_step_of_sam(updates: int) -> None:
    split = noise()
    plain = statistics(epoch(settings("sgd"), split, 64))
    sharp = statistics(epoch(settings("sam", rho=0.5, batch_norm_updates=updates), split, 64))
    once = [torch.equal(p[0], s[0]) and torch.equal(p[1], s[1]) for p, s in zip(plain, sharp, strict=True)]
    # After one step both have seen the same batch at the same weights; a second update sees moved ones.
    assert all(once) if updates == 1 else not any(once)
    assert [count for *_, count in sharp] == [updates] * 7
    counts = {count for *_, count in statistics(epoch(settings("sam", batch_norm_updates=updates), split, 16))}
    assert counts == {4 * updates}


def test_batch_norm_is_put_back_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def fails(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            assert not any(tracked(model))
            raise KeyboardInterrupt
        return original(*args, **kwargs)

    def tracked(model: nn.Module) -> list[bool]:
        return [layer.track_running_stats for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]

    model = SmallResNet((1, 8, 8), 4, width=2)
    original = model.forward
    monkeypatch.setattr(model, "forward", fails)
    others = TaskSettings(network="small-resnet", epochs=1)
    with pytest.raises(KeyboardInterrupt):
        train_epoch(
            model,
            make_optimizer(settings("sam"), model.parameters()),
            noise(),
            others,
            torch.Generator(),
            torch.Generator(),
        )
    assert calls == 2 and all(tracked(model))


def test_both_passes_see_the_same_images_and_the_first_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    model = SmallResNet((1, 8, 8), 4, width=2)
    seen: list[torch.Tensor] = []
    outputs: list[torch.Tensor] = []
    model.register_forward_hook(lambda _, inputs, output: seen.append(inputs[0]))
    model.register_forward_hook(lambda _, inputs, output: outputs.append(output))
    others = TaskSettings(network="small-resnet", epochs=1, batch_size=64, augment=("crop-flip",))
    optimizer = make_optimizer(settings("sam", rho=1.0), model.parameters())
    split = noise()
    order, augmentation = (torch.Generator().manual_seed(seed) for seed in (1, 2))
    labels = split.labels[torch.randperm(64, generator=order)]
    loss, _, samples = train_epoch(model, optimizer, split, others, order.manual_seed(1), augmentation)
    losses = [nn.functional.cross_entropy(output, labels).item() for output in outputs]
    assert samples == 64 and len(seen) == 2 and torch.equal(*seen)
    assert loss == pytest.approx(losses[0], rel=1e-6) and losses[1] > losses[0]
