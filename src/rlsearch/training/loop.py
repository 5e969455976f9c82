"""The training loop of one child: a resident dataset, batched preparation, no synchronisation inside an epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from rlsearch import seeds
from rlsearch.config.task_models import TaskSettings
from rlsearch.data.kinds.base import Batch, Resident
from rlsearch.training.checkpoint import Checkpoint
from rlsearch.training.optimizers._making import TwoPass, make_optimizer, optimizer_to, set_rate
from rlsearch.training.scope import generator_states, set_generators


@dataclass
class Progressed:
    """How far a child has come: `curve` holds the training loss (nats) and level of the main measure of each epoch.

    `measured` holds what `after_epoch` returned, epoch by epoch.
    """

    epochs: int = 0
    samples: int = 0
    diverged: bool = False
    curve: list[tuple[float, float]] = field(default_factory=list)
    measured: list[dict[str, float]] = field(default_factory=list)


def fit(
    model: nn.Module,
    split: Resident,
    settings: TaskSettings,
    *,
    seed: int,
    checkpoint: Checkpoint | None = None,
    after_epoch: Callable[[int], dict[str, float] | None] | None = None,
) -> Progressed:
    """Train `model` in place for `settings.epochs` epochs, or until an epoch's loss is NaN or infinite.

    The loss is checked once an epoch: reading it at every step would make the device wait. A diverged child is
    therefore charged for the epoch in which it diverged.

    Args:
        model: on the split's device.
        split: the samples; their kind says what a batch is and what its loss.
        settings: epochs, batch size, optimizer and its schedule, clipping, precision, and what the kind of data heeds.
        seed: of the sample order and the augmentation.
        checkpoint: where to keep the state by epoch, and where to continue from.
        after_epoch: called with the number of finished epochs; it may measure the model, but not change it. What it
            returns is kept, through checkpoints too.
    """
    order_rng = torch.Generator().manual_seed(seeds.integer("order", seed))
    augment_rng = torch.Generator().manual_seed(seeds.integer("augmentation", seed))
    optimizer = make_optimizer(settings.optimizer, model.parameters())
    progress = Progressed()
    state = checkpoint.load() if checkpoint else None
    if state is not None:
        progress = _restore(state, model, optimizer, (order_rng, augment_rng), split.device)
    while progress.epochs < settings.epochs and not progress.diverged:
        if settings.schedule.type != "constant":
            # A function of the finished epochs alone, so a resumed child trains at the same rate.
            set_rate(optimizer, settings.optimizer.lr * settings.schedule.factor(progress.epochs / settings.epochs))
        loss, level, samples = train_epoch(model, optimizer, split, settings, order_rng, augment_rng)
        progress.epochs += 1
        progress.samples += samples
        progress.diverged = not torch.isfinite(torch.tensor(loss)).item()
        progress.curve.append((loss, level))
        if after_epoch:
            progress.measured += filter(None, [after_epoch(progress.epochs)])
        if checkpoint:
            checkpoint.save(_state(progress, model, optimizer, (order_rng, augment_rng), split.device))
    return progress


def train_epoch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    split: Resident,
    settings: TaskSettings,
    order_rng: torch.Generator,
    augment_rng: torch.Generator,
) -> tuple[float, float, int]:
    """Train `model` in place for one epoch, by the optimizer that is given, whatever `settings.optimizer` says.

    Args:
        model: on the split's device.
        optimizer: of the model's parameters, from `make_optimizer`. How many passes a step takes, and whether a second
            one updates BatchNorm's running statistics, is the optimizer's to say.
        split: the samples.
        settings: batch size, clipping, precision, and what the kind of data heeds.
        order_rng, augment_rng: CPU generators, of the order of the samples and of what is done to them.

    Returns:
        Mean loss in nats, level of the main measure and the number of samples. Both means are those of the weights
        before each step, which is the first pass of an optimizer of two.
    """
    model.train()
    device = split.device
    statistics = _kept_statistics(model, optimizer)
    # Sums stay on the device until the epoch ends, since `item()` waits for all work that is queued.
    loss_sum = torch.zeros((), device=device)
    score_sum = torch.zeros((), device=device)
    samples = 0
    for batch in split.batches(settings, order_rng, augment_rng):
        loss, score = _step(optimizer, partial(_pass, model, batch, settings, device), statistics)
        # A batch's loss is a mean, and the last batch may be smaller.
        loss_sum += loss * batch.size
        score_sum += score
        samples += batch.size
    loss_mean, score_mean = loss_sum.item() / samples, score_sum.item() / samples
    return loss_mean, split.level(loss_mean, score_mean), samples


def _pass(model: nn.Module, batch: Batch, settings: TaskSettings, device: torch.device) -> tuple[Tensor, Tensor]:
    """Run forward and backward, and clip the gradient; return the batch's mean loss () and score ()."""
    with _autocast(settings, device):
        loss, score = batch.loss(model)
    loss.backward()
    if settings.clip_norm is not None:
        nn.utils.clip_grad_norm_(model.parameters(), settings.clip_norm)
    return loss.detach(), score


