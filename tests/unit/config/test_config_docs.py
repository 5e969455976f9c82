"""docs/settings.md says of every key what the models say: its name, what is allowed, its default."""

from __future__ import annotations

import json
import re

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from rlsearch.checks import read
from rlsearch.config import (
    control_models,
    dataset_models,
    models,
    optimizer_models,
    plugins,
    retrain_models,
    schema,
    task_models,
    transfer_models,
)
from rlsearch.config.base import Settings
from shipped import ROOT, SETTINGS

STUDY = "studies.<study>"
Rows = list[tuple[str, str, str]]

SECTIONS: dict[str, type[Settings]] = {
    "Top level": models.Params,
    "datasets.<name>": models.DatasetSettings,
    "runtime": models.RuntimeSettings,
    STUDY: models.StudySettings,
    f"{STUDY}.evaluator, type table": models.TableSettings,
    f"{STUDY}.proxy and .target": models.TaskSettings,
    f"{STUDY}.proxy.optimizer and .target.optimizer": models.OptimizerSettings,
    f"{STUDY}.proxy.schedule and .target.schedule": models.ScheduleSettings,
    f"{STUDY}.proxy.restart and .target.restart": models.RestartSettings,
    f"{STUDY}.reward": models.RewardSettings,
    f"{STUDY}.reward.steps": models.StepRewardSettings,
    f"{STUDY}.search": models.SearchSettings,
    f"{STUDY}.fidelity": models.FidelitySettings,
    f"{STUDY}.retrain": models.RetrainSettings,
    f"{STUDY}.retrain.tune": models.TuneSettings,
    f"{STUDY}.controls": models.ControlSettings,
    f"{STUDY}.controls.repetitions": models.RepetitionSettings,
    f"{STUDY}.controls.gradient": models.GradientSettings,
    f"{STUDY}.controls.sensitivity": models.SensitivitySettings,
    f"{STUDY}.claims[n]": models.ClaimSettings,
    "transfers.<transfer>": models.TransferSettings,
}


def documented() -> dict[str, Rows]:
    """Return the (key, allowed, default) rows of each table of settings, by the plain text of its heading."""
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    found: dict[str, Rows] = {}
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading, body = part.split("\n", 1)
        rows = [
            [cell.strip(" `") for cell in line.split(" | ")] for line in body.splitlines() if line.startswith("| `")
        ]
        if "| key | allowed | default | meaning |" in body:
            found[heading.replace("`", "")] = [(row[0].strip("| `"), row[1], row[2]) for row in rows]
    return found


def expected(model: type[Settings]) -> Rows:
    """Return the same rows as the model has them."""
    names = model.model_fields.items()
    return [(key, schema.describe(model, (key,)).replace(schema.NAME_RULE, "a name"), default(f)) for key, f in names]


def default(field: FieldInfo) -> str:
    """Return a default as the documentation writes it."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, BaseModel):
        return "its defaults"
    if isinstance(value, dict):
        return ", ".join(value) or "{}"
    return json.dumps(value) if value is None or isinstance(value, bool) else str(value)


@pytest.mark.parametrize("heading", SECTIONS)
def test_a_section_is_documented_as_it_is(heading: str) -> None:
    assert documented()[heading] == expected(SECTIONS[heading])


def test_every_model_of_params_yaml_has_a_section() -> None:
    modules = (
        models,
        dataset_models,
        task_models,
        optimizer_models,
        control_models,
        retrain_models,
        transfer_models,
    )
    files = [module.__name__ for module in modules]
    own = {value for value in vars(models).values() if isinstance(value, type) and value.__module__ in files}
    # Other evaluators are plugins, and what all claims have is the base of plugins.
    assert own | {models.TableSettings, models.ClaimSettings} == set(SECTIONS.values())


def test_every_documented_space_and_agent_is_documented_as_it_is() -> None:
    places = {
        f"{STUDY}.space, type ": "spaces",
        f"{STUDY}.agents.<label>, type ": "agents",
        f"{STUDY}.evaluator, surrogate ": "surrogates",
        f"{STUDY}.retrain.slots.<name>, type ": "slots",
        "datasets.<name>, source ": "sources",
        "optimizer, name ": "optimizers",
        f"{STUDY}.claims[n], claim ": "claims",
    }
    common = {  # documented once, for all
        "sources": models.DatasetSettings,
        "optimizers": models.OptimizerSettings,
        "claims": models.ClaimSettings,
    }
    found: set[tuple[str, str]] = set()
    for heading, rows in documented().items():
        for place, kind in places.items():
            if heading.startswith(place):
                name = heading.removeprefix(place)
                found.add((kind, name))
                of_all = common[kind].model_fields if kind in common else {}
                assert rows == [row for row in expected(plugins.load(kind, name).SETTINGS) if row[0] not in of_all]
    own = {
        (kind, name)
        for kind, base in common.items()
        for name in plugins.names(kind)
        if set(plugins.load(kind, name).SETTINGS.model_fields) > set(base.model_fields)
    }
    surrogates = {("surrogates", name) for name in plugins.names("surrogates")}
    slots = {("slots", name) for name in plugins.asked_for("slots")}
    assert used() | own | surrogates | slots <= found


def used() -> set[tuple[str, str]]:
    """Return the spaces and agents that the shipped settings use."""
    studies = read(SETTINGS).studies.values()
    spaces = {("spaces", study.space.type) for study in studies}
    return spaces | {("agents", agent.type) for study in studies for agent in study.agents.values()}
