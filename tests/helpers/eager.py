"""Children that write a checkpoint after every epoch, in this process and in the workers of a pool."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlsearch.search import evaluators
from rlsearch.training import checkpoint

if TYPE_CHECKING:
    from rlsearch.training.outcome import Outcome
    from rlsearch.training.task import Task

_train = evaluators._train_child


def train(task: Task, spec: Mapping[str, Any], seed: int, path: Path) -> tuple[Outcome, float]:
    """Train one child; workers import this module, which a patch in the parent process would not reach."""
    checkpoint.INTERVAL = 0.0
    return _train(task, spec, seed, path)


def install() -> None:
    """Let this process and its workers train so."""
    checkpoint.INTERVAL = 0.0
    evaluators._train_child = train
