"""The words of a space, and the spaces that an LSTM controller refuses."""

from __future__ import annotations

import pytest

from rlsearch.policies.vocabulary import vocabulary
from rlsearch.spaces.base import Actions, Choice, Continuous, Decision
from toy_choices import LateSkip, Mixed, Toy, everything, layered, learner


def test_anchors_are_found_wherever_they_are_asked_for() -> None:
    assert vocabulary(LateSkip()).anchors and vocabulary(layered(skips=True)).anchors
    assert not vocabulary(layered()).anchors and not vocabulary(Mixed()).anchors


def test_a_space_that_grows_has_the_words_of_its_last_stage() -> None:
    """One layer asks for no skips; four do."""
    space = layered(1, skips=True, grow=True)
    assert "skip" not in {decision.kind for decision in space.plan}
    assert vocabulary(space).sizes == {"kernel": 2, "filters": 2, "skip": 2} and vocabulary(space).anchors


def test_options_of_one_kind_share_their_tokens() -> None:
    words = vocabulary(layered(3, skips=True))
    assert words.sizes == {"kernel": 2, "filters": 2, "skip": 2} and words.size == 6
    assert words.first == {"kernel": 0, "filters": 2, "skip": 4}
    assert vocabulary(Mixed()).sizes == {"form": 3, "width": 2, "depth": 4, "tail": 2}
    with pytest.raises(ValueError, match="'colour' is of a kind that exploring the space did not show"):
        words.begin(Choice("colour", (1, 2), (True, True)))


class Ending(Toy):
    """A choice and then a real number."""

    def next(self, prefix: Actions) -> Decision | None:
        asked: list[Decision] = [Choice("form", (1, 2), (True, True)), Continuous("scale", 0, 1, 2)]
        return asked[len(prefix)] if len(prefix) < 2 else None


def test_a_continuous_decision_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="'scale' is continuous"):
        learner(Ending())


class Crossed(Toy):
    """Half of the candidates are asked for a skip where the others are asked for a width."""

    def next(self, prefix: Actions) -> Decision | None:
        if len(prefix) == 2:
            return None
        if prefix == (1,):
            return Choice("2 from 1", (0, 1), (True, True), "skip", 1, 0)
        return Choice("form" if not prefix else "width", (0, 1), (True, True))


def test_skips_at_differing_positions_are_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match="some about what feeds what"):
        everything(learner(Crossed()), Crossed())
