"""A small tree of schedules for tests: its recipe, and the agents that search it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tiny
from rlsearch import checks
from rlsearch.config.models import Params
from rlsearch.truth.table import TruthTable

NAME = "small-tree"
DATASET = {"source": "digits", "test": 0.2, "validation": 0.25, "train_size": 97}

SPACE = {
    "type": "optimizer-selection",
    "steps": 3,
    "optimizers": {"sgd": {"name": "sgd", "lr": 0.1, "momentum": 0.9}, "sam": {"name": "sam", "lr": 0.1, "rho": 0.1}},
}

PROXY = {"network": "simple-cnn", "epochs": 3, "batch_size": 48}
RECIPE = {"name": NAME, "dataset": DATASET, "space": SPACE, "proxy": PROXY, "epochs": [1, 2, 3], "seeds": 6, "judge": 2}

AGENTS: dict[str, Any] = {
    "dqn": {"type": "dqn", "learning_starts": 4, "batch_size": 4, "hidden": [8]},
    "ppo": {"type": "ppo", "hidden": [8]},
    "random": {"type": "random"},
    "switching": {"type": "switching"},
}


def table(grown: Path, part: str = "validation", judge: bool = False) -> TruthTable:
    return TruthTable.load(NAME, part, grown, judge=judge)


def raw(**changes: Any) -> dict[str, Any]:
    study = {
        **tiny.STUDY,
        "dataset": "digits",
        "evaluator": {"type": "table", "name": NAME},
        "space": SPACE,
        "proxy": PROXY,
        "target": PROXY,
        "agents": AGENTS,
        "search": {"seeds": 1, "budget": 14, "finalists": 1, "replicates": 1, "score_replicates": 2},
        "baselines": [],
        "controls": tiny.CONTROL["controls"],
        **changes,
    }
    return {"preset": "test", "datasets": {"digits": DATASET}, "runtime": {"device": "cpu"}, "studies": {"tiny": study}}


def params(**changes: Any) -> Params:
    return checks.validate(raw(**changes))
