"""What every plugin keeps to, whatever its kind, and what networks and optimizers keep to."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
import torch

from rlsearch import code_facts
from rlsearch.config import network_flops, plugin_source, plugins
from rlsearch.config.task_models import TaskSettings
from rlsearch.data.kinds import _registry as kinds
from rlsearch.data.sources.base import Extent
from rlsearch.data.store import RawStore
from rlsearch.import_closure import closure
from rlsearch.networks import _registry as networks
from rlsearch.testing import cases
from rlsearch.training.forward_flops import counted_forward, forward_flops
from rlsearch.training.loop import fit
from rlsearch.training.scope import child_scope

ALL = [(kind, name) for kind in plugins.KINDS for name in plugins.names(kind)]
WITH_SETTINGS = [kind for kind, about in plugins.KINDS.items() if "SETTINGS" in about.defines]
CPU = torch.device("cpu")


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_a_plugin_can_be_imported_and_says_what_it_is(kind: str, name: str) -> None:
    plugins.load(kind, name)
    text = plugins.find(kind, name).file.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "rlsearch list shows the first sentence of the file's docstring"


@pytest.mark.parametrize("kind", WITH_SETTINGS)
def test_settings_are_validated_without_torch(kind: str) -> None:
    """Every command and every Snakemake reads them: import torch inside functions, or in a file with an underscore."""
    code = (
        "import sys; from rlsearch.config import plugins\n"
        f"for name in plugins.names({kind!r}):\n"
        f"    plugins.load({kind!r}, name)\n"
        "    assert 'torch' not in sys.modules, name"
    )
    # A fresh process: this one has imported torch already.
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(("kind", "name"), [pair for pair in ALL if pair[0] in ("agents", "spaces")])
def test_settings_have_defaults_or_are_given_for_tests(kind: str, name: str) -> None:
    settings = plugins.load(kind, name).SETTINGS(**cases.of_plugin(kind, name))
    assert type(settings).model_validate({**settings.model_dump(), "type": name}).type == name


SPECIAL = {network for name in plugins.names("spaces") for network in cases.space(name).networks or ()}
"""Networks whose options a space chooses: test_space_baselines.py builds these."""


@pytest.mark.parametrize("name", sorted(set(plugins.names("networks")) - SPECIAL))
def test_a_network_takes_its_kind_of_data(name: str) -> None:
    kind = kinds.of_network(name)
    form = kind.imagined(Extent(1, 1, 256))
    weights = []
    for _ in range(2):
        with child_scope(0, CPU, 1):
            model = networks.build(name, form.shape, form.outputs)
        counts = {counted_forward(name, kind, form, {}, meta=meta) for meta in (False, True)}
        assert counts == {forward_flops(model, kind.example(form))} != {0}
        weights.append(model.state_dict())
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


@pytest.mark.parametrize("name", plugins.names("networks"))
def test_a_network_is_counted_by_the_module_that_it_names(name: str) -> None:
    """`FLOPS` in its file: settings are checked with the same function, and without torch."""
    module = plugin_source.text(plugin_source.parsed(plugins.find("networks", name).file), "FLOPS")
    counter = network_flops.counter(name)
    assert counter is (None if module is None else plugins.load("networks", name).forward_flops)
    if module is not None:
        files = [str(file) for file in closure(module) if file.suffix == ".py"]
        assert "torch" not in {name.partition(".")[0] for file in files for name in code_facts.of(file).imports}


READABLE = {"digits": {"test": 0.2}} | {
    name: cases.of_plugin("sources", name)
    for name in plugins.names("sources")
    if hasattr(plugins.load("sources", name), "TEST_SETTINGS")
}
"""Settings of the sources that can be read wherever these tests run."""


@pytest.mark.parametrize("name", READABLE)
def test_a_plan_counts_the_samples_that_a_source_yields(name: str) -> None:
    module, kind = plugins.load("sources", name), kinds.of_source(name)
    for changes in ({}, {"train_size": 50}):
        settings = module.SETTINGS(source=name, **{**READABLE[name], **changes})
        source = module.SOURCE(settings)
        parts = kind.split(source.read(RawStore(())), settings)
        assert kind.cuts(settings, source.extent()) == tuple(len(part) for part in parts.values())


@pytest.mark.parametrize("name", plugins.names("optimizers"))
def test_an_optimizer_trains_alike_twice(name: str) -> None:
    case = cases.kinds()["images"]
    task = TaskSettings.model_validate({"network": "simple-cnn", "epochs": 1, "optimizer": {"name": name}})
    form = case.kind.imagined(Extent(1, 1, 256))
    states = []
    for _ in range(2):
        with child_scope(0, CPU, 1):
            model = case.network(form.shape, form.outputs)
            before = {key: value.clone() for key, value in model.state_dict().items()}
            fit(model, case.kind.noise(form, 256, CPU), task, seed=1)
        states.append(model.state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    assert any(not torch.equal(before[key], states[0][key]) for key in before)
