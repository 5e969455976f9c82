"""What a claim is. A kind is a file in this folder with `SETTINGS`, the model of its entry, and `CLAIM`, its class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import Field

from rlsearch.config import plugins
from rlsearch.config.base import ClaimSettings, Name
from rlsearch.config.faults import NOTHING, Fault, KeyPath, unknown_name
from rlsearch.config.models import Params, StudySettings
from rlsearch.config.twins import learns
from rlsearch.errors import RlsearchError
from rlsearch.evidence.decision import Decision
from rlsearch.evidence.headroom import UNKNOWN, Headroom
from rlsearch.evidence.results import Results
from rlsearch.evidence.verdict import Evidence, Verdict, judge
from rlsearch.statistics.holm import holm
from rlsearch.units import Unit

FAVOUR = ", and leaving them out would favour that arm"
"""Ends the reason why an arm with values missing is not tested."""

S = TypeVar("S", bound=ClaimSettings)


class AgainstAgentSettings(ClaimSettings):
    """A claim that compares the agent with another one."""

    against: Annotated[Name, Field(description="another agent of the study")]


@dataclass(frozen=True)
class Meaning:
    """What one verdict on a claim means. Both texts may name {agent} and {against}, and the {size} of the effect.

    Attributes:
        answer: to the study's question, as its card gives it; it may name the {margin} and the {span} of the interval.
        advice: what follows for someone who wants to use the result.
    """

    answer: str
    advice: str


@dataclass(frozen=True)
class Meanings:
    """What each of the four verdicts on a claim means."""

    better: Meaning
    worse: Meaning
    too_small_to_matter: Meaning
    cannot_tell: Meaning

    def __getitem__(self, decision: Decision) -> Meaning:
        meaning: Meaning = getattr(self, decision.replace(" ", "_"))
        return meaning


@dataclass(frozen=True)
class Seeds:
    """How many values each arm of a claim's test has, and needs.

    Attributes:
        key: the setting that says it, from the study on; now: its value, 0 where that part of the settings is missing.
        least: the fewest from `now` on with which some result decides the claim.
        section: the place of `key`, where that is not the study.
    """

    key: KeyPath
    now: int
    least: int
    section: KeyPath = ()


@dataclass(frozen=True)
class Place:
    """The place of a claim in the settings: its index among the claims of a study."""

    params: Params
    name: str
    index: int

    @property
    def study(self) -> StudySettings:
        """The study."""
        return self.params.studies[self.name]

    def own(self, key: str, problem: str, value: Any = NOTHING) -> Fault:
        """Return a fault of one of the entry's own keys."""
        return self.beside(("claims", self.index, key), problem, value)

    def beside(self, path: KeyPath, problem: str, value: Any = NOTHING) -> Fault:
        """Return a fault of another key of the study."""
        return Fault(("studies", self.name, *path), problem, value)


class Claim(ABC, Generic[S]):
    """A statement about one agent, which the artefacts decide.

    Args:
        settings: its entry, of the file's `SETTINGS`.

    Attributes:
        MEANINGS: what its verdicts mean. TOPIC: the claim in a few words, which may name {agent} and {against}.
    """

    MEANINGS: ClassVar[Meanings]
    TOPIC: ClassVar[str]

    def __init__(self, settings: S) -> None:
        self.settings = settings

    @property
    def against(self) -> str | None:
        """What the agent is compared with, by name; None where that is no choice of the settings."""
        other: str | None = getattr(self.settings, "against", None)
        return other

    def unit(self, study: StudySettings) -> Unit:
        """Return the unit of effect and margin; the study's measure, if a kind says nothing else."""
        return study.measure

    @abstractmethod
    def check(self, place: Place) -> Iterator[Fault]:
        """Yield what is wrong with the entry, and with other settings on which the claim rests.

        That the agent is one of the study's is checked elsewhere, and may not be so.
        """

    @abstractmethod
    def power(self, study: StudySettings, level: float) -> Seeds:
        """Return how many seeds the claim's test has, and needs to reach this level."""

    def seeds(self, params: Params, study: str, level: float) -> Seeds:
        """Return the same of a study by name, for claims whose values are not the study's own."""
        return self.power(params.studies[study], level)

    @abstractmethod
    def evidence(self, results: Results) -> Evidence:
        """Return the evidence; without a test, it holds the reason why there is none."""

    def headroom(self, results: Results) -> Headroom:
        """Return what the best chooser that we tried gains over the other arm; unknown if a kind does not say it."""
        return UNKNOWN

    def start(self, results: Results, text: str) -> Evidence:
        """Return the evidence before there is any; `text` is the claim in plain words."""
        mine, unit = self.settings, self.unit(results.settings)
        return Evidence(text, mine.claim, mine.agent, self.against, unit, mine.margin)

    def slots(self, study: StudySettings) -> tuple[str, str] | None:
        """Return the two slots whose retraining is compared, where that is what the claim is about."""
        return None

    def repeated(self, study: StudySettings) -> tuple[str, str] | None:
        """Return the two arms of the study whose repeated searches are compared, where the claim is about these."""
        return None


def of(settings: ClaimSettings) -> Claim[Any]:
    """Return the claim that an entry of the settings makes."""
    claim: Claim[Any] = plugins.load("claims", settings.claim).CLAIM(settings)
    return claim


def of_study(study: StudySettings) -> list[Claim[Any]]:
    """Return the claims of a study, in the order of the settings."""
    return [of(settings) for settings in study.claims]


def kind_of(verdict: Verdict) -> type[Claim[Any]]:
    """Return the class of the claim that was decided."""
    kind: type[Claim[Any]] = plugins.load("claims", verdict.kind).CLAIM
    return kind


def evaluate(results: Results) -> list[Verdict]:
    """Return the verdicts on a study's claims, in the order of the settings, Holm-corrected within the study.

    Missing artefacts give verdicts without evidence, never an error.
    """
    claims = of_study(results.settings)
    evidence = [claim.evidence(results) for claim in claims]
    # All claims, also those not run yet: the levels must not depend on how far the run has come.
    levels = holm([None if item.test is None else item.test.p for item in evidence], results.settings.alpha)
    verdicts = [judge(item, level) for item, level in zip(evidence, levels, strict=True)]
    rooms = [room(claim, results) for claim in claims]
    return [replace(verdict, headroom=room) for verdict, room in zip(verdicts, rooms, strict=True)]


def room(claim: Claim[Any], results: Results) -> Headroom:
    """Return a claim's headroom; a table or an artefact that cannot be read gives an unknown one, never an error."""
    try:
        return claim.headroom(results)
    except RlsearchError as error:
        return Headroom(error.what)


def must_learn(place: Place, agent: str) -> Iterator[Fault]:
    """Yield a fault where a claim's agent is one that does not learn."""
    study = place.study
    if agent in study.agents and not learns(study.agents[agent]):
        able = [label for label, settings in study.agents.items() if learns(settings)]
        yield place.own("agent", f"must be an agent that learns; here: {', '.join(able) or 'none'}", agent)


def must_be_other_agent(place: Place, settings: AgainstAgentSettings) -> Iterator[Fault]:
    """Yield a fault unless a claim is against another agent of the study."""
    others = [label for label in place.study.agents if label != settings.agent]
    if settings.against not in others:
        problem = unknown_name("other agent in this study", settings.against, others)
        yield place.own("against", problem, settings.against)
