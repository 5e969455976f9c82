"""The settings on which a job depends, and their digest, which its results keep."""

from __future__ import annotations

import functools
from typing import Any

from rlsearch.config import artefacts
from rlsearch.config.artefacts import Phase, Slot
from rlsearch.config.models import Params
from rlsearch.config.resolved import dump
from rlsearch.config.retrain_models import RetrainSettings
from rlsearch.files import digest

LEFT_OUT = object()
"""Stands for a key that a dump leaves out."""


class Asked:
    """Looks up what jobs depend on.

    Args:
        params: the validated settings.
    """

    def __init__(self, params: Params) -> None:
        self._resolved = dump(params)

    def settings(self, phase: Phase, **job: Any) -> dict[str, Any]:
        """Return the settings of a job, defaults filled in, by their dotted keys (see `artefacts.settings_keys`).

        A later key (`Extended`) is left out where it has its default, as in a dump.
        """
        values = {key: self._value(key) for key in artefacts.settings_keys(phase, **job)}
        return {key: value for key, value in values.items() if value is not LEFT_OUT}

    def digest(self, phase: Phase, study: str, *, agent: str | None = None, slot: Slot | None = None) -> str:
        """Return the digest of what a job's results depend on: more searches or slots beside one leave it as it is."""
        values = self.settings(phase, study=study, agent=agent, slot=slot)
        for key, beside in ((f"studies.{study}.search", "seeds"), (f"transfers.{study}", "slots")):
            if key in values:
                values[key] = {name: value for name, value in values[key].items() if name != beside}
        return digest(values)

    def _value(self, key: str) -> Any:
        # The empty key of the report is the whole of the settings; in a section that is null, all is.
        parts = filter(None, key.split("."))
        return functools.reduce(_part, parts, self._resolved)


def _part(node: Any, name: str) -> Any:
    # Of other keys that are not there, a KeyError: nobody would miss them in a digest.
    if node is not None and name in RetrainSettings.later and name not in node:
        return LEFT_OUT
    return None if node is None else node[name]
