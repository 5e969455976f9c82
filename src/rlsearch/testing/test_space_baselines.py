"""What every search space offers beside its candidates: baselines, controls, and networks that can be built."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from rlsearch.config.task_models import TaskSettings
from rlsearch.data.kinds import _registry as kinds
from rlsearch.data.sources.base import Extent
from rlsearch.networks import _registry as registry
from rlsearch.networks._initialisation import initialise
from rlsearch.spaces.base import (
    LAST_TRIAL,
    decisions,
)
from rlsearch.testing.spaces import FIRST_AND_LAST, VARIANTS, drawn, reordered, space_of
from rlsearch.training.forward_flops import counted_forward, forward_flops

ANY = ("simple-cnn", "vgg-like")
"""Stand for all networks, for which the specs of most spaces are."""


pytestmark = pytest.mark.parametrize("name", VARIANTS)


@FIRST_AND_LAST
def test_what_serves_as_a_control_is_a_candidate(name: str, trial: int) -> None:
    space, rng = space_of(name).at(trial), np.random.default_rng(0)
    largest, thumb = space.largest(), space.rule_of_thumb(rng)
    for actions in (largest, thumb):
        if actions is not None:
            assert decisions(space, actions)
    assert (largest is None) == (space_of(name).largest() is None)


def test_baselines_and_samples_can_be_built(name: str) -> None:
    torch.set_num_threads(1)
    space = space_of(name)
    if space.unbuilt:
        pytest.skip("its candidates are no networks: {} {}".format(*space.unbuilt))
    last = space.at(LAST_TRIAL)
    specs = [
        *space.baselines().values(),
        *(space.decode(actions) for actions in drawn(space, 2)),
        last.decode(last.spread(1)[0]),
    ]
    for spec in specs:
        for network in space.networks or ANY:
            torch.manual_seed(0)
            kind = kinds.of_network(network)
            form = kind.imagined(Extent(1, 1, 256))
            options = dict(spec.get("network", {}))
            model = registry.build(network, form.shape, form.outputs, options)
            counts = {counted_forward(network, kind, form, options, meta=meta) for meta in (False, True)}
            assert counts == {forward_flops(model, kind.example(form))}
            inputs = kind.noise(form, 2, torch.device("cpu")).inputs(2, TaskSettings(network=network, epochs=1))
            if "init" in spec:
                initialise(model, spec["init"], torch.Generator().manual_seed(0), inputs)
            example = kind.example(form, 2)
            answer = model(*(example if isinstance(example, tuple) else (inputs,)))
            # Of text, logits and a state.
            assert torch.isfinite(answer[0] if isinstance(answer, tuple) else answer).all()


def test_matched_baselines_are_specs(name: str) -> None:
    space = space_of(name)
    spec = space.decode(space.spread(2)[1])
    assert space.matched("no such baseline", spec) is None
    for baseline in space.baselines():
        matched = space.matched(baseline, spec)
        if matched is not None:
            assert json.loads(json.dumps(matched)) == matched == space.matched(baseline, reordered(spec))
            assert space.key(matched) == space.key(reordered(matched))
