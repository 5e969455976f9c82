"""The Snakefile: style, what a run consists of, what its jobs may read, and how bad settings end."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml
from snakemake.settings.types import MaxJobsPerTimespan

from clone import Project
from dag import Rule
from rlsearch.checks import read
from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.config.twins import arms
from shipped import ROOT, SETTINGS, committed


@pytest.fixture(scope="module")
def params() -> Params:
    """Return the settings that the project is shipped with."""
    return read(SETTINGS)


def test_snakemake_finds_nothing_to_improve(untouched: Project) -> None:
    assert "good condition" in untouched.run("snakemake", "--lint")


def test_the_limit_that_local_runs_do_without_is_that_of_the_profile() -> None:
    """Else a run would look for ready jobs a hundred times in a span, and end later: in silence."""
    profile = yaml.safe_load((ROOT / "profiles/default/config.yaml").read_text(encoding="utf-8"))
    limit = MaxJobsPerTimespan.parse_choice(profile["max-jobs-per-timespan"])
    start = (ROOT / "workflow/rules/start.smk").read_text(encoding="utf-8")
    assert f"SPAN = {limit.max_jobs}, {limit.timespan}  #" in start


def test_snakefmt_finds_nothing_to_improve(untouched: Project) -> None:
    untouched.run("snakefmt", "--check", "Snakefile", "workflow/rules")


def test_shipped_settings_are_the_laptop_preset() -> None:
    assert committed("params.yaml") == committed("presets/laptop.yaml")


def test_a_run_consists_of_one_job_for_each_part_of_the_settings(untouched: Project, params: Params) -> None:
    expected: Counter[str] = Counter()
    for name, study in params.studies.items():
        expected += {
            f"search {name}": len(arms(study)) * study.search.seeds,
            f"controls {name}": len(artefacts.controlled(study)),
            f"select {name}": 1,
            f"retrain {name}": len(artefacts.slots(study)),
        }
    expected += {f"transfer {name}": len(transfer.slots) for name, transfer in params.transfers.items()}
    expected += {f"fetch {name}": 1 for name in params.datasets} | {"report": 1}
    planned = Counter(job.partition("/")[0] for job in untouched.planned())
    assert planned == expected


def test_no_search_and_no_control_reads_the_test_set(dag: dict[str, Rule]) -> None:
    whole = {name: rule for name, rule in dag.items() if "@" not in name}
    files = {name: {path for path in rule.inputs if path.endswith("test.npz")} for name, rule in whole.items()}
    measured = {"retrain", "transfer"}
    assert {name for name, paths in files.items() if any(path.startswith("data/") for path in paths)} == measured
    # The test part of a truth table judges answers, in the report alone.
    assert {name for name, paths in files.items() if paths} <= measured | {"report"}


def test_search_data_is_train_and_validation_alone(dag: dict[str, Rule], params: Params) -> None:
    wanted = {
        f"data/{study.dataset}/{part}.npz" for study in params.studies.values() for part in ("train", "validation")
    }
    for name in ("search", "controls"):
        assert {path for path in dag[name].inputs if path.startswith("data/")} == wanted


def test_the_report_reads_the_training_images_that_it_shows(dag: dict[str, Rule], params: Params) -> None:
    wanted = {f"data/{name}/{file}" for name in params.datasets for file in ("manifest.json", "train.npz")}
    assert {path for path in dag["report"].inputs if path.startswith("data/")} == wanted


def test_a_bad_setting_ends_in_one_message(untouched: Project) -> None:
    text = (untouched.root / "params.yaml").read_text(encoding="utf-8")
    broken = untouched.home / "broken.yaml"
    broken.write_text(text.replace("budget:", "bugdet:"), encoding="utf-8")
    output = untouched.snakemake("--dry-run", "--configfile", str(broken), "--replace-workflow-config", status=1)
    assert "bugdet" in output
    assert "did you mean 'budget'" in output
    assert "Traceback" not in output
    assert "Error in" not in output
    assert len(output.splitlines()) < 20


def test_snakemake_refuses_a_value_that_dvc_reads_differently(untouched: Project) -> None:
    text = (untouched.root / "presets/smoke.yaml").read_text(encoding="utf-8")
    unclear = untouched.home / "unclear.yaml"
    unclear.write_text(text.replace("split_seed: 0", "split_seed: 010"), encoding="utf-8")
    output = untouched.snakemake("--dry-run", "--configfile", str(unclear), "--replace-workflow-config", status=1)
    assert "datasets.digits.split_seed (line 11)" in output
    assert "the unquoted 010 is 8 in YAML 1.1 and 10 in YAML 1.2 (DVC)" in output


def test_another_settings_file_replaces_params_yaml(untouched: Project) -> None:
    planned = untouched.planned("--configfile", "presets/smoke.yaml", "--replace-workflow-config")
    assert [job for job in planned if job.startswith("search")] == [
        "search init-scale/random, seed 0",
        "search init-scale/reinforce, seed 0",
        "search init-scale/reinforce-never-updated, seed 0",
        "search layered-cnn/random, seed 0",
        "search layered-cnn/reinforce, seed 0",
        "search layered-cnn/reinforce-never-updated, seed 0",
        "search optimizer-selection/dqn, seed 0",
        "search optimizer-selection/dqn-never-updated, seed 0",
        "search optimizer-selection/random, seed 0",
    ]
