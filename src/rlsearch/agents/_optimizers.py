"""Optimizers of many runs whose weights lie in shared tensors."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rlsearch.training.quick_start import without_compiler

KINDS = {"adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}


class PerRun:
    """An optimizer that steps for some of the runs alone; those of the others keep weights, moments and counters.

    A gradient of 0 does not keep a run where it is, since moments go on.

    Args:
        kind: of the optimizer, one of `KINDS`.
        module: its parameters are (runs, ...), one run behind the other.
        lr: learning rate.
    """

    def __init__(self, kind: str, module: nn.Module, lr: float) -> None:
        self.shared = list(module.parameters())
        # Views of the same memory: what steps for one run moves that run's part of the shared tensor.
        self.parts = [[nn.Parameter(part) for part in shared.detach().split(1)] for shared in self.shared]
        every = [part for parts in self.parts for part in parts]
        # `foreach`: hundreds of small tensors are one call each of torch's, not of Python's.
        self.optimizer = without_compiler(KINDS[kind])(every, lr=lr, foreach=True)

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of the optimizer, in which its learning rate stands."""
        groups: list[dict[str, Any]] = self.optimizer.param_groups
        return groups

    def step(self, taking: Tensor) -> None:
        """Step down the gradients of the shared tensors for the runs where `taking`, bool (runs,), is true."""
        takes = taking.tolist()
        for shared, parts in zip(self.shared, self.parts, strict=True):
            for run, part in enumerate(parts):
                # Without a gradient a parameter is passed over, and its state too.
                part.grad = shared.grad[run : run + 1] if takes[run] and shared.grad is not None else None
        self.optimizer.step()

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the optimizer."""
        return dict(self.optimizer.state_dict())

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self.optimizer.load_state_dict(state)


def optimizer_of(settings: Any, policy: nn.Module) -> torch.optim.Optimizer | PerRun:
    """Return the optimizer of a policy: where candidates may be skipped, one that steps for some runs alone."""
    make = shared_optimizer if settings.dead_zone is None else PerRun
    return make(settings.optimizer, policy, settings.lr)


def shared_optimizer(kind: str, module: nn.Module, lr: float) -> torch.optim.Optimizer:
    """Return an optimizer that steps for all runs at once."""
    optimizer: torch.optim.Optimizer = without_compiler(KINDS[kind])(module.parameters(), lr=lr)
    return optimizer
