"""Trained networks as one network, whose probabilities are the mean of theirs.

Which networks, `slots/ensemble.py` says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from rlsearch.training.checkpoint import load_state
from rlsearch.training.loop import measure
from rlsearch.training.scope import child_scope
from rlsearch.training.task import Task


class Ensemble(nn.Module):
    """Maps samples to the logarithm of its members' mean probabilities, which softmax leaves as they are.

    Args:
        members: networks that return logits along their last axis, all of the same shape.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, samples: Tensor) -> Tensor:
        """Return log-probabilities, shaped as the logits of one member."""
        log_probabilities = torch.stack([member(samples).log_softmax(-1) for member in self.members])
        # log((p1 + ... + pn) / n) without leaving logarithms, in which no small probability becomes 0.
        return log_probabilities.logsumexp(0) - math.log(len(self.members))


def join(members: Sequence[tuple[Mapping[str, Any], Path]], task: Task) -> dict[str, float]:
    """Return what networks do together on the data that their task measures a finished training on.

    Args:
        members: the spec of each network, and the file of its trained weights.
        task: what the members were trained for.
    """
    with child_scope(0, task.device, task.runtime.child_threads):
        model = Ensemble([_restored(spec, weights, task) for spec, weights in members])
        if task.test is None:
            return measure(model, task.data[1], task.settings)
        return measure(model, task.test_data, task.settings, thorough=True)


def _restored(spec: Mapping[str, Any], weights: Path, task: Task) -> nn.Module:
    model = task.build({"network": spec.get("network", {})}, 0)
    model.load_state_dict(load_state(weights))
    return model
