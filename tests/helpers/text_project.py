"""A project whose data are text or pairs of sentences, made up, with tiny networks and a space of their widths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from own_plugins import write
from rlsearch import checks
from rlsearch.config.models import Params

SOURCE = """\
from rlsearch.data.sources.base import Extent, Source
from rlsearch.testing.tiny_text import CutSettings, {kind} as made


class SETTINGS(CutSettings):
    tokens_read: int = {count}


class SOURCE(Source):
    KIND = "{kind}"

    def read(self, store):
        return made(self.settings.tokens_read)

    def extent(self):
        return Extent(self.settings.tokens_read, 0, 1)
"""

SPACE = """\
from rlsearch.config.base import SpaceSettings
from rlsearch.spaces.base import Choice, Space


class SETTINGS(SpaceSettings):
    type: str = "hidden-units"


class SPACE(Space):
    settings_type = SETTINGS
    noun = "width"

    def __init__(self, settings=None):
        self.settings = settings or SETTINGS()

    def next(self, prefix):
        return None if prefix else Choice("hidden", (1, 4, 16), (True,) * 3)

    def decode(self, actions):
        return {"network": {"hidden": (1, 4, 16)[actions[0]]}}

    def spread(self, count):
        return [(index % 3,) for index in range(count)]

    def planted(self, actions):
        return float(actions[0] - 1)

    def baselines(self):
        return {"narrow": {"network": {"hidden": 2}}}
"""

NETWORKS = {"text": ("tiny-lm", "TinyLM"), "pairs": ("tiny-translator", "TinyTranslator")}
TASK: dict[str, Any] = {"epochs": 2, "batch_size": 8, "optimizer": {"name": "adam", "lr": 0.02}, "clip_norm": 1.0}


def plugins(own: Path) -> None:
    """Write source and network of both kinds, and the space, into a project's `extensions/`."""
    for kind, (network, name) in NETWORKS.items():
        count = 3000 if kind == "text" else 200
        write(own / f"data/sources/tiny_{kind}.py", SOURCE.format(kind=kind, count=count))
        text = f"from rlsearch.testing.tiny_text import {name} as NETWORK\n\nTAKES = '{kind}'\n"
        write(own / f"networks/{network.replace('-', '_')}.py", text)
    write(own / "spaces/hidden_units.py", SPACE)


def task(kind: str, **changes: Any) -> dict[str, Any]:
    """Return a task on one kind."""
    return {**TASK, "network": NETWORKS[kind][0], **({"bptt": 16} if kind == "text" else {}), **changes}


def settings(own: Path, kind: str = "text", **changes: Any) -> dict[str, Any]:
    """Return the settings of one study, `tiny`, on one kind; `changes` replace its sections."""
    plugins(own)
    study = {
        "dataset": kind,
        "space": {"type": "hidden-units"},
        "proxy": task(kind),
        "target": task(kind, epochs=3),
        "reward": {"scale": 10.0, "power": -2, "failure": 0.0},
        "agents": {"random": {"type": "random"}},
        "search": {"seeds": 1, "budget": 12, "finalists": 2, "replicates": 2, "score_replicates": 2},
        "baselines": ["narrow"],
        "fidelity": None,
        "retrain": {"seeds": 3},
        "controls": {"runs": 20, "episodes": 12, "replicates": 3, "actions": 2},
        "claims": [],
        **changes,
    }
    return {
        "preset": "test",
        "datasets": {kind: {"source": f"tiny-{kind}"}},
        "runtime": {"device": "cpu"},
        "studies": {"tiny": study},
    }


def params(own: Path, kind: str = "text", **changes: Any) -> Params:
    """Return those settings, checked."""
    return checks.validate(settings(own, kind, **changes))
