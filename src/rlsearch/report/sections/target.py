"""What was selected, on the target."""

from __future__ import annotations

from rlsearch.config.recipes import recipes
from rlsearch.report.study import StudyData

TITLE = "On the target network"
ORDER = 50
NEEDS = ("select", "retrain")


def applies(study: StudyData) -> bool:
    """Tell whether the study retrains."""
    return study.settings.target is not None


def introduction(study: StudyData) -> str:
    """Return what is trained, on which part of the data, and by which it is judged."""
    if study.closed_loop:
        return (
            "What each agent selected is trained from scratch with fresh seeds on the target: a learned policy, frozen "
            "but still observing the run, the schedule that it chose, and what other agents chose, beside the "
            "baselines. "
            f"{_measured(study)}"
        )
    if study.stepwise:
        return (
            "What each agent selected is trained from scratch with fresh seeds on the target, beside the baselines. "
            f"{_measured(study)}"
        )
    selected = f"What each agent selected is trained from scratch on the target, {_beside_proxy(study)}on"
    if study.rewards_on_test:
        return (
            f"{selected} the training {study.kind.noun} alone, beside the baselines. It is measured on the same test "
            f"set on which the search was rewarded, so that the {study.target_measure.label} of what was selected is "
            "optimistic."
        )
    selected = f"{_tuned(study)}{selected}"
    if study.settings.retraining.train_on == "train":
        return (
            f"{selected} the training {study.kind.noun} alone, beside the baselines: as `train_on: train` has it, the "
            f"validation {study.kind.noun} are left out. The test set is measured once, at the end."
        )
    return (
        f"{selected} training and validation {study.kind.noun} together, beside the baselines. The test set is "
        "measured once, at the end."
    )


def _tuned(study: StudyData) -> str:
    """Return how the recipe of each slot was chosen; nothing where all have the target's."""
    tried = len(recipes(study.settings))
    if not tried:
        return ""
    noun = study.kind.noun
    return (
        f"For every slot {tried} recipes are tried first (`retrain.tune`), each once and with one seed, on the "
        f"training {noun} alone; the one that is best on the validation {noun} trains all of its runs. "
    )


def _beside_proxy(study: StudyData) -> str:
    """Return how the target differs from the proxy; nothing where nothing was trained on one."""
    proxy, target = study.settings.proxy, study.settings.tasks["target"]
    if proxy is None:
        return ""
    larger = (target.network, target.network_options) != (proxy.network, proxy.network_options)
    longer = target.epochs > proxy.epochs
    what = "which is larger than the proxy or trained for longer" if larger or longer else "for as long as the proxy"
    return f"{what}, "


def _measured(study: StudyData) -> str:
    """Return on which part of the data runs are measured during training, and what follows."""
    noun = study.kind.noun
    if study.rewards_on_test:
        return (
            f"Runs are measured on the test {noun} during training, and judged by the same, so that results are "
            f"optimistic; all train on the training {noun} alone."
        )
    return (
        f"Runs are measured on the validation {noun} during training, so all train on the training {noun} alone. The "
        "test set is measured once, at the end."
    )
