"""What a study left on disk. Each artefact is read when it is first asked for, and at most once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from rlsearch.config import artefacts
from rlsearch.config.models import Params, RepetitionSettings
from rlsearch.config.search_files import LEARNT_FILES, learnt_files
from rlsearch.data.kinds import _registry as kinds
from rlsearch.data.kinds.base import Kind
from rlsearch.errors import RlsearchError
from rlsearch.evidence import tables
from rlsearch.files import read_json, read_jsonl
from rlsearch.measures import Measure
from rlsearch.spaces._making import space_of
from rlsearch.spaces.base import Space
from rlsearch.truth import recipe
from rlsearch.truth.stored import file
from rlsearch.truth.table import TruthTable

Key = TypeVar("Key", bound=Hashable)
Content = TypeVar("Content")
Object = Mapping[str, Any]


class Files:
    """The files of a project as they were read, for all its studies.

    Args:
        root: the project folder.
        without: files that are taken as if they were not there, by their paths below the root.
    """

    def __init__(self, root: Path = Path("."), without: Iterable[Path] = ()) -> None:
        self.root, self.without = root, frozenset(without)
        self._contents: dict[Hashable, Any] = {}

    def has(self, path: Path) -> bool:
        """Tell whether a file is there, by its path below the root."""
        # What was read counts as there, though a run may be replacing it just now.
        return path in self._contents or (path not in self.without and (self.root / path).exists())

    def read(self, path: Path, read: Callable[[Path], Content]) -> Content | None:
        """Return what `read` makes of a file, or None while it is not there.

        Raises:
            RlsearchError: the file is there but cannot be read.
        """
        return self._once(path, lambda: _read(path, self.root, read)) if self.has(path) else None

    def table(self, name: str, part: str) -> TruthTable:
        """Return a part of a truth table.

        Raises:
            RlsearchError: no such table, or its part is missing or damaged.
        """
        home = self.home(name)
        known = self._once((name,), lambda: recipe.read(name, home))
        return self._once((name, part), lambda: TruthTable.load(name, part, home, recipe=known))

    def has_table(self, name: str, *parts: str) -> bool:
        """Tell whether these parts of a truth table are there."""
        return all(file(name, part, self.home(name)).exists() for part in parts)

    def home(self, table: str) -> Path:
        """Return the folder that a table lies in: the project's, else that of the code."""
        return self.root if (self.root / artefacts.table_folder(table)).exists() else recipe.home(table)

    def forget(self, paths: Sequence[Path]) -> None:
        """Free the memory of files that are not needed again."""
        for path in paths:
            self._contents.pop(path, None)

    def _once(self, key: Hashable, make: Callable[[], Content]) -> Content:
        # Studies of a report share tables and datasets, and figures ask for the same file again and again.
        if key not in self._contents:
            self._contents[key] = make()
        content: Content = self._contents[key]
        return content


def _read(path: Path, root: Path, read: Callable[[Path], Content]) -> Content:
    try:
        return read(root / path)
    except (ValueError, KeyError, OSError) as error:
        raise RlsearchError(
            f"cannot read an artefact: {error}",
            where=path.as_posix(),
            remedy="delete this file and run the pipeline again; it makes only what is missing",
        ) from error


