"""Content decides what runs again: a file replaced by an older one is seen, a newer time alone means nothing."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from clone import ROOT, SMOKE, Project
from rlsearch.config import artefacts

OLD = (1_000_000_000, 1_000_000_000)
MANIFEST = "data/digits/manifest.json"


@pytest.mark.parametrize("source", ["npz", "image-folder"])
def test_own_data_replaced_by_older_data_is_fetched_again(source: str, tmp_path: Path, untouched: Project) -> None:
    project = untouched.copy(tmp_path / "home")
    settings = (project.root / SMOKE).read_text(encoding="utf-8")
    settings = settings.replace("source: digits", f"source: {source}\n    path: ../mine")
    (project.root / "params.yaml").write_text(re.sub(r"\n    train_size: .*", "", settings), encoding="utf-8")
    write = write_npz if source == "npz" else write_pictures
    mine, other = write(project.home / "mine", 10), write(project.home / "other", 90)
    project.snakemake("--", MANIFEST)
    os.utime(mine)
    assert planned(project) == []
    os.utime(other, OLD)
    shutil.copy2(other, mine)
    os.utime(mine.parent, OLD)
    assert mine.stat().st_mtime == OLD[0]
    assert planned(project) == ["fetch digits"]


def write_npz(path: Path, shade: int) -> Path:
    """Write one file; return it."""
    labels = np.arange(80) % 4
    images = np.random.default_rng(shade).integers(0, 200, (80, 8, 8), dtype=np.uint8)
    with path.open("wb") as file:
        np.savez(file, images=images, labels=labels)
    return path


def write_pictures(folder: Path, shade: int) -> Path:
    """Write a folder of classes; return a picture deep in it."""
    for label in range(4):
        for number in range(20):
            path = folder / f"class-{label}/part/{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (8, 8), shade + 20 * label + number).save(path)
    return folder / "class-1/part/3.png"


def planned(project: Project) -> list[str]:
    """Return what a dry run of the one job would do."""
    output = project.snakemake("--dry-run", "--", MANIFEST)
    assert "Nothing to be done" in output or "Job 0" in output
    return re.findall(r"^Job 0: (.*)$", output, flags=re.MULTILINE)


def replace(path: Path) -> None:
    """Put another file into the place of one, with a time long before any run."""
    comment = "/* another */" if path.suffix == ".css" else "# another"
    path.write_text(f"{path.read_text(encoding='utf-8')}{comment}\n", encoding="utf-8")
    os.utime(path, OLD)


def finish(project: Project) -> None:
    """Let Snakemake believe that all has run."""
    for row in project.summary():
        path = project.root / row["output_file"]
        (path.parent if path.suffix else path).mkdir(parents=True, exist_ok=True)
        if path.suffix:
            path.touch()
    project.touch()


def test_code_and_tables_replaced_by_older_ones_are_seen(tmp_path: Path, untouched: Project) -> None:
    project = untouched.copy(tmp_path / "home")
    small, raw = (yaml.safe_load((ROOT / name).read_text(encoding="utf-8")) for name in (SMOKE, "presets/laptop.yaml"))
    # One study that trains and one that asks a table: Snakemake takes seconds for each further hundred of jobs.
    raw["studies"] = {name: one["studies"][name] for name, one in (("init-scale", small), ("layered-cnn", raw))}
    raw["datasets"], raw["transfers"] = {"digits": raw["datasets"]["digits"]}, {}
    (project.root / "params.yaml").write_text(yaml.safe_dump(raw, sort_keys=False), encoding="utf-8")
    finish(project)
    replace(project.root / "src/rlsearch/report/templates/style.css")
    assert project.planned() == ["report"]
    files = ("src/rlsearch/phases/controls.py", "src/rlsearch/phases/retrain.py")
    for name in (*files, "results/reference/rl-nas-1296/recipe.yaml"):
        replace(project.root / name)
    found = set(project.planned())
    assert {"controls init-scale/random", "retrain init-scale/he", "search layered-cnn/random, seed 0"} <= found
    assert "search init-scale/random, seed 0" not in found


AGENT = """\
'''Random search of a user's own.'''

from typing import Literal

from rlsearch.agents.random import Random, Settings

from ._words import WORD


class Mine(Settings):
    type: Literal["my-random"] = "my-random"


SETTINGS, AGENT = Mine, Random
"""
FIGURE = "'A figure.'\nTITLE, SECTION, ORDER = 'New', 'search', 1\napplies = draw = caption = alt = print\n"


def test_an_edited_extension_reruns_what_depends_on_it_and_nothing_else(tmp_path: Path, untouched: Project) -> None:
    project = untouched.copy(tmp_path / "home")
    own = project.root / "extensions"
    for name, text in {
        "agents/my_random.py": AGENT,
        "agents/_words.py": "WORD = 1\n",
        "agents/unused.py": AGENT,
        "report/figures/my_figure.py": FIGURE,
    }.items():
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).write_text(text, encoding="utf-8")
    settings = (project.root / SMOKE).read_text(encoding="utf-8")
    settings = settings.replace("random: {type: random}", "random: {type: my-random}", 1)
    (project.root / "params.yaml").write_text(settings, encoding="utf-8")
    finish(project)
    assert project.planned() == []
    replace(own / "agents/unused.py")
    assert project.planned() == []
    replace(own / "report/figures/my_figure.py")
    assert project.planned() == ["report"]
    replace(own / "agents/_words.py")
    first = [job for job in project.planned() if job.startswith(("search", "controls", "fetch"))]
    assert first == ["controls init-scale/random", "search init-scale/random, seed 0"]


def test_every_rule_that_lists_its_code_tells_its_content() -> None:
    for phase in artefacts.PHASES:
        text = (ROOT / f"workflow/rules/{phase}.smk").read_text(encoding="utf-8")
        (listed,) = re.findall(r"(?m)^ +code=(?:lambda wildcards: )?(code\([^\n]*\)),$", text)
        (told,) = re.findall(r"(?m)^ +content=(?:lambda wildcards: )?content\(([^:]*)\),$", text)
        assert listed in told
        assert ("table" in told) == (phase in ("search", "controls", "report"))
