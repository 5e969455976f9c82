"""rlsearch search and rlsearch report: one search from the command line, and what stops it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import cli_project
from rlsearch.config.artefacts import search_folder
from rlsearch.files import read_json
from rlsearch.phases import report as report_phase
from rlsearch.search import evaluators

AGENTS = {"random": {"type": "random"}, "grid": {"type": "grid", "points": 3}}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    cli_project.make(tmp_path, agents=AGENTS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_search_stopped_by_ctrl_c_continues(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train, trained = evaluators._train_child, 0

    def stopped_once(*arguments: Any) -> Any:
        nonlocal trained
        trained += 1
        if trained == 3:
            raise KeyboardInterrupt
        return train(*arguments)

    monkeypatch.setattr(evaluators, "_train_child", stopped_once)
    stopped = cli_project.run("search", "tiny", "random", "0")
    assert stopped.exit_code == 130
    assert "2 of 6 trials are finished and kept" in stopped.stderr
    assert "rlsearch search tiny random 0" in stopped.stderr
    assert not (project / search_folder("tiny", "random", 0)).exists()

    finished = cli_project.run("search", "tiny", "random", "0", "--workers", "1")
    assert finished.exit_code == 0, finished.output
    summary = read_json(project / search_folder("tiny", "random", 0) / "summary.json")
    assert f"answer: {summary['answer']['label']}, validation accuracy" in finished.stdout
    assert "6 trials in results/search/tiny/random/seed-0" in finished.stdout
    assert trained - 3 == 4 + 2 * 2 + 2  # what was left of the trials, the finalists, the scoring


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tinny", "random", "0"), "there is no study 'tinny' (did you mean 'tiny'?)"),
        (("tiny", "randm", "0"), "there is no agent 'randm' in study 'tiny' (did you mean 'random'?)"),
        (("tiny", "random", "1"), "study 'tiny' has no search seed 1"),
    ],
)
def test_a_search_that_the_settings_do_not_hold(project: Path, arguments: tuple[str, ...], message: str) -> None:
    result = cli_project.run("search", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_search_without_its_data_says_how_to_fetch_them(project: Path) -> None:
    (project / "data" / "spots" / "manifest.json").unlink()
    result = cli_project.run("search", "tiny", "random", "0")
    assert result.exit_code == 2
    assert "dataset 'spots' is not there yet" in result.stderr
    assert ".venv/bin/snakemake data/spots/manifest.json" in result.stderr


def test_a_search_that_lacks_a_file_of_its_data_names_it(project: Path) -> None:
    (project / "data" / "spots" / "train.npz").unlink()
    result = cli_project.run("search", "tiny", "random", "0")
    assert result.exit_code == 2
    assert "dataset 'spots' lacks train.npz" in result.stderr
    assert ".venv/bin/snakemake data/spots/train.npz" in result.stderr


def test_a_search_on_data_of_other_settings_is_refused(project: Path) -> None:
    params = cli_project.checks.read(project / "params.yaml")
    cli_project.settings(project, params, datasets__spots__split_seed=1)
    result = cli_project.run("search", "tiny", "random", "0")
    assert result.exit_code == 2
    assert "dataset 'spots' was fetched with other settings" in result.stderr


def test_a_search_without_its_gpu_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    params = cli_project.checks.read(project / "params.yaml")
    cli_project.settings(project, params, runtime__device="cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    result = cli_project.run("search", "tiny", "random", "0")
    assert result.exit_code == 2
    assert "torch finds no CUDA device here" in result.stderr


def test_a_report_on_nothing_is_refused(project: Path) -> None:
    result = cli_project.run("report")
    assert result.exit_code == 2
    assert "artefacts are missing" in result.stderr
    assert not (project / "results" / "report").exists()


@pytest.mark.parametrize("flags", [(), ("--partial",)])
def test_report_passes_its_flag_on_and_prints_the_path(
    project: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    asked: list[bool] = []

    def write(params: Any, root: Path = Path("."), partial: bool = False) -> Path:
        asked.append(partial)
        return root / "results/report/index.html"

    monkeypatch.setattr(report_phase, "run", write)
    result = cli_project.run("report", *flags)
    assert result.exit_code == 0
    assert result.stdout.strip() == "results/report/index.html"
    assert asked == [bool(flags)]