def _step(
    optimizer: torch.optim.Optimizer, run: Callable[[], tuple[Tensor, Tensor]], statistics: Sequence[_BatchNorm]
) -> tuple[Tensor, Tensor]:
    """Take one step; return what the first pass did. A second pass sees the same batch; dropout draws anew."""
    optimizer.zero_grad(set_to_none=True)
    first_pass = run()
    if isinstance(optimizer, TwoPass):
        optimizer.first_step(zero_grad=True)
        with _left_alone(statistics):
            run()
        optimizer.second_step()
    else:
        optimizer.step()
    return first_pass


def _kept_statistics(model: nn.Module, optimizer: torch.optim.Optimizer) -> list[_BatchNorm]:
    """Return the layers whose running statistics a second pass must not update."""
    if not isinstance(optimizer, TwoPass) or optimizer.batch_norm_updates == 2:
        return []
    # Layers that track nothing are left out: `_left_alone` would switch tracking on when it ends.
    return [layer for layer in model.modules() if isinstance(layer, _BatchNorm) and layer.track_running_stats]


@contextmanager
def _left_alone(layers: Sequence[_BatchNorm]) -> Iterator[None]:
    """Let layers normalise by the batch and leave their running statistics and counts as they are.

    A momentum of 0 would still count the batch, and would turn a running mean into NaN where the batch's is.
    """
    for layer in layers:
        layer.track_running_stats = False
    try:
        yield
    finally:
        for layer in layers:
            layer.track_running_stats = True


@torch.no_grad()
def measure(model: nn.Module, split: Resident, settings: TaskSettings, *, thorough: bool = False) -> dict[str, float]:
    """Return what a network does on a split, in evaluation mode: "loss" (nats) and what the main measure needs.

    `thorough` adds what only a final network is asked for.
    """
    model.eval()
    with _autocast(settings, split.device):
        return split.measured(model, settings, thorough=thorough)


def _autocast(settings: TaskSettings, device: torch.device) -> torch.autocast:
    # bfloat16 has the range of float32, so gradients need no scaling as float16's do.
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=settings.precision == "bfloat16")


def _state(
    progress: Progressed,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    generators: tuple[torch.Generator, torch.Generator],
    device: torch.device,
) -> dict[str, Any]:
    return {
        "progress": asdict(progress),
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "generators": [rng.get_state() for rng in generators],
        "global": generator_states(device),
    }


def _restore(
    state: dict[str, Any],
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    generators: tuple[torch.Generator, torch.Generator],
    device: torch.device,
) -> Progressed:
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    optimizer_to(optimizer, device)
    for rng, saved in zip(generators, state["generators"], strict=True):
        rng.set_state(saved)
    # Dropout draws from the global generators.
    set_generators(state["global"], device)
    return Progressed(**state["progress"])
