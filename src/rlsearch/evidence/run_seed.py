"""The seed of a retraining run, by which two arms share their luck or do not."""

from __future__ import annotations

from rlsearch.config import artefacts
from rlsearch.config.models import StudySettings
from rlsearch.seeds import child_seed


def run_seed(study: str, settings: StudySettings, key: str, seed: int) -> int:
    """Return the seed of a retraining run of the candidate with this key.

    Candidates that say how one network is trained share it: they start from the same weights and meet the images in the
    same order, run by run.
    """
    return child_seed(study, "retrain", "arm" if artefacts.stepwise(settings) else key, 0, seed)
