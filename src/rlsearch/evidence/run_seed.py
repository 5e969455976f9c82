"""The seed of a retraining run, by which two arms share their luck or do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlsearch.seeds import child_seed


def run_seed(study: str, chosen: Mapping[str, Any], seed: int) -> int:
    """Return the seed of a retraining run of a candidate with `spec` and `key`.

    Candidates that say how one network is trained share it: they start from the same weights and meet the images in the
    same order, run by run.
    """
    name = "arm" if "training" in (chosen["spec"] or {}) else chosen["key"]
    return child_seed(study, "retrain", name, 0, seed)


def shared(study: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Tell whether the runs of two candidates have the same seeds, so that they are pairs."""
    return run_seed(study, first, 0) == run_seed(study, second, 0)
