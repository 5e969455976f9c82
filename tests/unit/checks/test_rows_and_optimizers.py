"""What is said of values inside rows and of keys that only some optimizers have."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from rlsearch import checks
from rlsearch.errors import SettingsError
from shipped import ROOT

RATES = "must be a finite number, at least 0 and below 1"
ROW = "must be a list of 2: a finite number, at least 0 and at most 1; a whole number"
AGENTS = "studies.layered-cnn.agents"
OPTIMIZER = "studies.init-scale.proxy.optimizer"


def explored(*row: float) -> dict[str, Any]:
    return {"random": {"type": "q-learning", "schedule": [list(row)]}}


@pytest.mark.parametrize(
    ("section", "value", "key", "words"),
    [
        (OPTIMIZER, {"name": "sgd", "lr": 0.1, "momentum": -2}, f"{OPTIMIZER}.momentum = -2", RATES),
        (OPTIMIZER, {"name": "adam", "lr": 0.1, "betas": [1.0, 0.9]}, f"{OPTIMIZER}.betas[0] = 1.0", RATES),
        (OPTIMIZER, {"name": "adam", "lr": 0.1, "betas": [0.9]}, f"{OPTIMIZER}.betas = [0.9]", "entries at least 2"),
        (OPTIMIZER, {"name": "adam", "lr": 0.1, "betas": "x"}, f"{OPTIMIZER}.betas = 'x'", "must be a list"),
        (AGENTS, explored(1.0, 2, 3), f"{AGENTS}.random.schedule[0] = [1.0, 2, 3]", ROW),
        (AGENTS, explored(1.0), f"{AGENTS}.random.schedule[0] = [1.0]", ROW),
        (
            AGENTS,
            {"q-never-updated": {"type": "q-learning", "schedule": [[1.0, 1]]}},
            f"{AGENTS}.q-never-updated",
            "must not end in -never-updated",
        ),
        (
            "studies.layered-cnn.search.most_trials",
            3,
            "studies.layered-cnn.search.most_trials = 3",
            "must be at least 4",
        ),
    ],
)
def test_each_is_told_what_is_allowed_there(section: str, value: Any, key: str, words: str) -> None:
    raw = yaml.safe_load((ROOT / "presets/smoke.yaml").read_text(encoding="utf-8"))
    *path, last = section.split(".")
    here = raw
    for name in path:
        here = here[name]
    here[last] = value
    with pytest.raises(SettingsError) as caught:
        checks.validate(raw)
    text = " ".join(str(caught.value).split())
    assert key in text and words in text
