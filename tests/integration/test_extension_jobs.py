"""A study of plugins in extensions/ runs as a job of Snakemake's, with worker processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clone import LIST_CODE, SMOKE, Project

pytestmark = pytest.mark.integration

FILES = {
    "spaces/my_scale.py": """\
'''Scales of a user's own.'''

from typing import Literal

from rlsearch.spaces.init_scale import SETTINGS as Scale
from rlsearch.spaces.init_scale import SPACE as SPACE


class SETTINGS(Scale):
    type: Literal["my-scale"] = "my-scale"
""",
    "networks/my_net.py": """\
'''A network of a user's own.'''

from torch import nn

from ._head import head


class MyNet(nn.Sequential):
    def __init__(self, input_shape, outputs):
        super().__init__(nn.Conv2d(input_shape[0], 4, 3), nn.SiLU(), *head(4, outputs))


NETWORK = MyNet
""",
    "networks/_head.py": """\
from torch import nn


def head(width, outputs):
    return nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, outputs)
""",
    "training/optimizers/my_adam.py": """\
'''Adam of a user's own.'''

from typing import Literal

from rlsearch.training.optimizers.adam import OPTIMIZER as OPTIMIZER
from rlsearch.training.optimizers.adam import SETTINGS as Adam


class SETTINGS(Adam):
    name: Literal["my-adam"] = "my-adam"
""",
}


def test_a_search_of_extensions_runs_in_worker_processes(tmp_path: Path, untouched: Project) -> None:
    project = untouched.copy(tmp_path / "home")
    for name, text in FILES.items():
        path = project.root / "extensions" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    text = (project.root / SMOKE).read_text(encoding="utf-8")
    for old, new in {
        "workers: 1": "workers: 2",
        "type: init-scale,": "type: my-scale,",
        "network: simple-cnn": "network: my-net",
        "optimizer: {name: adam,": "optimizer: {name: my-adam,",
        "{type: random}": "{type: random, batch: 2}",
    }.items():
        assert old in text
        text = text.replace(old, new, 1)
    (project.root / "params.yaml").write_text(text, encoding="utf-8")
    folder = "results/search/init-scale/random/seed-0"
    project.snakemake("--", f"{folder}/trials.jsonl", **LIST_CODE)
    rows = [
        json.loads(line) for line in (project.root / folder / "trials.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert [row["status"] for row in rows] == ["ok"] * 4
    assert "extensions/networks/_head.py" in project.run("snakemake", "--detailed-summary", f"{folder}/trials.jsonl")
