"""One child whose optimizer may change between stretches of epochs: an episode of a closed loop.

The same object serves the environment, which asks for one step after the other, and `evaluate`, which plays a whole
schedule or a frozen policy. It trains inside generators of its own: what happens between two steps changes nothing.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import nn

from rlsearch import seeds
from rlsearch.data.kinds.base import Resident
from rlsearch.training.early_stopping import EarlyStopping
from rlsearch.training.forward_flops import training_flops
from rlsearch.training.loop import measure, train_epoch
from rlsearch.training.optimizers._making import make_optimizer, optimizer_to, set_rate
from rlsearch.training.outcome import Outcome, Step, outcome_of
from rlsearch.training.plan import Plan
from rlsearch.training.scope import child_scope, generator_states, set_generators
from rlsearch.training.task import Task


@dataclass(frozen=True)
class TrainedStep(Step):
    """One step; `curve` holds (training loss, training level of the measure) of each of its epochs."""

    curve: tuple[tuple[float, float], ...]


@dataclass
class Episode:
    """A child in training; it is built at the first step.

    Args:
        task: network, data, batch size, inputs; its measuring split is what the steps are measured on.
        spec: of the network, as everywhere; plan: of the training.
        seed: of everything random in the child.
    """

    task: Task
    spec: Mapping[str, Any]
    plan: Plan
    seed: int
    steps: list[TrainedStep] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    _model: nn.Module | None = None
    _kept: dict[str, torch.optim.Optimizer] = field(default_factory=dict)
    _global: Any = None

    def __post_init__(self) -> None:
        self._per_step = self.plan.epochs(self.task.settings.epochs)
        self._stopping = EarlyStopping(self.plan.patience)
        # Named as in `loop.fit`: a run of one optimizer meets the samples in the order of a plain training.
        self._order = torch.Generator().manual_seed(seeds.integer("order", self.seed))
        self._augment = torch.Generator().manual_seed(seeds.integer("augmentation", self.seed))

    @property
    def model(self) -> nn.Module:
        """The child.

        Raises:
            RuntimeError: no step was taken yet.
        """
        if self._model is None:
            raise RuntimeError("the child is built at its first step")
        return self._model

    @property
    def ended(self) -> bool:
        """Whether all steps are done, the child diverged, or patience ran out."""
        return len(self.steps) >= self.plan.steps or self.out_of_patience or (bool(self.steps) and self.diverged)

    @property
    def diverged(self) -> bool:
        """Whether a loss was NaN or infinite."""
        return bool(self.steps) and self.steps[-1].diverged

    @property
    def out_of_patience(self) -> bool:
        """Whether none of the last `patience` steps brought a better child, by the task's measure."""
        return self._stopping.over(len(self.steps))

    @property
    def outcome(self) -> Outcome:
        """What the run amounts to on the measuring split: with patience its best step counts, else its last."""
        return outcome_of(self.steps, self.labels, None if self.plan.patience is None else self.task.settings.measure)

    def step(self, label: str) -> TrainedStep:
        """Train one step with the optimizer of this label, measure, and return what it brought.

        Raises:
            UnfitError: the network cannot be built for the task's data.
        """
        split, held_out = self.task.data
        with child_scope(self.seed, self.task.device, self.task.runtime.child_threads):
            if self._model is None:
                self._model = self.task.build(self.spec, self.seed)
            else:
                # The scope has seeded the generators anew; this step goes on where the last one left them.
                set_generators(self._global, self.task.device)
            step = self._train(label, split, held_out)
            self._global = generator_states(self.task.device)
        self.steps.append(step)
        self.labels.append(label)
        self._stopping.note(self.task.settings.measure.key_of(step.metrics), len(self.steps), self.model)
        return step

    def restore_best(self) -> None:
        """With patience, put the weights of the best step back; otherwise, and after a divergence, leave the last ones.

        As everywhere, a child that diverged is judged by what it has become.
        """
        if not self.diverged:
            self._stopping.restore(self.model)

    def _train(self, label: str, split: Resident, held_out: Resident) -> TrainedStep:
        curve: list[tuple[float, float]] = []
        samples = 0
        for _ in range(self._per_step):
            done = len(self.steps) * self._per_step + len(curve)
            optimizer = self._optimizer(label, done)
            settings = self.task.settings
            loss, level, trained = train_epoch(self.model, optimizer, split, settings, self._order, self._augment, done)
            curve.append((loss, level))
            samples += trained
            # Weights that are NaN stay so; a further epoch would only add to the cost.
            if not math.isfinite(loss):
                break
        metrics = measure(self.model, held_out, self.task.settings)
        diverged = not (math.isfinite(curve[-1][0]) and math.isfinite(metrics["loss"]))
        forward = self.task.forward_flops(self.model, self.spec)
        flops = training_flops(forward, samples) * self.plan.optimizers[label].passes
        return TrainedStep(metrics, len(curve), samples, flops, diverged, tuple(curve))

    def _optimizer(self, label: str, epoch: int) -> torch.optim.Optimizer:
        """Return the optimizer for an epoch: the one kept from before, or a new one."""
        settings = self.plan.optimizers[label]
        # Without `carry` the state is reset at every epoch, as in the source's code.
        if label not in self._kept or not self.plan.carry:
            self._kept[label] = make_optimizer(settings, self.model.parameters())
        optimizer = self._kept[label]
        if self.plan.schedule.type != "constant":
            share = self.plan.schedule.share(epoch, self._per_step * self.plan.steps)
            set_rate(optimizer, settings.lr * share)
        return optimizer

    def state(self) -> dict[str, Any]:
        """Return everything needed to go on, as tensors and plain values; for checkpoints between steps."""
        return {
            "steps": [asdict(step) for step in self.steps],
            "labels": list(self.labels),
            "model": self.model.state_dict(),
            "optimizers": {label: optimizer.state_dict() for label, optimizer in self._kept.items()},
            "generators": [self._order.get_state(), self._augment.get_state()],
            "global": self._global,
            "best": self._stopping.state(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Continue where `state` was taken."""
        self.labels = list(state["labels"])
        self.steps = [TrainedStep(**saved) for saved in state["steps"]]
        with child_scope(self.seed, self.task.device, self.task.runtime.child_threads):
            self._model = self.task.build(self.spec, self.seed)
        self._model.load_state_dict(state["model"])
        for label, saved in state["optimizers"].items():
            # Made of this model's own parameters, to which the loaded moments then belong.
            self._kept[label] = make_optimizer(self.plan.optimizers[label], self._model.parameters())
            self._kept[label].load_state_dict(saved)
            optimizer_to(self._kept[label], self.task.device)
        for generator, saved in zip((self._order, self._augment), state["generators"], strict=True):
            generator.set_state(saved)
        self._global = state["global"]
        self._stopping.load(state["best"])

    def fork(self) -> Episode:
        """Return a copy that can go another way from here; this is how a schedule tree shares its trunk."""
        other = Episode(self.task, self.spec, self.plan, self.seed)
        # Copied: the state's tensors are the trunk's own, which goes on training.
        other.load(copy.deepcopy(self.state()))
        return other
