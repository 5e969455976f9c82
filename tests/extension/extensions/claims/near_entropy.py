"""What the agent selected reads a text of known entropy nearly as well as anybody can."""

from __future__ import annotations

from collections.abc import Iterator

from rlsearch.claims.base import Claim, Meaning, Meanings, Place, Seeds
from rlsearch.config import artefacts
from rlsearch.config.base import ClaimSettings, Positive
from rlsearch.config.faults import Fault
from rlsearch.config.models import StudySettings
from rlsearch.data import registry
from rlsearch.evidence import tables
from rlsearch.evidence.results import Results
from rlsearch.evidence.verdict import Evidence
from rlsearch.statistics import reach


class Settings(ClaimSettings):
    """`within`: how many nats above the entropy still count as nearly."""

    within: Positive = 0.1


class NearEntropy(Claim[Settings]):
    """The unit is the retraining run: the entropy is known and has no noise."""

    TOPIC = "what {agent} selected against the entropy of the text"
    MEANINGS = Meanings(
        better=Meaning(
            "Yes: what {agent} selected is below the bound by {size}.",
            "Use what {agent} selected: nobody could predict this text much better; it is below the bound by {size}.",
        ),
        worse=Meaning(
            "No: what {agent} selected is above the bound by {size}.",
            "Look further: what {agent} selected leaves {size} above the bound to be gained.",
        ),
        too_small_to_matter=Meaning(
            "What {agent} selected lies at the bound, within {margin}.",
            "What {agent} selected lies at the bound.",
        ),
        cannot_tell=Meaning(
            "This run cannot tell whether what {agent} selected is below the bound: anything from {span} fits.",
            "Do not rely on what {agent} selected yet: these runs cannot tell how near it comes.",
        ),
    )

    def check(self, place: Place) -> Iterator[Fault]:
        """Yield a fault where the text has no known entropy."""
        kind = registry.load(place.params.datasets[place.study.dataset].source).KIND
        if kind != "glyphs":
            problem = f"is about texts of known entropy; the study's data are {kind}"
            yield place.own("claim", problem, self.settings.claim)

    def power(self, study: StudySettings, level: float) -> Seeds:
        """Return the retraining runs."""
        now = study.retrain.seeds
        return Seeds(("retrain", "seeds"), now, max(now, reach.FEWEST))

    def evidence(self, results: Results) -> Evidence:
        """Return how far each run stays below the bound."""
        agent, within = self.settings.agent, self.settings.within
        evidence = self.start(results, f"What {agent} selected comes within {within:g} nats of the entropy of the text")
        found, about = results.retrained.get(artefacts.answer_of(results.settings, agent).name), results.manifest
        if found is None or about is None:
            return evidence.without("not run yet (nothing was retrained)")
        runs = tables.tested(found, results.measure)
        if len(runs) < len(found["runs"]) or not runs:
            return evidence.without(found["reason"] or "a run has no test perplexity")
        bound = -(about["entropy"] + within)
        return evidence.estimate([results.measure.merit(level) - bound for level in runs])


SETTINGS, CLAIM = Settings, NearEntropy
