"""How the searches went."""

from __future__ import annotations

from rlsearch.report.study import StudyData

TITLE = "The search"
ORDER = 10
NEEDS = ("search",)


def applies(_: StudyData) -> bool:
    """Tell whether the study searches: all do."""
    return True


def introduction(study: StudyData) -> str:
    """Return who proposes what, and on what the reward rests."""
    return _closed_loop(study) if study.closed_loop else f"{_PROPOSALS} {_reward(study)}"


_PROPOSALS = "Every agent proposes candidates one after another."


def _reward(study: StudyData) -> str:
    measure = study.measure.label
    if study.settings.table is not None:
        return (
            f"None is trained for this: the reward rests on the validation {measure} that one training of the "
            "candidate reached when the truth table was made."
        )
    if study.settings.surrogate:
        noise = "with noise of a stated size" if study.settings.surrogate.noise else "without noise"
        return (
            f"None is trained for this: the reward rests on the {measure} that a benchmark function with a known "
            f"optimum gives the candidate, {noise}."
        )
    part = (
        "the published test set, as in the source"
        if study.rewards_on_test
        else f"validation {study.kind.noun} that it was not trained on"
    )
    return f"Each is trained briefly on the proxy task, and the reward rests on its {measure} on {part}."


def _closed_loop(study: StudyData) -> str:
    if study.settings.table is not None:
        return (
            "Agents that learn a policy choose the optimizer of each step of a run and see what the last one did; the "
            "others propose whole schedules. No network is trained for this: every step is answered from a schedule "
            "tree, in which all schedules were trained, and its cost is counted as if it had been."
        )
    return (
        "Every agent trains networks, one run after the other. Agents that learn a policy choose the optimizer of each "
        "step and see what the last one did; the others propose whole schedules. The reward rests on the "
        f"{study.measure.label} after a run on {study.kind.noun} that it was not trained on; a policy receives the "
        "reward of every step."
    )
