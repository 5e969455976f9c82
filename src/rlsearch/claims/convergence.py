"""The agent's searches settle more tightly than searches do whose reward is pure noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from rlsearch.boundary import at_most
from rlsearch.claims.base import Claim, Meaning, Meanings, Place, Seeds, must_learn
from rlsearch.config.base import ClaimSettings
from rlsearch.config.faults import Fault
from rlsearch.config.models import StudySettings
from rlsearch.evidence import ceilings, signs, tables
from rlsearch.evidence.headroom import Headroom
from rlsearch.evidence.results import Results
from rlsearch.evidence.verdict import Evidence
from rlsearch.spaces._making import space_of
from rlsearch.spaces.base import Continuous, Decision
from rlsearch.statistics import reach
from rlsearch.units import Unit

SMALLEST_SAMPLE = 3
"""Fewer searches than this say nothing about an agent's convergence, however many null runs they are compared with."""


class Convergence(Claim[ClaimSettings]):
    """Real searches beside null runs, in the spread of the first decision over the last quarter of the trials."""

    TOPIC = "how tightly {agent} settles, against searches without a signal"
    MEANINGS = Meanings(
        better=Meaning(
            "{agent} settles more tightly than it does where there is nothing to find.",
            "It settles more tightly than chance alone made it settle; whether it settles in the right place is "
            "another question (see the planted optimum).",
        ),
        worse=Meaning(
            "No: {agent} settles less tightly than it does where there is nothing to find.",
            "{agent} settles worse, less tightly than it does when the reward says nothing.",
        ),
        too_small_to_matter=Meaning(
            "{agent} settles about as tightly where there is nothing to find.",
            "Do not read anything into {agent} settling: it settles about as tightly without a signal.",
        ),
        cannot_tell=Meaning(
            "This run cannot tell whether {agent} settles more tightly than by chance.",
            "That {agent} settles says little yet: these searches may have settled by chance.",
        ),
    )

    def unit(self, study: StudySettings) -> Unit:
        """Return the unit of the first decision."""
        decision = _first_decision(study)
        return Unit(decision.name if decision else "action")

    def check(self, place: Place) -> Iterator[Fault]:
        """Yield faults of an agent that does not learn, a space of choices, and null runs that nobody simulates."""
        study, agent, wanted = place.study, self.settings.agent, place.study.controls.agents
        yield from must_learn(place, agent)
        if study.controls.episodes < study.search.trials:
            problem = f"must be at least the searches' {study.search.trials} trials, with which null runs are compared"
            yield place.beside(("controls", "episodes"), problem, study.controls.episodes)
        if not isinstance(_first_decision(study), Continuous):
            problem = "is about one continuous decision, which the space does not have"
            yield place.own("claim", problem, self.settings.claim)
        if wanted is not None and agent not in wanted:
            problem = f"must name {agent}, whose claim of convergence is judged by null runs"
            yield place.beside(("controls", "agents"), problem, list(wanted))

    def power(self, study: StudySettings, level: float) -> Seeds:
        """Return the searches of the agent, beside the null runs."""
        now, null = study.search.seeds, study.controls.runs
        least = reach.fewest(max(now, SMALLEST_SAMPLE), lambda n: at_most(reach.smallest_p(n, null), level))
        return Seeds(("search", "seeds"), now, least)

    def evidence(self, results: Results) -> Evidence:
        """Compare how tightly real searches settle with searches whose reward is noise around a constant."""
        agent = self.settings.agent
        evidence = self.start(results, f"{agent} settles more tightly than it does when the reward says nothing")
        if not isinstance(results.space.next(()), Continuous):
            return evidence.without("it needs a space whose first decision is continuous")
        real, controls = signs.search_numbers(results, agent), results.controls.get(agent)
        unfinished = results.settings.search.seeds - len(real)
        if unfinished or controls is None:
            missing = f"{unfinished} searches" if unfinished else "the controls"
            return evidence.without(f"not run yet ({missing} missing)")
        # Tightness is minus the spread, so that a positive difference supports the claim, as everywhere.
        tightness = [-sd for sd in tables.finite(search["last_sd"] for search in real)]
        if len(tightness) < len(real):
            return evidence.without("a search is too short to have a last quarter")
        null = tables.finite(controls["null_constant"]["last_sd"])
        # Null runs were cut at one length; a search that ended elsewhere settles at another rate.
        lengths, prefix = sorted({search["trials"] for search in real}), controls["prefix"]
        notes = [] if lengths == [prefix] else [f"null runs hold {prefix} trials, real searches {_listed(lengths)}"]
        return evidence.compare(tightness, [-sd for sd in null], *notes)

    def headroom(self, results: Results) -> Headroom:
        """Compare with null searches: nothing settles more tightly than a search that always proposes the same."""
        spreads = np.array(tables.finite(results.block(self.settings.agent, "null_constant").get("last_sd", ())))
        if spreads.size < 2:
            return Headroom("the null searches have not run")
        # Tightness is minus a spread, hence 0 at the most.
        source = "the floor is the spread of null searches, the ceiling that of a search which always proposes the same"
        return Headroom.between(source, -float(spreads.mean()), 0.0, [ceilings.error(spreads)])


def _first_decision(study: StudySettings) -> Decision | None:
    return space_of(study.space).next(())


def _listed(numbers: Sequence[int]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"


SETTINGS, CLAIM = ClaimSettings, Convergence
