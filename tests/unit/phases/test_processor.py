"""The processor and the kernels that torch takes on it are part of what a result is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import tiny
from rlsearch import processor
from rlsearch.config.artefacts import search_folder
from rlsearch.config.models import Params
from rlsearch.files import read_json
from rlsearch.phases import search
from rlsearch.search.store import WORK, outcome_key
from rlsearch.training import tries

OTHER = "avx2" if processor.kernels().startswith("DEFAULT") else "default"
COMPARE = """
import sys
from rlsearch import processor
derived = processor.kernels()
assert "torch" not in sys.modules
import torch
print(derived, torch.backends.cpu.get_cpu_capability())
"""


@pytest.mark.parametrize("asked", ["", "default", "avx2", "AVX2", "avx512-vnni"])
def test_torch_takes_the_kernels_that_were_derived_without_it(asked: str) -> None:
    words = {**{k: v for k, v in os.environ.items() if k not in processor.SWITCHES}, "ATEN_CPU_CAPABILITY": asked}
    done = subprocess.run([sys.executable, "-c", COMPARE], env=words, capture_output=True, text=True, check=True)
    derived, taken = done.stdout.split()
    assert derived == taken


@pytest.mark.parametrize("switch", processor.SWITCHES)
def test_what_picks_other_kernels_makes_another_child(switch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = outcome_key("task", "candidate", 1)
    monkeypatch.setenv(switch, "other")
    assert outcome_key("task", "candidate", 1) != before


@pytest.mark.parametrize(
    ("flags", "kernels"),
    [
        ("sse2", "DEFAULT"),
        ("avx2", "DEFAULT"),
        ("avx2 fma", "AVX2"),
        ("avx2 fma avx512f", "AVX2"),
        ("avx2 fma avx512f avx512vl avx512bw avx512dq", "AVX512"),
    ],
)
def test_kernels_of_other_processors(flags: str, kernels: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "_fields", lambda: {"flags": flags})
    monkeypatch.setattr(processor.platform, "machine", lambda: "x86_64")
    assert processor.kernels({}) == kernels
    assert processor.kernels({"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "AVX2"}) == "DEFAULT MKL_CBWR=AVX2"


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Params]:
    root = tmp_path_factory.mktemp("searched")
    params = tiny.study(root)
    search.run(params, "tiny", "random", 0, root)
    return root, params


def summary(root: Path) -> Any:
    return read_json(root / search_folder("tiny", "random", 0) / "summary.json")


def test_a_search_that_goes_on_with_other_kernels_is_marked(
    searched: tuple[Path, Params], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(searched[0], root)
    before = summary(root)
    assert before["bit_exact"] and before["provenance"]["kernels"] == processor.kernels()
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", OTHER)
    search.run(searched[1], "tiny", "random", 0, root)
    after = summary(root)
    assert not after["bit_exact"] and after["provenance"]["kernels"] == processor.kernels()
    assert len(list((root / WORK / "search").rglob("journal.jsonl"))) == 1


def test_a_stored_child_serves_no_other_kernels(
    searched: tuple[Path, Params], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(searched[0], root)
    shutil.rmtree(root / WORK / "search")
    trained, fit = [], tries.fit

    def counted(*args: Any, **kwargs: Any) -> Any:
        trained.append(args)
        return fit(*args, **kwargs)

    monkeypatch.setattr(tries, "fit", counted)
    search.run(searched[1], "tiny", "random", 0, root)
    assert not trained
    shutil.rmtree(root / WORK / "search")
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", OTHER)
    search.run(searched[1], "tiny", "random", 0, root)
    assert trained and summary(root)["bit_exact"]
