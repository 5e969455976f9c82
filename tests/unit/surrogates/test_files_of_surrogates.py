"""Files that a surrogate reads are part of what its answers depend on; another one is refused, not taken unseen."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import made_up_table
from rlsearch import provenance
from rlsearch.config import artefacts, plugins
from rlsearch.config.models import Params
from rlsearch.controls import repetitions
from rlsearch.errors import PluginError, RlsearchError
from rlsearch.evidence import standing
from rlsearch.phases import search
from rlsearch.search.answers import answers_of
from rlsearch.spaces.base import Actions, Choice, Continuous, Decision, Space, Spec
from rlsearch.surrogates.base import MOST, enumerable, make_surrogate, value, values

SURROGATE = """\
'''Looks the same level up for every candidate.'''

from pathlib import Path

from rlsearch.config.evaluator_models import SurrogateSettings
from rlsearch.surrogates.base import Surrogate

{reads}


class Settings(SurrogateSettings):
    name: str = "looked-up"


class LookedUp(Surrogate):
    def __init__(self, space, settings):
        self.level = float(Path(__file__).with_name("level.txt").read_text())

    @classmethod
    def supports(cls, space):
        return True

    def value(self, spec):
        return self.level if {when} else float(Path(__file__).with_name("later.txt").read_text())

    @property
    def optimum(self):
        return self.level


