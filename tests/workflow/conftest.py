"""The rules of the shipped settings, asked for once."""

from __future__ import annotations

import pytest

from clone import new_project
from dag import Rule, rules


@pytest.fixture(scope="session")
def dag(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rule]:
    """Return the rules with all their inputs and outputs."""
    return rules(new_project(tmp_path_factory.mktemp("dag")))
