"""The agent's answers beat those of another agent in searches that are repeated in memory, on a truth table.

`against_study` names another study, whose table holds other ways to train the same network on the same data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from rlsearch.claims.base import AgainstAgentSettings, Claim, Meaning, Meanings, Place, Seeds, must_be_other_agent
from rlsearch.config import artefacts
from rlsearch.config.base import Name
from rlsearch.config.faults import Fault, unknown_name
from rlsearch.config.models import StudySettings
from rlsearch.evidence import ceilings, worth
from rlsearch.evidence.headroom import UNKNOWN, Headroom
from rlsearch.evidence.results import Object, Results
from rlsearch.evidence.verdict import Evidence, cost_notes
from rlsearch.statistics import reach
from rlsearch.statistics.spread import Spread
from rlsearch.statistics.t_test import TTest

Floats = NDArray[np.float64]


class OnTableSettings(AgainstAgentSettings):
    """The other agent may be one of another study."""

    against_study: Name | None = None


class BeatsAgentOnTable(Claim[OnTableSettings]):
    """Two agents whose searches are repeated: the unit is the repetition, in which both meet the same training."""

    TOPIC = "{agent} against {against}"
    MEANINGS = Meanings(
        better=Meaning(
            "Yes: at the same cost, {agent} chooses better candidates than {against}, by {size}.",
            "On this {where} and at this cost, {agent} chooses better candidates than {against}: better by {size}.",
        ),
        worse=Meaning(
            "No: at the same cost, {agent} chooses worse candidates than {against}, by {size}.",
            "On this {where} and at this cost, {agent} does not choose better candidates than {against}: worse by "
            "{size}.",
        ),
        too_small_to_matter=Meaning(
            "It makes no difference worth having: {agent} and {against} end within {margin} at the same cost.",
            "On this {where} and at this cost, {agent} and {against} choose candidates that differ too little to "
            "matter.",
        ),
        cannot_tell=Meaning(
            "This run cannot tell whether {agent} chooses better candidates than {against} at the same cost: anything "
            "from {span} fits the data.",
            "Do not prefer {agent} to {against} because of these searches; they cannot tell.",
        ),
    )

    @property
    def against(self) -> str:
        """The other agent, with its study where that is another one."""
        other = self.settings.against_study
        return f"{self.settings.against} of {other}" if other else self.settings.against

    def check(self, place: Place) -> Iterator[Fault]:
        """Yield faults of an agent or a study that is not there, and of searches that nobody repeats."""
        if place.study.controls.repetitions is None:
            problem = "needs controls.repetitions: it compares whole searches repeated on the truth table"
            yield place.own("claim", problem)
        here = self.settings.against_study is None
        yield from must_be_other_agent(place, self.settings) if here else self._other(place)

    def _other(self, place: Place) -> Iterator[Fault]:
        """Yield faults of another study that is not there, or that trains on something else.

        Whether both spent the same is known when they have run: the verdict says where they did not.
        """
        name, against = str(self.settings.against_study), self.settings.against
        other, study = place.params.studies.get(name), place.study
        if name == place.name:
            yield place.own("against_study", "must be another study; leave it out for this one", name)
        elif other is None:
            yield place.own("against_study", unknown_name("study", name, list(place.params.studies)), name)
        elif against not in other.agents:
            yield place.own("against", unknown_name(f"agent in study {name}", against, list(other.agents)), against)
        elif (other.dataset, other.proxy) != (study.dataset, study.proxy):
            yield place.own("against_study", "must have this study's dataset and proxy", name)
        elif other.controls.repetitions is None:
            yield place.own("against_study", "must have controls.repetitions", name)
        elif other.controls.repetitions.runs < reach.FEWEST:
            problem = f"must be at least {reach.FEWEST}: too few to decide a claim of {place.name}"
            runs = ("studies", name, "controls", "repetitions", "runs")
            yield Fault(runs, problem, other.controls.repetitions.runs)

    def power(self, study: StudySettings, level: float) -> Seeds:
        """Return the repetitions of each agent, which are pairs."""
        repetitions = study.controls.repetitions
        now = repetitions.runs if repetitions else 0
        least = reach.fewest(now, lambda n: reach.pairs_decide(n, level))
        return Seeds(("controls", "repetitions", "runs"), now, least)

    def repeated(self, study: StudySettings) -> tuple[str, str] | None:
        """Return the two agents, where both are of this study."""
        return (self.settings.agent, self.settings.against) if self.settings.against_study is None else None

    def evidence(self, results: Results) -> Evidence:
        """Compare the answers of two agents' repeated searches."""
        return self._beside(results) if self.settings.against_study is None else self._elsewhere(results)

    def _beside(self, results: Results) -> Evidence:
        """Compare the regret of answers that meet the same trainings.

        Pairing is part of the design: in repetition i every agent meets the same training of each network. Where
        trainings are kept to judge, answers are compared on these (`judged`).
        """
        agents, wanted = (self.settings.agent, self.settings.against), results.settings.controls.repetitions
        sought = "schedules" if artefacts.closed_loop(results.settings) else "networks"
        where = "surrogate" if results.settings.surrogate else "truth table"
        text = f"{agents[0]} finds better {sought} of the {where} than {agents[1]} at equal cost"
        evidence, blocks = self.start(results, text), [results.block(agent, "repetitions") for agent in agents]
        missing = [agent for agent, block in zip(agents, blocks, strict=True) if not block]
        if missing or wanted is None:
            return evidence.without(f"not run yet (no repetitions of {' and '.join(missing) or 'this study'})")
        # Repetitions of earlier settings may still be there, in a partial report.
        if any((block["runs"], block["trials"]) != (wanted.runs, wanted.trials) for block in blocks):
            return evidence.without("not run yet (the repetitions are not those of the settings)")
        truth = worth.load_truth(results)
        if isinstance(truth, str):
            return evidence.without(truth)
        first, second = (worth.final(block, truth) for block in blocks)
        for agent, answers in zip(agents, (first, second), strict=True):
            lost = int(np.isnan(answers.values).sum())
            if lost:
                return evidence.without(f"{lost} of {wanted.runs} repetitions of {agent} gave no answer")
        notes = cost_notes(*(fmean(block["flops"]) for block in blocks))
        # A surrogate is one judge without noise: only the searches vary, and these are paired.
        if truth.kept and truth.columns > 1:
            own, other = (truth.by_judge(block) for block in blocks)
            return judged(evidence, own, other, notes)
        # Minus the regret, so that a positive difference supports the claim, as everywhere.
        return evidence.pair((-first.values).tolist(), (-second.values).tolist(), *notes)

    def _elsewhere(self, results: Results) -> Evidence:
        """Compare with an agent of another study.

        The two do not meet the same trainings in learning; the trainings that judge are seed by seed the same.
        """
        measure, mine = results.measure, self.settings
        better = "higher" if measure.higher_is_better else "lower"
        text = f"{mine.agent} reaches a {better} test {measure.label} than {self.against} at equal cost"
        evidence = self.start(results, text)
        values, costs, judges = list[Floats](), list[float](), list[tuple[int, ...]]()
        for arm, agent in ((results, mine.agent), (results.of(str(mine.against_study)), mine.against)):
            block, truth, wanted = arm.block(agent, "repetitions"), worth.load_truth(arm), arm.settings.controls
            if not block or isinstance(truth, str):
                lacking = truth if isinstance(truth, str) else f"no repetitions of {agent}"
                return evidence.without(f"not run yet ({lacking})")
            planned = wanted.repetitions and (wanted.repetitions.runs, wanted.repetitions.trials)
            if (block["runs"], block["trials"]) != planned:
                return evidence.without(f"not run yet (the repetitions of {agent} are not those of the settings)")
            if len(truth.judges) < 2:
                return evidence.without(f"fewer than two trainings are kept from the searches of {arm.name}")
            values.append(truth.by_judge(block))
            costs.append(fmean(block["flops"]))
            judges.append(truth.judges)
        # Judges are paired by their column, which must be the same training seed in both tables.
        if judges[0] != judges[1]:
            return evidence.without("the two tables are not judged by trainings of the same seeds")
        return judged(evidence, values[0], values[1], cost_notes(*costs))

    def headroom(self, results: Results) -> Headroom:
        """Compare with the other arm's answers on its table; both are judged as the claim judges them."""
        other = results.of(self.settings.against_study) if self.settings.against_study else results
        block, floor_source = _floor(other, self.settings.against)
        if results.settings.surrogate and other is results:
            truth: worth.Truth = worth.exact(results)
            ceiling = ceilings.of_surrogate(truth)
        elif results.settings.table is None or other.settings.table is None:
            return UNKNOWN
        else:
            truth, sees = worth.Truth(other.table("test")), artefacts.closed_loop(results.settings)
            ceiling = ceilings.on_table(results.table("validation"), results.table("test"), sees_training=sees)
        if block is None:
            return Headroom("the other arm has not run")
        return ceilings.over(truth.reached(block), ceiling, f"{floor_source}; {ceiling.source}")


