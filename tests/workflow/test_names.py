"""A study named `x; touch pwned` is refused on every way in, and nothing is run."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import yaml

import cli_project
from clone import Project, new_project

NAME = "x; touch pwned"
REFUSED = "lower-case letters, digits and hyphens"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy of the project, with settings of other names beside its own."""
    made = new_project(tmp_path_factory.mktemp("names"), "presets/smoke.yaml")
    raw = yaml.safe_load((made.root / "params.yaml").read_text(encoding="utf-8"))
    raw["datasets"][NAME] = raw["datasets"]["digits"]
    raw["studies"][NAME] = {**raw["studies"]["init-scale"], "dataset": NAME}
    raw["studies"]["init-scale"]["agents"][NAME] = {"type": "random"}
    (made.home / "hostile.yaml").write_text(yaml.safe_dump(raw, sort_keys=False), encoding="utf-8")
    made.commit()
    return made


@pytest.fixture
def hostile(project: Project) -> Iterator[Project]:
    """Return the project with the hostile names in its own settings."""
    path = project.root / "params.yaml"
    before = path.read_bytes()
    path.write_bytes((project.home / "hostile.yaml").read_bytes())
    yield project
    path.write_bytes(before)


@pytest.fixture(autouse=True)
def nothing_is_run(project: Project) -> Iterator[None]:
    """Hold each test to it that nobody touched the file and that no job left anything."""
    yield
    assert list(project.home.rglob("pwned")) == []
    assert not (project.root / "logs").exists()
    assert [path for path in (project.root / "data").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("way", ["configfile", "config"])
def test_snakemake(way: str, project: Project) -> None:
    file = str(project.home / "hostile.yaml")
    words = {
        "configfile": ["--configfile", file],
        "config": ["--config", "datasets=" + json.dumps({NAME: {"source": "digits"}}), f"preset={NAME}"],
    }[way]
    said = project.snakemake(*words, status=1)
    assert NAME in said
    assert REFUSED in said
    assert "Traceback" not in said


@pytest.mark.parametrize("phase", ["fetch", "search", "controls", "select", "retrain"])
@pytest.mark.parametrize("way", ["argument", "stage"])
def test_a_stage(phase: str, way: str, hostile: Project) -> None:
    words = ["python", "workflow/scripts/stage.py", phase, *([NAME] if way == "argument" else [])]
    said = hostile.run(*words, status=1, DVC_STAGE=f"../dvc.yaml:{phase}@{NAME}")
    assert f"{NAME!r} cannot be the name of a dataset or study; nothing was run" in said


def test_dvc(hostile: Project) -> None:
    # DVC itself takes such a name, and hands a stage's command to a shell.
    said = hostile.run("dvc", "repro", "--single-item", f"fetch@{NAME}", status=255)
    assert f"{NAME!r} cannot be the name of a dataset or study; nothing was run" in said


def test_an_experiment(project: Project) -> None:
    said = project.run("dvc", "exp", "run", "--set-param", f'preset="{NAME}"', "fetch@digits", status=255)
    assert NAME in said
    assert REFUSED in said
    project.run("git", "checkout", "--quiet", "params.yaml")


@pytest.mark.parametrize("command", ["validate", "search", "trial", "plan", "status", "list"])
def test_the_command_line(command: str, hostile: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(hostile.root)
    words = {"search": [NAME, "random", "0"], "trial": [NAME, "random", "0", "0"]}.get(command, [])
    done = cli_project.run(command, *words)
    assert done.exit_code == 2
    assert NAME in done.output
    assert REFUSED in " ".join(done.output.split())


@pytest.mark.parametrize("command", ["search", "trial", "export"])
def test_a_name_that_the_settings_lack(command: str, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.root)
    words = {"search": ["random", "0"], "trial": ["random", "0", "0"], "export": ["best-random"]}[command]
    done = cli_project.run(command, NAME, *words)
    assert done.exit_code == 2
    assert f"no study {NAME!r}" in done.output


def test_commands_in_dvc_yaml_hold_no_value_of_the_settings(project: Project) -> None:
    stages = yaml.safe_load((project.root / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    commands = [stage.get("do", stage)["cmd"] for stage in stages.values()]
    assert len(commands) == 7
    assert [command for command in commands if "$" in command] == []
