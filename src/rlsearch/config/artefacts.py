"""Where every phase reads and writes, which slots a study has, and which settings each job depends on.

The Snakefile's rules, dvc.yaml's test, the entry scripts and the report all ask here, so that paths and keys are
written down once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rlsearch.config import plugins
from rlsearch.config.models import Params, SearchSettings, StudySettings
from rlsearch.config.twins import agent_of, arms, is_twin

Phase = Literal["fetch", "search", "controls", "select", "retrain", "report"]
PHASES: tuple[Phase, ...] = ("fetch", "search", "controls", "select", "retrain", "report")

DATA_FILES = ("train.npz", "validation.npz", "test.npz", "manifest.json")
SEARCH_FILES = ("trials.jsonl", "finalists.csv", "summary.json", "times.csv")
POLICY_FILES = ("steps.csv", "policy.json")
"""What a search leaves besides SEARCH_FILES where a policy answers every step."""

RETRAIN_FILES = ("metrics.json", "curves.csv", "times.csv", "model.json", "weights.pt")


@dataclass(frozen=True)
class Slot:
    """A place among the candidates that are retrained. Known from the settings, filled by the select phase.

    `kind` is best (the answer of an agent's best search), schedule (the schedule that a learned policy took in its best
    search, followed blindly), baseline (a fixed spec of the space) or grid (a point of the fidelity agent's grid);
    `source` is the agent's label, the baseline's name or the point's index.
    """

    name: str
    kind: Literal["best", "schedule", "baseline", "grid"]
    source: str
    seeds: int


def slots(study: StudySettings) -> tuple[Slot, ...]:
    """Return the slots of a study in the order of its tables."""
    seeds = study.retrain.seeds
    best = [Slot(f"best-{label}", "best", label, seeds) for label in study.agents]
    if closed_loop(study):
        learned = [label for label in study.agents if learns_policy(study, label)]
        best += [Slot(f"schedule-{label}", "schedule", label, seeds) for label in learned]
    fixed = [Slot(name, "baseline", name, seeds) for name in study.baselines]
    points: list[Slot] = []
    if study.fidelity is not None:
        count: int = getattr(study.agents[study.fidelity.agent], "points", 0)
        points = [Slot(f"grid-{i:02d}", "grid", str(i), study.fidelity.seeds) for i in range(count)]
    return tuple(best + fixed + points)


def closed_loop(study: StudySettings) -> bool:
    """Tell whether the study is a control problem: a child answers every step."""
    return bool(plugins.load("spaces", study.space.type).SPACE.closed_loop)


def learns_policy(study: StudySettings, label: str) -> bool:
    """Tell whether an arm of a control problem has a policy that answers every step, rather than whole schedules."""
    kind = getattr(plugins.load("agents", study.agents[agent_of(label)].type), "AGENT", None)
    return closed_loop(study) and getattr(kind, "driver", "") == "env"


def search_of(study: StudySettings, label: str) -> SearchSettings:
    """Return an agent's search settings: a learned policy is the one finalist of its search and pays for no other."""
    return study.search.model_copy(update={"finalists": 1}) if learns_policy(study, label) else study.search


def search_files(study: StudySettings) -> tuple[str, ...]:
    """Return the files of every search of a study."""
    return SEARCH_FILES + (POLICY_FILES if closed_loop(study) else ())


def data_folder(dataset: str) -> Path:
    """Return the folder of a fetched dataset."""
    return Path("data") / dataset


def search_folder(study: str, agent: str, seed: int) -> Path:
    """Return the folder of one search."""
    return Path("results/search") / study / agent / f"seed-{seed}"


def controls_file(study: str, agent: str) -> Path:
    """Return the file of an agent's null and planted controls."""
    return Path("results/controls") / study / f"{agent}.json"


def select_folder(study: str) -> Path:
    """Return the folder of a study's filled slots and its table of searches."""
    return Path("results/select") / study


def retrain_folder(study: str, slot: str) -> Path:
    """Return the folder of a slot's retraining."""
    return Path("results/retrain") / study / slot


def table_folder(table: str) -> Path:
    """Return the folder of a truth table, which is shipped with the project."""
    return REFERENCE_FOLDER / table


def table_files(study: StudySettings, *parts: str) -> list[Path]:
    """Return the recipe and these parts ("validation", "test") of the truth table that a study asks, if it does.

    The test part judges answers: the report reads it, no search and no control does.
    """
    if study.table is None:
        return []
    return [table_folder(study.table) / name for name in ("recipe.yaml", *(f"{part}.npz" for part in parts))]


REFERENCE_FOLDER = Path("results/reference")
REPORT_FOLDER = Path("results/report")
METRICS_FILE = Path("results/metrics.json")


def settings_keys(
    phase: Phase, *, dataset: str = "", study: str = "", agent: str | None = None, slot: Slot | None = None
) -> tuple[str, ...]:
    """Return the dotted keys of params.yaml on which a job of this phase depends.

    Without `agent` and `slot`: the union over all of them, which is what the DVC stage of the phase tracks.
    Keys left out on purpose: `runtime.workers`, the claims and the protocol's label change no byte of the phase.
    """
    base = f"studies.{study}"
    agents = f"{base}.agents.{agent_of(agent)}" if agent else f"{base}.agents"
    runtime = ("runtime.device", "runtime.child_threads")
    trained = (f"{base}.dataset", f"{base}.table", f"{base}.space", f"{base}.proxy", f"{base}.reward", agents)
    if phase == "fetch":
        return (f"datasets.{dataset}",)
    if phase == "search":
        return (*trained, f"{base}.search", *runtime)
    if phase == "controls":
        return (*trained, f"{base}.search", f"{base}.controls", *runtime)
    if phase == "select":
        return (f"{base}.space", agents, f"{base}.search", f"{base}.baselines", f"{base}.fidelity")
    if phase == "retrain":
        seeds: tuple[str, ...] = (f"{base}.retrain", f"{base}.fidelity")
        if slot is not None:
            seeds = (f"{base}.fidelity",) if slot.kind == "grid" else (f"{base}.retrain",)
        return (f"{base}.dataset", f"{base}.target", *seeds, *runtime)
    return ("",)


def searches(params: Params, study: str) -> list[tuple[str, int]]:
    """Return every (arm, seed) of a study: its agents and their never-updated twins."""
    settings = params.studies[study]
    return [(label, seed) for label in arms(settings) for seed in range(settings.search.seeds)]


def controlled(study: StudySettings) -> list[str]:
    """Return the arms that have a controls file: all agents, and twins where whole searches are repeated."""
    repeated = study.table is not None and study.controls.repetitions is not None
    return [label for label in arms(study) if repeated or not is_twin(label)]
