"""Run one DVC stage through Snakemake: stage.py PHASE [NAME], the name being a dataset, a study or a transfer.

Without a name, it is that of the stage which DVC is running (DVC_STAGE, e.g. "search@init-scale"). In dvc.yaml's
commands it would reach a shell before anything could refuse it.

DVC starts this with whatever `python3` is on PATH, so nothing but the standard library is used until the environment
is found: the one whose interpreter runs DVC, else the one on PATH. There is no machine path and no core count in
dvc.yaml, where it would become part of dvc.lock.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

NAME = re.compile(r"[a-z][a-z0-9-]{0,59}")  # as rlsearch.config.base says; nothing of the package is imported yet
PHASES = ("fetch", "search", "controls", "select", "retrain", "transfer", "report")


def parents() -> Iterator[list[Path]]:
    """Yield the first two words of each parent's command line, nearest first; nothing where there is no /proc."""
    process = os.getppid()
    while process > 1:
        folder = Path("/proc") / str(process)
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")[:2]
            status = (folder / "stat").read_text(encoding="utf-8", errors="replace")
            here = (folder / "cwd").readlink()
        except OSError:
            return
        yield [here / os.fsdecode(word) for word in words if b"/" in word]
        process = int(status.rpartition(")")[2].split()[1])


def environment() -> Path:
    """Return the folder of executables that holds snakemake."""
    for words in parents():
        for word in words:
            if (word.parent / "snakemake").is_file():
                return word.parent
    snakemake = shutil.which("snakemake")
    if snakemake is None:
        sys.exit("rlsearch: no snakemake beside the running DVC nor on PATH; run `make repro`, or `make run` once")
    return Path(snakemake).parent


def targets(phase: str, name: str) -> list[Path]:
    """Return the files that the phase makes for one dataset, study or transfer; none where nothing is retrained."""
    from rlsearch.checks import read
    from rlsearch.config import artefacts
    from rlsearch.config.search_files import search_files

    if phase == "fetch":
        return [artefacts.data_folder(name) / file for file in artefacts.DATA_FILES]
    if phase == "report":
        return [artefacts.REPORT_FOLDER / "index.html", artefacts.METRICS_FILE]
    params = read(Path("params.yaml"))
    if phase == "transfer":
        folders = [artefacts.transfer_folder(name, slot) for slot in params.transfers[name].slots]
        return [folder / file for folder in folders for file in artefacts.RETRAIN_FILES]
    study = params.studies[name]
    slots = [slot.name for slot in artefacts.slots(study)]
    if phase == "search":
        searches = artefacts.searches(params, name)
        return [
            artefacts.search_folder(name, agent, seed) / file
            for agent, seed in searches
            for file in search_files(study, agent)
        ]
    if phase == "controls":
        return [artefacts.controls_file(name, agent) for agent in artefacts.controlled(study)]
    if phase == "select":
        files = [*(f"{slot}.json" for slot in slots), *artefacts.SELECT_FILES]
        return [artefacts.select_folder(name) / file for file in files]
    return [artefacts.retrain_folder(name, slot) / file for slot in slots for file in artefacts.RETRAIN_FILES]


def stage_name(phase: str) -> str:
    """Return what the stage that DVC is running is for: "../dvc.yaml:search@init-scale" is init-scale."""
    stage = os.environ.get("DVC_STAGE", "")
    return re.sub(rf"^(?:[^:]*dvc\.yaml:)?{phase}(?:@|$)", "", stage, count=1)


def check_name(phase: str, name: str) -> None:
    """End unless this can be a dataset or study; it becomes a folder and a word on Snakemake's command line."""
    if phase != "report" and not NAME.fullmatch(name):
        allowed = "lower-case letters, digits and hyphens, beginning with a letter, at most 60 characters"
        sys.exit(
            f"{name!r} cannot be the name of a dataset or study; nothing was run\n  where: {phase}, in params.yaml\n"
            f"  allowed: {allowed}\n  do: correct the settings, then check them with: rlsearch validate"
        )


def main(phase: str, name: str = "") -> NoReturn:
    """Replace this process by Snakemake, held to one phase."""
    name = name or stage_name(phase)
    check_name(phase, name)
    folder = environment()
    if os.environ.get("RLSEARCH_STAGE_IN") != str(folder):
        os.environ["RLSEARCH_STAGE_IN"] = str(folder)
        os.execv(folder / "python", [str(folder / "python"), __file__, phase, name])
    del os.environ["RLSEARCH_STAGE_IN"]
    import front  # puts the code of this folder before an installed copy: nothing of the package may come earlier
    from rlsearch.errors import RlsearchError

    try:
        front.unlock()
        files = [str(path) for path in targets(phase, name)]
    except RlsearchError as error:
        sys.exit(str(error))
    if not files:  # no target would mean all of them to Snakemake; DVC wants the folder all the same
        Path("results", phase, name).mkdir(parents=True, exist_ok=True)
        sys.exit()
    from rlsearch.config.search_files import RULES

    rules = {"select": [f"select_{name}"], "search": list(RULES)}.get(phase, [phase])
    options = [
        "--cores",
        os.environ.get("RLSEARCH_CORES", "all"),
        "--quiet",
        "host",
        "reason",
        "--allowed-rules",
        *rules,
    ]
    os.execv(folder / "snakemake", ["snakemake", *options, "--", *files])


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in PHASES:
        sys.exit(f"usage: stage.py PHASE [NAME], PHASE being one of {', '.join(PHASES)}")
    main(*sys.argv[1:])