def judged(evidence: Evidence, first: Floats, second: Floats, notes: Sequence[str]) -> Evidence:
    """Compare answers (runs, judges) that are all judged by the same trainings, which no search has met.

    Other searches would give other answers, and other trainings would judge them differently: the variance of the
    difference is that between runs plus that between judges, with Satterthwaite's degrees of freedom. Nothing is paired
    by run, since a policy and a schedule share no seeds; the judges are common to both arms and pair.
    """
    if np.isnan(first).any() or np.isnan(second).any():
        lost = int(np.isnan(first).any(axis=1).sum() + np.isnan(second).any(axis=1).sum())
        return evidence.without(f"{lost} repetitions gave no answer")
    # The same judges in both arms: their noise enters by the differences alone, that of the runs arm by arm.
    runs, judges = [arm.mean(axis=1) for arm in (first, second)], first.mean(axis=0) - second.mean(axis=0)
    between = float(judges.var(ddof=1)) / judges.size, judges.size - 1.0
    spread = Spread.between(runs[0].tolist(), runs[1].tolist(), fixed=(between,))
    if spread is None:
        return evidence.without("nothing varies, so that the noise is unknown")
    test = TTest(float(first.mean() - second.mean()), spread.error(len(first)), spread.df(len(first)))
    note = f"both arms are judged by the same {judges.size} trainings, whose seed variance the interval counts in"
    return replace(
        evidence,
        first=tuple(runs[0].tolist()),
        second=tuple(runs[1].tolist()),
        test=test,
        way="t",
        spread=spread,
        units=len(first),
        notes=(*notes, note),
    )


def _floor(results: Results, agent: str) -> tuple[Object | None, str]:
    """Return repeated searches of the other arm, else simulated ones in their place, and what they are."""
    wanted, block = results.settings.controls.repetitions, results.block(agent, "repetitions")
    if block and wanted and (block["runs"], block["trials"]) == (wanted.runs, wanted.trials):
        return block, f"the floor is what {agent} reached in {block['runs']} searches"
    simulated = None if wanted is None else results.simulated(wanted)
    return simulated, "the floor is random search's, simulated before the run"


SETTINGS, CLAIM = OnTableSettings, BeatsAgentOnTable
TEST_SETTINGS = {"against": "random"}
