"""A baseline of the size of what was found has that size in a transfer too, where networks are larger."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

import tiny
from rlsearch import checks
from rlsearch.cell_costs import costs
from rlsearch.cell_notation import read
from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.evidence import mixture
from rlsearch.files import pretty_json, read_json, write_atomic
from rlsearch.phases import transfer
from rlsearch.spaces._making import space_of

FOUND = {"network": {cell: read("0.conv3+1.sep5").plain() for cell in ("normal", "reduction")}}
TASK = {**tiny.TASK, "network": "nasnet", "network_options": {"filters": 4, "cells": 1}}
LARGER = {**TASK, "network_options": {"filters": 12, "cells": 2, "stem": 8}}
SHAPE, CLASSES = (1, 8, 8), 4


def made(root: Path, weights: str = "none", **outdated: str) -> Params:
    """Write what the study selected, `separable` at the size of `best-random`, and the data of its transfer."""
    study = {
        **copy.deepcopy(tiny.STUDY),
        "space": {"type": "nasnet-cells", "blocks": 1},
        **dict.fromkeys(("proxy", "target"), TASK),
        "agents": {"random": {"type": "random"}},
        "baselines": ["separable"],
    }
    own = {"source": "npz", "path": "mine.npz"}
    moved = {"study": "tiny", "slots": ["best-random", "separable"], "dataset": "corners", "task": LARGER, "seeds": 1}
    params = checks.validate(
        {
            "preset": "test",
            "datasets": {"spots": own, "corners": {**own, "path": "other.npz"}},
            "runtime": {},
            "studies": {"tiny": study},
            "transfers": {"moved": {**moved, "weights": weights}},
        }
    )
    space = space_of(params.studies["tiny"].space)
    matched = space.matched_with(TASK["network_options"], "separable", FOUND, SHAPE, CLASSES)
    assert matched is not None
    after = {"slot": "best-random", "label": "x", "key": space.key(FOUND), **outdated}
    for slot, spec, more in (("best-random", FOUND, {}), ("separable", matched, {"matched_to": after})):
        head = {"status": "filled", "slot": slot, "source": slot.removeprefix("best-"), "reason": None, "proxy": None}
        file = {**head, "spec": spec, "key": space.key(spec), "label": space.describe(spec), **more}
        write_atomic(root / artefacts.select_folder("tiny") / f"{slot}.json", pretty_json(file))
    for name, count in (("train", 64), ("validation", 32), ("test", 32)):
        tiny.write_split(root / "data/corners" / f"{name}.npz", count)
    return params


def size(spec: Any, options: dict[str, Any]) -> int:
    return costs(SHAPE, CLASSES, **{**options, **spec["network"]}).parameters


def test_a_baseline_is_built_again_for_the_network_of_the_transfer(tmp_path: Path) -> None:
    params = made(tmp_path)
    transfer.run(params, "moved", "separable", tmp_path)
    found = read_json(tmp_path / artefacts.transfer_folder("moved", "separable") / "metrics.json")
    before = read_json(tmp_path / artefacts.select_folder("tiny") / "separable.json")
    wanted = size(FOUND, LARGER["network_options"])
    assert found["parameters"] == size(found["spec"], LARGER["network_options"]) == pytest.approx(wanted, rel=0.1)
    assert size(before["spec"], LARGER["network_options"]) < 0.5 * wanted
    # It is told what was selected, so that what belongs to each other is known to.
    assert found["selected"] == {"spec": before["spec"], "key": before["key"]} and found["key"] != before["key"]
    assert mixture.mixed(params, tmp_path) == []
    write_atomic(tmp_path / artefacts.select_folder("tiny") / "separable.json", pretty_json({**before, "key": "other"}))
    assert len(mixture.mixed(params, tmp_path)) == 1


@pytest.mark.parametrize("changes", [{"weights": "source"}, {"key": "another"}])
def test_with_weights_of_the_study_or_after_another_network_it_stays_as_it_is(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    chosen = transfer.candidate(made(tmp_path, **changes), "moved", "separable", tmp_path)
    assert chosen == read_json(tmp_path / artefacts.select_folder("tiny") / "separable.json")


def test_what_was_found_is_nobodys_to_build_again(tmp_path: Path) -> None:
    chosen = transfer.candidate(made(tmp_path), "moved", "best-random", tmp_path)
    assert chosen["spec"] == FOUND and "selected" not in chosen
