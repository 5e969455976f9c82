"""A study of two cells that the mock reward of a source answers, and that retrains nothing."""

from __future__ import annotations

import copy
from typing import Any

from rlsearch import checks
from rlsearch.config.models import Params

NAME = "mock"
STUDY: dict[str, Any] = {
    "dataset": "digits",
    "evaluator": {"type": "surrogate", "name": "nasnet-mock"},
    "space": {"type": "nasnet-cells", "canonical": False},
    "proxy": None,
    "target": None,
    "reward": {"scale": 1.0, "failure": -1.0},
    "agents": {
        "random": {"type": "random", "batch": 8},
        "evolution": {"type": "regularized-evolution", "population": 8, "sample": 3, "batch": 3},
    },
    "search": {"seeds": 1, "budget": 40, "finalists": 2, "replicates": 2, "score_replicates": 2},
    "baselines": [],
    "fidelity": None,
    "retrain": None,
    "controls": {
        "agents": [],
        "runs": 20,
        "episodes": 24,
        "replicates": 3,
        "actions": 2,
        "permuted_labels": False,
        "repetitions": {"runs": 3, "trials": 40, "top": [1]},
    },
    "claims": [],
}


def study(transfers: Any = None, **changes: Any) -> Params:
    """Return settings with the one study, sections replaced."""
    return checks.validate(
        {
            "preset": "test",
            "datasets": {"digits": {"source": "digits", "test": 0.2, "validation": 0.25}},
            "runtime": {"device": "cpu"},
            "studies": {NAME: {**copy.deepcopy(STUDY), **changes}},
            "transfers": transfers or {},
        }
    )
