"""params.yaml -> Params, or one SettingsError that lists every fault."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from rlsearch.config import plugins
from rlsearch.config.base import AgentSettings, Settings, SpaceSettings
from rlsearch.config.models import Params
from rlsearch.errors import SettingsError
from rlsearch.files import canonical_json, digest, write_atomic


def read(path: Path) -> Params:
    """Read and validate a settings file.

    Raises:
        SettingsError: with the path of each key, its value, what is allowed and the nearest valid name.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"cannot read the settings: {error}", where=str(path)) from None
    return validate(raw, where=str(path))


def validate(raw: Any, where: str = "params.yaml") -> Params:
    """Validate settings that were read already (a mapping, as Snakemake's `config` is)."""
    try:
        return Params.model_validate(_with_plugins(raw))
    except ValidationError as error:
        raise SettingsError(str(error), where=where) from None


def _with_plugins(raw: Any) -> Any:
    """Replace the agents' and the space's mappings by the typed models that stand beside their classes."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("studies"), Mapping):
        return raw
    studies = {name: dict(study) if isinstance(study, Mapping) else study for name, study in raw["studies"].items()}
    for study in studies.values():
        if not isinstance(study, dict):
            continue
        if isinstance(study.get("space"), Mapping):
            study["space"] = _typed("spaces", study["space"], SpaceSettings)
        if isinstance(study.get("agents"), Mapping):
            study["agents"] = {key: _typed("agents", value, AgentSettings) for key, value in study["agents"].items()}
    return {**raw, "studies": studies}


def _typed(kind: str, value: Any, base: type[Settings]) -> Settings:
    model: type[Settings] = plugins.load(kind, value["type"]).SETTINGS
    return model.model_validate(dict(value))


def dump(params: Params) -> dict[str, Any]:
    """Return the resolved settings as plain JSON-able values, defaults filled in."""
    return params.model_dump(mode="json")


def write_resolved(params: Params, folder: Path) -> Path:
    """Write the resolved settings to `folder/<digest>.json` and return that path."""
    value = dump(params)
    path = folder / f"{digest(value)}.json"
    if not path.exists():
        write_atomic(path, canonical_json(value))
    return path
