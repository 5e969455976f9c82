"""Where every phase reads and writes, which slots a study has, and which settings each job depends on.

The Snakefile's rules, dvc.yaml's test, the entry scripts and the report all ask here, so that paths and keys are
written down once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rlsearch.config import plugins
from rlsearch.config.models import Params, SearchSettings, StudySettings
from rlsearch.config.transfer_models import TransferSettings
from rlsearch.config.twins import agent_of, arms, is_twin
from rlsearch.measures import Measure

Phase = Literal["fetch", "search", "controls", "select", "retrain", "transfer", "report"]
PHASES: tuple[Phase, ...] = ("fetch", "search", "controls", "select", "retrain", "transfer", "report")

DATA_FILES = ("train.npz", "validation.npz", "test.npz", "manifest.json")
SELECT_FILES = ("searches.csv", "audit.json")
"""What the select phase writes of a study, beside a file for each slot."""
RETRAIN_FILES = ("metrics.json", "curves.csv", "times.csv", "model.json", "weights.pt")


Role = Literal["answer", "replay", "reference", "further", "point"]
"""What a slot's candidate is to its study: what an agent's searches answer; what a learned policy did, to be done again
without it; what no search found; what else searches found; a point at which proxy and target are compared."""


@dataclass(frozen=True)
class Slot:
    """A place among the candidates that are retrained. Known from the settings, filled by the select phase.

    `kind` is the file in rlsearch/slots that made it; `source` is what its candidate comes from: the agent's label
    where searches found it, else what the kind says; `seeds` runs, whose number is the study's setting `seeds_in`, of
    `networks` each, which `same` names where other slots hold some of them too.
    """

    name: str
    kind: str
    source: str
    seeds: int
    role: Role
    seeds_in: str = "retrain.seeds"
    networks: int = 1
    same: tuple[str, ...] = ()


def slots(study: StudySettings) -> tuple[Slot, ...]:
    """Return the slots of a study in the order of its tables; none where nothing is retrained."""
    kinds = [plugins.load("slots", name).SLOT for name in (plugins.names("slots") if study.target else [])]
    return tuple(slot for kind in sorted(kinds, key=lambda kind: kind.order) for slot in kind.slots(study))


def answer_of(study: StudySettings, agent: str) -> Slot:
    """Return the slot that the answer of an agent's searches fills."""
    return next(slot for slot in slots(study) if slot.role == "answer" and slot.source == agent)


def closed_loop(study: StudySettings) -> bool:
    """Tell whether a child answers every step of its run, so that the next choice may look at what the last one did."""
    return bool(plugins.load("spaces", study.space.type).SPACE.closed_loop)


def stepwise(study: StudySettings) -> bool:
    """Tell whether candidates say how one network is trained, so that runs are measured after every step.

    Every closed loop is of this kind; a space of fixed recipes is too.
    """
    return bool(plugins.load("spaces", study.space.type).SPACE.stepwise)


def learns_policy(study: StudySettings, label: str) -> bool:
    """Tell whether an arm of a closed loop has a policy that answers every step, rather than whole schedules."""
    # A label that only looks like a twin's is its own; the checks refuse it.
    agent = study.agents.get(agent_of(label), study.agents.get(label))
    return (
        agent is not None
        and closed_loop(study)
        and getattr(plugins.load("agents", agent.type).AGENT, "driver", "") == "env"
    )


def search_of(study: StudySettings, label: str) -> SearchSettings:
    """Return an agent's search settings: a learned policy is the one finalist of its search and pays for no other."""
    return study.search.model_copy(update={"finalists": 1}) if learns_policy(study, label) else study.search


def kind_of(params: Params, study: StudySettings) -> str:
    """Return the name of the kind of a study's data: what its networks take, or what its dataset holds."""
    for task in study.tasks.values():
        return plugins.takes(task.network)
    return str(plugins.load("sources", params.datasets[study.dataset].source).SOURCE.KIND)


def data_folder(dataset: str) -> Path:
    """Return the folder of a fetched dataset."""
    return Path("data") / dataset