class Kept(Mapping[Key, Content]):
    """The files of one kind that are there, in the order of the settings.

    Args:
        files: read through these.
        paths: where each of them lies once it is made, below the root.
        read: makes something of a file.
    """

    def __init__(self, files: Files, paths: Mapping[Key, Path], read: Callable[[Path], Content]) -> None:
        self.files, self.paths, self._read = files, paths, read

    def __getitem__(self, key: Key) -> Content:
        content = self.files.read(self.paths[key], self._read)
        if content is None:
            raise KeyError(key)
        return content

    def __iter__(self) -> Iterator[Key]:
        return (key for key, path in self.paths.items() if self.files.has(path))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Results:
    """The artefacts of one study.

    Args:
        params: the validated settings; name: of the study.
        root: the project folder.
        files: what was read of it for other studies, to which this one adds.

    Attributes:
        settings, dataset: of the study, and of its dataset.
        slots: all slots in the order of the tables.
        ledgers, summaries: of the searches, by (agent, seed); q_tables: those of agents whose knowledge is a table.
        controls: the controls file of each agent, and of each twin whose searches are repeated.
        selected, retrained: what filled a slot, and its retraining, by slot name.
        transfers, transferred: the transfers of this study by name; what they measured, by (transfer, slot).
        curve_rows: one row per epoch of a slot's retraining runs, by slot name.
        time_rows: the seconds of each child, by (phase, agent or slot, seed of the search or 0).
    """

    def __init__(self, params: Params, name: str, root: Path = Path("."), files: Files | None = None) -> None:
        self.params, self.name, self.root, self.files = params, name, root, files or Files(root)
        self.settings = params.studies[name]
        self.dataset = params.datasets[self.settings.dataset]
        self.slots = artefacts.slots(self.settings)
        searches = {job: artefacts.search_folder(name, *job) for job in artefacts.searches(params, name)}
        homes = {slot.name: artefacts.retrain_folder(name, slot.name) for slot in self.slots}
        controls = {label: artefacts.controls_file(name, label) for label in artefacts.controlled(self.settings)}
        selected = {slot: artefacts.select_folder(name) / f"{slot}.json" for slot in homes}
        self._study_files = [artefacts.select_folder(name) / file for file in artefacts.SELECT_FILES]
        self.transfers = {key: transfer for key, transfer in params.transfers.items() if transfer.study == name}
        moved = [(key, slot) for key, transfer in self.transfers.items() for slot in transfer.slots]
        times = {("search", *job): folder for job, folder in searches.items()}
        times |= {("retrain", slot, 0): folder for slot, folder in homes.items()}
        self.ledgers = self._kept(_in(searches, "trials.jsonl"), read_jsonl)
        self.summaries = self._kept(_in(searches, "summary.json"), tables.summary)
        table = LEARNT_FILES[1]
        tabular = {job: folder for job, folder in searches.items() if table in learnt_files(self.settings, job[0])}
        self.q_tables = self._kept(_in(tabular, table), tables.q_table)
        self.controls = self._kept(controls, tables.controls)
        self.selected = self._kept(selected, tables.slot)
        self.retrained = self._kept(_in(homes, "metrics.json"), tables.retraining)
        self.transferred = self._kept(
            {job: artefacts.transfer_folder(*job) / "metrics.json" for job in moved}, tables.retraining
        )
        self.curve_rows = self._kept(_in(homes, "curves.csv"), tables.rows)
        self.time_rows = self._kept(_in(times, "times.csv"), tables.rows)

    def _kept(self, paths: Mapping[Key, Path], read: Callable[[Path], Content]) -> Kept[Key, Content]:
        return Kept(self.files, paths, read)

    def of(self, study: str) -> Results:
        """Return the artefacts of another study of the same settings."""
        return Results(self.params, study, self.root, self.files)

    def simulated(self, control: RepetitionSettings) -> Object | None:
        """Return simulated repetitions in place of those of an arm which has not run; None here."""
        return None

    @property
    def searches(self) -> list[dict[str, Any]] | None:
        """Rows of searches.csv, one per search; None before the select phase."""
        return self.files.read(self._study_files[0], lambda path: tables.searches(path, self.measure))

    @property
    def manifest(self) -> Object | None:
        """What is known of the fetched dataset; None before it is."""
        manifest, keys = artefacts.data_folder(self.settings.dataset) / "manifest.json", self.kind.form_keys
        return self.files.read(manifest, lambda path: read_json(path, *keys))

    @cached_property
    def kind(self) -> Kind:
        """The kind of the study's data."""
        return kinds.load(artefacts.kind_of(self.params, self.settings))

    @property
    def measure(self) -> Measure:
        """What the candidates of searches are judged by."""
        return self.settings.measure

    @cached_property
    def space(self) -> Space:
        """What was searched."""
        return space_of(self.settings.space)

    def table(self, part: str) -> TruthTable:
        """Return a part of the study's truth table (see `Files.table`)."""
        assert self.settings.table is not None
        return self.files.table(self.settings.table, part)

    def has_table(self, *parts: str) -> bool:
        """Tell whether the study asks a truth table of which these parts are there."""
        return self.settings.table is not None and self.files.has_table(self.settings.table, *parts)

    def ledgers_of(self, agent: str) -> list[list[Object]]:
        """Return the ledgers of an agent's searches that are there, in the order of their seeds."""
        return [self.ledgers[job] for job in self.ledgers if job[0] == agent]

    def block(self, agent: str, name: str) -> Object:
        """Return a block of an agent's controls file; empty where there is none."""
        content: Object = self.controls.get(agent, {}).get(name) or {}
        return content

    @property
    def missing(self) -> tuple[str, ...]:
        """The artefacts that are not there yet, relative to the root."""
        first = (self.ledgers, self.summaries, self.q_tables, self.controls)
        later = (self.selected, self.retrained, self.curve_rows, self.time_rows, self.transferred)
        paths = [path for artefact in first for path in artefact.paths.values()] + self._study_files
        paths += [path for artefact in later for path in artefact.paths.values()]
        paths += artefacts.table_files(self.settings, "test")[1:]  # without the recipe
        return tuple(path.as_posix() for path in paths if not self.files.has(path))


def _in(folders: Mapping[Key, Path], name: str) -> dict[Key, Path]:
    return {key: folder / name for key, folder in folders.items()}
