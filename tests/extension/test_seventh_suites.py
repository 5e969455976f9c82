"""The suites of the package run on the plugins of the seventh study, which keep to them."""

from __future__ import annotations

import re

import pytest

from clone import Project

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]

PLUGINS = (
    *("glyphs", "glyph-chain", "lagged-mlp", "lag-choice", "lag-entropy"),
    *("gradient-bandit", "near-entropy", "entropy-gap", "lag-shares"),
)


def test_they_keep_to_the_suites(fresh: Project) -> None:
    words = ("--pyargs", "rlsearch.testing", "-k", " or ".join(PLUGINS), "-v", "-p", "no:cacheprovider")
    said = fresh.run("pytest", *words, PYTHONPATH=str(fresh.root / "src"))
    passed = re.findall(r"::(\S+)\[(\S+)\] PASSED", said)
    assert [plugin for plugin in PLUGINS if not any(plugin in case for _, case in passed)] == []
    assert {"test_learners_beat_random_on_a_planted_reward", "test_equal_settings_give_equal_files"} <= {
        test for test, _ in passed
    }
