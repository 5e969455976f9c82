"""What the agent selected beats a baseline on the target network, or in a transfer, by retraining runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from rlsearch.claims.base import FAVOUR, Claim, Meaning, Meanings, Place, Seeds
from rlsearch.config import artefacts
from rlsearch.config.base import ClaimSettings, Extended, Name
from rlsearch.config.faults import Fault, unknown_name
from rlsearch.config.models import Params, StudySettings
from rlsearch.evidence import ceilings, tables
from rlsearch.evidence.headroom import UNKNOWN, Headroom
from rlsearch.evidence.results import Results
from rlsearch.evidence.verdict import Evidence
from rlsearch.statistics import reach
from rlsearch.units import Unit

_PAIRED = (
    "runs are compared in pairs, as fixed in advance: run by run both arms start from the same weights and meet "
    "the data in the same order"
)


class AgainstBaselineSettings(ClaimSettings, Extended):
    """A claim that compares what the agent selected with a baseline.

    `on` names a transfer of the study that trains both: they are then compared on the test set of its data.
    """

    later: ClassVar[tuple[str, ...]] = ("on",)

    against: Annotated[Name, Field(description="a baseline of the study")]
    on: Annotated[Name | None, Field(description="a transfer of the study that trains both")] = None


class SelectedBeatsBaseline(Claim[AgainstBaselineSettings]):
    """One candidate and a baseline: the unit is the retraining run, and the claim is about this one candidate."""

    TOPIC = "what {agent} selected against {against}, retrained"
    MEANINGS = Meanings(
        better=Meaning(
            "Yes: what {agent} selected is better than {against}, by {size}.",
            "Use what {agent} selected rather than {against}: it is better by {size}.",
        ),
        worse=Meaning(
            "No: what {agent} selected is worse than {against}, by {size}.",
            "Stay with {against}: what {agent} selected is worse by {size}.",
        ),
        too_small_to_matter=Meaning(
            "It makes no difference worth having: what {agent} selected and {against} lie within {margin}.",
            "What {agent} selected and {against} differ too little here to matter.",
        ),
        cannot_tell=Meaning(
            "This run cannot tell whether what {agent} selected is better than {against}: anything from {span} fits.",
            "Stay with {against} until more runs show that changing it helps.",
        ),
    )

    def unit(self, study: StudySettings) -> Unit:
        """Return what retrained networks are judged by."""
        return study.target_measure

    @property
    def against(self) -> str:
        """The baseline, with the transfer where the claim is about one."""
        on = self.settings.on
        return f"{self.settings.against} in transfer {on}" if on else self.settings.against

    def check(self, place: Place) -> Iterator[Fault]:
        """Yield a fault unless the claim is against a baseline of the study, and both arms are in its transfer."""
        against, baselines, on = self.settings.against, list(place.study.baselines), self.settings.on
        if place.study.target is None:
            yield place.own("claim", "needs a target: it compares retrained networks")
            return
        if against not in baselines:
            yield place.own("against", unknown_name("baseline of this study", against, baselines), against)
        if on is None:
            return
        own = {name: transfer for name, transfer in place.params.transfers.items() if transfer.study == place.name}
        if on not in own:
            yield place.own("on", unknown_name("transfer of this study", on, list(own)), on)
        elif self.settings.agent in place.study.agents:
            lacking = [slot for slot in self._arms(place.study) if slot not in own[on].slots]
            if lacking:
                what = f"does not train {' and '.join(lacking)}, which the claim compares"
                yield place.own("on", f"{what}: add to transfers.{on}.slots", on)

    def power(self, study: StudySettings, level: float) -> Seeds:
        """Return the retraining runs of each slot.

        They are pairs where candidates say how one network is trained, since these share the seeds of their runs
        (`retraining.run_seed`); other candidates are other networks and share none.
        """
        decide = reach.pairs_decide if artefacts.stepwise(study) else reach.samples_decide
        runs = study.retrain.seeds if study.retrain else 0
        return Seeds(("retrain", "seeds"), runs, reach.fewest(runs, lambda n: decide(n, level)))

    def seeds(self, params: Params, study: str, level: float) -> Seeds:
        """Return the runs of the transfer where the claim is about one, as if its task were the target of a study."""
        on = self.settings.on
        # One that is not there, or another study's, is reported by `check`.
        if on is None or on not in params.transfers or params.transfers[on].study != study:
            return super().seeds(params, study, level)
        if params.studies[study].retrain is None:  # which its own check tells
            return super().seeds(params, study, level)
        moved = self.power(artefacts.transferred(params, on).studies[on], level)
        return Seeds(("seeds",), moved.now, moved.least, ("transfers", on))

    def slots(self, study: StudySettings) -> tuple[str, str] | None:
        """Return the slot of what was selected, and the baseline's; None where a transfer of them is compared."""
        return None if self.settings.on else self._arms(study)

    def _arms(self, study: StudySettings) -> tuple[str, str]:
        return artefacts.answer_of(study, self.settings.agent).name, self.settings.against

    def _runs(self, results: Results, slot: str) -> Mapping[str, Any] | None:
        """Return what the retraining of a slot has left, on the target or in the transfer; None before it has run."""
        on = self.settings.on
        return results.retrained.get(slot) if on is None else results.transferred.get((on, slot))

    def evidence(self, results: Results) -> Evidence:
        """Compare test values on the target, or in the transfer."""
        (best, baseline), agent, on = self._arms(results.settings), self.settings.agent, self.settings.on
        measure = results.settings.target_measure
        where, what = ("on the target network", "retraining") if on is None else (f"in transfer {on}", f"run in {on}")
        evidence = self.start(results, f"What {agent} selected beats {baseline} {where}")
        first, second = self._runs(results, best), self._runs(results, baseline)
        if first is None or second is None:
            return evidence.without(f"not run yet (no {what} of {best if first is None else baseline})")
        for arm in (first, second):
            lost = len(arm["runs"]) - len(tables.tested(arm, measure))
            if arm["status"] == "empty":
                return evidence.without(f"slot {arm['slot']} is empty: {arm['reason']}")
            if lost:
                return evidence.without(f"{lost} runs of {arm['slot']} have no test {measure.label}{FAVOUR}")
        selected = f"What {agent} selected ({first['label']}) beats {baseline} ({second['label']})"
        evidence = self.start(results, f"{selected} {where}")
        own, other = (_merits(results, arm) for arm in (first, second))
        # Such slots share their runs, so every difference is exactly 0 and a test would have no noise to go by.
        if first["key"] == second["key"]:
            return evidence.same(own, other, "both arms hold the same candidate, so that there is nothing to gain")
        if not artefacts.stepwise(results.settings):
            return evidence.compare(own, other)
        if [run["seed"] for run in first["runs"]] != [run["seed"] for run in second["runs"]]:
            return evidence.without(f"not run yet (the runs of {best} and {baseline} do not have the same seeds)")
        return evidence.pair(own, other, _PAIRED)

    def headroom(self, results: Results) -> Headroom:
        """Compare with the baseline on the target; the ceiling is the grid point that is best in all runs but one.

        Nothing is known of a transfer, where no grid is trained.
        """
        if self.settings.on is not None:
            return UNKNOWN
        asked = results.settings.fidelity
        # The best of a few networks that searches trained is no ceiling: what they answer may well be better.
        grid = asked is not None and asked.agent is not None
        names = [slot.name for slot in results.slots if grid and slot.role == "point"]
        baseline = _tested(results, self.settings.against)
        if not names:
            return self._on_tree(results, baseline)
        points = [_tested(results, name) for name in names]
        # Groups are runs by their number, so every point needs one in each.
        fewest = min(len(values) for values in points)
        if fewest < 2 or len(baseline) < 2:
            return Headroom("the grid and the baseline have not been retrained")
        source = (
            f"the floor is {self.settings.against}; the ceiling is the point of the grid that is best in all of its "
            f"{fewest} runs but the one that judges"
        )
        return ceilings.of_grid([[[value] for value in values[:fewest]] for values in points], baseline, source)

    def _on_tree(self, results: Results, baseline: Sequence[float]) -> Headroom:
        """Compare with a baseline that is trained as a table's rows were: the same network, recipe and images."""
        study = results.settings
        # Only with equal tasks is a row of the tree what a retraining run would be.
        if study.table is None or not artefacts.closed_loop(study) or study.target != study.proxy:
            return UNKNOWN
        if len(baseline) < 2:
            return Headroom("the baseline has not been retrained")
        ceiling = ceilings.on_table(results.table("validation"), results.table("test"), sees_training=True)
        floor = np.array(baseline)
        judges = [] if ceiling.by_judge is None else [ceilings.error(ceiling.by_judge)]
        source = f"the floor is {self.settings.against}; {ceiling.source}"
        return Headroom.between(source, float(floor.mean()), ceiling.value, [ceilings.error(floor), *judges])


def _tested(results: Results, slot: str) -> list[float]:
    """Return the test merits of a slot's runs on the target."""
    return _merits(results, results.retrained.get(slot, {}))


def _merits(results: Results, arm: Mapping[str, Any]) -> list[float]:
    measure = results.settings.target_measure
    return list(map(measure.merit, tables.tested(arm, measure)))


SETTINGS, CLAIM = AgainstBaselineSettings, SelectedBeatsBaseline
TEST_SETTINGS = {"against": "he"}
