"""params.yaml -> Params, or one SettingsError that lists every fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rlsearch.checks import places, source
from rlsearch.config import messages, plugins, resolved
from rlsearch.config.base import AgentSettings, ClaimSettings, Settings, SlotSettings, SpaceSettings
from rlsearch.config.dataset_models import DatasetSettings
from rlsearch.config.faults import Fault, KeyPath, unknown_name
from rlsearch.config.models import Params, SurrogateSettings, TableSettings
from rlsearch.errors import SettingsError

Merge = Callable[[dict[str, Any], Mapping[str, Any]], object]


def read(path: Path) -> Params:
    """Read and validate a settings file.

    Of resolved settings, which every job of a run reads, only the values of single keys are looked at once more: the
    run has checked the rules between them.

    Raises:
        SettingsError: lists every fault: the path of each key, its line and value, what is allowed, the nearest
            valid name.
    """
    if (kept := resolved.kept(path)) is not None:
        return _checked(kept, str(path), {}, [], rules=False)
    document = source.load(path)
    return _checked(document.value, str(path), document.lines, document.faults)


def read_merged(paths: Sequence[Path], overrides: Mapping[str, Any], merge: Merge) -> Params:
    """Read and validate what a Snakemake run was given: files, of which a later one wins, and single values.

    Args:
        paths: settings files; read here again, since Snakemake's own reader takes `010` for 8 without a word.
        overrides: what `--config` names.
        merge: changes its first argument by its second, as Snakemake does.

    Raises:
        SettingsError: as `read`; line numbers are given where there is one file and nothing else.
    """
    if len(paths) == 1 and not overrides:
        return read(paths[0])
    raw: dict[str, Any] = {}
    for values in [*(source.load(path).value for path in paths), overrides]:
        merge(raw, values)
    return validate(raw, ", ".join(map(str, paths)))


def validate(raw: Any, where: str = "params.yaml") -> Params:
    """Validate settings that were read already (a mapping, as Snakemake's `config` is).

    Raises:
        SettingsError: as `read`, without line numbers.
    """
    return _checked(raw, where, {}, [])


def check_places(params: Params, path: Path | None = None) -> None:
    """Check what lies at the paths of own data, seen from the working directory, which is the project's folder.

    `read` and `validate` do not, since results can be looked at where the data are no longer.

    Args:
        params: valid settings.
        path: the file that they come from, for line numbers.

    Raises:
        SettingsError: lists every path that could not be fetched.
    """
    faults = []
    for name, settings in params.datasets.items():
        kind: str = plugins.load("sources", settings.source).SOURCE.PATH_IS
        if settings.own_data and (fault := places.place_fault(settings.own_data, kind)):
            faults.append(Fault(("datasets", name, "path"), fault, settings.own_data))
    _raise(faults, path)


def check_work(params: Params, path: Path | None = None) -> None:
    """Check what takes seconds: that networks can be built as options have them, and budgets pay for any first trial.

    `read` and `validate`, which every job asks, do not: networks with options are built, which needs torch, and of the
    space of each study that trains its children a thousand candidates are drawn.

    Args:
        params: valid settings.
        path: the file that they come from, for line numbers.

    Raises:
        SettingsError: lists every fault.
    """
    from rlsearch.checks import whole  # as below

    _raise(whole.before_work(params), path)


def _raise(faults: Sequence[Fault], path: Path | None) -> None:
    if faults:
        raise messages.error_of(faults, str(path or "params.yaml"), source.load(path).lines if path else {})


def _checked(raw: Any, where: str, lines: Mapping[KeyPath, int], of_text: list[Fault], *, rules: bool = True) -> Params:
    if not isinstance(raw, Mapping) or not raw:
        what = "the settings are empty" if not raw else f"the settings are not a section of keys but {raw!r:.40}"
        sections = ", ".join(Params.model_fields)
        raise SettingsError(what, where=where, allowed=f"the keys {sections}", remedy="rlsearch preset laptop")
    faults = [*of_text, *source.unplain(raw)]
    typed = _with_plugins(raw, faults)
    try:
        params = Params.model_validate(typed)
    except ValidationError as error:
        raise messages.error_of([*faults, *messages.translate(error, Params, typed)], where, lines) from None
    if rules and not faults:
        # Only now: rules between keys presume that each single key is valid.
        from rlsearch.checks import whole  # with it come claims and scipy, which few jobs need

        faults += whole.faults(params)
    if faults:
        raise messages.error_of(faults, where, lines)
    return params


def _with_plugins(raw: Mapping[str, Any], faults: list[Fault]) -> dict[str, Any]:
    """Replace sections of agents, spaces and datasets by the typed models of their plugins.

    Their faults are added to `faults`, and an empty model takes the place of what failed, so that the rest of the
    settings is checked all the same.
    """
    result = dict(raw)
    if isinstance(datasets := raw.get("datasets"), Mapping):
        result["datasets"] = {
            name: _typed("sources", entry, DatasetSettings, ("datasets", str(name)), faults, key="source")
            for name, entry in datasets.items()
        }
    if isinstance(studies := raw.get("studies"), Mapping):
        result["studies"] = {
            name: _with_plugins_in(study, ("studies", str(name)), faults) for name, study in studies.items()
        }
    return result


def _with_plugins_in(study: Any, path: KeyPath, faults: list[Fault]) -> Any:
    if not isinstance(study, Mapping):
        return study
    result = dict(study)
    if "table" in study:  # as it was spelt before there was anything else that could answer
        new = "train" if result.pop("table") is None else f"{{type: table, name: {study['table']}}}"
        faults.append(Fault((*path, "table"), f"is now spelt `evaluator: {new}`", study["table"]))
    result |= _step_weights(study.get("reward"), (*path, "reward", "steps"), faults)
    if "evaluator" in study:
        result["evaluator"] = _evaluator(study["evaluator"], (*path, "evaluator"), faults)
    if isinstance(study.get("space"), Mapping):
        result["space"] = _typed("spaces", study["space"], SpaceSettings, (*path, "space"), faults)
    if isinstance(study.get("agents"), Mapping):
        result["agents"] = {
            label: _typed("agents", agent, AgentSettings, (*path, "agents", str(label)), faults)
            for label, agent in study["agents"].items()
        }
    retrain = study.get("retrain")
    if isinstance(retrain, Mapping) and isinstance(retrain.get("slots"), Mapping):
        slots = retrain["slots"].items()
        here = (*path, "retrain", "slots")
        typed = {name: _typed("slots", slot, SlotSettings, (*here, str(name)), faults) for name, slot in slots}
        result["retrain"] = {**retrain, "slots": typed}
    if isinstance(claims := study.get("claims"), list | tuple):
        result["claims"] = [
            _typed("claims", claim, ClaimSettings, (*path, "claims", index), faults, key="claim")
            for index, claim in enumerate(claims)
        ]
    return result


def _step_weights(reward: Any, path: KeyPath, faults: list[Fault]) -> dict[str, Any]:
    """Return the section of the reward without a weight that has another name now."""
    steps = reward.get("steps") if isinstance(reward, Mapping) else None
    if not isinstance(steps, Mapping) or "accuracy" not in steps:
        return {}
    faults.append(Fault((*path, "accuracy"), "is now spelt `gain`", steps["accuracy"]))
    return {"reward": {**reward, "steps": {key: value for key, value in steps.items() if key != "accuracy"}}}


def _evaluator(raw: Any, path: KeyPath, faults: list[Fault]) -> Any:
    """Return who answers: "train", or a section as the model of its type; of a surrogate, of its plugin."""
    if raw == "train":
        return raw
    kind = raw.get("type") if isinstance(raw, Mapping) else None
    if kind == "surrogate":
        return _typed("surrogates", raw, SurrogateSettings, path, faults, key="name")
    if kind == "table":
        return _validated(TableSettings, raw, path, faults) or "train"
    problem = "must be train, {type: table, name: ...} or {type: surrogate, name: ..., noise: ...}"
    faults.append(Fault(path, problem, raw))
    return "train"


def _typed(kind: str, raw: Any, base: type[Settings], path: KeyPath, faults: list[Fault], *, key: str = "type") -> Any:
    """Return a section as the model of the plugin that its `key` names."""
    if not isinstance(raw, Mapping):
        return raw
    names, name = plugins.asked_for(kind), raw.get(key)
    if name not in names:
        here = (*path, key)
        if key in raw:
            problem = unknown_name(kind[:-1] + plugins.astray(kind, str(name)), str(name), names)
            faults.append(Fault(here, problem, name))
        else:
            faults.append(Fault(here, f"this key is required; allowed: {', '.join(names)}"))
        # Not validated: it only keeps the place, and its faults are listed already.
        return base.model_construct(None, **{key: "placeholder"})
    model: type[Settings] = plugins.load(kind, str(name)).SETTINGS
    return _validated(model, raw, path, faults) or base.model_construct(None, **{key: "placeholder"})


def _validated(model: type[Settings], raw: Mapping[str, Any], path: KeyPath, faults: list[Fault]) -> Settings | None:
    """Return a section as a model; None where it has faults, which are added to the others."""
    try:
        return model.model_validate(dict(raw))
    except ValidationError as error:
        faults += messages.translate(error, model, raw, path)
        return None
