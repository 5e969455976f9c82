"""What is finished, running, interrupted or out of date: from artefacts, journals and locks, while others write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.errors import ResumeError
from rlsearch.evidence import mixture, standing
from rlsearch.files import digest, read_jsonl, read_object
from rlsearch.search import journal, lock, ready, retraining_identity
from rlsearch.search.answers import answers_of
from rlsearch.search.identity import search_identity
from rlsearch.search.reward import Reward
from rlsearch.search.store import WORK

State = Literal["finished", "running", "interrupted", "outdated", "not started"]
COUNTED: tuple[artefacts.Phase, ...] = ("search", "controls", "select", "retrain")


@dataclass(frozen=True)
class SearchState:
    """One search.

    Attributes:
        state: `outdated` = its results were made with other settings, code or data.
        trials, planned: finished proposals, and about how many there will be: those that the budget pays for at the
            mean cost. Where the costs of networks differ, or children stop early, a search ends after fewer or more.
        best: the highest reward so far; None before the first.
        ended: what ended a finished search, "budget", "most_trials" or "agent"; "" for any other.
        spent: FLOPs of trials and finalists as a share of the budget; None where the budget is not known yet.
        note: what the state does not say.
    """

    study: str
    agent: str
    seed: int
    state: State
    trials: int
    planned: int
    best: float | None
    note: str = ""
    ended: str = ""
    spent: float | None = None


class Progress(NamedTuple):
    """How far a search has come."""

    trials: int = 0
    best: float | None = None
    spent: float | None = None
    ended: str = ""


@dataclass(frozen=True)
class PhaseState:
    """The jobs of one phase of one study. `done` counts those whose results belong to the present settings."""

    study: str
    phase: artefacts.Phase
    done: int
    running: int
    planned: int


class StudyState:
    """Reads what one study has on disk.

    Args:
        params, study: the settings, and the study's name in them.
        root: the project folder.
    """

    def __init__(self, params: Params, study: str, root: Path = Path(".")) -> None:
        self.params, self.study, self.root = params, study, root
        self.settings = params.studies[study]
        self.fetched = ready.fetched(params, self.settings.dataset, root)
        self._identities: dict[str, dict[str, Any]] = {}
        self._asked = {artefact.path: artefact for artefact in standing.artefacts_of(params, study)}
        self._standing, self._chosen = standing.Standing(root), mixture.Selected(params, study, root)

    @cached_property
    def searches(self) -> list[SearchState]:
        """Every search of the study, by agent and seed."""
        return [self.search(agent, seed) for agent, seed in artefacts.searches(self.params, self.study)]

    @property
    def finished(self) -> dict[tuple[str, int], int]:
        """Trials of the searches that have ended, by agent and seed."""
        return {(one.agent, one.seed): one.trials for one in self.searches if one.state == "finished"}

    def search(self, agent: str, seed: int) -> SearchState:
        """Return the state of one search."""
        results = artefacts.search_folder(self.study, agent, seed)
        work = self.root / WORK / "search" / self.study / agent / f"seed-{seed}"
        identity = self._identity(agent, seed)
        folder = work / digest(identity)[:16] if identity else None
        summary = read_object(self.root / results / "summary.json")
        # A longer search has the same identity.
        if identity and summary and self._is_made(results / "summary.json", summary, digest(identity)):
            best = _best(self.root / results / "trials.jsonl")
            progress = Progress(summary["trials"], best, _spent(summary["cost"]), summary["left"]["ended"])
            return self._state(agent, seed, "finished", progress)
        holder = next((other for other in sorted(work.glob("*")) if _held(other)), None)
        if holder is not None:
            note = "" if holder == folder else "with other settings than these"
            return self._state(agent, seed, "running", self._progress(holder), note)
        try:
            begun = self._progress(folder) if folder else Progress()
        except ResumeError:
            return self._state(agent, seed, "interrupted", Progress(), "its journal is damaged; a start says where")
        if begun.trials:
            return self._state(agent, seed, "interrupted", begun)
        return self._state(agent, seed, "outdated" if summary else "not started", Progress())

    def phases(self) -> list[PhaseState]:
        """Return the state of every phase of the study, without fetch and report, which are of all studies."""
        slots = artefacts.slots(self.settings)
        controlled = artefacts.controlled(self.settings)
        searched = [search.state for search in self.searches]
        locks = self.root / WORK / "retrain" / "locks" / self.study
        complete = searched.count("finished") == len(searched)
        counts: dict[artefacts.Phase, tuple[int, int, int]] = {
            "search": (searched.count("finished"), searched.count("running"), len(searched)),
            "controls": (sum(map(self._controlled, controlled)), 0, len(controlled)),
            "select": (int(complete and self._selected(slots)), 0, 1),
            "retrain": (sum(map(self._retrained, slots)), sum(_held(locks / slot.name) for slot in slots), len(slots)),
        }
        # Without jobs there is no phase: a study may retrain nothing.
        return [PhaseState(self.study, phase, *counts[phase]) for phase in COUNTED if counts[phase][-1]]

    def _state(self, agent: str, seed: int, state: State, progress: Progress, note: str = "") -> SearchState:
        # What has ended was as long as it was; before that nobody knows.
        planned = progress.trials if progress.ended else artefacts.search_of(self.settings, agent).trials
        trials, best, spent, ended = progress
        return SearchState(self.study, agent, seed, state, trials, planned, best, note, ended, spent)

    @cached_property
    def _proxy(self) -> str | None:
        """The identity of what answers for children; None before fetch, or while the study's table is not there."""
        answers = answers_of(self.params, self.study, self.root)
        complete = self.fetched if answers.trains else all(file.exists() for file in answers.files)
        return answers.digest if complete else None

    @cached_property
    def _target(self) -> str | None:
        """The identity of a retraining besides its candidate; None before fetch."""
        files = retraining_identity.data_files(self.params, self.study, self.root)
        return retraining_identity.target_digest(self.params, self.study, files) if self.fetched else None

    def _identity(self, agent: str, seed: int) -> dict[str, Any] | None:
        if self._proxy is None:
            return None
        if agent not in self._identities:
            # Once an agent, since it reads the code: between its searches the seed alone differs.
            self._identities[agent] = search_identity(self.params, self.study, agent, 0, self._proxy)
        return {**self._identities[agent], "seed": seed}

    def _is_made(self, path: Path, value: Mapping[str, Any], identity: str) -> bool:
        """Tell whether an artefact is what a run would make now.

        To its settings and data, for which `evidence.standing` asks, its identity adds code and versions.
        """
        return self._standing.belongs(self._asked[path], value) and value["provenance"]["settings"] == identity

    def _progress(self, folder: Path) -> Progress:
        trials = journal.read(folder / "journal.jsonl").trials
        reward = Reward(self.settings.reward, self.settings.measure)
        best = max((reward(entry.outcome) for entry in trials.values()), default=None)
        flops = sum(entry.outcome.flops for entry in trials.values())
        started = read_object(folder / "identity.json") or {}
        return Progress(len(trials), best, _spent({**started, "flops": flops}))

    def _controlled(self, agent: str) -> bool:
        path = artefacts.controls_file(self.study, agent)
        value, identity = read_object(self.root / path), self._identity(agent, 0)
        belongs = digest([identity, self.settings.controls.model_dump(mode="json")])
        return value is not None and identity is not None and self._is_made(path, value, belongs)

    def _selected(self, slots: tuple[artefacts.Slot, ...]) -> bool:
        folder = self.root / artefacts.select_folder(self.study)
        names = (*artefacts.SELECT_FILES, *(f"{slot.name}.json" for slot in slots))
        return all((folder / name).exists() for name in names) and not self._chosen.wrong()

    def _retrained(self, slot: artefacts.Slot) -> bool:
        path = artefacts.retrain_folder(self.study, slot.name) / "metrics.json"
        value = read_object(self.root / path)
        if value is None or self._target is None or not self._chosen.holds(slot.name, value):
            return False
        return self._is_made(path, value, digest([self._target, value["key"], slot.seeds]))


def reported(root: Path = Path(".")) -> bool:
    """Tell whether there is a report, complete or not."""
    return (root / artefacts.REPORT_FOLDER / "index.html").exists()


def _held(folder: Path) -> bool:
    try:
        return lock.held(folder)
    except OSError:  # another user's folder, which cannot be asked
        return False


def _spent(cost: Mapping[str, Any]) -> float | None:
    budget = cost.get("budget_flops")
    return (cost["flops"] + cost.get("finalist_flops", 0)) / budget if budget else None


def _best(ledger: Path) -> float | None:
    trials = read_jsonl(ledger) if ledger.exists() else []
    return max((float(trial["reward"]) for trial in trials), default=None)
