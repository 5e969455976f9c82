"""Runs of candidates on a study's target network: from the work store, or trained now.

Training uses the training and the validation data (where these are not the test set's), or with `train_on: train` the
training data alone; whether it begins again or stops early, the data that it trains on decide, and the test set is
measured once, at the end. Where a study's candidates say how steps are trained, runs are measured on the validation
data during training, and therefore use the training data alone. A finished run goes to the store at once, and one in
training is checkpointed, so that a killed job loses at most a few seconds.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlsearch.config import artefacts
from rlsearch.config.models import Params, StudySettings
from rlsearch.config.recipes import Recipe, recipes
from rlsearch.errors import RlsearchError
from rlsearch.files import file_sha256, write_atomic
from rlsearch.search.ready import device
from rlsearch.search.reserve import reserved
from rlsearch.search.retraining_identity import data_files, run_digest, target_digest, trained_on
from rlsearch.search.store import WORK, Store, outcome_key
from rlsearch.search.tuning import Trial, Tuned, tuned
from rlsearch.seeds import child_seed
from rlsearch.training.outcome import Outcome, null

if TYPE_CHECKING:
    from rlsearch.training.task import Task

Chosen = Mapping[str, Any]
"""A candidate with `key` and `spec`, as slots hold it."""


def run_seed(study: str, settings: StudySettings, key: str, seed: int) -> int:
    """Return the seed of a retraining run of the candidate with this key.

    Candidates that say how one network is trained share it: they start from the same weights and meet the data in the
    same order, run by run.
    """
    return child_seed(study, "retrain", "arm" if artefacts.stepwise(settings) else key, 0, seed)


class Retraining:
    """Trains a study's candidates on its target network.

    Args:
        params, study: say target, dataset and device; root: the project folder.
        start: weights to begin with; None: those of each candidate's own spec.

    Attributes:
        files: the files to train on, and last the test set.
        identity: what a run depends on besides candidate and seed.
    """

    def __init__(self, params: Params, study: str, root: Path = Path("."), start: Path | None = None) -> None:
        self.params, self.study, self.settings, self.start = params, study, params.studies[study], start
        self.files = data_files(params, study, root)
        self.identity = target_digest(params, study, self.files, start)
        self.store = Store(root / WORK / "retrain")
        self.recipes = recipes(self.settings)
        self._tuned: dict[str, Tuned] = {}

    def run(self, chosen: Chosen, seed: int) -> tuple[dict[str, Any], bool]:
        """Return the record of one run, and whether the store had all of it.

        It has `outcome`, `curve` and `parameters`; of a candidate of several `members`, the same of each in `members`.
        Where recipes are tuned, the first run of a candidate tries them before.
        """
        if members := chosen["spec"].get("members"):
            return self._together(members, seed)
        # The weights of the first seed become an artefact; those of the others only rest in the store.
        return self._alone(chosen, seed, weights=seed == 0)

    def weights(self, chosen: Chosen) -> bytes:
        """Return the state dict of the first run, which must be there; an ensemble's holds those of its members."""
        if not (members := chosen["spec"].get("members")):
            return self._weights(chosen, 0).read_bytes()
        from rlsearch.training.checkpoint import dump_state, load_state

        parts = {f"members.{i}": load_state(self._weights(member, 0)) for i, member in enumerate(members)}
        return dump_state({f"{part}.{name}": value for part, state in parts.items() for name, value in state.items()})

    def tuned(self, chosen: Chosen) -> Mapping[str, Any] | None:
        """Return what came of a network's tries (see `tuning.Tuned`); None where its recipe is the target's."""
        return self._settled(chosen)[0].block if self.recipes else None

    def built(self, spec: Mapping[str, Any], chosen: Chosen) -> Mapping[str, Any]:
        """Return the spec of a candidate's network with the options that were tuned, which the target has not."""
        if not self.recipes:
            return spec
        if members := spec.get("members"):
            return {"members": [{**member, "spec": self.built(member["spec"], member)} for member in members]}
        return {**spec, "network": {**self._settled(chosen)[0].recipe.options, **spec.get("network", {})}}

    def _settled(self, chosen: Chosen) -> tuple[Tuned, bool]:
        """Return what came of a network's tries, and whether this call needed none."""
        if (before := self._tuned.get(chosen["key"])) is not None:
            return before, True
        by_name, measure = {path.name: path for path in self.files}, self.settings.target_measure
        train, validation = by_name["train.npz"], by_name["validation.npz"]
        trials = []
        for recipe in self.recipes:
            task = replace(self._task, settings=recipe.task, train=(train,), measure=validation)
            identity = run_digest(self.params, self.study, recipe.task, (train, validation))
            trials.append(Trial(recipe, task, identity))
        now = self._tuned[chosen["key"]] = tuned(trials, chosen, self.study, measure, self.store)
        return now, now.cached

    def _together(self, members: Sequence[Chosen], seed: int) -> tuple[dict[str, Any], bool]:
        """Return the record of an ensemble, which costs what its members cost; it is measured again each time."""
        from rlsearch.training.ensemble import join

        parts = [self._alone(member, seed, weights=True) for member in members]
        records, cached = [record for record, _ in parts], all(stored for _, stored in parts)
        networks = [(self.built(member["spec"], member), self._weights(member, seed)) for member in members]
        metrics = join(networks, self._task)
        runs = [Outcome.from_json(record["outcome"]) for record in records]
        sound = math.isfinite(metrics["loss"]) and all(run.status == "ok" for run in runs)
        outcome = Outcome(
            status="ok" if sound else "diverged",
            metrics=metrics,
            epochs=max(run.epochs for run in runs),
            samples=sum(run.samples for run in runs),
            flops=sum(run.flops for run in runs),
            restarts=sum(run.restarts for run in runs),
        )
        parameters = sum(record["parameters"] for record in records)
        return {"outcome": outcome.to_json(), "curve": [], "parameters": parameters, "members": records}, cached

    def _alone(self, chosen: Chosen, seed: int, *, weights: bool) -> tuple[dict[str, Any], bool]:
        known = not self.recipes or self._settled(chosen)[1]
        record, cached = self._one(chosen, seed, weights)
        return record, cached and known

    def _one(self, chosen: Chosen, seed: int, weights: bool) -> tuple[dict[str, Any], bool]:
        if (record := self._stored(chosen, seed, weights)) is not None:
            return record, True
        reservation = reserved(self.store.path(self._key(chosen, seed), ".lock"))
        try:
            if (record := self._stored(chosen, seed, weights)) is not None:
                return record, True  # another slot holds the same candidate, and has trained it meanwhile
            return self._train(chosen, seed), False
        finally:
            reservation.release()

    def _stored(self, chosen: Chosen, seed: int, weights: bool) -> dict[str, Any] | None:
        record, path = self.store.read(self._key(chosen, seed)), self._weights(chosen, seed)
        if record is None or not weights:
            return record
        return record if path.exists() and file_sha256(path) == record.get("weights") else None

    def _key(self, chosen: Chosen, seed: int) -> str:
        identity = self._identity(self._settled(chosen)[0].recipe) if self.recipes else self.identity
        return outcome_key(identity, chosen["key"], run_seed(self.study, self.settings, chosen["key"], seed))

    def _identity(self, recipe: Recipe) -> str:
        files = [*trained_on(self.params, self.study, self.files), self.files[-1]]
        return run_digest(self.params, self.study, recipe.task, files)

    def _weights(self, chosen: Chosen, seed: int) -> Path:
        return self.store.path(self._key(chosen, seed), ".pt")

    @cached_property
    def _task(self) -> Task:
        """The target task; it uses the training data alone where runs are measured on the others during training."""
        from rlsearch.training.task import Task  # torch takes seconds to import; a job served by the store needs none

        device(self.params)
        runtime, files = self.params.runtime, self.files
        if not artefacts.stepwise(self.settings):
            used = trained_on(self.params, self.study, files)
            return Task(self.settings.tasks["target"], runtime, used, files[-1], start=self.start)
        # Where the published test set is the validation set, there is no other to look at.
        looked_at = files[-2] if len(files) > 2 else files[-1]
        return Task(self.settings.tasks["target"], runtime, files[:1], looked_at, test=files[-1], start=self.start)

    def _train(self, chosen: Chosen, seed: int) -> dict[str, Any]:
        from rlsearch.training.checkpoint import Checkpoint, dump_state
        from rlsearch.training.evaluate import train

        key, task = self._key(chosen, seed), self._task
        if self.recipes:
            task = replace(task, settings=self._settled(chosen)[0].recipe.task)
        checkpoint = Checkpoint(self.store.path(key, ".checkpoint"))
        trained = train(chosen["spec"], task, run_seed(self.study, self.settings, chosen["key"], seed), checkpoint)
        if trained.model is None:
            assert trained.unfit is not None  # else there is a model
            larger = f"a dataset of larger {task.kind.noun}"
            of_study = f"give the study another target, or {larger}"
            of_transfer = f"name {larger} in transfers.{self.study}, or take this slot out there"
            raise RlsearchError(
                f"this candidate cannot be trained on the target, by its {trained.unfit.part}: {trained.unfit}",
                where=f"{task.settings.network} from {dict(chosen['spec'])}",
                remedy=of_transfer if self.study in self.params.transfers else of_study,
            )
        # From the CPU, so that they load where there is no GPU.
        weights = dump_state({name: value.cpu() for name, value in trained.model.state_dict().items()})
        # Before the record, which vouches for them by their digest (`_stored`).
        write_atomic(self._weights(chosen, seed), weights)
        curve = [list(map(null, point)) for point in trained.curve]
        record = {"outcome": trained.outcome.to_json(), "curve": curve, "parameters": trained.parameters}
        record["weights"] = hashlib.sha256(weights).hexdigest()
        if trained.rows:
            columns = artefacts.step_columns(self.settings.target_measure)
            record["steps"] = [[row[name] for name in columns] for row in trained.rows]
        self.store.write(key, record)
        checkpoint.remove()
        return record
