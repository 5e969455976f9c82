"""The answer of an agent's best search: `best-<agent>`."""

from __future__ import annotations

import math
from typing import Any

from rlsearch.config.artefacts import Slot
from rlsearch.config.models import StudySettings
from rlsearch.slots.base import Searched, SlotKind, empty, filled
from rlsearch.units import counted


class Best(SlotKind):
    """One slot for each agent."""

    kind, order, role = "best", 10, "answer"

    def slots(self, study: StudySettings) -> list[Slot]:
        """Return a slot for each agent."""
        return [self.slot(study, f"best-{label}", label) for label in study.agents]

    def fill(self, slot: Slot, searched: Searched) -> dict[str, Any]:
        """Fill with the answer that scored best; of equal ones, the lowest search seed.

        The winner's score is the best of several and so flatters it: it goes into the file as a description and is
        tested nowhere.
        """
        measure, summaries = searched.settings.measure, searched.of_agent(slot.source)
        answers = {seed: value["answer"] for seed, value in sorted(summaries.items()) if value["answer"] is not None}
        scores = {seed: answer[f"score_{measure.name}"] for seed, answer in answers.items()}
        scores = {seed: score for seed, score in scores.items() if score is not None and math.isfinite(score)}
        if not scores:
            reason = f"of {counted(len(summaries), 'search')} of {slot.source} none has an answer with a finite score"
            return empty(slot, reason)
        # The minus: of equal scores the lowest seed has the greatest key.
        seed = max(scores, key=lambda number: (measure.key(scores[number]), -number))
        return filled(slot, answers[seed], {f"mean_{measure.name}": scores[seed], "search_seed": seed})


SLOT = Best()
