"""The commands about settings: validate, config, list, preset."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from rlsearch.checks import read, validate
from rlsearch.cli import app
from rlsearch.config import plugins
from rlsearch.config.twins import arms
from shipped import PRESETS, SETTINGS


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the presets and the shipped settings, as the working directory."""
    (tmp_path / "presets").mkdir()
    for preset in PRESETS:
        shutil.copy(preset, tmp_path / "presets")
    shutil.copy(SETTINGS, tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def places(warning: str) -> list[int]:
    """Return the numbers of the claims that a warning of `rlsearch validate` is about."""
    return list(map(int, re.findall(r"claims\[([0-9,]+)\]", warning)[0].split(",")))


def test_validate_says_what_the_settings_describe(project: Path) -> None:
    result = run("validate")
    assert result.exit_code == 0, result.output
    assert "params.yaml: valid (preset laptop)" in result.stdout
    study = read(Path("params.yaml")).studies["init-scale"]
    assert f"{len(study.agents)} agents, {len(arms(study)) * study.search.seeds} searches" in result.stdout


def test_validate_warns_of_margins_above_the_headroom(project: Path) -> None:
    result = run("validate")
    assert result.exit_code == 0
    lines = [line for line in result.stderr.splitlines() if "layered-cnn" in line]
    claims = read(Path("params.yaml")).studies["layered-cnn"].claims
    on_table = ("beats-agent-on-table", "learns")
    judged = {place: getattr(claim, "margin", None) for place, claim in enumerate(claims) if claim.claim in on_table}
    # The others' margin lies within the headroom.
    warned = [place for place, margin in judged.items() if margin == 0.005]
    assert set(judged.values()) == {0.005, 0.0005}
    assert sorted(place for line in lines for place in places(line)) == warned and warned
    told = [line.partition("]")[2] for line in lines]
    assert len(set(told)) == len(told) < len(warned), "claims that have the same to hear hear it once"
    assert (
        "no run can show a gain of 0.50 points here: the best chooser that we tried gains 0.08 points (95 %" in lines[0]
    )
    (weaker, *_) = (line for line in result.stderr.splitlines() if "optimizer-selection" in line)  # a wide interval
    assert "less than the margin of 0.50 points: a run could hardly show it" in weaker and "no run can" not in weaker
    text = Path("params.yaml").read_text(encoding="utf-8").replace("margin: 0.005}", "margin: 0.0005}")
    Path("params.yaml").write_text(text, encoding="utf-8")
    assert "layered-cnn" not in run("validate").stderr


def test_validate_sums_up_in_one_line_a_study(project: Path) -> None:
    listed, brief = (run("validate", *words).stderr.splitlines() for words in ((), ("--brief",)))
    studies = [line.split(".")[1] for line in listed]
    assert [line.split(":")[1].strip() for line in brief] == sorted(set(studies), key=studies.index)
    counts = {line.split(":")[1].strip(): int(line.split(":")[2].split()[0]) for line in brief}
    warned = [(name, place) for name, line in zip(studies, listed, strict=True) for place in places(line)]
    assert counts == Counter(name for name, _ in warned)
    assert all("`rlsearch validate`" in line and len(line) < 220 for line in brief)


def test_config_prints_settings_that_are_valid_themselves(project: Path) -> None:
    result = run("config", "init-scale-as-published", "--params", "presets/paper.yaml")
    whole = read(project / "presets" / "paper.yaml")
    printed = validate(yaml.safe_load(result.stdout))
    assert result.exit_code == 0
    assert list(printed.studies) == ["init-scale-as-published"]
    assert list(printed.datasets) == ["cifar-10-as-published"]
    assert printed.studies["init-scale-as-published"] == whole.studies["init-scale-as-published"]
    assert "clip_norm: 1.0" in result.stdout  # a default that the file does not write out


def test_config_of_a_study_has_its_transfers_and_their_data(project: Path) -> None:
    result = run("config", "metaqnn")
    printed, whole = yaml.safe_load(result.stdout), read(Path("params.yaml"))
    its = {name: transfer for name, transfer in whole.transfers.items() if transfer.study == "metaqnn"}
    assert list(printed["studies"]) == ["metaqnn"] and list(printed["transfers"]) == list(its)
    assert set(printed["datasets"]) == {"leaves", *(transfer.dataset for transfer in its.values())}
    assert 0 < len(its) < len(whole.transfers)


def test_config_of_an_unknown_study_names_the_nearest(project: Path) -> None:
    result = run("config", "init-scal")
    assert result.exit_code == 2
    assert "did you mean 'init-scale'" in result.stderr


def test_list_shows_every_plugin_with_its_use(project: Path) -> None:
    result = run("list")
    assert result.exit_code == 0
    for kind in ("spaces", "agents", "sources", "networks", "claims"):
        assert [name for name in plugins.names(kind) if f"\n  {name} " not in result.stdout] == []
    assert "- studies.init-scale.agents.reinforce-no-baseline" in result.stdout
    assert "- datasets.digits" in result.stdout
    assert "(no docstring)" not in result.stdout


def test_list_comes_before_what_is_wrong_with_the_settings(project: Path) -> None:
    result = run("list", "--params", "nowhere.yaml")
    assert result.exit_code == 2
    assert "\n  layered-cnn " in result.stdout and "nowhere.yaml" in result.stderr


def test_list_shows_where_a_plugin_from_elsewhere_comes_from(project: Path, own: Path) -> None:
    for file in ("spaces/my_space.py", "report/figures/my_figure.py", "networks/_helper.py"):
        (own / file).parent.mkdir(parents=True, exist_ok=True)
        (own / file).write_text('"What it is."\nraise RuntimeError\n', encoding="utf-8")
    words = " ".join(run("list").stdout.split())
    assert "my-space What it is. [extensions/spaces/my_space.py]" in words
    assert "figures my-figure What it is. [extensions/report/figures/my_figure.py]" in words
    assert "helper" not in words and "level-by-cost" not in words


@pytest.mark.parametrize("columns", ["60", "120"])
def test_list_keeps_its_columns_beside_long_names(columns: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    lines = [line for line in run("list").stdout.splitlines() if line.startswith(" ")]
    longest = max(
        len(name) for kind in ("spaces", "agents", "sources", "networks", "claims") for name in plugins.names(kind)
    )
    assert [line for line in lines if line[longest + 2] != " " or line[longest + 3] == " "] == []
    assert [line for line in lines if len(line) > int(columns) and "- studies." not in line] == []


def test_list_still_answers_when_the_settings_are_broken(project: Path) -> None:
    text = (project / "params.yaml").read_text(encoding="utf-8")
    (project / "params.yaml").write_text(text.replace("simple-cnn", "simple"), encoding="utf-8")
    result = run("list")
    assert result.exit_code == 2
    assert "did you mean 'simple-cnn'" in result.stderr
    assert "\n  simple-cnn " in result.stdout


def test_preset_replaces_a_preset(project: Path) -> None:
    assert run("preset", "smoke").exit_code == 0
    assert (project / "params.yaml").read_bytes() == (project / "presets" / "smoke.yaml").read_bytes()
    assert not (project / "params.yaml.bak").exists()


def test_preset_writes_settings_where_there_are_none(project: Path) -> None:
    (project / "params.yaml").unlink()
    assert run("preset", "laptop").exit_code == 0
    assert read(project / "params.yaml").preset == "laptop"


def test_preset_keeps_settings_of_ones_own(project: Path) -> None:
    own = (project / "params.yaml").read_text(encoding="utf-8").replace("workers: 1", "workers: 2")
    (project / "params.yaml").write_text(own, encoding="utf-8")
    refused = run("preset", "smoke")
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert (project / "params.yaml").read_text(encoding="utf-8") == own
    assert run("preset", "smoke", "--force").exit_code == 0
    assert (project / "params.yaml.bak").read_text(encoding="utf-8") == own
    assert read(project / "params.yaml").preset == "smoke"


def test_preset_with_an_unknown_name_changes_nothing(project: Path) -> None:
    result = run("preset", "../../etc/passwd")
    assert result.exit_code == 2
    assert "allowed: laptop, paper, smoke" in result.stderr
    assert "did you mean 'laptop'" in run("preset", "labtop").stderr
    assert read(project / "params.yaml").preset == "laptop"


def test_preset_that_is_broken_changes_nothing(project: Path) -> None:
    (project / "presets" / "local-mine.yaml").write_text("preset: mine\n", encoding="utf-8")
    result = run("preset", "local-mine")
    assert result.exit_code == 2
    assert "required keys are missing: datasets, runtime, studies" in result.stderr
    assert read(project / "params.yaml").preset == "laptop"


def test_preset_outside_a_project_says_where_to_run_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("preset", "smoke")
    assert result.exit_code == 2
    assert "run this in the project's folder" in result.stderr


def test_an_error_that_is_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(path: Path) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("rlsearch.checks.read", broken)
    assert isinstance(run("validate").exception, ZeroDivisionError)


def test_validation_and_help_do_not_import_torch() -> None:
    code = (
        "import sys; from pathlib import Path; import rlsearch.cli; from rlsearch.checks import check_work, read; "
        f"check_work(read(Path({str(SETTINGS)!r}))); "
        "print([m for m in ('torch', 'snakemake', 'pandas') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
