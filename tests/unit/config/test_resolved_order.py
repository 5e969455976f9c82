"""What code outside jobs works out has the order of the settings that jobs are given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlsearch import checks
from rlsearch.config import resolved
from rlsearch.files import canonical_json
from shipped import ROOT

PRESETS = sorted((ROOT / "presets").glob("*.yaml"))


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_ordered_settings_are_those_of_jobs(preset: Path) -> None:
    params = checks.read(preset)
    as_in_a_job = checks.validate(json.loads(canonical_json(resolved.dump(params))))
    assert json.dumps(resolved.dump(resolved.ordered(params))) == json.dumps(resolved.dump(as_in_a_job))


def test_an_order_of_agents_in_the_file_is_another_one() -> None:
    orders = [list(study.agents) for path in PRESETS for study in checks.read(path).studies.values()]
    assert any(order != sorted(order) for order in orders)  # else the test above would show nothing
