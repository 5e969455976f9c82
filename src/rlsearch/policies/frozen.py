"""A learnt policy as weights and settings: JSON that any program can read, and a class that acts by it without torch.

The archives of reinforcement learning libraries are pickles, which run code when they are opened and tie a policy to
the versions that wrote it. A multilayer perceptron is a few matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlsearch.errors import PolicyError, RlsearchError

Floats = NDArray[np.float32]

ACTIVATIONS: Mapping[str, Callable[[Floats], Floats]] = {
    "relu": lambda value: np.maximum(value, np.float32(0)),
    "tanh": lambda value: np.tanh(value),
}
OUTPUTS = ("q-values", "logits")
KEYS = {"kind", "activation", "layers", "output", "observation", "actions"}


@dataclass(frozen=True, eq=False)
class FrozenPolicy:
    """A greedy policy: a multilayer perceptron whose largest output is the action. Arithmetic is in float32.

    Attributes:
        layers: weight (outputs, inputs) and bias (outputs,) of each layer; the activation follows all but the last.
        activation: "relu" or "tanh".
        output: what the last layer gives for every action, "q-values" or "logits".

    Raises:
        RlsearchError: layers that do not fit each other, numbers that are not finite, unknown words.
    """

    layers: tuple[tuple[Floats, Floats], ...]
    activation: str
    output: str

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise _damaged(f"there is no activation {self.activation!r}", " or ".join(ACTIVATIONS))
        if self.output not in OUTPUTS:
            raise _damaged(f"there is no output {self.output!r}", " or ".join(OUTPUTS))
        if not self.layers:
            raise _damaged("there is no layer", "at least one")
        for number, (weight, bias) in enumerate(self.layers):
            if weight.ndim != 2 or bias.ndim != 1 or weight.shape[0] != bias.shape[0] or 0 in weight.shape:
                raise _damaged(f"layer {number}: weight {weight.shape}, bias {bias.shape}", "(n, m) and (n,)")
            if number and weight.shape[1] != self.layers[number - 1][0].shape[0]:
                raise _damaged(f"layer {number} takes {weight.shape[1]} numbers", "as many as the layer before gives")
            if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
                raise _damaged(f"layer {number} holds numbers that are not finite in float32", "finite numbers")

    @property
    def observation(self) -> int:
        """Length of an observation."""
        return int(self.layers[0][0].shape[1])

    @property
    def actions(self) -> int:
        """Number of actions."""
        return int(self.layers[-1][0].shape[0])

    def values(self, observation: NDArray[Any]) -> Floats:
        """Return the last layer's output for one observation (observation,), float32 (actions,).

        Raises:
            RlsearchError: an observation of another shape.
        """
        value = np.asarray(observation, np.float32)
        if value.shape != (self.observation,):
            raise RlsearchError(f"an observation of shape {value.shape}", allowed=f"({self.observation},)")
        with np.errstate(over="ignore", invalid="ignore"):  # `choose` looks at what comes of it
            for weight, bias in self.layers[:-1]:
                value = ACTIVATIONS[self.activation](weight @ value + bias)
            weight, bias = self.layers[-1]
            return np.asarray(weight @ value + bias, np.float32)

    def choose(self, observation: NDArray[np.float32]) -> int:
        """Return the action of the largest output, the first of equals.

        Raises:
            PolicyError: an output that is not finite: among such, none is the largest.
        """
        values = self.values(observation)
        if not np.isfinite(values).all():
            raise PolicyError(
                f"the outputs of a frozen policy overflow: {values.tolist()}",
                remedy="search again with a lower learning rate or smaller rewards (reward.scale)",
            )
        return int(np.argmax(values))

    def to_json(self) -> dict[str, Any]:
        """Return the policy as JSON values; a float32 survives as the double of the same value."""
        layers = [{"weight": weight.tolist(), "bias": bias.tolist()} for weight, bias in self.layers]
        return {
            "kind": "mlp",
            "activation": self.activation,
            "layers": layers,
            "output": self.output,
            "observation": self.observation,
            "actions": self.actions,
        }

    @classmethod
    def from_json(cls, value: Any) -> FrozenPolicy:
        """Return the policy that `to_json` wrote.

        Raises:
            RlsearchError: the value is not one.
        """
        if not isinstance(value, Mapping) or set(value) != KEYS or value["kind"] != "mlp":
            raise _damaged("this is no stored policy", f"kind mlp and the keys {', '.join(sorted(KEYS))}")
        if not isinstance(value["layers"], Sequence):
            raise _damaged("its layers are no list", "a list of weights and biases")
        layers = tuple(_layer(number, layer) for number, layer in enumerate(value["layers"]))
        policy = cls(layers, str(value["activation"]), str(value["output"]))
        stated = (value["observation"], value["actions"])
        if stated != (policy.observation, policy.actions):
            actual = f"{policy.observation} and {policy.actions}"
            raise _damaged(f"observation and actions are stated as {stated[0]!r} and {stated[1]!r}", actual)
        return policy


def _layer(number: int, layer: Any) -> tuple[Floats, Floats]:
    if not isinstance(layer, Mapping) or set(layer) != {"weight", "bias"}:
        raise _damaged(f"layer {number} is not a weight and a bias", "weight, bias")
    try:
        with np.errstate(over="ignore"):  # too large for float32: infinite, which is refused with its place
            return np.asarray(layer["weight"], np.float32), np.asarray(layer["bias"], np.float32)
    except (TypeError, ValueError):
        raise _damaged(f"layer {number} holds something that is no number, or rows of different lengths") from None


def _damaged(what: str, allowed: str = "") -> RlsearchError:
    return RlsearchError(what, where="a frozen policy", allowed=allowed, remedy="freeze the policy again")
