"""What must hold before one search, or one of its trials, can run alone: known names, fetched data, a device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rlsearch.config import artefacts, plugins
from rlsearch.config.models import Params
from rlsearch.config.twins import arms
from rlsearch.errors import DataError, RlsearchError, SettingsError
from rlsearch.files import read_object


def check(params: Params, study: str, agent: str, seed: int, root: Path = Path(".")) -> None:
    """Raise an RlsearchError unless this search can run here and now.

    Raises:
        SettingsError: unknown study or agent, or a seed that the study does not have.
        DataError: the dataset is not fetched, or was fetched with other settings.
        RlsearchError: the device of the settings is not there.

    A study that trains no children needs neither data nor device for its searches.
    """
    known_search(params, study, agent, seed)
    if not params.studies[study].trains:
        return  # what answers says itself what is wrong with it
    dataset = params.studies[study].dataset
    if not fetched(params, dataset, root):
        raise _not_fetched(params, dataset, root)
    device(params)


def _not_fetched(params: Params, dataset: str, root: Path) -> DataError:
    folder = artefacts.data_folder(dataset)
    missing = [folder / name for name in artefacts.DATA_FILES if not (root / folder / name).exists()]
    recorded = manifest(dataset, root)
    if recorded is None:
        problem, file = "is not there yet", folder / "manifest.json"
    elif recorded.get("settings") != params.datasets[dataset].model_dump(mode="json"):
        problem, file = "was fetched with other settings", folder / "manifest.json"
    else:
        problem, file = f"lacks {', '.join(path.name for path in missing)}", missing[0]
    # Asked for the manifest, Snakemake would find nothing to do where another file is missing.
    remedy = f"make run, or this step alone: .venv/bin/snakemake {file}"
    return DataError(f"dataset {dataset!r} {problem}", where=str(folder), remedy=remedy)


def known_search(params: Params, study: str, agent: str, seed: int) -> None:
    """Raise a SettingsError unless the settings hold this search; the message names the nearest names."""
    _known("study", study, list(params.studies))
    settings = params.studies[study]
    _known("agent", agent, list(arms(settings)), f" in study {study!r}")
    if not 0 <= seed < settings.search.seeds:
        raise SettingsError(
            f"study {study!r} has no search seed {seed}",
            where=f"studies.{study}.search.seeds = {settings.search.seeds}",
            allowed=f"0 to {settings.search.seeds - 1}",
            remedy="raise search.seeds for more searches",
        )


def device(params: Params) -> None:
    """Raise an RlsearchError when the settings ask for a GPU and torch finds none."""
    if params.runtime.device == "cpu":
        return
    import torch

    if not torch.cuda.is_available():
        raise RlsearchError(
            "torch finds no CUDA device here",
            where="runtime.device = cuda",
            remedy="set runtime.device to cpu, or run this on a machine with a GPU",
        )


def fetched(params: Params, dataset: str, root: Path = Path(".")) -> bool:
    """Tell whether `data/<dataset>/` is complete and was made with the present settings of the dataset."""
    recorded = manifest(dataset, root)
    if recorded is None or recorded.get("settings") != params.datasets[dataset].model_dump(mode="json"):
        return False
    return all((root / artefacts.data_folder(dataset) / name).exists() for name in artefacts.DATA_FILES)


def manifest(dataset: str, root: Path = Path(".")) -> dict[str, Any] | None:
    """Return what the fetch phase says about the dataset; None when it has not run."""
    return read_object(root / artefacts.data_folder(dataset) / "manifest.json")


def _known(kind: str, name: str, names: list[str], where: str = "") -> None:
    if name not in names:
        raise SettingsError(
            f"there is no {kind} {name!r}{where}{plugins.nearest(name, names)}", allowed=", ".join(names)
        )
