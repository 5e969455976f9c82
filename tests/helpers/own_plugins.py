"""Plugins of a made-up project: in its folder, and from an installed distribution."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from shipped import ROOT

SPACE = """\
'''A space of a user's own.'''

from rlsearch.config.base import SpaceSettings
from rlsearch.spaces.base import Choice, Space

{imports}

class Settings(SpaceSettings):
    type: str = "{name}"
    widths: tuple[int, ...] = (1, 2, 3)


class Mine(Space):
    settings_type = Settings

    def __init__(self, settings=None):
        self.settings = settings or Settings()

    def next(self, prefix):
        widths = self.settings.widths
        return None if prefix else Choice("width", widths, (True,) * len(widths))

    def decode(self, actions):
        return {{"width": self.settings.widths[actions[0]]}}

    def spread(self, count):
        return [(index % len(self.settings.widths),) for index in range(count)]

    def planted(self, actions):
        return float(actions[0] - 1)


SETTINGS, SPACE = Settings, Mine
"""


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def space(folder: Path, name: str, imports: str = "") -> Path:
    text = SPACE.format(name=name, imports=imports)
    return write(folder / f"{name.replace('-', '_')}.py", text)


def settings(**changes: Any) -> dict[str, Any]:
    raw: dict[str, Any] = yaml.safe_load((ROOT / "presets/smoke.yaml").read_text(encoding="utf-8"))
    raw["studies"] = {"init-scale": raw["studies"]["init-scale"] | changes}
    return raw
