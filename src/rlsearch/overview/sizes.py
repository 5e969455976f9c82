"""How large a dataset is: from its manifest when it is fetched, else from its settings, without a download."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from rlsearch.config.models import DatasetSettings, Params
from rlsearch.data import registry
from rlsearch.data.kinds import _registry as kinds
from rlsearch.data.kinds.base import Form, Kind
from rlsearch.data.store import RawStore
from rlsearch.search import ready


@dataclass(frozen=True)
class Sizes:
    """A dataset after the split: samples of each part; `exact` is False until it is fetched."""

    kind: Kind
    form: Form
    train: int
    validation: int
    test: int
    exact: bool

    def retrained(self, *, alone: bool) -> int:
        """Return the samples that a retraining trains on: unless it does so `alone`, those that validated too."""
        return self.train + (0 if alone else self.validation)

    @property
    def bytes(self) -> int:
        """About what `data/<dataset>/` takes."""
        return self.kind.stored_bytes(self.form, self.train + self.validation + self.test)


def sizes(params: Params, dataset: str, root: Path = Path(".")) -> Sizes:
    """Return the size of a dataset entry.

    Raises:
        DataError: the user's own file or folder cannot be read.
    """
    settings = params.datasets[dataset]
    kind, manifest = kinds.of_source(settings.source), ready.manifest(dataset, root)
    if manifest is not None and ready.fetched(params, dataset, root):
        counts = manifest["counts"]
        return Sizes(kind, kind.form(manifest), counts["train"], counts["validation"], counts["test"], True)
    source = registry.create(settings, root)
    extent = source.extent()
    form = kind.imagined(extent)
    form = replace(form, outputs=source.outputs or form.outputs)
    return Sizes(kind, form, *kind.cuts(settings, extent), False)


def raw_bytes(entries: Iterable[DatasetSettings], root: Path = Path(".")) -> tuple[int, int]:
    """Return (bytes to download, bytes that the raw store grows by); files that entries share count once."""
    store = RawStore.from_environment()
    files = {file for settings in entries for file in registry.create(settings, root).FILES}
    download = store.download_size(files)
    unpacked = sum(file.size for file in store.missing(files) if file.archive is not None)
    return download, download + unpacked