def search_data(dataset: str) -> tuple[Path, ...]:
    """Return the files that children of a search are trained and measured on, in the order of their digest."""
    return tuple(data_folder(dataset) / name for name in ("train.npz", "validation.npz"))


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


def transfer_folder(transfer: str, slot: str) -> Path:
    """Return the folder of a slot's retraining in a transfer; it holds RETRAIN_FILES."""
    return Path("results/transfer") / transfer / slot


def transfer_start(asked: TransferSettings, slot: str) -> Path | None:
    """Return the file of the weights that a transfer begins with; None where training begins anew."""
    return retrain_folder(asked.study, slot) / "weights.pt" if asked.weights == "source" else None


def transferred(params: Params, transfer: str) -> Params:
    """Return settings in which a transfer is the only study, under its own name: its task is that study's target.

    So it has the slots and the space of the study that selected, and seeds of its own.
    """
    settings = params.transfers[transfer]
    study = params.studies[settings.study]
    own = {"seeds": settings.seeds, "train_on": settings.train_on, "tune": None}
    update = {
        "dataset": settings.dataset,
        "target": settings.task,
        "retrain": study.retraining.model_copy(update=own),
        "fidelity": study.fidelity and study.fidelity.model_copy(update={"seeds": settings.seeds}),
    }
    return params.model_copy(update={"studies": {transfer: study.model_copy(update=update)}})


def curve_columns(measure: Measure) -> tuple[str, ...]:
    """Return the columns of curves.csv."""
    return ("seed", "epoch", "train_loss", f"train_{measure.name}")


def step_columns(measure: Measure) -> tuple[str, ...]:
    """Return what else curves.csv holds where optimizers are chosen during training."""
    return ("optimizer", f"validation_{measure.name}", "validation_loss", "cost")


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

    `study` names the transfer in the phase of that name. Without `agent` and `slot`: the union over all of them, of
    which the DVC stage of the phase tracks the `sections`.
    Keys left out on purpose: `runtime.workers`, the claims and the protocol's label change no byte of the phase.
    """
    base = f"studies.{study}"
    agents = f"{base}.agents.{agent_of(agent)}" if agent else f"{base}.agents"
    runtime = ("runtime.device", "runtime.child_threads")
    trained = (f"{base}.dataset", f"{base}.evaluator", f"{base}.space", f"{base}.proxy", f"{base}.reward", agents)
    selecting = ("search", "baselines", "fidelity", "retrain.slots")
    several = ("retrain", "fidelity") if slot is None else (slot.seeds_in, "retrain.train_on", "retrain.tune")
    keys: dict[Phase, tuple[str, ...]] = {
        "fetch": (f"datasets.{dataset}",),
        "search": (*trained, f"{base}.search", *runtime),
        "controls": (*trained, f"{base}.search", f"{base}.controls", *runtime),
        "select": (f"{base}.space", agents, *(f"{base}.{key}" for key in selecting)),
        "retrain": (f"{base}.dataset", f"{base}.target", *(f"{base}.{key}" for key in several), *runtime),
        "transfer": (f"transfers.{study}", *runtime),
        # The empty key is the whole file: `asked` reads it as the root of the settings.
        "report": ("",),
    }
    return keys[phase]


def sections(keys: Iterable[str]) -> tuple[str, ...]:
    """Return the sections of datasets and studies that hold these keys, for DVC, which needs keys that exist.

    A section is always written out in params.yaml; its keys may be left to their defaults.
    """
    return tuple(dict.fromkeys(".".join(key.split(".")[:3]) for key in keys))


def searches(params: Params, study: str) -> list[tuple[str, int]]:
    """Return every (arm, seed) of a study: its agents and their never-updated twins."""
    settings = params.studies[study]
    return [(label, seed) for label in arms(settings) for seed in range(settings.search.seeds)]


def controlled(study: StudySettings) -> list[str]:
    """Return the arms that have a controls file: all agents, and twins where whole searches are repeated."""
    return [label for label in arms(study) if study.controls.repetitions is not None or not is_twin(label)]
