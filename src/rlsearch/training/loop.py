"""The training loop of one child: a resident dataset, batched preparation, no synchronisation inside an epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from rlsearch import seeds
from rlsearch.config.task_models import TaskSettings
from rlsearch.data.kinds import _registry as kinds
from rlsearch.data.kinds.base import Batch, Resident
from rlsearch.training.checkpoint import Checkpoint
from rlsearch.training.early_stopping import EarlyStopping
from rlsearch.training.optimizers._making import TwoPass, make_optimizer, set_rate
from rlsearch.training.progressed import InTraining, Progressed

AfterEpoch = Callable[[nn.Module, int], dict[str, float] | None]
"""Called with the network and the number of finished epochs; it may measure the network, but not change it."""


def fit(
    model: nn.Module,
    split: Resident,
    settings: TaskSettings,
    *,
    seed: int,
    progress: Progressed | None = None,
    state: Mapping[str, Any] | None = None,
    checkpoint: Checkpoint | None = None,
    after_epoch: AfterEpoch | None = None,
    least: float | None = None,
) -> Progressed:
    """Train `model` in place for `settings.epochs` epochs, or until an epoch's loss is NaN or infinite.

    The loss is checked once an epoch: reading it at every step would make the device wait. A diverged child is
    therefore charged for the epoch in which it diverged.

    Args:
        model: on the split's device.
        split: the samples; their kind says what a batch is and what its loss.
        settings: epochs, batch size, optimizer and its schedule, clipping, precision, and what the kind of data heeds;
            `patience`, where `after_epoch` measures every epoch: the network is then left as it was after its best one,
            unless it diverged.
        seed: of the sample order and the augmentation.
        progress: of the tries before this one; None: there was none.
        state: of a checkpoint of this try, to continue from.
        checkpoint: where to keep the state by epoch.
        after_epoch: what it returns is kept, through checkpoints too.
        least: a level that the first epoch must be better than, or training ends there; None: any will do.
    """
    order_rng = torch.Generator().manual_seed(seeds.integer("order", seed))
    augment_rng = torch.Generator().manual_seed(seeds.integer("augmentation", seed))
    optimizer = make_optimizer(settings.optimizer, model.parameters())
    stopping = EarlyStopping(settings.patience if after_epoch else None)
    child = InTraining(model, optimizer, stopping, (order_rng, augment_rng), split.device)
    progress = child.restore(state) if state is not None else progress or Progressed()
    while progress.epochs < settings.epochs and not progress.diverged:
        if stopping.over(progress.epochs) or (least is not None and learned_nothing(progress, settings, least)):
            break
        if settings.schedule.type != "constant":
            # A function of the finished epochs alone, so a resumed child trains at the same rate.
            share = settings.schedule.share(progress.epochs, settings.epochs)
            set_rate(optimizer, settings.optimizer.lr * share)
        done = progress.epochs
        loss, level, samples = train_epoch(model, optimizer, split, settings, order_rng, augment_rng, done)
        progress.epochs += 1
        progress.samples += samples
        progress.diverged = not torch.isfinite(torch.tensor(loss)).item()
        progress.curve.append((loss, level))
        if after_epoch and (metrics := after_epoch(model, progress.epochs)):
            progress.measured[progress.epochs] = metrics
            stopping.note(settings.measure.key_of(metrics), progress.epochs, model)
        if checkpoint:
            checkpoint.save(child.state(progress))
    if not progress.diverged:
        # As everywhere, a child that diverged is judged by what it has become.
        stopping.restore(model)
    return progress


def learned_nothing(progress: Progressed, settings: TaskSettings, least: float) -> bool:
    """Tell whether a child that stands after its first epoch diverged, or measured no better than a level."""
    if progress.epochs != 1:
        return False
    return progress.diverged or not settings.measure.better(settings.measure.of(progress.measured[1]), least)


def train_epoch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    split: Resident,
    settings: TaskSettings,
    order_rng: torch.Generator,
    augment_rng: torch.Generator,
    epoch: int = 0,
) -> tuple[float, float, int]:
    """Train `model` in place for one epoch, by the optimizer that is given, whatever `settings.optimizer` says.

    Args:
        model: on the split's device. Its `set_progress`, where it has one, is called before each step with the steps
            done as a share of those of the whole training (`settings.epochs`).
        optimizer: of the model's parameters, from `make_optimizer`. How many passes a step takes, and whether a second
            one updates BatchNorm's running statistics, is the optimizer's to say.
        split: the samples.
        settings: batch size, clipping, precision, and what the kind of data heeds.
        order_rng, augment_rng: CPU generators, of the order of the samples and of what is done to them.
        epoch: epochs of this training that are done.

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
    tell = _telling(model, split, settings, epoch)
    for number, batch in enumerate(split.batches(settings, order_rng, augment_rng)):
        tell(number)
        loss, score = _step(optimizer, partial(_pass, model, batch, settings, device), statistics)
        # A batch's loss is a mean, and the last batch may be smaller.
        loss_sum += loss * batch.size
        score_sum += score
        samples += batch.size
    loss_mean, score_mean = loss_sum.item() / samples, score_sum.item() / samples
    return loss_mean, split.level(loss_mean, score_mean), samples


def _telling(model: nn.Module, split: Resident, settings: TaskSettings, epoch: int) -> Callable[[int], None]:
    """Return what tells a model its progress before a step, by the number of the step in its epoch.

    A function of the finished epochs and of the step alone, so a resumed child is told what it would have been.
    """
    told = getattr(model, "set_progress", None)
    if told is None:
        return lambda step: None
    kind = kinds.of_network(settings.network)
    samples = kind.epoch_samples(split.form, len(split), settings)
    steps = -(-samples // kind.step_samples(split.form, settings))
    return lambda step: told((epoch * steps + step) / (settings.epochs * steps))


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
