"""A study small enough for a test: made-up 8x8 images whose class is a bright spot, children of a split second."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from rlsearch.config.models import Params
from rlsearch.testing import studies
from rlsearch.testing.cases import spots as spots
from rlsearch.testing.studies import write_split as write_split

TASK = {"network": "simple-cnn", "epochs": 1, "batch_size": 32, "inputs": "symmetric"}
STUDY: dict[str, Any] = {
    "dataset": "spots",
    "space": {"type": "init-scale"},
    "proxy": TASK,
    "target": {**TASK, "network": "vgg-like", "inputs": "unit", "epochs": 2},
    "reward": {"scale": 10.0, "failure": -2.0},
    "agents": {
        "reinforce": {"type": "reinforce"},
        "pairs": {"type": "random", "batch": 2},
        "random": {"type": "random"},
        "grid": {"type": "grid", "points": 3},
    },
    "search": {"seeds": 1, "budget": 10, "finalists": 2, "replicates": 2, "score_replicates": 2},
    "baselines": ["he"],
    "fidelity": None,
    "retrain": {"seeds": 3},
    "controls": {"runs": 20, "episodes": 12, "replicates": 3, "actions": 2},
    "claims": [],
}

LAYERED: dict[str, Any] = {
    "space": {"type": "layered-cnn", "layers": 3, "kernels": [1, 3], "filters": [4, 8], "strides": [2, 1, 1]},
    "proxy": {**TASK, "network": "layered-cnn"},
    "target": {**TASK, "network": "layered-cnn", "epochs": 2},
    "agents": {
        "lstm": {"type": "lstm-reinforce", "batch": 4},
        "lstm-actor-critic": {"type": "lstm-actor-critic", "batch": 4},
        "maskable-ppo": {"type": "maskable-ppo", "episodes": 2, "n_epochs": 2},
        "random": {"type": "random"},
    },
    "baselines": ["hand-made"],
}
"""What makes `STUDY` a layer-by-layer search: pass it to `study` as changes."""

OPTIMIZERS: dict[str, Any] = {
    "sgd": {"name": "sgd", "lr": 0.02, "momentum": 0.9},
    "adam": {"name": "adam", "lr": 0.002},
    "sam": {"name": "sam", "lr": 0.02, "momentum": 0.9},
}
CONTROL: dict[str, Any] = {
    "space": {"type": "optimizer-selection", "steps": 3, "epochs_per_step": 1, "optimizers": OPTIMIZERS},
    "proxy": {**TASK, "epochs": 3},
    "target": {**TASK, "epochs": 6},
    "agents": {
        "dqn": {"type": "dqn", "learning_starts": 4, "batch_size": 4, "hidden": [16], "optimizers": ["sgd", "sam"]},
        "ppo": {"type": "ppo", "hidden": [16]},
        "random": {"type": "random"},
        "pairs": {"type": "random", "batch": 2},
        "switching": {"type": "switching"},
    },
    "search": {"seeds": 1, "budget": 16, "finalists": 2, "replicates": 2, "score_replicates": 2},
    "baselines": ["sgd", "random-switching", "adam-then-sgd"],
    "controls": {**STUDY["controls"], "agents": [], "permuted_labels": False},
}
"""What makes `STUDY` a choice of optimizers step by step."""


def study(root: Path, **changes: Any) -> Params:
    """Write the data below `root` and return settings with one study, `tiny`; `changes` replace its sections."""
    workers = changes.pop("workers", 1)
    return studies.write(root, {**copy.deepcopy(STUDY), **changes}, workers=workers)
