"""With which settings plugins are tested, where their defaults would be too slow or too large.

A plugin of your own says so beside its class: `TEST_SETTINGS = {"layers": 2}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

from rlsearch import seeds
from rlsearch.config import plugins
from rlsearch.config.dataset_models import DatasetSettings
from rlsearch.data.images.parts import Part, Raw
from rlsearch.data.kinds import _registry as registry
from rlsearch.data.kinds.base import Kind
from rlsearch.data.sources.npz import SETTINGS as OWN_IMAGES
from rlsearch.data.store import RawStore
from rlsearch.networks.simple_cnn import SimpleCNN
from rlsearch.spaces.base import Space
from rlsearch.testing import tiny_text

WIDE = {"kernels": None, "heights": (1, 3, 5, 7), "widths": (1, 3, 5, 7), "filters": (24, 36, 48, 64), "skips": True}
GROWING = {**WIDE, "layers": 2, "strides": (1,)}


REFERENCE_SPACES = ("init-scale", "layered-cnn", "metaqnn", "optimizer-selection", "sgd-sweep")
"""The spaces on which every agent of the package has to learn: continuous, fixed and masked choices, closed loops."""
REFERENCE_AGENTS = ("lstm-reinforce", "maskable-ppo", "ppo", "q-learning", "reinforce", "regularized-evolution")
"""The agents of the package that have to learn on every space: one of each way to ask, to mask and to learn.

All shipped agents on all shipped spaces would take a time that grows with the product of both: a new agent meets all
reference spaces, a new space all reference agents. What comes from outside of the package meets everything."""


def is_tried(agent: str, space: str) -> bool:
    """Tell whether the suites that take long try an agent on a space."""
    kinds = (("agents", agent), ("spaces", space))
    own = any(not plugins.find(kind, name).module.startswith(f"rlsearch.{kind}.") for kind, name in kinds)
    return own or space in REFERENCE_SPACES or agent in REFERENCE_AGENTS


def of_plugin(kind: str, name: str) -> dict[str, Any]:
    """Return the settings with which a plugin is tested."""
    return dict(getattr(plugins.load(kind, name), "TEST_SETTINGS", {}))


def space(name: str, **settings: Any) -> Space:
    """Return a space as it is tested, with further settings."""
    module = plugins.load("spaces", name)
    built: Space = module.SPACE(module.SETTINGS(**{**of_plugin("spaces", name), **settings}))
    return built


@dataclass(frozen=True)
class Case:
    """A kind of data, data that a source could have read, the entry they belong to, and a network that takes them."""

    kind: Kind
    raw: Callable[[], Any]
    settings: DatasetSettings
    network: Callable[..., nn.Module]


def kinds() -> dict[str, Case]:
    """Return a case for every kind; none for a kind of which there is no source with TEST_SETTINGS, or no network."""
    cases = {
        "images": Case(
            registry.load("images"),
            lambda: Raw(Part(*spots(131, "kinds")), None, 4),
            OWN_IMAGES(source="npz", path="mine.npz", test=0.2, validation=0.25),
            SimpleCNN,
        ),
        "text": Case(
            registry.load("text"), tiny_text.text, tiny_text.CutSettings(source="tiny-text"), tiny_text.TinyLM
        ),
        "pairs": Case(
            registry.load("pairs"),
            tiny_text.pairs,
            tiny_text.CutSettings(source="tiny-pairs"),
            tiny_text.TinyTranslator,
        ),
    }
    for name in plugins.names("kinds"):
        networks = [network for network in plugins.names("networks") if plugins.takes(network) == name]
        for source in plugins.names("sources") if networks and name not in cases else ():
            module = plugins.load("sources", source)
            if name == module.SOURCE.KIND and hasattr(module, "TEST_SETTINGS"):
                network = plugins.load("networks", networks[0]).NETWORK
                settings = module.SETTINGS(source=source, **module.TEST_SETTINGS)
                cases[name] = Case(registry.load(name), _reader(module.SOURCE, settings), settings, network)
    return cases


def _reader(source: Any, settings: DatasetSettings) -> Callable[[], Any]:
    return lambda: source(settings).read(RawStore(()))


def spots(count: int, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return uint8 images (count, 1, 8, 8) and labels: class c has its bright spot in corner c."""
    rng = seeds.generator("tiny", name)
    images = rng.integers(0, 120, (count, 1, 8, 8), dtype=np.uint8)
    labels = np.arange(count) % 4
    for image, label in zip(images, labels, strict=True):
        row, column = 4 * (label // 2), 4 * (label % 2)
        image[0, row : row + 4, column : column + 4] += 100
    return images, labels.astype(np.int64)


LEARNS_CHOICES: Mapping[str, Mapping[str, Any]] = {
    "a2c": {"n_steps": 16, "lr": 1e-2, "gamma": 1.0, "hidden": (32,)},
    "dqn": {"lr": 3e-3, "gamma": 1.0, "learning_starts": 8, "train_freq": 2, "epsilon_decay": 0.98, "hidden": (32,)},
    "ppo": {
        **{"n_steps": 32, "batch_size": 16, "lr": 3e-3, "value_lr": 3e-3, "gamma": 1.0, "gae_lambda": 1.0},
        **{"ent_coef": 0.0, "hidden": (32,)},
    },
    "sb3": {"options": {"n_steps": 32, "batch_size": 32, "target_kl": 0.05}, "hidden": (32,)},
}
LEARNS_RANGES: Mapping[str, Mapping[str, Any]] = {
    "a2c": {"n_steps": 8, "lr": 1e-2, "hidden": (32,)},
    "ppo": {"n_steps": 8, "n_epochs": 8, "lr": 2e-2, "value_lr": 2e-2, "ent_coef": 0.0, "hidden": (32,)},
    "sac": {"ent_coef": 0.01, "lr": 1e-2, "hidden": (32,)},
    "sb3": {"options": {"n_steps": 16, "batch_size": 16, "target_kl": 0.05}, "hidden": (32,)},
}
"""Settings under which 100 candidates are enough to learn from, on spaces of choices and of ranges. The defaults are
those of a published study of closed loops, or of libraries made for a million steps."""
