"""Real runs through Snakemake: what runs again and what does not."""

from __future__ import annotations

import json
import os
import re
import signal
from collections import defaultdict
from pathlib import Path

import pytest

import leftovers
from clone import LIST_CODE, Project
from waiting import wait_for

pytestmark = pytest.mark.integration


# The modules that reading the settings imports.
READ_SETTINGS = """
import sys
from pathlib import Path
from rlsearch.checks import read
read(Path("params.yaml"))
print(*(module.__file__ for name, module in sys.modules.items() if name.startswith("rlsearch")))
"""

LAZY = {
    f"src/rlsearch/{file}.py"
    for file in (
        *("agents/_controller_gradient", "agents/_sb3", "agents/_side_by_side", "training/generators"),
        *("envs/__init__", "envs/conventions", "envs/limits", "envs/registration", "envs/space_env"),
        *(f"training/optimizers/{name}" for name in ("_making", "_package", "adabelief", "adamw", "lamb", "rmsprop")),
        *(
            "training/ensemble",
            "training/quick_start",
            "data/images/tensors",
            "data/images/cutout",
            "data/kinds/_outputs",
        ),
    )
}
"""Imported when gradients are measured, an agent drives an environment, settings name another optimizer of the package
or an ensemble, an optimizer is made (and not only asked for its price), or data are loaded, which not every phase of
the smoke preset asks for."""

LAZY_IN_CONTROLS = {
    f"src/rlsearch/{file}.py"
    for file in (
        *("agents/_even_env", "agents/_frozen", "agents/_source_dqn"),
        *("envs/closed_loop", "search/stepwise"),
        *("controls/policy_learning", "controls/policy_planted", "controls/policy_repetitions"),
    )
}
"""Imported by the controls when an agent of Stable-Baselines3 is simulated, which the smoke preset does not ask for."""


