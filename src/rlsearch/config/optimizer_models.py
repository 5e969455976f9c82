"""What all optimizers' settings have. Keys of a single one are in its file in rlsearch/training/optimizers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    SerializationInfo,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from rlsearch.config import plugins
from rlsearch.config.base import Extended, Name, Number, Positive

ALWAYS_DUMPED: dict[str, Any] = {"momentum": 0.0, "nesterov": False}
"""Keys that the dump of an optimizer without them has all the same: candidates' keys are digests of such dumps."""


class OptimizerSettings(Extended):
    """An optimizer with its learning rate and weight decay. Validating a section gives the model of its `name`.

    Attributes:
        passes: forward and backward passes in one step, to count its cost.
        place: its position among the options of a space, whatever the order of the keys in the settings.
    """

    passes: ClassVar[int] = 1
    place: ClassVar[int] = 100

    name: Name = "adam"
    lr: Positive = 1e-3
    weight_decay: Annotated[Number, Field(ge=0)] = 0.0

    @model_validator(mode="wrap")
    @classmethod
    def _of_its_name(cls, raw: Any, handler: ModelWrapValidatorHandler[OptimizerSettings]) -> OptimizerSettings:
        # The model of a name validates itself: only the base has one to look up.
        if cls is not OptimizerSettings or not isinstance(raw, Mapping):
            return handler(raw)
        name = raw.get("name", "adam")
        try:
            model: type[OptimizerSettings] = plugins.load("optimizers", str(name)).SETTINGS
        except ValueError as error:
            raise _fault("name", str(error), name) from None
        # A dump is read back with the keys that every dump has, which mean nothing to an optimizer without them.
        nothing = [key for key, value in ALWAYS_DUMPED.items() if raw.get(key, 1) == value]
        own = {key: value for key, value in raw.items() if key in model.model_fields or key not in nothing}
        for key in own:
            if key not in model.model_fields:
                raise _fault(str(key), _superfluous(str(key), str(name), list(model.model_fields)), raw[key])
        return model.model_validate({"name": name, **own})

    @model_serializer(mode="wrap")
    def _dumped(self, dump: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        return {**ALWAYS_DUMPED, **self._without_later(dump(self), info)}


Optimizer = SerializeAsAny[OptimizerSettings]
"""The type of a key whose section is an optimizer."""


def optimizer_settings(**keys: Any) -> OptimizerSettings:
    """Return the settings of an optimizer.

    >>> optimizer_settings(name="sam", lr=0.1).passes
    2

    Raises:
        ValidationError: no such optimizer, a key that it does not take, or a value out of range.
    """
    return OptimizerSettings.model_validate(keys)


def passes_of(training: Mapping[str, Any]) -> dict[str, int]:
    """Return the passes of the optimizers in a spec's "training", by label."""
    return {label: optimizer_settings(**settings).passes for label, settings in training["optimizers"].items()}


def _superfluous(key: str, name: str, keys: list[str]) -> str:
    """Return the sentence for a key that an optimizer does not take: which others do, or which keys it takes."""
    models = {other: plugins.load("optimizers", other).SETTINGS for other in plugins.names("optimizers")}
    takers = [other for other, model in models.items() if key in model.model_fields]
    if takers:
        return f"optimizer {name!r} takes no `{key}`; it is for {', '.join(takers)}"
    return f"unknown key{plugins.nearest(key, keys)}; allowed: {', '.join(keys)}"


def _fault(key: str, problem: str, value: Any) -> ValidationError:
    """Return the error of one key, which keeps its place when a model further up is validated."""
    kind = PydanticCustomError("value_error", "{error}", {"error": problem})
    return ValidationError.from_exception_data("optimizer", [InitErrorDetails(type=kind, loc=(key,), input=value)])
