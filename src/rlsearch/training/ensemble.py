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
        members: networks that return logits along their last axis, all of the same shape, or (logits, state) of a text.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, samples: Tensor, more: Any = None) -> Any:
        """Return log-probabilities, shaped as the logits of one member; of a text with the states of all members.

        Args:
            samples: what each member is given.
            more: of a text, those states after the window before; of pairs, the targets to go on from; None: nothing.
        """
        if more is None:
            answers = [member(samples) for member in self.members]
        else:
            # States come as they were returned, one of each member; anything else is for all of them.
            each = more if isinstance(more, tuple) else [more] * len(self.members)
            answers = [member(samples, own) for member, own in zip(self.members, each, strict=True)]
        if isinstance(answers[0], tuple):
            logits, states = zip(*answers, strict=True)
            return self._joined(logits), states
        return self._joined(answers)

    @staticmethod
    def _joined(logits: Sequence[Tensor]) -> Tensor:
        log_probabilities = torch.stack([answer.log_softmax(-1) for answer in logits])
        # log((p1 + ... + pn) / n) without leaving logarithms, in which no small probability becomes 0.
        return log_probabilities.logsumexp(0) - math.log(len(logits))


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
