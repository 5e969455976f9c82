"""Copied, renamed and shared checkouts run their own code, and `make` notices what an environment was made from."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from clone import BIN, ROOT, Project

SCRIPT = "import sys\nfrom rlsearch.__main__ import main\nmain()\n"
MEND = "requirements/environment.py"
SHORT = "#!{python}\n"
LONG = "#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n"
QUOTED = "#!/bin/sh\n'''exec' '{python}' \"$0\" \"$@\"\n' '''\n"

Checkout = Callable[..., Path]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Return a function that makes a project with a small environment of its own, as installers leave it."""

    def make(name: str = "first", head: str = SHORT) -> Path:
        root = tmp_path / name
        for folder in ("src", "requirements"):
            shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "presets/smoke.yaml", root / "params.yaml")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / ".venv"], check=True)
        site = next((root / ".venv/lib").glob("python*/site-packages"))
        (site / "_editable_impl_rlsearch.pth").write_text(str(root / "src"), encoding="utf-8")
        (site / "others.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
        script = root / ".venv/bin/rlsearch"
        script.write_text(head.format(python=root / ".venv/bin/python") + SCRIPT, encoding="utf-8")
        script.chmod(0o755)
        return root

    return make


def mend(root: Path) -> str:
    """Do what `make` does after an installation, with the path of the environment as make gives it."""
    return run(root, ".venv/bin/python", "-I", MEND, ".venv")


def run(where: Path, *words: str | Path, status: int = 0, **variables: str) -> str:
    kept = {"PATH": os.environ["PATH"], "HOME": str(where), **variables}
    done = subprocess.run(words, cwd=where, env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def version(root: Path) -> str:
    return f"rlsearch 0.1.0 ({root}/src/rlsearch)\n"


@pytest.mark.parametrize("head", [SHORT, LONG, QUOTED], ids=["short", "long", "quoted"])
def test_a_renamed_and_a_copied_checkout_run_their_own_code(checkout: Checkout, head: str) -> None:
    first = checkout(head=head)
    assert mend(first) == ""
    renamed = first.rename(first.with_name("a new näme"))
    assert run(renamed, ".venv/bin/rlsearch", "--version") == version(renamed)
    copied = renamed.with_name("copied")
    shutil.copytree(renamed, copied, symlinks=True)
    assert run(copied, ".venv/bin/rlsearch", "--version") == version(copied)
    # Elsewhere the installed package, which is the one beside the environment.
    assert run(copied.parent, copied / ".venv/bin/rlsearch", "--version") == version(copied)
    assert run(copied, ".venv/bin/python", "-c", "import rlsearch; print(rlsearch.__file__)").startswith(str(copied))


def test_an_environment_that_was_moved_before_is_mended_and_says_so(checkout: Checkout) -> None:
    first = checkout()
    moved = first.rename(first.with_name("moved"))
    with pytest.raises(FileNotFoundError):
        run(moved, ".venv/bin/rlsearch", "--version")
    said = mend(moved)
    assert said == f"rlsearch: {moved}/.venv had been moved or copied from {first}/.venv; its scripts are mended\n"
    assert run(moved, ".venv/bin/rlsearch", "--version") == version(moved)
    shown = run(moved, "bash", "-c", '. .venv/bin/activate; echo "$VIRTUAL_ENV"; command -v rlsearch')
    assert shown.split() == [f"{moved}/.venv", f"{moved}/.venv/bin/rlsearch"]
    assert mend(moved) == ""


def test_programs_and_foreign_scripts_stay_as_they_are(checkout: Checkout) -> None:
    first = checkout()
    contents = {"program": b"\x7fELF\x00#!/x/bin/python\n", "tool": b"#!/usr/bin/env bash\n", "words": b"text\n"}
    for name, content in contents.items():
        (first / ".venv/bin" / name).write_bytes(content)
    mend(first)
    assert {name: (first / ".venv/bin" / name).read_bytes() for name in contents} == contents


def test_the_command_of_another_checkout_runs_the_code_of_this_one(checkout: Checkout, tmp_path: Path) -> None:
    first, second = checkout("first"), checkout("second")
    command = first / ".venv/bin/rlsearch"
    assert run(second, command, "--version") == version(second)
    assert run(tmp_path, command, "--version") == version(first)
    # Arguments and exit status pass through.
    assert "there is no study 'nothing'" in run(second, command, "config", "nothing", status=2)
    (second / "params.yaml").unlink()
    assert run(second, command, "--version") == version(first)


def test_where_the_own_code_cannot_run_one_line_says_why(checkout: Checkout) -> None:
    first, second = checkout("first"), checkout("second")
    said = run(second, first / ".venv/bin/python", "-E", "-m", "rlsearch", "--version", status=1)
    told = f"Python was told (-E or -I) to run {first}/src/rlsearch instead"
    assert said == f"rlsearch: {second}/src is beside params.yaml, and {told}\n"


def test_a_shared_environment_keeps_the_package_of_the_other_checkout(checkout: Checkout, tmp_path: Path) -> None:
    first, second = checkout("first"), checkout("second")
    shared = tmp_path / "shared"
    (first / ".venv").rename(shared)
    info = next((shared / "lib").glob("python*/site-packages")) / "rlsearch-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rlsearch\nVersion: 0.1.0\n", encoding="utf-8")
    (info / "direct_url.json").write_text(f'{{"url": "{first.as_uri()}", "dir_info": {{"editable": true}}}}')
    log = tmp_path / "log"
    program = tmp_path / "bin/uv"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> "{log}"\n', encoding="utf-8")
    program.chmod(0o755)
    path = os.pathsep.join([str(program.parent), os.environ["PATH"]])
    said = run(second, "requirements/install.sh", shared, "runtime", PATH=path)
    assert f"rlsearch: {shared} holds the package of {first}, and keeps it; in this folder its own code runs" in said
    assert "-e ." not in log.read_text(encoding="utf-8")
    assert run(second, shared / "bin/rlsearch", "--version") == version(second)
    shutil.rmtree(first)
    run(second, "requirements/install.sh", shared, "runtime", PATH=path)
    assert "-e ." in log.read_text(encoding="utf-8")


def test_make_installs_again_when_content_or_place_change_whatever_the_times(
    tmp_path: Path, untouched: Project
) -> None:
    project = untouched.copy(tmp_path / "home")
    script = project.root / "requirements/install.sh"
    script.write_text('#!/bin/sh\nmkdir -p "$1/bin"\necho "$1" >> installed\n', encoding="utf-8")

    def installed() -> int:
        project.run("make", "environment")
        return len((project.root / "installed").read_text(encoding="utf-8").splitlines())

    assert [installed(), installed()] == [1, 1]
    for path in (project.root / "requirements").iterdir():
        os.utime(path)
    assert installed() == 1
    lock = project.root / "requirements/dev.txt"
    lock.write_text(f"{lock.read_text(encoding='utf-8')}# another\n", encoding="utf-8")
    os.utime(lock, (1_000_000_000, 1_000_000_000))
    assert [installed(), installed()] == [2, 2]
    project.root.rename(project.home / "elsewhere")
    (project.home / "project").mkdir()
    shutil.copytree(project.home / "elsewhere", project.home / "project/deep")
    words = ["make", "-C", str(project.home / "project/deep"), "environment"]
    subprocess.run(words, check=True, capture_output=True)
    marks = [path.name for path in (project.home / "project/deep/.venv").glob(".dev-*")]
    assert len(marks) == 1 and re.fullmatch(r"\.dev-\d+", marks[0])
    assert len((project.home / "project/deep/installed").read_text(encoding="utf-8").splitlines()) == 3


def test_the_code_of_the_folder_comes_first_in_what_make_starts(tmp_path: Path, untouched: Project) -> None:
    project = untouched.copy(tmp_path / "home")
    words = ("make", f"VENV={BIN.parent}", "RUNTIME=params.yaml", "status")
    (project.root / "src/rlsearch/cli/status.py").write_text('raise SystemExit("own code")\n', encoding="utf-8")
    assert "own code" in project.run(*words, status=2)
