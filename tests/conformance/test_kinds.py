"""A kind without labels keeps to the suite of kinds too: streams of tokens, of `token_kind.py`."""

from __future__ import annotations

import pytest

import token_kind
from rlsearch.config import plugins
from rlsearch.config.dataset_models import DatasetSettings
from rlsearch.testing.cases import Case, kinds
from rlsearch.testing.test_kinds import *

CASES = {
    "tokens": Case(
        token_kind.KIND, token_kind.raw, DatasetSettings(source="tokens", validation=0.25), token_kind.Recurrent
    )
}
pytestmark = pytest.mark.parametrize("name", CASES)


def test_every_kind_of_the_package_has_a_case(name: str) -> None:
    assert set(plugins.names("kinds")) == set(kinds())
