"""The settings of a made-up study of initial scales."""

from __future__ import annotations

import copy
from typing import Any

SETTINGS: dict[str, Any] = {
    "preset": "laptop",
    "datasets": {"digits": {"source": "digits", "test": 0.2, "validation": 0.25, "split_seed": 0}},
    "runtime": {"device": "cpu", "child_threads": 1, "workers": 1},
    "studies": {
        "init-scale": {
            "protocol": "corrected",
            "published": "init-scale",
            "dataset": "digits",
            "space": {"type": "init-scale", "low": 0.3, "high": 1.7, "digits": 2},
            "proxy": {"network": "simple-cnn", "epochs": 3, "batch_size": 128},
            "target": {"network": "vgg-like", "epochs": 6, "batch_size": 64, "inputs": "unit"},
            "reward": {"scale": 10.0, "failure": -2.0},
            "agents": {
                "reinforce": {"type": "reinforce", "baseline": "ema", "observation": "none", "lr": 0.001},
                "reinforce-no-baseline": {"type": "reinforce", "baseline": "none", "observation": "none", "lr": 0.001},
                "random": {"type": "random"},
                "grid": {"type": "grid", "points": 15},
            },
            "search": {"seeds": 6, "budget": 57, "finalists": 3, "replicates": 4, "score_replicates": 4},
            "baselines": ["he", "analytic", "xavier", "orthogonal", "lsuv"],
            "fidelity": {"agent": "grid", "seeds": 2},
            "retrain": {"seeds": 6},
            "controls": {"runs": 200, "episodes": 200, "replicates": 20, "actions": 3, "permuted_labels": True},
            "alpha": 0.05,
            "claims": [
                {"claim": "beats-agent", "agent": "reinforce", "against": "random", "margin": 0.005},
                {"claim": "selected-beats-baseline", "agent": "reinforce", "against": "he", "margin": 0.005},
                {"claim": "convergence", "agent": "reinforce", "margin": 0.05},
            ],
        }
    },
}


def settings(**changes: Any) -> dict[str, Any]:
    """Return a copy of SETTINGS in which whole sections of the study are replaced, e.g. `claims=[]`."""
    value = copy.deepcopy(SETTINGS)
    value["studies"]["init-scale"].update(changes)
    return value
