"""The select phase: which candidates are retrained on the target network. Arithmetic on the ledgers, no training.

The file of a slot depends only on what the slot is about (one agent's searches, one baseline, one grid point), so
that a changed agent changes the bytes of its own slot and no other. A baseline that the space builds to the size of a
found network (`Space.matched`) depends on the answers of all agents as well, and its file says which one it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from rlsearch.config import artefacts, plugins
from rlsearch.config.models import Params, StudySettings
from rlsearch.data.kinds import _registry as kinds
from rlsearch.data.kinds.base import Form
from rlsearch.errors import RlsearchError
from rlsearch.evidence import tables
from rlsearch.files import canonical_json, pretty_json, write_atomic
from rlsearch.measures import Measure
from rlsearch.spaces.base import Space, Spec
from rlsearch.spaces.closed_loop import loop_of


def run(params: Params, study: str, root: Path = Path(".")) -> None:
    """Write results/select/<study>/: one file per slot and searches.csv.

    Args:
        params: the validated settings.
        study: name of the study.
        root: the project folder.

    Raises:
        RlsearchError: a search of the study has not been finished.
    """
    settings = params.studies[study]
    space: Space = plugins.load("spaces", settings.space.type).SPACE(settings.space)
    work = _Work(study, settings, space, root, _summaries(params, study, root))
    folder = root / artefacts.select_folder(study)
    for slot in artefacts.slots(settings):
        write_atomic(folder / f"{slot.name}.json", pretty_json(_fill(slot, work)))
    measure = settings.measure
    rows = [_row(agent, seed, summary, measure) for (agent, seed), summary in work.summaries.items()]
    write_atomic(folder / "searches.csv", tables.to_csv(tables.search_columns(measure), rows))


@dataclass(frozen=True)
class _Work:
    study: str
    settings: StudySettings
    space: Space
    root: Path
    summaries: Mapping[tuple[str, int], Mapping[str, Any]]

    def of_agent(self, label: str) -> dict[int, Mapping[str, Any]]:
        """Return the summaries of one agent's searches by their seed."""
        return {seed: value for (agent, seed), value in self.summaries.items() if agent == label}


def _summaries(params: Params, study: str, root: Path) -> dict[tuple[str, int], Mapping[str, Any]]:
    found = {}
    for agent, seed in artefacts.searches(params, study):
        path = artefacts.search_folder(study, agent, seed) / "summary.json"
        if not (root / path).exists():
            raise RlsearchError(
                f"the search of {agent!r} with seed {seed} has no summary yet",
                where=str(path),
                remedy="finish the searches first (`make run` does so in the right order)",
            )
        found[agent, seed] = tables.summary(root / path)
    return found


def _fill(slot: artefacts.Slot, work: _Work) -> dict[str, Any]:
    if slot.kind == "best":
        return _best(slot, work)
    if slot.kind == "schedule":
        return _schedule(slot, work)
    if slot.kind == "baseline":
        return _baseline(slot, work)
    return _grid(slot, work)


def _best(slot: artefacts.Slot, work: _Work) -> dict[str, Any]:
    """Fill with the answer that scored best; of equal ones, the lowest search seed.

    The winner's score is a maximum and so biased upwards: it goes into the file as a description and is tested nowhere.
    """
    measure, summaries = work.settings.measure, work.of_agent(slot.source)
    answers = {seed: value["answer"] for seed, value in sorted(summaries.items()) if value["answer"] is not None}
    score = f"score_{measure.name}"
    scored = {seed: answer for seed, answer in answers.items() if tables.finite([answer[score]])}
    if not scored:
        return _empty(slot, f"none of the {len(summaries)} searches of {slot.source} has an answer with a finite score")
    seed = max(scored, key=lambda number: (measure.key(scored[number][score]), -number))
    answer = scored[seed]
    proxy = {f"mean_{measure.name}": answer[score], "search_seed": seed}
    return {**_head(slot), "spec": answer["spec"], "key": answer["key"], "label": answer["label"], "proxy": proxy}


