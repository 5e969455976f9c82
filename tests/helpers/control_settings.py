"""The settings of a made-up closed loop, and the sizes of its schedule tree."""

from __future__ import annotations

import copy
from typing import Any

STUDY, TABLE = "optimizer-selection", "small-tree"
STEPS, COLUMNS, JUDGE, STEP_FLOPS = 3, 10, 4, 10**9
PER_STEP = 4
"""Epochs of a step on the target; 2 on the proxy."""


DATASET = {"source": "digits", "test": 0.2, "validation": 0.25, "split_seed": 0}
TASK: dict[str, Any] = {"network": "simple-cnn", "epochs": 2 * STEPS, "batch_size": 64, "inputs": "symmetric"}

SPACE: dict[str, Any] = {
    "type": "optimizer-selection",
    "steps": STEPS,
    "epochs_per_step": 2,
    "optimizers": {
        "sgd": {"name": "sgd", "lr": 0.02, "momentum": 0.9},
        "adam": {"name": "adam", "lr": 0.002},
        "sam": {"name": "sam", "lr": 0.02, "momentum": 0.9},
    },
}

AGENTS: dict[str, Any] = {
    "dqn": {"type": "dqn", "optimizers": ["sgd", "sam"]},
    "ppo": {"type": "ppo", "optimizers": ["sgd", "sam"]},
    "ppo-three": {"type": "ppo"},
    "random": {"type": "random"},
    "switching": {"type": "switching"},
}

SETTINGS: dict[str, Any] = {
    "preset": "laptop",
    "datasets": {"digits": DATASET},
    "runtime": {"device": "cpu", "child_threads": 1, "workers": 1},
    "studies": {
        STUDY: {
            "protocol": "corrected",
            "published": "optimizer-selection",
            "dataset": "digits",
            "evaluator": {"type": "table", "name": TABLE},
            "space": SPACE,
            "proxy": TASK,
            "target": {**TASK, "epochs": PER_STEP * STEPS},
            "reward": {"scale": 10.0, "failure": -2.0},
            "agents": AGENTS,
            "search": {"seeds": 3, "budget": 69, "finalists": 3, "replicates": 3, "score_replicates": 2},
            "baselines": ["sgd", "adam", "sam", "random-switching", "adam-then-sgd"],
            "fidelity": None,
            "retrain": {"seeds": 5},
            "controls": {
                "agents": [], "runs": 20, "episodes": 24, "replicates": 5, "actions": 3, "permuted_labels": False,
                "repetitions": {"runs": 8, "trials": 60, "top": [1, 5]},
            },
            "alpha": 0.05,
            "claims": [
                {"claim": "beats-agent-on-table", "agent": "dqn", "against": "random", "margin": 0.002},
                {"claim": "selected-beats-baseline", "agent": "ppo-three", "against": "sgd", "margin": 0.002},
            ],
        }
    },
}  # fmt: skip


def settings(**changes: Any) -> dict[str, Any]:
    """Return a copy of SETTINGS in which whole sections of the study are replaced."""
    value = copy.deepcopy(SETTINGS)
    value["studies"][STUDY].update(changes)
    return value