@pytest.fixture(scope="module")
def inputs(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Return the modules of the package on which the jobs of each rule depend."""
    found: dict[str, set[str]] = defaultdict(set)
    listing = finished.copy(tmp_path_factory.mktemp("listing"))
    listing.touch(**LIST_CODE)
    for row in listing.summary():
        phase = row["rule"].partition("_")[0]  # one rule a study selects: select_init-scale and so on
        found[phase].update(path for path in row["input-file(s)"].split(",") if path.startswith("src/"))
    return {rule: {path for path in paths if path.endswith(".py")} for rule, paths in found.items()}


def contents(project: Project, *patterns: str) -> dict[str, bytes]:
    """Return the bytes of files below results by path."""
    found = [path for pattern in patterns for path in (project.root / "results").glob(pattern)]
    assert found
    return {str(path.relative_to(project.root)): path.read_bytes() for path in found}


def outcomes(project: Project) -> dict[str, int]:
    """Return the children in the work store, each with the time of its training."""
    files = (project.root / ".rlsearch/outcomes").rglob("*.json")  # not the half-written ones, which move
    return {path.name: path.stat().st_mtime_ns for path in files}


def test_a_second_run_has_nothing_to_do(project: Project) -> None:
    assert "Nothing to be done" in project.snakemake(PYTHONHASHSEED="2")


def test_all_that_a_run_promises_is_there(finished: Project) -> None:
    page = (finished.root / "results/report/index.html").read_text(encoding="utf-8")
    assert "init-scale" in page
    assert list((finished.root / "results/report/figures").glob("*.svg"))
    assert json.loads((finished.root / "results/metrics.json").read_text(encoding="utf-8"))
    assert (finished.root / ".rlsearch/code.json").is_file(), "every job would parse the code again"
    assert finished.run("git", "status", "--porcelain") == ""


def test_every_search_stays_within_its_budget_and_explains_what_it_left(finished: Project) -> None:
    folders = [path.parent for path in (finished.root / "results/search").glob("*/*/*/summary.json")]
    assert folders and all(leftovers.explained(folder) for folder in folders)


def test_jobs_that_train_are_forked_from_one_process(finished: Project) -> None:
    said = (finished.root / "logs/warm.log").read_text(encoding="utf-8").splitlines()
    logs = [
        path for phase in ("search", "controls", "retrain") for path in (finished.root / "logs" / phase).rglob("*.log")
    ]
    assert sorted(line.split()[-1] for line in said) == sorted(str(path.relative_to(finished.root)) for path in logs)
    assert {line.split()[0] for line in said} == {"forked"}


def test_one_changed_value_plans_its_branch_alone(project: Project) -> None:
    project.replace("params.yaml", "observation: none, lr: 0.001}", "observation: none, lr: 0.01}")
    slots = [f"retrain init-scale/{slot}" for slot in ("best-random", "best-reinforce", "he")]
    searches = [f"search init-scale/{arm}, seed 0" for arm in ("reinforce", "reinforce-never-updated")]
    others = ["controls init-scale/reinforce", "select init-scale", "report"]
    assert project.planned() == sorted([*searches, *slots, *others])


def test_a_claims_margin_plans_the_report_alone(project: Project) -> None:
    first = "    claims: []                # one seed"
    project.replace("params.yaml", f"alpha: 0.05\n{first}", f"alpha: 0.10\n{first}")
    assert project.planned() == ["report"]


def test_a_partial_report_is_replaced_by_the_next_run(project: Project) -> None:
    (project.root / "results/retrain/init-scale/he/metrics.json").rename(project.home / "metrics.json")
    project.front("partial")
    (project.home / "metrics.json").rename(project.root / "results/retrain/init-scale/he/metrics.json")
    assert project.planned() == ["report"]


def test_a_lost_file_is_made_again(project: Project) -> None:
    (project.root / "results/retrain/init-scale/he/weights.pt").unlink()
    (project.root / "results/search/init-scale/random/seed-0/finalists.csv").unlink()
    planned = project.planned()
    assert {"retrain init-scale/he", "search init-scale/random, seed 0"} <= set(planned)
    assert "search init-scale/reinforce, seed 0" not in planned


def test_editing_a_docstring_trains_no_child(project: Project) -> None:
    before, store = contents(project, "search/**/trials.jsonl", "retrain/**/curves.csv"), outcomes(project)
    source = project.root / "src/rlsearch/training/loop.py"
    text = source.read_text(encoding="utf-8")
    assert text.startswith('"""')
    source.write_text(text.replace('"""', '"""Told in other words: ', 1), encoding="utf-8")
    assert "search init-scale/reinforce, seed 0" in project.planned()
    project.snakemake("--omit-from", "report")  # which trains none
    assert outcomes(project) == store
    assert contents(project, "search/**/trials.jsonl", "retrain/**/curves.csv") == before


def test_a_killed_run_goes_on_with_the_same_command(project: Project) -> None:
    before = contents(project, "search/*/random/seed-0/trials.jsonl")
    for folder in (".rlsearch/search", ".rlsearch/outcomes", "results/search/init-scale/random"):
        project.run("rm", "-r", folder)
    command = ("snakemake", "--cores", "2", "results/search/init-scale/random/seed-0/trials.jsonl")
    # Much comes after the search, so that the run is at work when the kill reaches it, however late that is.
    run = project.start(*command, "results/retrain/init-scale/best-random/metrics.json")
    wait_for(lambda: outcomes(project) or run.poll() is not None, "the first finished child", every=0.005)
    run.kill()
    said, _ = run.communicate()
    assert run.returncode == -signal.SIGKILL, said[-3000:]
    assert "cannot be locked" in project.run(*command, status=1)
    project.front("unlock")
    project.run(*command)
    assert contents(project, "search/*/random/seed-0/trials.jsonl") == before


def test_a_failed_job_ends_with_what_to_do(project: Project) -> None:
    (project.root / "data/digits/test.npz").write_text("damaged", encoding="utf-8")
    output = project.snakemake(status=1)
    ending = output[output.index("Exiting because") :]
    assert "\nretrain " in ending and "data/digits/test.npz" in ending
    assert "do: " in ending
    assert "Traceback" not in output


def test_a_damaged_selection_is_named_before_any_job(project: Project) -> None:
    (project.root / "results/select/init-scale/he.json").write_text("damaged", encoding="utf-8")
    output = project.snakemake(status=1)
    assert "do not belong to the others" in output and "results/select/init-scale/he.json" in output
    assert "do: " in output and "Traceback" not in output


@pytest.mark.parametrize("phase", ["fetch", "search", "controls", "select", "retrain", "report"])
def test_jobs_list_what_they_import(phase: str, finished: Project, inputs: dict[str, set[str]]) -> None:
    settings = finished.run("python", "-c", READ_SETTINGS, PYTHONPATH=str(finished.root / "src")).split()
    lists = list((finished.home / "imports").glob(f"{phase}-*.json"))
    assert lists
    loaded = {file for path in lists for file in json.loads(path.read_text(encoding="utf-8"))}
    # Checking the settings imports every agent and space that they name, and matters by the settings alone.
    by_phase = {str(Path(file).relative_to(finished.root)) for file in loaded - set(settings)}
    listed = inputs[phase]
    assert sorted(by_phase - listed) == [], "imported but not listed: Snakemake would not see a change"
    everywhere = {str(Path(file).relative_to(finished.root)) for file in loaded}
    lazy = LAZY | LAZY_IN_CONTROLS if phase == "controls" else LAZY
    idle = listed - everywhere - lazy
    assert not idle, f"listed but never imported: a change would rerun jobs for nothing: {sorted(idle)}"


def test_a_search_made_under_other_settings_in_between_runs_again(project: Project) -> None:
    before = contents(project, "search/init-scale/random/seed-0/trials.jsonl")
    project.replace("params.yaml", "budget: 6               #", "budget: 8               #")
    project.run("rlsearch", "search", "init-scale", "random", "0", PYTHONPATH=str(project.root / "src"))
    project.replace("params.yaml", "budget: 8               #", "budget: 6               #")
    assert contents(project, "search/init-scale/random/seed-0/trials.jsonl") != before
    said = project.snakemake(status=1)
    assert "these results were made under other settings" in said and "Traceback" not in said
    assert "where: results/search/init-scale/random/seed-0/summary.json" in said
    assert "other settings" in project.front("record", status=1)
    project.front("renew")
    assert "search init-scale/random, seed 0" in project.planned()
    project.snakemake("--omit-from", "report")  # all that a run checks, and all but its last job
    assert contents(project, "search/init-scale/random/seed-0/trials.jsonl") == before


def test_an_edited_ledger_is_neither_reported_nor_recorded(project: Project) -> None:
    ledger = project.root / "results/search/init-scale/random/seed-0/trials.jsonl"
    times, text = ledger.stat(), ledger.read_text(encoding="utf-8")
    ledger.write_text(re.sub(r'"reward":[-0-9.e]+', '"reward":9.9', text, count=1), encoding="utf-8")
    os.utime(ledger, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert "has been changed since its job wrote it" in project.front("record", status=1)
    ledger.touch()
    said = project.snakemake(status=1)
    assert "has been changed since its job wrote it" in said and "trials.jsonl" in said
    ledger.unlink()
    project.snakemake()
    assert ledger.read_text(encoding="utf-8") == text
