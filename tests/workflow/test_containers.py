"""The image's recipe, and `snakemake --sdm apptainer` up to the call of Apptainer, for which a recorder stands in.

`make image-test` builds the image and runs the smoke preset in it; it needs root and 20 minutes.
"""

from __future__ import annotations

import importlib
import json
import os
import re
from pathlib import Path
from types import ModuleType

import pytest

from clone import ROOT, Project, new_project
from rlsearch.errors import RlsearchError

DOCKERFILES = sorted((ROOT / "containers").glob("*/Dockerfile"))
PINNED = r"[a-z0-9./-]+:(?P<tag>[\w.-]+)@sha256:[0-9a-f]{64}"
TOOLS = r"\b(gcc|g\+\+|cc|clang|build-essential|make|pip|uv|apt-get|apk)\b"

RECORDER = """#!/bin/sh
if [ "$1" = --version ]; then echo apptainer version 1.4.5; exit; fi
printf '%s\\n' "$@" > "$RECORDED.words"
env > "$RECORDED.environment"
"""


def stages(dockerfile: Path) -> list[tuple[str, list[str]]]:
    """Return base and instructions of each stage, without comments and with continued lines joined."""
    lines = [line for line in dockerfile.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    instructions = [line.strip() for line in "\n".join(lines).replace("\\\n", " ").splitlines() if line.strip()]
    found: list[tuple[str, list[str]]] = []
    for instruction in instructions:
        if instruction.startswith("FROM "):
            found.append((instruction.split()[1], []))
        elif found:
            found[-1][1].append(instruction)
    return found


@pytest.fixture
def recorder(tmp_path: Path) -> Path:
    """Return a folder with an `apptainer` that writes down how it was called, and does nothing."""
    program = tmp_path / "bin/apptainer"
    program.parent.mkdir()
    program.write_text(RECORDER, encoding="utf-8")
    program.chmod(0o755)
    return program.parent


@pytest.fixture
def contain(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return workflow/scripts/contain.py."""
    monkeypatch.syspath_prepend(ROOT / "workflow/scripts")
    return importlib.import_module("contain")


def without_apptainer() -> str:
    """Return a PATH of the folders that hold neither apptainer nor singularity."""
    folders = os.environ["PATH"].split(os.pathsep)
    programs = ("apptainer", "singularity")
    return os.pathsep.join(folder for folder in folders if not any(Path(folder, name).exists() for name in programs))


def test_there_is_an_image() -> None:
    assert DOCKERFILES == [ROOT / "containers/cuda/Dockerfile"]


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=str)
def test_every_stage_stands_on_one_base_pinned_by_digest(dockerfile: Path) -> None:
    default = re.search(r"^ARG BASE_IMAGE=(.*)$", dockerfile.read_text(encoding="utf-8"), re.MULTILINE)
    assert default is not None
    assert re.fullmatch(PINNED, default[1]), f"{default[1]} is not name:tag@sha256:digest"
    assert [base for base, _ in stages(dockerfile)] == ["${BASE_IMAGE}"] * 2


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=str)
def test_last_stage_has_a_user_and_labels_and_no_tools_for_building(dockerfile: Path) -> None:
    _, last = stages(dockerfile)[-1]
    users = [line.split()[1] for line in last if line.startswith("USER ")]
    assert users
    assert all(re.fullmatch(r"[1-9]\d*:[1-9]\d*", user) for user in users), f"by number and not root: {users}"
    commands = " ".join(line for line in last if line.startswith("RUN "))
    assert not re.search(TOOLS, commands)
    labels = " ".join(line for line in last if line.startswith("LABEL "))
    for name in ("version", "revision"):
        assert f'org.opencontainers.image.{name}="${{{name.upper()}}}"' in labels


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=str)
def test_packages_come_from_hashed_locks_alone(dockerfile: Path) -> None:
    commands = [part.strip() for _, lines in stages(dockerfile) for line in lines for part in line.split("&&")]
    installs = [command for command in commands if re.search(r"\binstall\b", command)]
    assert len(installs) == 2
    for command in installs:
        lock = re.search(r"--require-hashes +-r /locks/(\S+)$", command)
        assert lock is not None, command
        text = (ROOT / "requirements" / lock[1]).read_text(encoding="utf-8")
        packages = re.findall(r"^[a-z][^\n]*==.*?(?=^[a-z]|\Z)", text, re.MULTILINE | re.DOTALL)
        assert packages
        assert all("--hash=sha256:" in package for package in packages)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=str)
def test_one_python_in_dockerfile_locks_and_documents(dockerfile: Path) -> None:
    text = dockerfile.read_text(encoding="utf-8")
    named = set(re.findall(r"\bpython(3\.\d+)\b", text)) | set(re.findall(r"python:(3\.\d+)", text))
    locked = set(re.findall(r"--python-version (3\.\d+)", (ROOT / "Makefile").read_text(encoding="utf-8")))
    page = (ROOT / "docs/containers.md").read_text(encoding="utf-8")
    told = set(re.findall(r"[Pp]ython[ :]?(3\.\d+)", page))
    assert named == locked == told == {"3.11"}


def test_every_rule_carries_the_one_container() -> None:
    snakefile = (ROOT / "Snakefile").read_text(encoding="utf-8")
    included = re.findall(r'^include: "workflow/rules/(\w+)\.smk"$', snakefile, re.MULTILINE)
    assert included[:2] == ["common", "container"], "a rule above the container would have none"
    for file in [ROOT / "Snakefile", *(ROOT / "workflow/rules").glob("*.smk")]:
        own = re.findall(
            r"^[ \t]+(?:container|singularity|containerized):", file.read_text(encoding="utf-8"), re.MULTILINE
        )
        assert not own, file.name


def test_a_local_rule_runs_in_the_image_with_what_it_needs(tmp_path: Path, recorder: Path) -> None:
    project = new_project(tmp_path)
    (project.root / "other.sif").touch()
    variables = {
        "PATH": os.pathsep.join([str(recorder), os.environ["PATH"]]),
        "RECORDED": str(tmp_path / "recorded"),
        "RLSEARCH_IMAGE": "other.sif",
        "RLSEARCH_IMAGE_DIGEST": "sha256:1234",
    }
    # The recorder makes no data, so the job fails; what counts is how it was called.
    words = ("--sdm", "apptainer", "--apptainer-args=--nv", "--latency-wait", "0", "data/digits/manifest.json")
    project.snakemake(*words, status=1, **variables)
    called = (tmp_path / "recorded.words").read_text(encoding="utf-8").splitlines()
    assert called[:4] == ["exec", "--home", str(project.root), "--nv"]
    assert called[-4:-1] == ["other.sif", "bash", "-c"]
    assert "exec python workflow/scripts/run_fetch.py --dataset digits" in called[-1]
    seen = dict(
        line.split("=", 1)
        for line in (tmp_path / "recorded.environment").read_text("utf-8").splitlines()
        if "=" in line
    )
    assert seen["RLSEARCH_IMAGE_DIGEST"] == "sha256:1234"
    assert (project.root / seen["RLSEARCH_SETTINGS"]).is_file()
    assert not Path(seen["RLSEARCH_SETTINGS"]).is_absolute()
    assert seen["PYTHONPATH"] == str(project.root / "src")
    assert seen["APPTAINER_BIND"] == str(tmp_path / "raw")
    assert not (project.root / "logs/warm.log").exists()


@pytest.mark.parametrize("there", [(), ("apptainer",)], ids=["apptainer", "image"])
def test_what_is_missing_ends_in_one_message(there: tuple[str, ...], untouched: Project, recorder: Path) -> None:
    path = os.pathsep.join([str(recorder)] * len(there) + [without_apptainer()])
    output = untouched.snakemake("--sdm", "apptainer", status=1, PATH=path)
    assert ("the image is not there" if there else "Apptainer is not there") in output
    assert "  do: " in output
    assert "Traceback" not in output
    assert len(output.splitlines()) < 8
    assert not (untouched.root / "data").exists()
    assert not (untouched.root / "results/search").exists()


def test_outside_paths_are_bound_and_named_in_full(
    tmp_path: Path, recorder: Path, contain: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    for folder in (project / "inside", tmp_path / "own"):
        folder.mkdir(parents=True)
    monkeypatch.chdir(project)
    environment = {"PATH": str(recorder), "APPTAINER_BIND": "/scratch", "RLSEARCH_DATA": "../raw:inside:../nowhere"}
    added = contain.variables("docker://host/name@sha256:12", [str(tmp_path / "own"), "inside"], environment)
    roots = [tmp_path / "raw", project / "inside", tmp_path / "nowhere"]
    assert added["RLSEARCH_DATA"] == os.pathsep.join(map(str, roots))
    assert added["APPTAINER_BIND"] == f"/scratch,{roots[0]},{tmp_path / 'own'}"
    assert (tmp_path / "raw").is_dir()


def test_a_path_below_the_home_is_refused(recorder: Path, contain: ModuleType) -> None:
    with pytest.raises(RlsearchError, match="write it in full"):
        contain.variables("docker://host/name", ["~/images"], {"PATH": str(recorder)})


def test_check_wants_the_digest_in_every_artefact(tmp_path: Path, untouched: Project) -> None:
    made = {"provenance": {"image": "sha256:12", "versions": {"python": "3.11.2"}}}
    names = ("search/s/a/seed-0/summary.json", "controls/s/a.json", "retrain/s/slot/metrics.json", "report/index.html")
    for name in names:
        file = tmp_path / "results" / name
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(made), encoding="utf-8")
    check = str(ROOT / "containers/check.py")
    assert "1 files retrain/*/*/metrics.json name the image" in untouched.run(
        "python", check, str(tmp_path), "sha256:12"
    )
    assert "not sha256:13" in untouched.run("python", check, str(tmp_path), "sha256:13", status=1)
    (tmp_path / "results/controls/s/a.json").unlink()
    assert "no controls" in untouched.run("python", check, str(tmp_path), "sha256:12", status=1)
