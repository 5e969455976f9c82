"""A retrained network as a folder of two files: model.json says what to build, weights.pt holds the weights.

The folder of every retrained slot is such a folder. It needs this package to load, and neither settings nor data.
"""

from __future__ import annotations

import importlib.util
import pickle
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlsearch import stamps
from rlsearch.errors import RlsearchError
from rlsearch.files import file_sha256, read_json, write_atomic

if TYPE_CHECKING:
    from torch import nn

MODEL, WEIGHTS, ONNX = "model.json", "weights.pt", "model.onnx"
METRICS = "metrics.json"
"""What a retraining measured: no part of a model, but where it lies beside one, its stamp holds the weights to it."""
ONNX_PACKAGES = ("onnx", "onnxscript")
"""What torch's ONNX exporter imports and this package does not depend on."""


def load_model(folder: str | Path) -> nn.Module:
    """Return the network of a retrained slot, or of a folder that `rlsearch export` wrote, ready for use.

    It is in eval mode, on the CPU, and maps images (n, channels, height, width), scaled as `inputs` in model.json says,
    to logits (n, classes); an ensemble to the logarithm of its mean probabilities. Weights are read without running
    code from the file.

    Args:
        folder: e.g. "results/retrain/layered-cnn/best-random".

    Raises:
        RlsearchError: a file is missing, the weights are not those that model.json names, or hold anything but tensors;
            or the slot is empty.
    """
    from rlsearch.data.kinds import _registry as kinds
    from rlsearch.networks._registry import build
    from rlsearch.training.checkpoint import load_state
    from rlsearch.training.ensemble import Ensemble

    home = Path(folder)
    about = card(home)
    form, members = kinds.of_network(about["network"]).form_on_card(about), about.get("members")
    options = members or [about["options"]]
    models = [build(about["network"], form.shape, form.outputs, member) for member in options]
    model = Ensemble(models) if members else models[0]
    try:
        model.load_state_dict(load_state(home / WEIGHTS))
    except pickle.UnpicklingError:
        raise RlsearchError(
            f"{WEIGHTS} holds something else than tensors; nothing of it was run",
            where=str(home),
            remedy="do not use the file; ask whoever made it for weights written by this package",
        ) from None
    return model.eval()


def export(folder: str | Path, out: str | Path, *, onnx: bool = False) -> list[Path]:
    """Copy a retrained slot's network into a folder of its own and return the files.

    Args:
        folder: where model.json and weights.pt lie.
        out: where to put them; made if it is not there.
        onnx: write model.onnx too, for any number of images.

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
    missing = [name for name in ONNX_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise RlsearchError(
            f"ONNX export needs packages that are not installed: {', '.join(missing)}",
            remedy=f"install them beside torch (pip install {' '.join(ONNX_PACKAGES)}), or export without --onnx",
        )
    import torch

    from rlsearch.data.kinds import _registry as kinds

    kind = kinds.of_network(about["network"])
    # Two samples and no gradients: an example of one would be taken for the only size, and hooks cannot be traced.
    example, batch = kind.example(kind.form_on_card(about), 2), torch.export.Dim("batch")
    with tempfile.TemporaryDirectory(prefix="rlsearch-") as folder, torch.no_grad():
        path = Path(folder) / ONNX
        torch.onnx.export(
            model.requires_grad_(False),
            (example,),
            path,
            input_names=[kind.noun],
            output_names=["logits"],
            dynamic_shapes=({0: batch},),
            external_data=False,
            verbose=False,
        )
        return path.read_bytes()
