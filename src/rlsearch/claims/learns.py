"""The agent learns: its answers beat those of its never-updated twin, which starts from the same policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rlsearch.claims.base import Claim, Meaning, Meanings, Place, Seeds, must_learn
from rlsearch.claims.beats_agent import SETTINGS as SEARCHED
from rlsearch.claims.beats_agent import BeatsAgent
from rlsearch.claims.beats_agent_on_table import SETTINGS as REPEATED
from rlsearch.claims.beats_agent_on_table import BeatsAgentOnTable
from rlsearch.config.base import ClaimSettings
from rlsearch.config.faults import Fault
from rlsearch.config.models import StudySettings
from rlsearch.config.twins import twin_of
from rlsearch.evidence.headroom import Headroom
from rlsearch.evidence.results import Results
from rlsearch.evidence.verdict import Evidence


class Learns(Claim[ClaimSettings]):
    """A comparison with the never-updated twin: by repeated searches where the study repeats them, else by searches."""

    TOPIC = "{agent} against its never-updated twin"
    MEANINGS = Meanings(
        better=Meaning(
            "Yes, it learns: {agent} finds better candidates than its never-updated twin, by {size}.",
            "What {agent} learns during a search pays off: its answers are better by {size} than those of its "
            "never-updated twin, which starts from the same policy and never learns.",
        ),
        worse=Meaning(
            "No: {agent} finds worse candidates than its never-updated twin, by {size}.",
            "Learning does harm here: the answers of {agent} are worse by {size} than those of its never-updated "
            "twin, which starts from the same policy and never learns.",
        ),
        too_small_to_matter=Meaning(
            "It learns nothing worth having: {agent} and its never-updated twin end within {margin}.",
            "What {agent} finds, it finds by the policy that it starts from: its never-updated twin does about as "
            "well.",
        ),
        cannot_tell=Meaning(
            "This run cannot tell whether {agent} learns anything that its never-updated twin does not have: "
            "anything from {span} fits the data.",
            "These searches cannot tell whether {agent} learns: its never-updated twin may do as well.",
        ),
    )

    def compared(self, study: StudySettings) -> BeatsAgent | BeatsAgentOnTable:
        """Return the comparison with the twin as a claim of its own."""
        agent, margin = self.settings.agent, self.settings.margin
        twin = {"agent": agent, "against": twin_of(study, agent), "margin": margin}
        # Not validated: the name of a twin may be longer than that of an agent.
        if study.controls.repetitions is None:
            return BeatsAgent(SEARCHED.model_construct(None, claim="beats-agent", **twin))
        return BeatsAgentOnTable(REPEATED.model_construct(None, claim="beats-agent-on-table", **twin))

    def check(self, place: Place) -> Iterator[Fault]:
        """Yield a fault where the agent does not learn."""
        yield from must_learn(place, self.settings.agent)

    def power(self, study: StudySettings, level: float) -> Seeds:
        """Return the seeds of the comparison."""
        return self.compared(study).power(study, level)

    def repeated(self, study: StudySettings) -> tuple[str, str] | None:
        """Return agent and twin where the study repeats searches."""
        return self.compared(study).repeated(study)

    def evidence(self, results: Results) -> Evidence:
        """Return the evidence on the comparison, as evidence on learning."""
        agent = self.settings.agent
        text = f"{agent} learns: it finds better candidates than its never-updated twin, at equal cost"
        comparison = self.compared(results.settings).evidence(results)
        return replace(comparison, claim=text, kind=self.settings.claim)

    def headroom(self, results: Results) -> Headroom:
        """Return the headroom over the twin."""
        return self.compared(results.settings).headroom(results)


SETTINGS, CLAIM = ClaimSettings, Learns
