"""The sections of a study's part of the page, in reading order, and what each one is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rlsearch.report.study import StudyData


def _always(_: StudyData) -> bool:
    return True


@dataclass(frozen=True)
class Section:
    """`id` ties figures and tables to a section; `needs` names the result folders that it is made of.

    `on_test` replaces `intro` where the search was rewarded on the published test set, `on_table` where its children
    come from a truth table. `wanted` tells whether the settings of a study lead to the section at all.
    """

    id: str
    title: str
    intro: str
    needs: tuple[str, ...]
    on_test: str | None = None
    on_table: str | None = None
    wanted: Callable[[StudyData], bool] = _always


SECTIONS = (
    Section(
        "search",
        "The search",
        "Every agent proposes candidates one after another. Each is trained briefly on the proxy task, and the reward "
        "is its accuracy on validation images that it was not trained on.",
        ("search",),
        "Every agent proposes candidates one after another. Each is trained briefly on the proxy task, and the reward "
        "is its accuracy on the published test set, as in the source.",
        "Every agent proposes candidates one after another. None is trained for this: the reward is the validation "
        "accuracy that one training of the candidate reached when the truth table was made.",
    ),
    Section(
        "landscape",
        "What there is to find",
        "All trials together show how the reward depends on the choice, whoever made it. A flat curve means that the "
        "best search cannot find much.",
        ("search",),
        wanted=lambda study: study.decision is not None,
    ),
    Section(
        "table",
        "Many searches on the truth table",
        "Every network of this space has been trained many times, so that whole searches can be repeated at no cost "
        "and judged by what their choice is really worth: its mean over trainings that the search did not see. All "
        "agents have the same budget of FLOPs, and in each repetition they meet the same luck.",
        ("controls", "reference"),
        wanted=lambda study: study.settings.controls.repetitions is not None,
    ),
    Section(
        "gradient",
        "The noise of the policy gradient",
        "A baseline or a critic is there to make the estimate of the policy gradient less noisy without changing what "
        "it estimates. So the estimate itself is measured here, over many batches at policies that are held still, and "
        "not the rewards, whose spread says nothing about it.",
        ("controls",),
        wanted=lambda study: study.settings.controls.gradient is not None,
    ),
    Section(
        "target",
        "On the target network",
        "What each agent selected is trained from scratch on the target, which is larger than the proxy or trained for "
        "longer, on training and validation images together, beside the baselines. The test set is "
        "measured once, at the end.",
        ("select", "retrain"),
        "What each agent selected is trained from scratch on the target, which is larger than the proxy or trained for "
        "longer, on the training images alone, beside the baselines. It is measured on the same test set on which "
        "the search was rewarded, so that the accuracy of "
        "what was selected is optimistic.",
    ),
    Section(
        "fidelity",
        "Does the proxy rank like the target?",
        "A search on a cheap proxy helps only if the proxy puts candidates in the same order as the target does.",
        ("search", "select", "retrain"),
    ),
    Section(
        "controls",
        "Would chance look the same?",
        "The same agents search where there is nothing to find: the reward is noise of the measured size. Whatever "
        "they show there is no sign of learning. And they search where the answer is known, which shows what they can "
        "find.",
        ("search", "controls"),
    ),
    Section("published", "Published and measured", "", ("search", "select", "retrain", "controls")),
    Section(
        "cost",
        "What it cost",
        "Three axes, because each alone can flatter: how often an agent asked, how many different trainings that "
        "needed, and how much arithmetic.",
        ("search", "retrain"),
    ),
)

_PHASES = {
    "search": "searches",
    "controls": "controls",
    "select": "selected slots",
    "retrain": "retrained slots",
    "reference": "parts of the truth table",
}


_ONE = {"reference": "part of the truth table"}


def intro(study: StudyData, section: Section) -> str:
    """Return what a section of this study is about."""
    if study.settings.table is not None and section.on_table:
        return section.on_table
    return section.on_test if study.rewards_on_test and section.on_test else section.intro


def not_run(study: StudyData, needs: tuple[str, ...]) -> list[str]:
    """Return what is missing for a section in words, e.g. "3 searches (results/search)"."""
    found = []
    for phase in needs:
        paths = [path for path in study.missing if path.startswith(f"results/{phase}/")]
        if phase == "select":
            paths = [path for path in paths if path.endswith(".json")]
        places = {path.rsplit("/", 1)[0] if phase in ("search", "retrain") else path for path in paths}
        if places:
            noun = _PHASES[phase]
            noun = _ONE.get(phase, noun.removesuffix("s")) if len(places) == 1 else noun
            found.append(f"{len(places)} {noun} (results/{phase})")
    return found
