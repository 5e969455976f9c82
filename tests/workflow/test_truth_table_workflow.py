"""`workflow/truth_table.smk`: on whose code its rows depend."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from rlsearch import provenance

WORKFLOW = Path(__file__).resolve().parents[2] / "workflow" / "truth_table.smk"


@pytest.mark.parametrize(
    ("table", "plugins"),
    [
        ("rl-nas-1296", {"spaces.layered_cnn", "networks.layered_cnn", "training.optimizers.adam"}),
        (
            "schedule-tree",
            {"spaces.optimizer_selection", *(f"training.optimizers.{name}" for name in ("adam", "sam", "sgd"))},
        ),
    ],
)
def test_rows_are_trained_again_after_an_edit_of_what_trains_them(
    table: str, plugins: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(provenance, "code_digest", lambda *modules: asked.extend(modules))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(os, "environ", dict(os.environ))
    head = WORKFLOW.read_text().partition("\nrule all:")[0]
    exec(head, {"workflow": SimpleNamespace(basedir=str(WORKFLOW.parent)), "config": {"table": table}})
    assert {"rlsearch.truth.build", "rlsearch.data.kinds.images"} <= set(asked)
    assert {f"rlsearch.{plugin}" for plugin in plugins} <= set(asked)
