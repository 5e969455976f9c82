"""What a job really runs is among the files that its key and Snakemake's rule name, also where imports are dynamic."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

import tiny
from rlsearch import provenance
from rlsearch.config import artefacts, plugins
from rlsearch.config.models import Params
from rlsearch.config.twins import arms
from rlsearch.data import fetch
from rlsearch.phases import controls, retrain, search, select
from rlsearch.search.identity import search_identity
from rlsearch.training.evaluate import evaluate
from rlsearch.training.task import Task

PACKAGE = provenance.PACKAGE


@contextmanager
def ran() -> Iterator[set[str]]:
    """Collect the package's files of which a function runs.

    What a class merely says of itself (`closed_loop`, `driver`) decides which jobs there are, not what one does.
    """
    found: set[str] = set()

    def look(frame: FrameType, event: str, _: Any) -> None:
        # A comprehension or a class at import is no function; a module's own code runs once, whoever imports it.
        if event == "call" and frame.f_code.co_name != "<module>":
            found.add(frame.f_code.co_filename)

    sys.setprofile(look)
    try:
        yield found
    finally:
        sys.setprofile(None)
    found.intersection_update(map(str, PACKAGE.rglob("*.py")))
    found.discard(str(PACKAGE / "gymnasium_ids.py"))  # looks at every import, whoever makes it, and gives names only


def names(paths: Any) -> set[str]:
    return {str(Path(path).relative_to(PACKAGE)) for path in paths}


def of_rule(name: str, params: Params, study: str = "", agent: str = "") -> set[str]:
    files = provenance.phase_files(name, params, study, agent)
    return names(PACKAGE.parents[1] / file for file in files)


LAYERED = {**tiny.LAYERED, "search": {**tiny.STUDY["search"], "budget": 24}}
STUDIES: dict[str, tuple[dict[str, Any], str]] = {
    "scale": ({}, "reinforce"),
    "batches": ({}, "pairs"),
    "grid": ({}, "grid"),
    "layers": (LAYERED, "lstm"),
    "layers by a library": (LAYERED, "maskable-ppo"),
    "policy": (tiny.CONTROL, "ppo"),
    "schedules": (tiny.CONTROL, "switching"),
}


@pytest.mark.parametrize("name", STUDIES)
def test_a_search(name: str, tmp_path: Path) -> None:
    changes, agent = STUDIES[name]
    params = tiny.study(tmp_path, **changes)
    with ran() as files:
        search.run(params, "tiny", agent, 0, tmp_path)
    assert names(files) - of_rule("search", params, "tiny", agent) == set()


@pytest.mark.parametrize("name", ["scale", "layers", "policy"])
def test_controls(name: str, tmp_path: Path) -> None:
    changes, agent = STUDIES[name]
    params = tiny.study(tmp_path, **changes)
    with ran() as files:
        controls.run(params, "tiny", agent, tmp_path)
    assert names(files) - of_rule("controls", params, "tiny", agent) == set()


@pytest.mark.parametrize("name", ["scale", "policy"])
def test_selection_and_retraining(name: str, tmp_path: Path) -> None:
    changes, agent = STUDIES[name]
    changes = {**tiny.STUDY, **changes}
    changes["agents"] = {agent: changes["agents"][agent]}
    params = tiny.study(tmp_path, **changes)
    for label in arms(params.studies["tiny"]):
        search.run(params, "tiny", label, 0, tmp_path)
    with ran() as files:
        select.run(params, "tiny", tmp_path)
    slots = artefacts.slots(params.studies["tiny"])
    # Kinds of which the study has no slot: they only say so, and a change of them that makes one makes them count.
    idle = {f"slots/{kind.replace('-', '_')}.py" for kind in {*plugins.names("slots")} - {slot.kind for slot in slots}}
    assert "slots/ensemble.py" in idle
    assert names(files) - of_rule("select", params, "tiny") <= idle
    for slot in artefacts.slots(params.studies["tiny"]):
        with ran() as files:
            retrain.run(params, "tiny", slot.name, tmp_path)
        assert names(files) - of_rule("retrain", params, "tiny") <= idle


def test_fetching(tmp_path: Path) -> None:
    params = tiny.study(tmp_path)
    images, labels = tiny.spots(40, "own")
    np.savez(tmp_path / "own.npz", images=images, labels=labels)
    entry = params.datasets["spots"].model_copy(update={"path": str(tmp_path / "own.npz"), "test": 0.2})
    params = params.model_copy(update={"datasets": {"spots": entry}})
    with ran() as files:
        fetch.run(params, "spots", tmp_path)
    assert names(files) - of_rule("fetch", params, "spots") == set()


SPECS: dict[str, dict[str, Any]] = {
    "a scale": {"init": {"scheme": "scaled-normal", "scale": 1.0}},
    "a data-driven scheme": {"init": {"scheme": "lsuv"}},
    "a schedule": {
        "training": {
            "schedule": ["sgd", "sam", "adam"],
            "optimizers": tiny.OPTIMIZERS,
            "steps": 3,
            "carry": True,
            "patience": None,
        }
    },
}


@pytest.mark.parametrize("name", SPECS)
def test_a_child(name: str, tmp_path: Path) -> None:
    changes = tiny.CONTROL if "training" in SPECS[name] else {"proxy": {**tiny.TASK, "epochs": 3}}
    params = tiny.study(tmp_path, **changes)
    settings, data = params.studies["tiny"].proxy, tmp_path / "data" / "spots"
    task = Task(settings, params.runtime, (data / "train.npz",), data / "validation.npz")
    with ran() as files:
        assert evaluate(SPECS[name], task, 1).status == "ok"
    network, kind = provenance.plugin_module("networks", settings.network), provenance.kind_module(settings.network)
    modules = (
        "rlsearch.training.evaluate",
        network,
        kind,
        *provenance.optimizer_modules(settings, params.studies["tiny"].space),
    )
    assert names(files) - names(provenance.closure(*modules)) == set()


DYNAMIC = {
    "__init__.py": "names for users, and the names of environments: no job uses either",
    "agents/_sb3_build.py": "a library of agents, whose version the journal holds",
    "config/network_flops.py": "what counts a network, which settings are checked with; its file imports the same",
    "config/plugins.py": "agents, spaces, networks, sources: provenance.phase_modules and the identities name them",
    "gymnasium_ids.py": "the names of environments, for users",
    "search/__init__.py": "rlsearch.search(), for users",
    "testing/test_surrogates.py": "a suite, which no job runs",
}


def test_every_dynamic_import_is_known() -> None:
    """Code that is imported by a name in a string is seen by no digest: whoever adds one says here what covers it."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
        if any(call.endswith(("import_module", "__import__", "exec_module")) for call in calls):
            found.add(str(path.relative_to(PACKAGE)))
    assert found == set(DYNAMIC)


def test_the_default_weights_of_a_steps_reward_are_part_of_a_policys_identity(tmp_path: Path) -> None:
    """They stand in no settings file, so that only the identity can hold them."""
    params = tiny.study(tmp_path, **tiny.CONTROL)
    assert params.studies["tiny"].reward.steps is None
    found = search_identity(params, "tiny", "ppo", 0, "task")["reward"]["steps"]
    assert found == {"gain": 1.0, "loss": 0.1, "cost": 0.01, "final": 1.0}
