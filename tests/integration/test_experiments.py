"""docs/experiments.md from top to bottom: its commands, as they stand there, in a project with recorded results."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from clone import BIN, ROOT, Project

pytestmark = pytest.mark.integration

NOTHING = "Data and pipelines are up to date."


def commands() -> list[str]:
    """Return the commands of each block of the page, a line each."""
    text = (ROOT / "docs/experiments.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return ["\n".join(re.findall(r"^\$ (.*)$", block, flags=re.MULTILINE)) for block in blocks]


@pytest.fixture(scope="module")
def outputs(recorded: Project, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each block printed."""
    project = recorded.copy(tmp_path_factory.mktemp("experiments"))
    # As in a shell without the environment: a bare python3 is on PATH and no snakemake.
    bare = project.home / "bare"
    bare.mkdir()
    (bare / "python3").symlink_to(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")
    installed = project.home / "installed"
    installed.touch()
    make = {"MAKEFLAGS": f"VENV={BIN.parent} RUNTIME={installed}"}
    paths = (f"{bare}:/usr/bin:/bin", f"{BIN}:{bare}:/usr/bin:/bin")
    found, active = [], False
    for block in commands():
        active = active or "activate" in block
        words = block.replace(". .venv/bin/activate\n", "").replace(".venv/bin/", f"{BIN}/")
        found.append(project.run("bash", "-euxc", words, **make, PATH=paths[active]))
        if len(found) < 3:
            found[-1] += project.snakemake("--dry-run")
    return found


def test_the_page_has_the_blocks_that_are_looked_at(outputs: list[str]) -> None:
    assert len(outputs) == 5


def test_one_value_runs_its_branch_alone_and_metrics_show_it(outputs: list[str]) -> None:
    run = outputs[0]
    assert "Stage 'fetch@digits' didn't change, skipping" in run
    for phase in ("search", "controls", "select"):
        assert f"Running stage '{phase}@init-scale'" in run
        assert f"Running stage '{phase}@layered-cnn'" not in run
    assert "Running stage 'report'" in run
    params, metrics = (run.partition(f"/dvc {what} diff\n")[2].partition("\n+")[0] for what in ("params", "metrics"))
    assert re.search(r"agents\.reinforce\.lr +0\.001 +0\.01", params)
    names = re.findall(r"^results/metrics.json +(\S+)", metrics, flags=re.MULTILINE)
    assert names and not [name for name in names if ".random." in name], "a change of reinforce reached random"
    assert "dvc_plots/index.html" in run
    assert "Nothing to be done" in run, "Snakemake does not know what DVC ran"


def test_after_going_back_snakemake_sees_the_older_settings(outputs: list[str]) -> None:
    assert "search init-scale/reinforce, seed 0" in outputs[1]
    assert "search init-scale/random, seed 0" not in outputs[1]


def test_a_grid_is_run_in_folders_of_its_own(outputs: list[str]) -> None:
    grid = outputs[2]
    assert grid.count("Queued experiment") == 2
    assert grid.count("Stage 'search@init-scale' is cached") == grid.count("Running stage 'search@init-scale'") == 1
    names = set(grid.rpartition("--name-only\n")[2].split())
    assert "lr-1e-2" in names and len(names) == 3


def test_a_second_clone_that_pulls_has_nothing_to_do(outputs: list[str]) -> None:
    second = outputs[4]
    assert NOTHING in second
    assert "Nothing to be done" in second
