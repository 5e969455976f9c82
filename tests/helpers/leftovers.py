"""What a finished search has left of its budget, held against its summary and its ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rlsearch.files import read_csv, read_json, read_jsonl

PARTS = ("free", "failed_children", "empty_places", "unneeded_restarts", "shorter_finalists")


def explained(folder: Path) -> dict[str, Any]:
    """Return the block `left` of a search; an assertion fails unless it accounts for every FLOP of the budget."""
    summary = read_json(folder / "summary.json")
    cost, left = summary["cost"], summary["left"]
    trials = read_jsonl(folder / "trials.jsonl")
    assert cost["flops"] == sum(trial["flops"] for trial in trials)
    # The finalists were trained again at no more than their prices, which are no less than what a trial of them took
    # (of a policy, which is no trial, that is not known).
    asked = cost["finalist_flops"] + left["unneeded_restarts"] + left["shorter_finalists"]
    took = {trial["key"]: trial["flops"] for trial in sorted(trials, key=lambda trial: trial["flops"])}
    least = sum(int(row["replicates"]) * took.get(row["key"], 0) for row in read_csv(folder / "finalists.csv"))
    assert least <= asked
    assert left["flops"] == cost["budget_flops"] - cost["flops"] - cost["finalist_flops"]
    assert left["flops"] == sum(left[part] for part in PARTS)
    assert min(left[part] for part in PARTS) >= 0, left
    if left["ended"] == "budget":
        # The refused proposal would not have fitted, and nothing but it did not fit.
        assert 0 <= left["free"] < left["refused"]["flops"] + left["refused"]["reserve"]
        assert left["refused"]["flops"] > 0 and left["refused"]["reserve"] >= 0
    else:
        assert left["refused"] is None
    return dict(left)
