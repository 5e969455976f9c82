"""Messages about settings: what is copied out of them stays in one piece."""

from __future__ import annotations

import pytest

from rlsearch.config.messages import Fault, error_of


@pytest.mark.parametrize("lead", range(0, 100, 7))
def test_a_path_in_a_message_is_never_broken(lead: int) -> None:
    path = "/data/my-pictures/" + "a-long-folder-name/" * 8 + "mine.npz"
    fault = Fault(("datasets", "mine", "path"), f"{'x' * lead} {path} does not exist")
    said = str(error_of([fault], "params.yaml", {}))
    assert path in said
    assert "does not exist" in " ".join(said.split())
