"""What the agent selected beats a baseline on the target network, by retraining runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import numpy as np
from pydantic import Field

from rlsearch.claims.base import FAVOUR, Claim, Meaning, Meanings, Place, Seeds
from rlsearch.config import artefacts
from rlsearch.config.base import ClaimSettings, Name
from rlsearch.config.faults import Fault, unknown_name
from rlsearch.config.models import StudySettings
from rlsearch.evidence import ceilings, tables
from rlsearch.evidence.headroom import UNKNOWN, Headroom
from rlsearch.evidence.results import Results
from rlsearch.evidence.verdict import Evidence
from rlsearch.statistics import reach

_PAIRED = (
    "runs are compared in pairs, as fixed in advance: run by run both arms start from the same weights and meet "
    "the data in the same order"
)


class AgainstBaselineSettings(ClaimSettings):
    """A claim that compares what the agent selected with a baseline."""

    against: Annotated[Name, Field(description="a baseline of the study")]


class SelectedBeatsBaseline(Claim[AgainstBaselineSettings]):
    """One candidate and a baseline: the unit is the retraining run, and the claim is about this one candidate."""

    TOPIC = "what {agent} selected against {against}, on the target"
    MEANINGS = Meanings(
        better=Meaning(
            "Yes: what {agent} selected is better than {against}, by {size}.",
            "On this target, use what {agent} selected rather than {against}: it is better by {size}.",
        ),
        worse=Meaning(
            "No: what {agent} selected is worse than {against}, by {size}.",
            "Stay with {against}: what {agent} selected is worse by {size}.",
        ),
        too_small_to_matter=Meaning(
            "It makes no difference worth having: what {agent} selected and {against} lie within {margin}.",
            "What {agent} selected and {against} differ too little on this target to matter.",
        ),
        cannot_tell=Meaning(
            "This run cannot tell whether what {agent} selected is better than {against}: anything from {span} fits.",
            "Stay with {against} until more runs show that changing it helps.",
        ),
    )

    def check(self, place: Place) -> Iterator[Fault]:
        """Yield a fault unless the claim is against a baseline of the study."""
        against, baselines = self.settings.against, list(place.study.baselines)
        if against not in baselines:
            yield place.own("against", unknown_name("baseline of this study", against, baselines), against)

    def power(self, study: StudySettings, level: float) -> Seeds:
        """Return the retraining runs of each slot.

        They are pairs where candidates say how one network is trained, since these share the seeds of their runs
        (`retraining.run_seed`); other candidates are other networks and share none.
        """
        decide = reach.pairs_decide if artefacts.stepwise(study) else reach.samples_decide
        return Seeds(
            ("retrain", "seeds"), study.retrain.seeds, reach.fewest(study.retrain.seeds, lambda n: decide(n, level))
        )

    def slots(self, study: StudySettings) -> tuple[str, str]:
        """Return the slot of what was selected, and the baseline's."""
        return artefacts.answer_of(study, self.settings.agent).name, self.settings.against

    def evidence(self, results: Results) -> Evidence:
        """Compare test values on the target."""
        (best, baseline), measure, agent = self.slots(results.settings), results.measure, self.settings.agent
        evidence = self.start(results, f"What {agent} selected beats {baseline} on the target network")
        first, second = results.retrained.get(best), results.retrained.get(baseline)
        if first is None or second is None:
            return evidence.without(f"not run yet (no retraining of {best if first is None else baseline})")
        for arm in (first, second):
            lost = len(arm["runs"]) - len(tables.tested(arm, measure))
            if arm["status"] == "empty":
                return evidence.without(f"slot {arm['slot']} is empty: {arm['reason']}")
            if lost:
                return evidence.without(f"{lost} runs of {arm['slot']} have no test {measure.label}{FAVOUR}")
        selected = f"What {agent} selected ({first['label']}) beats {baseline} ({second['label']})"
        evidence = self.start(results, f"{selected} on the target network")
        own, other = (_tested(results, slot) for slot in (best, baseline))
        # Such slots share their runs, so every difference is exactly 0 and a test would have no noise to go by.
        if first["key"] == second["key"]:
            return evidence.same(own, other, "both arms hold the same candidate, so that there is nothing to gain")
        if not artefacts.stepwise(results.settings):
            return evidence.compare(own, other)
        if [run["seed"] for run in first["runs"]] != [run["seed"] for run in second["runs"]]:
            return evidence.without(f"not run yet (the runs of {best} and {baseline} do not have the same seeds)")
        return evidence.pair(own, other, _PAIRED)

    def headroom(self, results: Results) -> Headroom:
        """Compare with the baseline on the target; the ceiling is the grid point that is best in all runs but one."""
        names = [slot.name for slot in results.slots if slot.role == "point"]
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
    """Return the test merits of a slot's runs."""
    return list(map(results.measure.merit, tables.tested(results.retrained.get(slot, {}), results.measure)))


SETTINGS, CLAIM = AgainstBaselineSettings, SelectedBeatsBaseline
TEST_SETTINGS = {"against": "he"}
