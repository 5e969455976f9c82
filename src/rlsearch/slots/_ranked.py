"""The different candidates that an agent's searches trained again on fresh seeds, best first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from rlsearch.config.artefacts import Slot
from rlsearch.config.base import Name, SlotSettings
from rlsearch.measures import Measure
from rlsearch.slots.base import Searched, empty
from rlsearch.units import counted


class RankedSettings(SlotSettings):
    """A number of an agent's best candidates (see `ranked`).

    `agent` is one of the study's; `count` is at most its finalists over all its searches.
    """

    agent: Name
    count: Annotated[int, Field(ge=1, le=1000)]


def place_name(agent: str, place: int) -> str:
    """Return what slots call the candidate at a place (from 1) among an agent's best, by which they know it as one."""
    return f"{agent}, place {place}"


def ranked(searched: Searched, agent: str) -> list[dict[str, Any]]:
    """Return the different finalists of all searches of an agent by their mean level, best first.

    The mean is over all fresh seeds: those on which searches compared their finalists, and those that scored an answer.
    The reward by which a candidate became a finalist takes no part, nor does the test set. Candidates that did not
    reach a finite level on every seed are left out; of equal ones, that of the lowest search seed comes first.

    Returns:
        `spec`, `key`, `label`, and in `proxy` the mean level and the number of seeds.
    """
    measure, candidates = searched.settings.measure, dict[str, dict[str, Any]]()
    for seed, summary in sorted(searched.of_agent(agent).items()):
        answer = summary["answer"] or {}
        for row in searched.finalists(agent, seed):
            means = candidates.setdefault(row["key"], {**row, "means": []})["means"]
            means.append((row[f"mean_{measure.name}"], row["replicates"]))
            if answer.get("key") == row["key"]:
                # The answer alone was trained again for its score; these trainings count like the others.
                means.append((answer[f"score_{measure.name}"], answer["score_replicates"]))
    scored = [{**candidate, "proxy": _proxy(candidate["means"], measure)} for candidate in candidates.values()]
    trained = [candidate for candidate in scored if candidate["proxy"] is not None]
    # Stable: of equal ones the first stays first, which the lowest search seed brought.
    return sorted(trained, key=lambda candidate: -measure.key(candidate["proxy"][f"mean_{measure.name}"]))


def _proxy(means: Sequence[tuple[float | None, int]], measure: Measure) -> dict[str, Any] | None:
    """Return the mean level over all trainings from means and their numbers; None where one has no finite level."""
    if any(level is None or not math.isfinite(level) for level, _ in means):
        return None
    n = sum(count for _, count in means)
    # Averaged as merits: some measures average on another scale (perplexity by the loss).
    merit = sum(measure.merit(level) * count for level, count in means if level is not None) / n
    return {f"mean_{measure.name}": measure.level_of(merit), "n": n}


def too_few(slot: Slot, there_are: int, wanted: int) -> dict[str, Any]:
    """Return the file of a slot that would need more different candidates than there are."""
    different = counted(there_are, "different candidate")
    return empty(slot, f"the searches of {slot.source} ended with {different}, and this asks for {wanted}")
