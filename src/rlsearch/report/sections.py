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
    come from a truth table, `on_surrogate` where a surrogate works them out, `on_control` (with `on_tree`) in control
    problems, `on_steps` in other studies whose runs are measured on their way. `wanted` tells whether the settings of a
    study lead to the section at all.
    """

    id: str
    title: str
    intro: str
    needs: tuple[str, ...]
    on_test: str | None = None
    on_table: str | None = None
    on_surrogate: str | None = None
    on_control: str | None = None
    on_tree: str | None = None
    on_steps: str | None = None
    wanted: Callable[[StudyData], bool] = _always


SECTIONS = (
    Section(
        "search",
        "The search",
        "Every agent proposes candidates one after another. Each is trained briefly on the proxy task, and the reward "
        "rests on its {measure} on validation images that it was not trained on.",
        ("search",),
        "Every agent proposes candidates one after another. Each is trained briefly on the proxy task, and the reward "
        "rests on its {measure} on the published test set, as in the source.",
        "Every agent proposes candidates one after another. None is trained for this: the reward rests on the "
        "validation {measure} that one training of the candidate reached when the truth table was made.",
        "Every agent proposes candidates one after another. None is trained for this: the reward rests on the "
        "{measure} that a benchmark function with a known optimum gives the candidate, with noise of a stated size.",
        on_control="Every agent trains networks, one run after the other. Agents that learn a policy choose the "
        "optimizer of each step and see what the last one did; the others propose whole schedules. The reward rests on "
        "the {measure} after a run on images that it was not trained on; what a policy is told is the reward of every "
        "step.",
        on_tree="Agents that learn a policy choose the optimizer of each step of a run and see what the last one did; "
        "the others propose whole schedules. No network is trained for this: every step is answered from a schedule "
        "tree, in which all schedules were trained, and its cost is counted as if it had been.",
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
        "Searches repeated many times",
        "Every network of this space has been trained many times, so that whole searches can be repeated at no cost "
        "and judged by what their choice is really worth: its mean over trainings that the search did not see. All "
        "agents have the same budget of FLOPs, and in each repetition they meet the same luck.",
        ("controls", "reference"),
        on_surrogate="A benchmark function stands for training here, so that whole searches can be repeated at no cost "
        "and judged exactly: by its value without noise. All agents have the same budget, and in each repetition they "
        "meet the same noise.",
        on_control="Every schedule has been trained many times, so that whole searches can be repeated at no cost and "
        "judged exactly. Some trainings are kept from all searches: a policy is frozen and plays those, and what it "
        "chooses there is its answer. All agents have the same budget of FLOPs. Grey lines say what needs no search.",
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
        "the search was rewarded, so that the {measure} of what was selected is optimistic.",
        on_control="What each agent selected is trained from scratch with fresh seeds on the target: a learned policy "
        "frozen and still looking, the schedule that it took, and what other agents chose, beside the baselines. "
        "{measured}",
        on_steps="What each agent selected is trained from scratch with fresh seeds on the target, beside the "
        "baselines. {measured}",
    ),
    Section(
        "sensitivity",
        "What the result depends on",
        "The source gives no weights for its reward, and its code makes every optimizer anew at each epoch. Both are "
        "worked out exactly from schedule trees here: which schedule a perfect learner would settle on under other "
        "weights, and what the same schedules reach when optimizers keep their state.",
        ("reference",),
        wanted=lambda study: study.closed_loop and study.settings.table is not None,
    ),
    Section(
        "fidelity",
        "Does the proxy rank like the target?",
        "A search on a cheap proxy helps only if the proxy puts candidates in the same order as the target does.",
        ("search", "select", "retrain"),
        wanted=lambda study: study.settings.fidelity is not None,
    ),
    Section(
        "controls",
        "Would chance look the same?",
        "The same agents search where there is nothing to find: the reward is noise of the measured size. Whatever "
        "they show there is no sign of learning. And they search where the answer is known, which shows what they can "
        "find.",
        ("search", "controls"),
        on_control="The same agents search where there is nothing to find. Those that learn a policy see the progress "
        "of a schedule drawn at random, whatever they choose; for others, where they are simulated, the reward is "
        "noise of the measured size. Whatever they show there is no sign of learning. And they search where the answer "
        "is known, which shows what they can find.",
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
    "transfer": "slots of transfers",
    "reference": "parts of the truth table",
}


_ONE = {"reference": "part of the truth table"}


def intro(study: StudyData, section: Section) -> str:
    """Return what a section of this study is about."""
    return _chosen(study, section).format(measured=_measured(study), measure=study.measure.label)


def _chosen(study: StudyData, section: Section) -> str:
    on_tree = study.settings.table is not None
    if study.closed_loop and section.on_control:
        return (on_tree and section.on_tree) or section.on_control
    if study.stepwise and section.on_steps:
        return section.on_steps
    if study.settings.surrogate and section.on_surrogate:
        return section.on_surrogate
    if on_tree and section.on_table:
        return section.on_table
    return section.on_test if study.rewards_on_test and section.on_test else section.intro


def _measured(study: StudyData) -> str:
    """Return on which images runs are measured on their way, and what follows."""
    if study.rewards_on_test:
        return (
            "Runs are measured on the test images on their way, and judged by the same, so that results are "
            "optimistic; all train on the training images alone."
        )
    return (
        "Runs are measured on the validation images on their way, so all train on the training images alone. The test "
        "set is measured once, at the end."
    )


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
