"""dvc.yaml says the same as the Snakefile: inputs, outputs, settings, targets, and nothing left over."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

import pytest
import yaml

from clone import Project, new_project
from dag import Rule, rules
from dvc_stages import Stage, of_others, stages_of
from rlsearch import checks
from rlsearch.checks import read
from rlsearch.config import artefacts, plugins
from rlsearch.provenance import PLUGINS, phase_files
from shipped import ROOT, SETTINGS

TABLES = str(artefacts.REFERENCE_FOLDER)
UNASKED = (TABLES, "extensions", "results/transfer")
"""Folders on which a stage depends whatever its settings say: they are the same for all studies."""


@pytest.fixture(scope="module")
def stages(untouched: Project) -> dict[str, Stage]:
    """Return the stages of the shipped settings."""
    return stages_of(untouched)


known = functools.cache(read)
"""Settings by their file: reading those of the laptop takes a quarter of a second, and each stage asks for them."""


@functools.cache
def jobs(settings: Path = SETTINGS) -> dict[str, tuple[artefacts.Phase, str]]:
    """Return the (phase, dataset or study) of every stage that settings need, by its name."""
    params = known(settings)
    found: dict[str, tuple[artefacts.Phase, str]] = {"report": ("report", "")}
    found |= {f"fetch@{name}": ("fetch", name) for name in params.datasets}
    for phase in ("search", "controls", "select", "retrain"):
        found |= {f"{phase}@{name}": (phase, name) for name in params.studies}
    return found | {f"transfer@{name}": ("transfer", name) for name in params.transfers}


def idle(phase: str, name: str, settings: Path = SETTINGS) -> bool:
    """Tell whether a stage has nothing to do: its study retrains nothing. No rule has a job for it then."""
    return phase == "retrain" and not artefacts.slots(known(settings).studies[name])


BUSY = [name for name, job in jobs().items() if not idle(*job)]


def rule_of(dag: dict[str, Rule], phase: str, name: str, settings: Path = SETTINGS) -> Rule:
    """Return what the rule of a phase reads and writes for one study or dataset."""
    if idle(phase, name, settings):
        assert f"{phase}@{name}" not in dag
        return Rule()
    if phase in ("report", "select"):
        return dag["report" if phase == "report" else f"select_{name}"]
    return dag[f"{phase}@{name}"]


def tracked(phase: artefacts.Phase, item: str) -> tuple[str, ...]:
    """Return the keys of the settings on which a stage depends."""
    return artefacts.sections(artefacts.settings_keys(phase, dataset=item, study=item))


def within(path: str, folders: list[str]) -> bool:
    return any(f"{path}/".startswith(f"{folder}/") for folder in folders)


def test_there_is_one_stage_for_each_phase_of_each_study(stages: dict[str, Stage]) -> None:
    assert set(stages) == set(jobs())


@pytest.mark.parametrize("name", jobs())
def test_a_stage_depends_on_all_that_its_rule_reads(name: str, stages: dict[str, Stage], dag: dict[str, Rule]) -> None:
    rule = rule_of(dag, *jobs()[name])
    assert sorted(path for path in rule.inputs if not within(path, stages[name].deps)) == []


def unread(phase: str, item: str) -> list[str]:
    """Return what a stage names for others of its phase: each transfer has the same list, which knows no settings."""
    if phase != "transfer":
        return []
    transfer = known(SETTINGS).transfers[item]
    # New weights need none of the study's; of a closed loop's code only a transfer of its schedules reads.
    weights = [str(artefacts.retrain_folder(transfer.study, ""))] if transfer.weights == "none" else []
    return [*weights, "src/rlsearch/spaces/closed_loop.py"]


@pytest.mark.parametrize("name", BUSY)
def test_a_stage_depends_on_nothing_else(name: str, stages: dict[str, Stage], dag: dict[str, Rule]) -> None:
    phase, item = jobs()[name]
    # The list of code is the same for all studies of a phase: what any of them reads may stand in it.
    others = {path for job, own in jobs().values() if job == phase for path in rule_of(dag, job, own).inputs}
    inputs = rule_of(dag, phase, item).inputs | {path for path in others if path.startswith("src/")}
    idle = [dep for dep in stages[name].deps if not any(within(path, [dep]) for path in inputs)]
    # Folders of plugins are listed whole, also where these settings name none of them, and what these import.
    whole = {f"src/rlsearch/{plugins.folder(kind)}" for kind in PLUGINS[phase]} | of_others(phase, known(SETTINGS))
    left = [dep for dep in idle if dep not in (*UNASKED, *whole, *unread(phase, item))]
    assert left == [f"workflow/rules/{phase}.smk"]


def test_stages_whose_jobs_may_ask_a_table_depend_on_all_tables(stages: dict[str, Stage]) -> None:
    found = {name.partition("@")[0] for name, stage in stages.items() if TABLES in stage.deps}
    assert found == {"search", "controls", "report"}


def test_of_the_reference_folder_dvc_heeds_tables_alone(untouched: Project) -> None:
    files = untouched.run("git", "ls-files", TABLES).split()
    ignored = set(untouched.run("dvc", "check-ignore", *files).split())
    assert {path for path in files if path.endswith((".npz", "/recipe.yaml"))} == set(files) - ignored


TRANSFER = {
    "study": "init-scale",
    "slots": ["he"],
    "dataset": "other",
    "task": {"network": "simple-cnn", "epochs": 1},
    "seeds": 1,
    "weights": "source",
}


def test_a_transfer_has_a_stage_and_a_rule(tmp_path: Path) -> None:
    project = new_project(tmp_path, "presets/smoke.yaml")
    path = project.root / "params.yaml"
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    raw["studies"] = {"init-scale": raw["studies"]["init-scale"]}
    raw |= {
        "datasets": {**raw["datasets"], "other": {**raw["datasets"]["digits"], "validation": 0.5}},
        "transfers": {"moved": TRANSFER},
    }
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    stage, rule = stages_of(project)["transfer@moved"], rule_of(rules(project), "transfer", "moved")
    assert sorted(stage.keys) == sorted(artefacts.settings_keys("transfer", study="moved"))
    assert [path for path in rule.inputs if not within(path, stage.deps)] == []
    assert stage.outs == ["results/transfer/moved"]
    assert rule.outputs == {f"results/transfer/moved/he/{name}" for name in artefacts.RETRAIN_FILES}
    assert {"results/retrain/init-scale/he/weights.pt", "data/other/test.npz"} <= rule.inputs


def test_slots_that_are_asked_for_go_through_both_doors(tmp_path: Path) -> None:
    project = new_project(tmp_path, "presets/smoke.yaml")
    path = project.root / "params.yaml"
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    raw["studies"] = {"init-scale": raw["studies"]["init-scale"]}
    asked = {name: {"type": name, "agent": "random", "count": 2} for name in ("top", "ensemble")}
    raw["studies"]["init-scale"]["retrain"]["slots"] = asked
    raw["studies"]["init-scale"]["fidelity"] = {"sample": 3}
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    dag, retrained = rules(project), artefacts.retrain_folder("init-scale", "")
    names = ("top-1", "top-2", "ensemble", "stratum-00", "stratum-01", "stratum-02")
    assert {f"{retrained}/{name}/metrics.json" for name in names} <= dag["retrain@init-scale"].outputs
    assert {f"results/select/init-scale/{name}.json" for name in names} <= dag["select_init-scale"].outputs
    assert {f"{retrained}/{name}/metrics.json" for name in names} <= dag["report"].inputs
    stages = stages_of(project)
    for phase in ("select", "retrain"):
        assert {f"studies.init-scale.{key}" for key in ("retrain", "fidelity")} <= {*stages[f"{phase}@init-scale"].keys}
    assert [
        out for out in dag["retrain@init-scale"].outputs if not within(out, stages["retrain@init-scale"].outs)
    ] == []


@pytest.mark.parametrize("preset", ["smoke", "paper"])
def test_another_preset_needs_no_other_stages_file(preset: str, tmp_path: Path) -> None:
    project = new_project(tmp_path, f"presets/{preset}.yaml")
    found, settings = stages_of(project), project.root / "params.yaml"
    assert set(found) == set(jobs(settings))
    for name, (phase, item) in jobs(settings).items():
        assert sorted(found[name].keys) == sorted(tracked(phase, item))
        study = item if phase not in ("fetch", "report") else ""
        files = phase_files(phase, known(settings), study)
        assert [path for path in files if not within(path, found[name].deps)] == []
    if preset == "smoke":  # the rules of the other preset take a minute
        dag = rules(project)
        read_too = {name: rule_of(dag, *job, settings).inputs for name, job in jobs(settings).items()}
        assert [path for name in found for path in read_too[name] if not within(path, found[name].deps)] == []


@pytest.mark.parametrize("name", BUSY)
def test_a_stage_keeps_all_that_its_rule_writes(name: str, stages: dict[str, Stage], dag: dict[str, Rule]) -> None:
    rule = rule_of(dag, *jobs()[name])
    assert sorted(path for path in rule.outputs if not within(path, stages[name].outs)) == []
    assert [out for out in stages[name].outs if not any(within(path, [out]) for path in rule.outputs)] == []


@pytest.mark.parametrize("name", jobs())
def test_a_stage_tracks_the_settings_of_its_rule(name: str, stages: dict[str, Stage]) -> None:
    phase, item = jobs()[name]
    assert sorted(stages[name].keys) == sorted(tracked(phase, item))


@pytest.mark.parametrize("name", jobs())
def test_a_stage_asks_snakemake_for_all_that_its_rule_writes(
    name: str, dag: dict[str, Rule], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "read", {Path("params.yaml"): known(SETTINGS)}.__getitem__)
    monkeypatch.syspath_prepend(ROOT / "workflow/scripts")
    sys.modules.pop("stage", None)
    import stage

    wanted = {str(path) for path in stage.targets(*jobs()[name])}
    # Snakemake makes the outputs of a job together, so that the report's folders need not be named.
    folders = {"results/report/figures", "results/report/tables"}
    assert wanted == rule_of(dag, *jobs()[name]).outputs - folders


def test_commands_name_no_machine_no_core_count_and_no_study(stages: dict[str, Stage]) -> None:
    for name, (phase, _) in jobs().items():
        assert stages[name].command == f"python3 workflow/scripts/stage.py {phase}"


@pytest.mark.parametrize("folder", ["", "../dvc.yaml:", "../../project/dvc.yaml:"])
def test_a_stage_is_told_its_name_by_dvc(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "workflow/scripts")
    import stage

    for name, (phase, item) in jobs().items():
        monkeypatch.setenv("DVC_STAGE", f"{folder}{name}")
        assert stage.stage_name(phase) == item


def test_dvc_removes_what_snakemake_will_make_again(stages: dict[str, Stage]) -> None:
    assert [name for name, stage in stages.items() if stage.persist] == []


def test_git_ignores_what_dvc_keeps_and_tracks_the_metrics(untouched: Project, stages: dict[str, Stage]) -> None:
    outs = [f"{out}/file" for stage in stages.values() for out in stage.outs if out != "results/metrics.json"]
    ignored = untouched.run("git", "check-ignore", *outs).split()
    assert sorted(ignored) == sorted(outs)
    untouched.run("git", "check-ignore", "results/metrics.json", "dvc.lock", status=1)


def test_rules_are_one_file_for_each_phase() -> None:
    names = {path.stem for path in Path(ROOT / "workflow/rules").glob("*.smk")}
    assert names == {*artefacts.PHASES, "common", "container", "start"}
