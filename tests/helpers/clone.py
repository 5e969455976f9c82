"""Temporary copies of the project, with the commands that users type there."""

from __future__ import annotations

import contextlib
import csv
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from shipped import REWRITTEN, ROOT, SETTINGS, committed

BIN = Path(sys.executable).parent
SMOKE = "presets/smoke.yaml"
TOUCH = """
import sys
from snakemake.cli import main
from snakemake.executors.touch import Executor
Executor.SLEEPING_TIME = 0.0
sys.exit(main())
"""
"""snakemake, but that it does not rest a tenth of a second for every job that it takes for finished."""
LIST_CODE = {"RLSEARCH_LIST_CODE": "1"}
"""Makes files of code inputs of the jobs, which otherwise know them by the digest of their contents alone."""
FOREIGN_STAGES = 1
"""So many stages of the recorded run are left in dvc.lock of a project with other settings."""


@dataclass(frozen=True)
class Project:
    """A copy of the project below `home`, where caches and user settings go too."""

    home: Path

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.home / "project"

    def start(self, *words: str, stdin: int | None = None, **variables: str) -> subprocess.Popen[str]:
        """Start a command of the environment in the project's folder, in a process group of its own."""
        program = BIN / words[0]
        return subprocess.Popen(
            [str(program) if program.exists() else words[0], *words[1:]],
            cwd=self.root,
            env=environment(self.home) | variables,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str, status: int = 0, **variables: str) -> str:
        """Run a command, hold its exit status to `status`, and return what it printed on both streams."""
        process = self.start(*words, **variables)
        try:
            output, _ = process.communicate()  # pytest stops a test that waits in vain
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        assert process.returncode == status, f"{' '.join(words)} ended with {process.returncode}:\n{output[-6000:]}"
        return output

    def snakemake(self, *words: str, status: int = 0, **variables: str) -> str:
        """Run snakemake with short output."""
        return self.run("snakemake", "--cores", "2", "--quiet", "host", "reason", *words, status=status, **variables)

    def touch(self, **variables: str) -> None:
        """Let snakemake take all jobs for finished whose outputs are there."""
        self.run("python", "-c", TOUCH, "--cores", "2", "--quiet", "all", "--touch", "--forceall", **variables)

    def front(self, verb: str, status: int = 0) -> str:
        """Run a verb of the front door, as make does."""
        return self.run("python", "workflow/scripts/front.py", verb, status=status)

    def planned(self, *words: str) -> list[str]:
        """Return what a dry run would do, e.g. ["search init-scale/random, seed 0"]."""
        # Job 0 is `rule all`, which does nothing itself.
        return sorted(re.findall(r"^Job [1-9]\d*: (.*)$", self.snakemake("--dry-run", *words), flags=re.MULTILINE))

    def summary(self) -> list[dict[str, str]]:
        """Return a row for each output of the whole run, with its rule and the inputs of its job."""
        lines = self.snakemake("--detailed-summary").splitlines()
        start = next(number for number, line in enumerate(lines) if line.startswith("output_file\t"))
        return list(csv.DictReader(lines[start:], delimiter="\t"))

    def replace(self, file: str, old: str, new: str) -> None:
        """Replace the one place in a file that reads `old`."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def shorten_lock(self) -> None:
        """Leave the first stages alone in dvc.lock, all of which DVC reads and writes for every stage that it runs."""
        lock = self.root / "dvc.lock"
        parts = lock.read_text(encoding="utf-8").split("\n  ")
        names = [number for number, part in enumerate(parts) if not part.startswith((" ", "-"))]
        lock.write_text("\n  ".join(parts[: names[FOREIGN_STAGES + 1]]) + "\n", encoding="utf-8")

    def commit(self) -> None:
        """Commit everything that git does not ignore."""
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--allow-empty", "--message", "state")

    def copy(self, home: Path) -> Project:
        """Return a copy with the same file times, what has run included."""
        home.mkdir(parents=True, exist_ok=True)
        # Thousands of files, of which `shutil` would open each under the eyes of the tests' guard.
        subprocess.run(["cp", "-a", f"{self.home}/.", str(home)], check=True)
        return Project(home)


def new_project(home: Path, preset: str = "") -> Project:
    """Return a git repository of the project's files as they are now, committed or not, without what runs rewrote."""
    project = Project(home)
    project.root.mkdir()
    for name in _files():
        target = project.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    # Compiled code goes along: Python takes it while a source's time and size are those it was compiled from. As links,
    # where they can be: Python replaces these files and never writes into them.
    link = os.link if home.stat().st_dev == ROOT.stat().st_dev else shutil.copy2
    for path in (ROOT / "src").rglob("__pycache__/*.pyc"):
        target = project.root / path.relative_to(ROOT)
        target.parent.mkdir(exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # another process has just replaced it
            link(path, target)
    for name in REWRITTEN:
        (project.root / name).write_bytes(committed(name))
    if preset:
        project.shorten_lock()
    shutil.copyfile(ROOT / preset if preset else SETTINGS, project.root / "params.yaml")
    project.run("git", "init", "--quiet")
    # What the checkout's repository holds need not be written again: a thousand objects here and in every copy.
    (project.root / ".git/objects/info/alternates").write_text(f"{_objects()}\n", encoding="utf-8")
    project.commit()
    return project


def environment(home: Path) -> dict[str, str]:
    """Return variables that keep user settings, caches and other checkouts out of a test."""
    # MAKE*: the suite itself is started by make, which tells the makes below it that they are not the first.
    foreign = ("GIT_", "DVC_", "MAKE", "MFLAGS", "RLSEARCH_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    identity = {f"GIT_{role}_{key}": "tests" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    return {
        **kept,
        **identity,
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(home / "dvc-site"),
        "RLSEARCH_CORES": "2",
        "RLSEARCH_DATA": str(home / "raw"),
        "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]]),
        "PYTHONPATH": "",
        "OMP_NUM_THREADS": "1",
    }


def _objects() -> Path:
    """Return where git keeps the objects of this checkout, which may be a work tree of another one."""
    command = ["git", "rev-parse", "--git-path", "objects"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.strip()
    return (ROOT / told).resolve()


def _files() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [name for name in listed.split("\0") if name not in ("", *REWRITTEN) and (ROOT / name).is_file()]
