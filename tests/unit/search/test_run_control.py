"""The driver of closed loops: killed anywhere it ends as if undisturbed; what fails, and what was recorded."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from step_world import EACH, STEPS, TRIALS, Killed, World, driver, run


@EACH
@pytest.mark.parametrize("left", [0, 1, 3, 4, 7, 8, 12, 16, 17])
def test_killed_at_any_step_it_ends_as_if_undisturbed(agent: str, left: int, tmp_path: Path) -> None:
    whole = run(driver(tmp_path / "whole", agent, World()))
    with pytest.raises(Killed):
        run(driver(tmp_path / "killed", agent, World(left)))
    world = World(STEPS - left)  # no recorded step is asked again
    assert run(driver(tmp_path / "killed", agent, world)) == whole
    # An episode under way is brought to where it stood; whole ones are not begun again.
    assert world.caught_up == [left % 3] + [0] * (TRIALS - 1 - left // 3)
    assert all(child.ended for child in world.children)


@EACH
def test_killed_again_and_again(agent: str, tmp_path: Path) -> None:
    whole = run(driver(tmp_path / "whole", agent, World()))
    for _ in range(8):
        with pytest.raises(Killed):
            run(driver(tmp_path / "killed", agent, World(2)))
    assert run(driver(tmp_path / "killed", agent, World(2))) == whole


@EACH
@pytest.mark.parametrize("kind", ["step", "trial", "tell"])
def test_a_torn_line_of_any_kind_is_made_anew(agent: str, kind: str, tmp_path: Path) -> None:
    whole = run(driver(tmp_path / "whole", agent, World()))
    lines = (tmp_path / "whole" / "journal.jsonl").read_bytes().splitlines(keepends=True)
    of_kind = [place for place, line in enumerate(lines) if f'"kind":"{kind}"'.encode() in line]
    for number, place in enumerate((of_kind[0], of_kind[len(of_kind) // 2], of_kind[-1])):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "journal.jsonl").write_bytes(b"".join(lines[:place]) + lines[place][: len(lines[place]) // 2])
        assert run(driver(folder, agent, World())) == whole


@EACH
def test_an_interrupt_between_a_step_and_its_record_loses_that_step_only(
    agent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(driver(tmp_path / "whole", agent, World()))
    for name, count in (("step", 7), ("trial", 3), ("tell", 4)):
        search, left = driver(tmp_path / name, agent, World()), [count]
        original = getattr(search.journal, name)

        def dies(*arguments: Any, original: Any = original, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
            original(*arguments)

        monkeypatch.setattr(search.journal, name, dies)
        with pytest.raises(KeyboardInterrupt):
            run(search)
        assert run(driver(tmp_path / name, agent, World())) == whole


@EACH
def test_a_finished_search_asks_for_nothing_more(agent: str, tmp_path: Path) -> None:
    whole = run(driver(tmp_path, agent, World()))
    before = (tmp_path / "journal.jsonl").read_bytes()
    assert run(driver(tmp_path, agent, World(0))) == whole
    assert (tmp_path / "journal.jsonl").read_bytes() == before


@EACH
@pytest.mark.parametrize("short", [3, 4, 5])
def test_a_search_is_extended(agent: str, short: int, tmp_path: Path) -> None:
    """Before, at and after an update of PPO, which takes four steps."""
    first = run(driver(tmp_path / "extended", agent, World(), short))
    longer = run(driver(tmp_path / "extended", agent, World(), 9))
    assert longer == run(driver(tmp_path / "new", agent, World(), 9))
    assert longer["steps"].startswith(first["steps"]) and longer["policy"] != first["policy"]


@EACH
def test_other_seeds_other_searches(agent: str, tmp_path: Path) -> None:
    assert run(driver(tmp_path / "a", agent, World())) != run(driver(tmp_path / "b", agent, World(), seed=2))


@EACH
def test_the_global_generators_neither_disturb_nor_are_disturbed(agent: str, tmp_path: Path) -> None:
    found = []
    for seed in (5, 6):
        random.seed(seed), np.random.seed(seed), torch.manual_seed(seed)
        found.append(run(driver(tmp_path / str(seed), agent, World(), 4)))
    assert found[0] == found[1]
    # The child seeds them at every step, outside the algorithm's scope: so they stand afterwards.
    after = (random.random(), float(np.random.random()), float(torch.rand(())))
    random.seed(0), np.random.seed(0), torch.manual_seed(0)
    assert after == (random.random(), float(np.random.random()), float(torch.rand(())))
