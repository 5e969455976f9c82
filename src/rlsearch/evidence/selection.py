"""What a study's searches select: the files of the select phase, computed from the searches in this folder.

The phase writes them; code that reads them can ask whether they still follow from the searches.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rlsearch.config import artefacts, plugins, resolved
from rlsearch.config.models import Params, StudySettings
from rlsearch.data.kinds import _registry as kinds
from rlsearch.data.kinds.base import Form
from rlsearch.errors import RlsearchError
from rlsearch.evidence import tables
from rlsearch.files import canonical_json, read_json, read_jsonl
from rlsearch.measures import Measure
from rlsearch.slots.base import Searched
from rlsearch.spaces._making import space_of
from rlsearch.spaces.base import Spec

TABLE = "searches.csv"


class Selection:
    """What the finished searches of a study select.

    Args:
        params, study: say which searches and which slots; root: the project folder.

    Attributes:
        slots: what fills each slot, by its name.
        table: the text of searches.csv.

    Raises:
        RlsearchError: a search has not been finished, or a file is damaged.
    """

    def __init__(self, params: Params, study: str, root: Path) -> None:
        # In the order that jobs have, whoever asks: else a file of the select phase would seem to be wrong.
        params = resolved.ordered(params)
        settings = params.studies[study]
        space = space_of(settings.space)

        def of_search(agent: str, seed: int) -> Path:
            return root / artefacts.search_folder(study, agent, seed)

        searched = Searched(
            study,
            settings,
            space,
            summaries=_summaries(params, study, root),
            # Each slot of a grid or of a sample asks for the same ledgers.
            trials=functools.cache(lambda agent, seed: read_jsonl(of_search(agent, seed) / "trials.jsonl")),
            finalists=lambda agent, seed: tables.finalists(of_search(agent, seed) / "finalists.csv"),
            form=lambda: _form(params, settings, root),
        )
        rows = [_row(agent, seed, summary, settings.measure) for (agent, seed), summary in searched.summaries.items()]
        self.table = tables.to_csv(tables.search_columns(settings.measure), rows)
        self.slots: Mapping[str, Mapping[str, Any]] = {
            slot.name: plugins.load("slots", slot.kind).SLOT.fill(slot, searched) for slot in artefacts.slots(settings)
        }


def _summaries(params: Params, study: str, root: Path) -> dict[tuple[str, int], Mapping[str, Any]]:
    summaries = {}
    for agent, seed in artefacts.searches(params, study):
        path = artefacts.search_folder(study, agent, seed) / "summary.json"
        if not (root / path).exists():
            raise RlsearchError(
                f"the search of {agent!r} with seed {seed} has no summary yet",
                where=str(path),
                remedy="finish the searches first (`make run` does so in the right order)",
            )
        summaries[agent, seed] = tables.summary(root / path)
    return summaries


def _form(params: Params, settings: StudySettings, root: Path) -> Form:
    """Return the form of the study's data."""
    path = artefacts.data_folder(settings.dataset) / "manifest.json"
    if not (root / path).exists():
        raise RlsearchError(
            f"dataset {settings.dataset!r} has no manifest yet",
            where=str(path),
            remedy="fetch the dataset first (`make run` does so in the right order)",
        )
    kind = kinds.load(artefacts.kind_of(params, settings))
    return kind.form(read_json(root / path, *kind.form_keys))


def _row(agent: str, seed: int, summary: Mapping[str, Any], measure: Measure) -> dict[str, Any]:
    answer = summary["answer"] or {}
    spec = answer.get("spec")
    return {
        "agent": agent,
        "seed": seed,
        "key": answer.get("key"),
        "label": answer.get("label"),
        "spec": None if spec is None else canonical_json(_short(spec)),
        f"score_{measure.name}": answer.get(f"score_{measure.name}"),
        "trials": summary["trials"],
        "unique_evaluations": summary["cost"]["unique_evaluations"],
        "flops": summary["cost"]["flops"],
        "bit_exact": summary["bit_exact"],
    }


def _short(spec: Spec) -> Spec:
    """Return a spec without the weights of a learned policy, for tables: the key says which it is."""
    training = spec.get("training", {})
    if "network" not in training.get("policy", {}):
        return spec
    policy = {name: value for name, value in training["policy"].items() if name != "network"}
    return {**spec, "training": {**training, "policy": policy}}
