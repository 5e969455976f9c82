"""A retrained network as a folder of two files: model.json says what to build, weights.pt holds the weights.

The folder of every retrained slot is such a folder. It needs this package to load, and neither settings nor data.
"""

from __future__ import annotations

import importlib.util
import pickle
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlsearch import stamps
from rlsearch.errors import RlsearchError
from rlsearch.files import file_sha256, read_json, write_atomic

if TYPE_CHECKING:
    from torch import nn

    from rlsearch.data.kinds.base import Graph

MODEL, WEIGHTS, ONNX = "model.json", "weights.pt", "model.onnx"
METRICS = "metrics.json"
"""What a retraining measured: no part of a model, but where it lies beside one, its stamp holds the weights to it."""
ONNX_PACKAGES = ("onnx", "onnxscript")
"""What torch's ONNX exporter imports and this package does not depend on."""


def load_model(folder: str | Path) -> nn.Module:
    """Return the network of a retrained slot, or of a folder that `rlsearch export` wrote, ready for use.

    It is in eval mode, on the CPU, and returns logits; an ensemble the logarithm of its mean probabilities. What it is
    called with is told by the kind of data:

    - images: (n, channels, height, width), scaled as `inputs` in model.json says. Logits (n, classes).
    - text: tokens int64 (streams, window), numbered by their places in `words` of model.json, and the state that the
      network returned for the tokens before; None (or nothing) where streams begin. Logits (streams, window,
      vocabulary) of the tokens that come after, and the state.
    - pairs: sources int64 (n, s) by their places in `source_words`, each sentence with 0 (`<eos>`) at its end and
      behind it, and the targets so far (n, t) by `words`, which begin with 0. Logits (n, t, vocabulary) of the tokens
      that come after. A single network's `translate(sources, most)` returns whole translations.

    Weights are read without running code from the file.

    Args:
        folder: e.g. "results/retrain/layered-cnn/best-random".

    Raises:
        RlsearchError: a file is missing, the weights are not those that model.json names, or hold anything but tensors;
            or the slot is empty.
    """
    from rlsearch.training.checkpoint import load_state

    home = Path(folder)
    model = built(card(home))
    try:
        model.load_state_dict(load_state(home / WEIGHTS))
    except pickle.UnpicklingError:
        raise RlsearchError(
            f"{WEIGHTS} holds something else than tensors; nothing of it was run",
            where=str(home),
            remedy="do not use the file; ask whoever made it for weights written by this package",
        ) from None
    return model.eval()


def built(about: Mapping[str, Any]) -> nn.Module:
    """Return the network, or the ensemble, that model.json describes, with weights as drawn."""
    from rlsearch.data.kinds import _registry as kinds
    from rlsearch.networks._registry import build
    from rlsearch.training.ensemble import Ensemble

    form, members = kinds.of_network(about["network"]).form_on_card(about), about.get("members")
    options = members or [about["options"]]
    models = [build(about["network"], form.shape, form.outputs, member) for member in options]
    return Ensemble(models) if members else models[0]


def export(folder: str | Path, out: str | Path, *, onnx: bool = False) -> list[Path]:
    """Copy a retrained slot's network into a folder of its own and return the files.

    Args:
        folder: where model.json and weights.pt lie.
        out: where to put them; made if it is not there.
        onnx: write model.onnx too, for any number of samples; of a network on text one step, from a token and a state
            (streams of zeros at first) to logits and the next state.

    Raises:
        RlsearchError: as `load_model`; or a package that ONNX export needs is not installed (nothing is written then).
    """
    home, target = Path(folder), Path(out)
    about = card(home)
    names = [MODEL, WEIGHTS]
    contents = {name: (home / name).read_bytes() for name in names}
    if onnx:
        contents[ONNX] = _to_onnx(load_model(home), about)
    for name, content in contents.items():
        write_atomic(target / name, content)
    return [target / name for name in contents]


def card(folder: Path) -> Mapping[str, Any]:
    """Return model.json, once it and the weights are known to be there and to belong together.

    Raises:
        RlsearchError: a file is missing, the slot is empty, or the weights are not those that training left: not those
            of model.json or, in the folder of a retraining, not those of its stamp.
    """
    for name in (MODEL, WEIGHTS):
        if not (folder / name).is_file():
            raise RlsearchError(
                f"there is no {name}",
                where=str(folder),
                remedy="retrain the slot first (`make run`), or give the folder of one that is retrained",
            )
    about: Mapping[str, Any] = read_json(folder / MODEL)
    if about["network"] is None:
        raise RlsearchError(f"slot {about['slot']!r} holds no network: {about['reason']}", where=str(folder))
    if file_sha256(folder / WEIGHTS) != about["sha256"]:
        raise RlsearchError(
            f"{WEIGHTS} is not the file that {MODEL} was written for: its SHA-256 differs",
            where=str(folder),
            remedy="copy both files again, or delete the folder and retrain the slot",
        )
    if (measured := folder / METRICS).is_file():
        stamps.check(measured, read_json(measured))
    return about


def _to_onnx(model: nn.Module, about: Mapping[str, Any]) -> bytes:
    traced = _graph(model, about)
    missing = [name for name in ONNX_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise RlsearchError(
            f"ONNX export needs packages that are not installed: {', '.join(missing)}",
            remedy=f"install them beside torch (pip install {' '.join(ONNX_PACKAGES)}), or export without --onnx",
        )
    import torch

    batch = torch.export.Dim("batch")

    def sizes(axes: Any) -> Any:
        if isinstance(axes, tuple):
            return tuple(sizes(axis) for axis in axes)
        return {} if axes is None else {axes: batch}

    with tempfile.TemporaryDirectory(prefix="rlsearch-") as folder, torch.no_grad(), warnings.catch_warnings():
        # Of torch's own calls of itself, and of inputs that share their number of samples.
        warnings.simplefilter("ignore")
        path = Path(folder) / ONNX
        torch.onnx.export(
            # Without gradients: hooks cannot be traced.
            traced.network.requires_grad_(False),
            traced.inputs,
            path,
            input_names=traced.input_names,
            output_names=traced.output_names,
            dynamic_shapes=sizes(traced.axes),
            external_data=False,
            verbose=False,
        )
        return path.read_bytes()


def _graph(model: nn.Module, about: Mapping[str, Any]) -> Graph:
    """Return what is traced: as the kind of data has it, or samples that become logits."""
    from rlsearch.data.kinds import _registry as kinds
    from rlsearch.data.kinds.base import Graph

    kind = kinds.of_network(about["network"])
    if (own := kind.graph(model)) is not None:
        return own
    # Of two samples: an example of one would be taken for the only size.
    example = kind.example(kind.form_on_card(about), 2)
    if kind.windowed or isinstance(example, tuple):
        raise RlsearchError(
            f"ONNX export is for networks of one input and one output, and one of {kind.name} has more",
            remedy="export without --onnx, and use the folder with `rlsearch.load_model`",
        )
    return Graph(model, (example,), (0,), [kind.noun], ["logits"])
