"""A study's space and its networks: specs of the one must be specs of the others, options must exist."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from rlsearch import seeds
from rlsearch.checks import kinds
from rlsearch.config import network_flops, plugin_source, plugins
from rlsearch.config.faults import NOTHING, Fault, unknown_name
from rlsearch.config.models import DatasetSettings, StudySettings
from rlsearch.config.task_models import TaskSettings
from rlsearch.data.kinds import _registry as registry
from rlsearch.data.kinds.base import Form
from rlsearch.files import canonical_json
from rlsearch.spaces._making import space_of
from rlsearch.spaces.base import Space

DRAWN = 8
"""Candidates that are looked at for the options that a space chooses."""


def of_space(study: StudySettings) -> Iterator[Fault]:
    """Yield tasks whose network the space's specs are not for, or whose network needs what they do not choose.

    And a setting of the space with which there are no networks, where some would have to be built.
    """
    space, kind = space_of(study.space), study.space.type
    if space.unbuilt and (study.surrogate is None or study.target is not None):
        key, problem = space.unbuilt
        yield Fault(("space", key), problem, getattr(study.space, key))
        return
    named = space.networks
    for section, task in kinds.tasks(study):
        if named and task.network not in named:
            problem = f"is no network of space {kind}, which chooses its options; allowed: {', '.join(named)}"
            yield Fault((section, "network"), problem, task.network)
        elif not named and (missing := _missing(task, space)):
            problem = (
                f"needs {', '.join(missing)}, which space {kind} does not choose: name a network that needs no options "
                f"({', '.join(_without_needs())}), or give it as network_options"
            )
            yield Fault((section, "network"), problem, task.network)


def options(study: StudySettings) -> Iterator[Fault]:
    """Yield options that a network does not have."""
    for section, task in kinds.tasks(study):
        if not task.network_options:
            continue
        taken = _taken(task.network)
        for option, value in task.network_options.items():
            if taken is not None and option not in taken:
                problem = unknown_name(f"option of network {task.network}", option, taken)
                yield Fault((section, "network_options", option), problem, value)


def _taken(network: str) -> list[str] | None:
    """Return the options that a network takes; None where it takes any."""
    told = plugin_source.arguments(plugin_source.parsed(plugins.find("networks", network).file), "NETWORK")
    if told is not None:
        return list(told[2:])  # the first two are the shape and the number of outputs
    from rlsearch.networks import _registry as networks  # torch takes seconds to import

    return networks.options_of(plugins.load("networks", network).NETWORK)


def chosen(study: StudySettings) -> Iterator[Fault]:
    """Yield options that the candidates of the space bring with them, and which would override those of the study."""
    given = [(section, task) for section, task in kinds.tasks(study) if task.network_options]
    chosen_there = _in_specs(space_of(study.space)) if given else {}
    for section, task in given:
        for option, value in task.network_options.items():
            if option in chosen_there:
                fixed = getattr(study.space, option, NOTHING) == chosen_there[option]
                own = f" and set space.{option}" if fixed else ""
                problem = f"comes with the candidates of space {study.space.type}, which win: leave it out here{own}"
                yield Fault((section, "network_options", option), problem, value)


def built(study: StudySettings, dataset: DatasetSettings) -> Iterator[Fault]:
    """Yield options with which a network cannot be built for the data, where the form of these is known already.

    Of a study without other faults; `options` and others tell theirs without building anything.
    """
    given = [(section, task) for section, task in kinds.tasks(study) if task.network_options]
    form = kinds.form_of(dataset) if given and kinds.outputs_known(dataset) else None
    if form is None:
        return
    kind, space = registry.of_source(dataset.source), space_of(study.space)
    chosen_there = space.decode(space.spread(1)[0]).get("network", {})
    for section, task in given:
        if plugins.takes(task.network) != kind.name:
            continue
        if why := _unbuilt(task.network, kind.name, form, canonical_json({**task.network_options, **chosen_there})):
            problem = f"make no network for {kind.describe(form)}: {why}"
            yield Fault((section, "network_options"), problem, dict(task.network_options))


@lru_cache(maxsize=64)  # settings are read more than once in a process, and a large network takes a while
def _unbuilt(network: str, kind: str, form: Form, options: str) -> str:
    """Return why a network cannot be built with options (as JSON); "" where it can."""
    counter = network_flops.counter(network)
    try:
        if counter is not None:  # raises what the network raises
            counter(form.shape, form.outputs, **json.loads(options))
        else:
            from rlsearch.training.forward_flops import counted_forward  # torch takes seconds to import

            counted_forward(network, registry.load(kind), form, json.loads(options))
    except (ValueError, TypeError, RuntimeError) as error:  # as whoever wrote the network, or torch, says it
        return str(error) or type(error).__name__
    return ""


def needs(network: str) -> tuple[str, ...]:
    """Return the options without which a network cannot be built: `NEEDS` in its file, none where it says nothing.

    The file is read and not imported, as for `plugins.takes`.
    """
    plugin = plugins.by_name("networks").get(network)
    return () if plugin is None else plugin_source.texts(plugin_source.parsed(plugin.file), "NEEDS")


def _in_specs(space: Space) -> dict[str, Any]:
    """Return the options of networks that candidates and baselines of a space bring, each with one of its values."""
    rng = seeds.generator("options of a space")
    specs = [*space.baselines().values(), *(space.decode(space.sample(rng)) for _ in range(DRAWN))]
    return {option: value for spec in specs for option, value in spec.get("network", {}).items()}


def _missing(task: TaskSettings, space: Space) -> list[str]:
    missing = [option for option in needs(task.network) if option not in task.network_options]
    brought = _in_specs(space) if missing else {}  # by a space that names no networks all the same
    return [option for option in missing if option not in brought]


def _without_needs() -> list[str]:
    return [network for network in plugins.names("networks") if not needs(network)]