SETTINGS, SURROGATE = Settings, LookedUp
"""
SEARCH = {"seeds": 1, "budget": 24, "finalists": 2, "replicates": 2, "score_replicates": 2}


@pytest.fixture
def folder(own: Path) -> Iterator[Path]:
    """Return the folder of surrogates of a project, with the files of one."""
    (own / "surrogates").mkdir(parents=True)
    for name in ("level.txt", "later.txt"):
        (own / "surrogates" / name).write_text("0.5", encoding="utf-8")
    yield own / "surrogates"
    sys.modules.pop("rlsearch.extensions.surrogates.looked_up", None)


def study(folder: Path, reads: str, when: str = "True") -> Params:
    (folder / "looked_up.py").write_text(SURROGATE.format(reads=reads, when=when), encoding="utf-8")
    asked = {"type": "surrogate", "name": "looked-up"}
    agents = {"random": {"type": "random"}}
    controls = {**made_up_table.STUDY["controls"], "repetitions": None}
    return made_up_table.study(evaluator=asked, agents=agents, search=SEARCH, controls=controls, claims=[])


def test_a_named_file_is_part_of_what_answers_depend_on(folder: Path, tmp_path: Path) -> None:
    params = study(folder, 'READS = ("level.txt",)')
    before = answers_of(params, "layers", tmp_path).digest
    search.run(params, "layers", "random", 0, tmp_path)
    assert folder / "level.txt" in provenance.answer_files(params, "layers")
    assert any(path.endswith("level.txt") for path in provenance.phase_files("search", params, "layers", "random"))
    assert standing.foreign(params, tmp_path) == []
    (folder / "later.txt").write_text("0.6", encoding="utf-8")
    assert answers_of(params, "layers", tmp_path).digest == before
    (folder / "level.txt").write_text("0.6", encoding="utf-8")
    assert answers_of(params, "layers", tmp_path).digest != before
    assert standing.foreign(params, tmp_path) == [artefacts.search_folder("layers", "random", 0) / "summary.json"]


def test_a_file_that_is_not_named_is_refused_as_soon_as_it_is_opened(folder: Path, tmp_path: Path) -> None:
    params = study(folder, "")
    with pytest.raises(PluginError, match=r"opened a file that it does not name: \S*level.txt") as caught:
        search.run(params, "layers", "random", 0, tmp_path)
    assert 'READS = ("level.txt",)' in str(caught.value)


def test_a_file_that_is_opened_late_is_refused_too(folder: Path) -> None:
    params = study(folder, "READS = ['level.txt']", when="spec is None")
    settings = params.studies["layers"]
    space = plugins.load("spaces", settings.space.type).SPACE(settings.space)
    assert settings.surrogate is not None
    surrogate = make_surrogate(space, settings.surrogate)
    with pytest.raises(PluginError, match="does not name"):
        value(surrogate, space.decode((1, 1)))
    (folder / "later.txt").read_text(encoding="utf-8")  # whoever else opens it may


@pytest.mark.parametrize(
    ("reads", "said"),
    [('READS = ("lost.txt",)', "names lost.txt, which is not beside it"), ('READS = "level.txt"', "written out")],
)
def test_what_cannot_be_named_is_one_message(reads: str, said: str, folder: Path, tmp_path: Path) -> None:
    params = study(folder, reads)
    with pytest.raises(PluginError, match=said) as caught:
        search.run(params, "layers", "random", 0, tmp_path)
    assert "looked_up.py" in str(caught.value)


class Long(Space):
    """Two options, `count` times; then perhaps a continuous decision."""

    def __init__(self, count: int, ends_in: Decision | None = None) -> None:
        self.count, self.ends_in = count, ends_in

    def next(self, prefix: Actions) -> Decision | None:
        if len(prefix) < self.count:
            return Choice("option", (0, 1), (True, True))
        return self.ends_in if len(prefix) == self.count else None

    def decode(self, actions: Actions) -> Spec:
        return {"actions": list(actions)}

    def spread(self, count: int) -> list[Actions]:
        return [(0,) * self.count] * count


@pytest.mark.parametrize(
    ("space", "small"),
    [
        (Long(10), True),
        (Long(14), True),
        (Long(15), False),
        (Long(60), False),
        (Long(1, Continuous("scale", 0.0, 1.0, 1)), False),
    ],
)
def test_only_small_spaces_of_choices_are_gone_through(space: Any, small: bool) -> None:
    class One:
        def value(self, spec: Spec) -> float:
            return 0.5

    assert enumerable(space) is small
    if small:
        assert values(One(), space).tolist() == [0.5] * 2**space.count  # type: ignore[arg-type]
    else:
        with pytest.raises(RlsearchError, match=f"at most {MOST:,}"):
            values(One(), space)  # type: ignore[arg-type]


class Faulty(Long):
    """A space whose own way through its sequences has a fault."""

    def enumerate(self) -> Iterator[Actions]:
        return iter([(0,) * self.ends_in])  # type: ignore[operator]


def test_a_fault_in_a_space_is_not_told_as_a_continuous_decision() -> None:
    with pytest.raises(TypeError, match="NoneType"):
        enumerable(Faulty(2))
    assert not enumerable(Long(2, Continuous("scale", 0.0, 1.0, 1)))


def test_searches_are_repeated_in_a_space_too_large_to_be_listed(folder: Path, tmp_path: Path) -> None:
    study(folder, 'READS = ("level.txt",)')
    large = {**made_up_table.SPACE, "layers": 12, "strides": [1] * 12}
    asked = {"type": "surrogate", "name": "looked-up", "noise": 0.1}
    params = made_up_table.study(evaluator=asked, space=large, agents={"random": {"type": "random"}}, claims=[])
    block = repetitions.block(answers_of(params, "layers", tmp_path), "random")
    assert block is not None and block["answer_values"] == [0.5] * block["runs"] and block["late_values"] == [0.5] * 12
    assert 0.05 < np.mean(block["reward_sd"]) / 10 < 0.15


def test_nothing_is_repeated_where_a_decision_is_continuous(folder: Path) -> None:
    study(folder, 'READS = ("level.txt",)')
    asked = {"type": "surrogate", "name": "looked-up"}
    with pytest.raises(RlsearchError, match="needs a space of choices alone"):
        made_up_table.study(
            evaluator=asked,
            space={"type": "init-scale"},
            proxy={**made_up_table.TASK, "network": "simple-cnn"},
            target={**made_up_table.TASK, "network": "simple-cnn"},
            agents={"random": {"type": "random"}},
            baselines=[],
        )