def _schedule(slot: artefacts.Slot, work: _Work) -> dict[str, Any]:
    """Fill with the schedule that the agent's best policy took, to be followed without looking."""
    found = _best(slot, work)
    if found["spec"] is None:
        return found
    loop = loop_of(work.space)
    seed = found["proxy"]["search_seed"]
    taken = work.of_agent(slot.source)[seed]["answer"]["schedule"]
    if not taken:
        return _empty(slot, f"the best search of {slot.source} names no schedule")
    spec = loop.training({"schedule": taken + taken[-1:] * (loop.steps - len(taken))})
    return _filled(slot, spec, work.space, {"search_seed": seed})


def _baseline(slot: artefacts.Slot, work: _Work) -> dict[str, Any]:
    """Fill with the space's own spec, built to the size of the answer that scored best where the space can."""
    specs = work.space.baselines()
    if slot.source not in specs:
        return _empty(slot, f"the space has no baseline {slot.source!r}; it has {', '.join(sorted(specs)) or 'none'}")
    found = _highest(work) if slot.source in work.space.matchable else None
    matched = None if found is None else work.space.matched(slot.source, found["spec"], *astuple(_form(work)))
    if found is None or matched is None:
        return _filled(slot, specs[slot.source], work.space, None)
    to = {"slot": found["slot"], "label": found["label"], "key": found["key"]}
    return {**_filled(slot, matched, work.space, None), "matched_to": to}


def _form(work: _Work) -> Form:
    """Return the form of the study's data."""
    path = artefacts.data_folder(work.settings.dataset) / "manifest.json"
    if not (work.root / path).exists():
        raise RlsearchError(
            f"dataset {work.settings.dataset!r} has no manifest yet",
            where=str(path),
            remedy="fetch the dataset first (`make run` does so in the right order)",
        )
    kind = kinds.of_network(work.settings.proxy.network)
    return kind.form(tables.manifest(work.root / path, *kind.form_keys))


def _highest(work: _Work) -> dict[str, Any] | None:
    """Return the answer with the best score of all agents; of equal ones, the first by name."""
    places = [slot for slot in artefacts.slots(work.settings) if slot.role == "answer"]
    filled = [_best(slot, work) for slot in sorted(places, key=lambda slot: slot.name)]
    scored = [found for found in filled if found["spec"] is not None]
    measure = work.settings.measure
    return max(scored, key=lambda found: measure.key(found["proxy"][f"mean_{measure.name}"]), default=None)


def _grid(slot: artefacts.Slot, work: _Work) -> dict[str, Any]:
    assert work.settings.fidelity is not None  # grid slots exist only with it
    label = work.settings.fidelity.agent
    count: int = getattr(work.settings.agents[label], "points", 0)
    spec = work.space.decode(work.space.spread(count)[int(slot.source)])
    seeds = range(work.settings.search.seeds)
    folders = (artefacts.search_folder(work.study, label, seed) for seed in seeds)
    ledgers = (tables.trials(work.root / folder / "trials.jsonl") for folder in folders)
    key = work.space.key(spec)
    trials = [trial for ledger in ledgers for trial in ledger if trial["key"] == key]
    proxy = _proxy(trials, work.settings.measure)
    return _filled(slot, spec, work.space, proxy)


def _proxy(trials: Sequence[Mapping[str, Any]], measure: Measure) -> dict[str, Any]:
    """Return the validation levels of one grid point over search seeds and passes.

    A diverged child counts with the level it was measured at; a child without a finite one (failed, invalid, or
    diverged before any measurement) is left out and counted in `excluded`.
    """
    values = tables.levels((trial["metrics"].get(measure.metric) for trial in trials), measure)
    return {
        f"mean_{measure.name}": measure.mean(values) if values else None,
        f"sd_{measure.name}": measure.sd(values) if len(values) > 1 else None,
        "n": len(values),
        "excluded": len(trials) - len(values),
        "values": values,
    }


def _filled(slot: artefacts.Slot, spec: Spec, space: Space, proxy: Mapping[str, Any] | None) -> dict[str, Any]:
    return {**_head(slot), "spec": spec, "key": space.key(spec), "label": space.describe(spec), "proxy": proxy}


def _empty(slot: artefacts.Slot, reason: str) -> dict[str, Any]:
    nothing = {"spec": None, "key": None, "label": None, "proxy": None}
    return {**_head(slot), **nothing, "status": "empty", "reason": reason}


def _head(slot: artefacts.Slot) -> dict[str, Any]:
    return {"slot": slot.name, "kind": slot.kind, "source": slot.source, "status": "filled", "reason": None}


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
