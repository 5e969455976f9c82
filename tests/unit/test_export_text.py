"""Networks on text and on pairs leave the project: the state in model.json, loading, and ONNX of one step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import rlsearch
import text_project
from rlsearch import export
from rlsearch.config.artefacts import retrain_folder, select_folder
from rlsearch.data import fetch
from rlsearch.data.kinds.text import KIND
from rlsearch.data.text import states
from rlsearch.errors import RlsearchError
from rlsearch.files import read_json, write_atomic
from rlsearch.phases import retrain
from rlsearch.testing.tiny_text import TinyLM
from rlsearch.training.ensemble import Ensemble

TREE = {
    "base": 2, "nodes": [["add", "tanh"], ["mult", "sigmoid"], ["add", "relu"]], "inject": ["add", "relu"],
    "from": 1, "into": 0,
}  # fmt: skip
SPECS: dict[str, dict[str, Any]] = {
    "text": {"network": {"cell": TREE, "layers": 2, "width": 6}},
    "pairs": {"network": {"cell": "gru", "width": 6}},
}
NETWORKS = {"text": "recurrent-lm", "pairs": "recurrent-translator"}


@pytest.fixture(params=["text", "pairs"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def retrained(own: Path, monkeypatch: pytest.MonkeyPatch, kind: str, **fields: Any) -> Path:
    """Return the folder of a slot that holds a network of recurrent cells."""
    monkeypatch.chdir(own.parent)
    target = {**text_project.task(kind, epochs=1), "network": NETWORKS[kind], "network_options": {"cell": "gru"}}
    params = text_project.params(own, kind, target=target, retrain={"seeds": 1})
    fetch.run(params, kind)
    slot = {"slot": "narrow", "status": "filled", "reason": None, "label": "a net", "key": "k", "spec": SPECS[kind]}
    write_atomic(Path(select_folder("tiny")) / "narrow.json", json.dumps({**slot, **fields}))
    retrain.run(params, "tiny", "narrow")
    return Path(retrain_folder("tiny", "narrow"))


def test_a_loaded_model_is_called_as_its_docstring_says(
    kind: str, own: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = retrained(own, monkeypatch, kind)
    export.export(folder, tmp_path / "mine")
    model, about = rlsearch.load_model(tmp_path / "mine"), read_json(tmp_path / "mine/model.json")
    assert about["kind"] == kind and not model.training
    with torch.no_grad():
        if kind == "text":
            assert about["state_shape"] == {f"state_{layer}_{part}": [1, 6] for layer in (0, 1) for part in (0, 1)}
            tokens = torch.arange(12).view(3, 4) % about["vocabulary"]
            whole, last = model(tokens)
            assert whole.shape == (3, 4, about["vocabulary"])
            first, state = model(tokens[:, :1])
            rest, after = model(tokens[:, 1:], state)
            torch.testing.assert_close(torch.cat([first, rest], 1), whole)
            torch.testing.assert_close(after, last)
        else:
            assert "state_shape" not in about
            words = {word: number for number, word in enumerate(about["source_words"])}
            sources = torch.tensor([[words["ant"], words["bee"], 0], [words["cat"], 0, 0]])
            assert model(sources, torch.zeros(2, 5, dtype=torch.int64)).shape == (2, 5, about["vocabulary"])
            said = model.translate(sources, 4)
            assert len(said) == 2 and said.shape[1] <= 4 and int(said.max()) < len(about["words"])


def test_the_state_of_a_network_changes_nothing_else_of_a_retraining(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = retrained(own, monkeypatch, "text")
    about = read_json(folder / "model.json")
    before = torch.get_rng_state()
    assert KIND.state_on_card(lambda: export.built(about)) == {"state_shape": about["state_shape"]}
    assert torch.equal(torch.get_rng_state(), before)


def test_names_are_places_in_a_state() -> None:
    one, two, three = (torch.full((1,), float(number)) for number in range(3))
    state = ((one, two), {"c": three}, 5)
    assert list(states.named(state)) == ["state_0_0", "state_0_1", "state_1_c"]
    assert list(states.named(one)) == ["state"]
    assert states.mapped(state, float) == ((0.0, 1.0), {"c": 2.0}, 5)


def test_onnx_of_pairs_is_refused_before_packages_are_asked_for(
    own: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = retrained(own, monkeypatch, "pairs")
    with pytest.raises(RlsearchError, match="one input and one output, and one of pairs has more") as error:
        export.export(folder, tmp_path / "none", onnx=True)
    assert "export without --onnx" in error.value.remedy and not (tmp_path / "none").exists()


class Begun(TinyLM):
    """Streams begin with ones."""

    def forward(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        ones = torch.ones(1, len(tokens), self.inner.hidden_size)
        return super().forward(tokens, (ones, ones) if state is None else state)


def test_a_network_whose_streams_do_not_begin_with_zeros_is_no_step() -> None:
    with pytest.raises(RlsearchError, match="begin with a state of zeros"):
        states.graph(Begun((), 8).eval())


@pytest.mark.parametrize("cell", [TREE, "lstm", "gru", "rhn-2", None, "two"])
def test_a_step_is_one_token_of_the_network(cell: Any) -> None:
    model = network(cell)
    graph = states.graph(model)
    tokens = torch.arange(15).view(3, 5) % 8
    with torch.no_grad():
        whole, last = model(tokens)
        state = tuple(torch.zeros_like(part) for part in states.named(states.after_one(model, 3)).values())
        for at in range(5):
            logits, *state = graph.network(tokens[:, at], tuple(state))
            torch.testing.assert_close(logits, whole[:, at])
    torch.testing.assert_close(list(state), list(states.named(last).values()))
    assert graph.input_names == ["token", *states.named(last)]
    assert graph.output_names == ["logits", *(f"next_{name}" for name in states.named(last))]


@pytest.mark.parametrize("cell", [TREE, "rhn-2", None, "two"])
def test_onnx_gives_what_the_network_gives(cell: Any, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    model = network(cell)
    monkeypatch.setattr(export, "_graph", lambda *_: states.graph(model))
    session = runtime.InferenceSession(export._to_onnx(model, {}), providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_inputs()]
    for streams in (1, 4):
        tokens = torch.arange(5 * streams).view(streams, 5) % 8
        with torch.no_grad():
            whole, _ = model(tokens)
            like = states.named(states.after_one(model, streams))
        state: Mapping[str, Any] = {name: torch.zeros_like(part).numpy() for name, part in like.items()}
        assert names[0] == "token" and set(names[1:]) <= set(like)
        for at in range(5):
            fed = {"token": tokens[:, at].numpy(), **state}
            logits, *after = session.run(None, {name: fed[name] for name in names})
            torch.testing.assert_close(torch.from_numpy(logits), whole[:, at], rtol=1e-4, atol=1e-5)
            state = dict(zip(like, after, strict=True))


def network(cell: Any) -> nn.Module:
    """Return a network of a cell with random weights, one of torch's layers, or "two" of these together."""
    torch.manual_seed(0)
    if cell == "two":
        return Ensemble([TinyLM((), 8, hidden) for hidden in (3, 4)]).eval()
    if cell is None:
        return TinyLM((), 8, 5).eval()
    options = {"cell": cell, "layers": 2, "width": 5}
    return rlsearch.build_network("recurrent-lm", (), 8, options).eval()
