"""What a retraining depends on besides candidate and seed: its files, and the digest of all else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.config.retraining_files import retraining_files, trains_alone
from rlsearch.config.task_models import TaskSettings
from rlsearch.data.digest import data_digest
from rlsearch.files import digest
from rlsearch.search.identity import task_digest


def data_files(params: Params, study: str, root: Path) -> tuple[Path, ...]:
    """Return the files to train on, and last the test set (see `config.retraining_files`)."""
    return tuple(root / path for path in retraining_files(params, study))


def target_digest(params: Params, study: str, files: Sequence[Path], start: Path | None = None) -> str:
    """Return the identity of a candidate's retraining besides the candidate itself.

    Where runs are measured on the validation data during training, other things are done with the same files. Where
    recipes are tuned, this is no run's own identity: which recipe a candidate has, its tries tell.
    """
    settings = params.studies[study]
    tune, target = settings.retraining.tune, settings.tasks["target"]
    if tune is None:
        return run_digest(params, study, target, [*files, *([start] if start else [])])
    trained = run_digest(params, study, target, [*trained_on(params, study, files), files[-1]])
    return digest([trained, tune.model_dump(mode="json"), data_digest(files[:2])])


def trained_on(params: Params, study: str, files: Sequence[Path]) -> tuple[Path, ...]:
    """Return those of a retraining's files that it trains on."""
    return tuple(files[:1] if trains_alone(params, study) else files[:-1])


def run_digest(params: Params, study: str, task: TaskSettings, files: Sequence[Path]) -> str:
    """Return the identity of a training of a study's candidates with this task, besides candidate and seed."""
    settings = params.studies[study]
    on_test, slots = artefacts.stepwise(settings), {slot.kind for slot in artefacts.slots(settings)}
    return task_digest(task, settings.space, params.runtime, files, on_test=on_test, slots=slots)
