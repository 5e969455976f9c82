"""Which files a retraining reads: those to train on, and the test set, which it measures once, at the end."""

from __future__ import annotations

from pathlib import Path

from rlsearch.config import artefacts
from rlsearch.config.models import Params


def retraining_files(params: Params, study: str) -> tuple[Path, ...]:
    """Return the files that a study's retraining reads, the test set last, in the order of their digest.

    A validation file between the others is trained on too, unless the study `trains_alone`: then it is there where runs
    are measured on it during training (`artefacts.stepwise`) or before (`retrain.tune`). One that is a copy of the
    published test set, on which a protocol rewards, is left out.

    Args:
        params: the settings; of a transfer, those of `artefacts.transferred`.
    """
    settings = params.studies[study]
    measured = artefacts.stepwise(settings) or (settings.retrain is not None and settings.retrain.tune is not None)
    validation = measured or not trains_alone(params, study)
    names = ("train.npz", "validation.npz", "test.npz") if validation else ("train.npz", "test.npz")
    published = params.datasets[settings.dataset].validation == "published-test"
    folder = artefacts.data_folder(settings.dataset)
    return tuple(folder / name for name in names if not (published and name == "validation.npz"))


def trains_alone(params: Params, study: str) -> bool:
    """Tell whether a study's retraining trains on the training data alone, without those that validated its search.

    By `retrain.train_on`; besides where runs are measured on the validation data during training, and where these are
    the test set's.
    """
    settings = params.studies[study]
    asked = settings.retrain is not None and settings.retrain.train_on == "train"
    published = params.datasets[settings.dataset].validation == "published-test"
    return asked or published or artefacts.stepwise(settings)
