"""What every kind of slot keeps to: slots follow from the settings alone, and are filled from finished searches or say
why not. One that studies ask for by name gives `TEST_SETTINGS` for its entry, of a study with an agent `random`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rlsearch.config import artefacts, plugins
from rlsearch.config.base import NAME_PATTERN
from rlsearch.config.models import Params
from rlsearch.config.twins import arms
from rlsearch.files import canonical_json
from rlsearch.phases import retrain, search, select
from rlsearch.slots.base import SlotKind
from rlsearch.testing import cases, studies

KINDS = plugins.names("slots")
TASK = {"network": "simple-cnn", "epochs": 1, "batch_size": 32}
SCALES: dict[str, Any] = {
    "dataset": "spots",
    "space": {"type": "init-scale"},
    "proxy": TASK,
    "target": TASK,
    "reward": {"failure": -2.0},
    "agents": {"random": {"type": "random"}, "grid": {"type": "grid", "points": 3}},
    "search": {"seeds": 1, "budget": 10, "finalists": 2, "replicates": 2, "score_replicates": 2},
    "baselines": ["he"],
    "fidelity": {"agent": "grid"},
    "controls": {"runs": 20, "episodes": 12, "replicates": 3, "actions": 2},
    "claims": [],
}
POLICIES: dict[str, Any] = {
    **SCALES,
    "space": {"type": "optimizer-selection", "steps": 2},
    "proxy": {**TASK, "epochs": 2},
    "target": {**TASK, "epochs": 2},
    "agents": {"ppo": {"type": "ppo", "hidden": [16]}, "random": {"type": "random"}},
    "baselines": ["sgd"],
    "fidelity": None,
    "controls": {**SCALES["controls"], "agents": [], "permuted_labels": False},
}
STUDIES = {"scales": SCALES, "sampled": {**SCALES, "fidelity": {"sample": 3}}, "policies": POLICIES}
KEYS = {"slot", "kind", "source", "status", "reason", "spec", "key", "label", "proxy"}


def kind_of(name: str) -> SlotKind:
    kind: SlotKind = plugins.load("slots", name).SLOT
    return kind


@pytest.fixture(scope="module", params=STUDIES)
def selected(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Params]:
    """Return a study with slots of every kind that it can have, after its searches and the select phase."""
    root = tmp_path_factory.mktemp("slots")
    entries = {f"some-{name}": {"type": name, **cases.of_plugin("slots", name)} for name in plugins.asked_for("slots")}
    params = studies.write(root, {**STUDIES[request.param], "retrain": {"seeds": 2, "slots": entries}})
    for label in arms(params.studies["tiny"]):
        search.run(params, "tiny", label, 0, root)
    select.run(params, "tiny", root)
    return root, params


def file_of(root: Path, slot: artefacts.Slot) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((root / artefacts.select_folder("tiny") / f"{slot.name}.json").read_text())
    return content


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_bears_the_name_of_its_file_and_has_a_place_of_its_own(name: str) -> None:
    assert kind_of(name).kind == name
    assert [kind_of(other).order for other in KINDS].count(kind_of(name).order) == 1


@pytest.mark.parametrize("name", KINDS)
def test_slots_follow_from_the_settings_and_belong_to_their_kind(name: str, selected: tuple[Path, Params]) -> None:
    study, kind = selected[1].studies["tiny"], kind_of(name)
    slots = kind.slots(study)
    assert slots == kind.slots(study) == [slot for slot in artefacts.slots(study) if slot.kind == name]
    for slot in slots:
        assert re.fullmatch(NAME_PATTERN, slot.name) and len(slot.name) <= 60
        assert slot.role == kind.role and slot.seeds >= 1 and slot.networks >= 1
        where = slot.seeds_in.split(".")[0]
        assert where in type(study).model_fields, "a stage of DVC tracks sections of a study"


def test_names_differ_between_all_kinds(selected: tuple[Path, Params]) -> None:
    names = [slot.name for slot in artefacts.slots(selected[1].studies["tiny"])]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", KINDS)
def test_a_slot_is_filled_with_a_candidate_or_says_why_not(name: str, selected: tuple[Path, Params]) -> None:
    root, params = selected
    for slot in kind_of(name).slots(params.studies["tiny"]):
        file = file_of(root, slot)
        assert set(file) >= KEYS and (file["slot"], file["kind"]) == (slot.name, name)
        assert file["status"] in ("filled", "empty")
        assert (file["spec"] is None) == (file["key"] is None) == (file["status"] == "empty") == bool(file["reason"])


@pytest.mark.parametrize("name", KINDS)
def test_filling_twice_gives_equal_bytes(name: str, selected: tuple[Path, Params]) -> None:
    root, params = selected
    before = {slot.name: canonical_json(file_of(root, slot)) for slot in kind_of(name).slots(params.studies["tiny"])}
    select.run(params, "tiny", root)
    assert before == {
        slot.name: canonical_json(file_of(root, slot)) for slot in kind_of(name).slots(params.studies["tiny"])
    }


@pytest.mark.parametrize("name", KINDS)
def test_a_filled_slot_can_be_retrained(name: str, selected: tuple[Path, Params]) -> None:
    root, params = selected
    slot = next((slot for slot in kind_of(name).slots(params.studies["tiny"]) if file_of(root, slot)["spec"]), None)
    if slot is None:
        pytest.skip("this study has none that is filled")
    retrain.run(params, "tiny", slot.name, root)
    metrics = json.loads((root / artefacts.retrain_folder("tiny", slot.name) / "metrics.json").read_text())
    assert [run["seed"] for run in metrics["runs"]] == list(range(slot.seeds)) and metrics["status"] == "ok"
    assert len(metrics.get("members", [None])) == slot.networks
