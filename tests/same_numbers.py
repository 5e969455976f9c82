"""Whether the numbers of a run are those of another revision: every redesign proves itself by it.

    python tests/same_numbers.py BASE [--preset smoke laptop] [--keep DIR] [--only STUDY ...] [--added NAME ...]

Runs revision BASE and the work tree (what git would add included) in fresh clones, one after the other, with this
interpreter and one thread a process, and compares all that they wrote below `results/`: ledgers, finalists, steps,
policies, slots, curves and weights must be equal, statistics equal within 1e-12. Times, provenance and text for readers
are apart; `result_comparison.py` lists them. Each clone has its own settings (`presets/<name>.yaml`) and its own store,
so that nothing is answered from an earlier run.

Ends with 0 if all numbers are the same, 1 if not, 2 if a run failed. Both presets take 20 to 40 minutes on two cores.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import yaml

from result_comparison import Tally, compare

ROOT = Path(__file__).resolve().parents[1]
PRESETS = ("smoke", "laptop")
SHOWN = 5
"""How many differences of a family are printed."""


class RunFailed(Exception):
    """A revision could not be run to its end."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, compare, print; return the exit status."""
    options = parse(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="same-numbers-") as folder:
            return compare_presets(options, options.keep.resolve() if options.keep else Path(folder))
    except RunFailed as error:
        print(error, file=sys.stderr)
        return 2


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("base", metavar="BASE", help="the revision to compare the work tree with")
    parser.add_argument("--preset", nargs="+", default=PRESETS, help="presets to run (smoke laptop)")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1, help="cores of a run (all)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the clones there; that of BASE is used again")
    parser.add_argument("--only", nargs="+", default=(), metavar="STUDY", help="studies that one side alone may have")
    help_added = "files, keys and columns (patterns) that the work tree alone may have"
    parser.add_argument("--added", nargs="+", default=(), metavar="NAME", help=help_added)
    return parser.parse_args(arguments)


def compare_presets(options: argparse.Namespace, folder: Path) -> int:
    """Run and compare preset by preset; return 1 if anything differs, else 0."""
    folder.mkdir(parents=True, exist_ok=True)
    commit = git("rev-parse", "--verify", "--quiet", f"{options.base}^{{commit}}", cwd=ROOT).strip()
    status = 0
    for preset in options.preset:
        base, new = folder / f"{preset}-{commit[:12]}", folder / f"{preset}-work-tree"
        if not base.exists():
            clone(commit, base)
        shutil.rmtree(new, ignore_errors=True)
        clone("HEAD", new)
        lay_work_tree(new)
        studies = [run(home, preset, options.cores) for home in (base, new)]
        alone = studies[0] ^ studies[1]
        tallies = compare(base / "results", new / "results", studies[0] | studies[1], alone, options.added)
        print(f"\n{preset}: {options.base} | work tree")
        unexpected = sorted(alone - set(options.only))
        for name in sorted(alone):
            print(f"study {name} is in one of them only{'' if name in unexpected else ', as --only says'}")
        status |= show(tallies) or bool(unexpected)
    return int(status)


def show(tallies: Sequence[Tally]) -> bool:
    """Print a line for each family, with the first differences and notes; return whether there are differences."""
    for tally in tallies:
        print(tally)
        for title, found in (("differs", tally.differences), ("note", tally.notes)):
            for difference in found[:SHOWN]:
                print(f"    {title}: {difference}")
            if len(found) > SHOWN:
                print(f"    {title}: {len(found) - SHOWN} more")
    return any(tally.differences for tally in tallies)


def clone(revision: str, folder: Path) -> None:
    """Clone the repository and check a revision out."""
    commit = git("rev-parse", revision, cwd=ROOT).strip()
    git("clone", "--quiet", "--no-checkout", str(ROOT), str(folder), cwd=ROOT)
    git("checkout", "--quiet", "--detach", commit, cwd=folder)


def lay_work_tree(folder: Path) -> None:
    """Make a clone of HEAD what the work tree is: tracked files as they are now, and those that git would add."""
    listed = git("ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
        else:
            target.unlink(missing_ok=True)


def run(folder: Path, preset: str, cores: int) -> set[str]:
    """Run a preset in a clone, to the report, and return its studies.

    Raises:
        RunFailed: the revision has no such preset, or its run ended with an error.
    """
    settings = folder / f"presets/{preset}.yaml"
    if not settings.is_file():
        raise RunFailed(f"{folder.name}: there is no presets/{preset}.yaml")
    shutil.copyfile(settings, folder / "params.yaml")
    began, used, log = time.monotonic(), processor_seconds(), folder.with_suffix(".log")
    print(f"{folder.name}: running", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores), "--quiet", "host", "reason"]
    with log.open("w", encoding="utf-8") as stream:
        ended = subprocess.run(
            command, cwd=folder, env=environment(folder), stdout=stream, stderr=subprocess.STDOUT, check=False
        )
    if ended.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8").splitlines()[-40:])
        raise RunFailed(f"{folder.name}: the run ended with status {ended.returncode}:\n{tail}")
    took, worked = time.monotonic() - began, processor_seconds() - used
    print(f"{folder.name}: {took:.0f} s, {worked:.0f} s of processor time", file=sys.stderr, flush=True)
    return set(yaml.safe_load(settings.read_text(encoding="utf-8"))["studies"])


def processor_seconds() -> float:
    """Return the processor time of all child processes that have ended, and of theirs."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def environment(folder: Path) -> dict[str, str]:
    """Return the variables of a run: those of this process, without what would lead it to other code or settings."""
    foreign = ("GIT_", "DVC_", "MAKE", "MFLAGS", "RLSEARCH_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    data = {name: os.environ[name] for name in ("RLSEARCH_DATA",) if name in os.environ}
    return {**kept, **data, "PYTHONPATH": str(folder / "src"), "OMP_NUM_THREADS": "1"}


def git(*words: str, cwd: Path) -> str:
    """Return what a git command prints.

    Raises:
        RunFailed: it ended with an error.
    """
    ended = subprocess.run(["git", *words], cwd=cwd, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RunFailed(f"git {' '.join(words)} ended with status {ended.returncode} {ended.stderr.strip()}")
    return ended.stdout


if __name__ == "__main__":
    sys.exit(main())
