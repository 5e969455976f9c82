"""Of slots and optimizers, the kinds that a study has and names are what its jobs depend on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import own_plugins
import tiny
from rlsearch import code_facts, provenance
from rlsearch.config import plugins
from rlsearch.config.models import Params
from rlsearch.search.identity import task_digest
from rlsearch.search.retraining_identity import target_digest
from rlsearch.spaces.closed_loop import ClosedLoop
from rlsearch.testing import cases

ASKED = {"joined": {"type": "ensemble", "agent": "random", "count": 2}}
SWEEP: dict[str, Any] = {
    "space": {"type": "sgd-sweep"},
    "proxy": {**tiny.TASK, "epochs": 4},
    "target": {**tiny.TASK, "epochs": 4},
    "agents": {"random": {"type": "random"}},
    "baselines": [],
    "controls": {**tiny.STUDY["controls"], "permuted_labels": False},
}


def plugins_of(folder: str, phase: str, params: Params) -> set[str]:
    start = f"src/rlsearch/{folder}/"
    files = provenance.phase_files(phase, params, "tiny")
    found = {path.removeprefix(start).removesuffix(".py") for path in files if path.startswith(start)}
    return {name for name in found if not name.startswith("_") and name != "base"}


@pytest.mark.parametrize("phase", ["select", "retrain"])
def test_a_kind_of_slots_counts_where_a_study_has_one(phase: str, tmp_path: Path) -> None:
    without, with_one = tiny.study(tmp_path), tiny.study(tmp_path, retrain={"seeds": 3, "slots": ASKED})
    assert plugins_of("slots", phase, without) == {"baseline", "best"}
    assert plugins_of("slots", phase, with_one) == {"baseline", "best", "ensemble"}


def test_an_optimizer_counts_where_a_study_names_it(tmp_path: Path) -> None:
    for changes, optimizers in (({}, {"adam"}), (tiny.CONTROL, {"adam", "sam", "sgd"}), (SWEEP, {"adam", "sgd"})):
        params = tiny.study(tmp_path, **changes)
        assert plugins_of("training/optimizers", "search", params) == optimizers


def test_an_optimizer_that_only_the_code_of_a_space_names_counts(tmp_path: Path) -> None:
    """A space may write names into its specs that no setting holds."""
    named = provenance.optimizer_modules(tiny.study(tmp_path, **SWEEP).studies["tiny"].space)
    assert named == ["rlsearch.training.optimizers.sgd"]


@pytest.fixture
def digested(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that fills with the names of optimizers whose code a digest counts."""
    counted, digest = list[str](), provenance.code_digest

    def spy(*modules: str) -> str:
        counted.extend(name for name in modules if ".optimizers." in name)
        return digest(*modules)

    monkeypatch.setattr(provenance, "code_digest", spy)
    return counted


def test_the_identity_of_children_leaves_out_what_they_cannot_name(tmp_path: Path, digested: list[str]) -> None:
    params = tiny.study(tmp_path)
    settings = params.studies["tiny"]
    task_digest(settings.proxy, settings.space, params.runtime, [])
    target_digest(params, "tiny", [])
    assert digested == ["rlsearch.training.optimizers.adam"] * 2


def every_optimizer() -> list[str]:
    return sorted(plugin.module for plugin in plugins.by_name("optimizers").values())


def test_all_optimizers_count_where_the_space_is_not_the_packages(
    own: Path, tmp_path: Path, digested: list[str]
) -> None:
    """Its code may ask for the names of all, or put one together, which no text in it would tell."""
    own_plugins.space(own / "spaces", "my-space")
    own_plugins.write(own / "training/optimizers/my_adam.py", "from rlsearch.training.optimizers.adam import *\n")
    agents = {"random": {"type": "random"}}
    params = tiny.study(tmp_path, space={"type": "my-space"}, agents=agents, baselines=[])
    settings = params.studies["tiny"]
    task_digest(settings.proxy, settings.space, params.runtime, [])
    assert digested == every_optimizer() and "rlsearch.extensions.training.optimizers.my_adam" in digested
    for phase in ("search", "controls", "select", "retrain", "report"):
        files = provenance.phase_files(phase, params, "tiny")
        assert {"src/rlsearch/training/optimizers/lamb.py", "extensions/training/optimizers/my_adam.py"} <= set(files)


def test_an_optimizer_counts_that_another_of_a_users_own_names_in_its_code(own: Path, tmp_path: Path) -> None:
    text = "from typing import Literal\nfrom rlsearch.training.optimizers.adam import AdamSettings, OPTIMIZER\n"
    model = 'INNER = "lamb"\n\n\nclass SETTINGS(AdamSettings):\n    name: Literal["my-adam"] = "my-adam"\n'
    own_plugins.write(own / "training/optimizers/my_adam.py", text + model)
    params = tiny.study(tmp_path, proxy={**tiny.TASK, "optimizer": {"name": "my-adam"}})
    named = {name.rpartition(".")[2] for name in provenance.optimizer_modules(params.studies["tiny"].proxy)}
    assert named == {"adam", "lamb", "my_adam"}


SLOT = """\
from rlsearch.slots.base import SlotKind, empty


class Mine(SlotKind):
    kind, order, role = "mine", 90, "reference"

    def slots(self, study):
        return [self.slot(study, "mine", "mine")]

    def fill(self, slot, searched):
        return empty(slot, "nothing yet")


SLOT = Mine()
"""


def test_all_optimizers_count_where_another_kind_of_slots_writes_candidates(
    own: Path, tmp_path: Path, digested: list[str]
) -> None:
    params, lamb = tiny.study(tmp_path), "src/rlsearch/training/optimizers/lamb.py"
    assert lamb not in provenance.phase_files("retrain", params, "tiny")
    own_plugins.write(own / "slots/mine.py", SLOT)
    target_digest(params, "tiny", [])
    assert digested == every_optimizer()
    assert lamb in provenance.phase_files("retrain", params, "tiny")
    assert lamb not in provenance.phase_files("search", params, "tiny")  # whose children no slot writes


SHIPPED = [name for name, plugin in plugins.by_name("spaces").items() if plugin.shipped]
OF_EACH = {name: {"name": name, "lr": 0.01} for name in plugins.names("optimizers")}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_optimizer_that_a_spec_of_a_shipped_space_names_counts(name: str) -> None:
    own_optimizers = [{}, {"optimizers": OF_EACH}] if name == "optimizer-selection" else [{}]
    for options in own_optimizers:
        space = cases.space(name, **options)
        specs = [*space.baselines().values(), *map(space.decode, space.spread(60))]
        if isinstance(space, ClosedLoop):
            specs.append(space.training({"policy": {"kind": "random"}}))
        used = [spec["training"]["optimizers"] for spec in specs if "training" in spec]
        named = {settings["name"] for optimizers in used for settings in optimizers.values()}
        counted = provenance.optimizer_modules(space.settings)  # type: ignore[attr-defined]
        assert {provenance.plugin_module("optimizers", optimizer) for optimizer in named} <= set(counted)
        assert not options or named == set(OF_EACH)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_space_takes_names_from_its_settings_and_its_texts_alone(name: str) -> None:
    """Of others all optimizers count (`provenance.optimizer_modules`); these must not ask for names or read any."""
    for path in provenance.closure(provenance.plugin_module("spaces", name)):
        assert path.suffix == ".py"
        if not path.is_relative_to(provenance.PACKAGE / "config"):
            assert "rlsearch.config.plugins" not in code_facts.of(str(path)).imports, path
