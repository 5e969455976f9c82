"""What a file of the folder `published` holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from rlsearch.config import plugins
from rlsearch.config.base import Name, Settings
from rlsearch.config.models import TaskSettings
from rlsearch.errors import RlsearchError
from rlsearch.report.closed_loop.published_arm import PublishedArm


class Measured(Settings):
    """Which of our numbers is compared with a published one: exactly one of these is given.

    `target_slot`: mean test accuracy of a slot. `proxy_slot`: proxy accuracy of a slot. `proxy_at`: proxy accuracy of
    the grid point at this value. `settles`: range of the means of an agent's last quarter of samples. `at_epsilon`:
    mean level of what the plainest agent that explores by a schedule proposed at this epsilon.

    `kept`: whether the row stays where a study does not measure it: it is one of a table that is shown as a whole.
    """

    target_slot: Name | None = None
    proxy_slot: Name | None = None
    proxy_at: float | None = None
    settles: Name | None = None
    at_epsilon: float | None = None
    kept: bool = False


class Number(Settings):
    """One published number: the quantity, of what, the value as printed there, and ours to put beside it.

    `because` says why it is never comparable with ours, e.g. since it comes from a second source that measured
    it differently.
    """

    quantity: str
    candidate: str
    published: str
    n: str = ""
    measured: Measured | None = None
    because: str = ""


class PublishedNetwork(Settings):
    """A network that a source found: its chain of layers, weights, and level on the test set (of accuracy, 0 to 1).

    `level` has the decimals that are printed there; `n` is how many trainings it is the mean of, as far as is told.
    """

    network: str
    parameters: int
    level: float
    n: str = ""


class RewardSpread(Settings):
    """Standard deviation and variance of the rewards of one arm as printed there, and what is to be said about them.

    `clipped`: they are of rewards less a moving average and clipped, else of raw ones.
    """

    arm: str
    sd: float | None = None
    variance: float | None = None
    remark: str = ""
    clipped: bool = True


class Published(Settings):
    """One file of the folder `published`: a source's question, numbers, protocol and what is known about its text.

    `validation`, `proxy` and `target` say how the source measured, in the words of the settings; a validation share
    that it does not give is null, and a part that comes with the data is `own`; `tuned`: whether it tried recipes on
    what it had found. `data` (keys of the dataset) and `space` hold what the source tells of them, and are compared key
    by key; what they leave out is not. `notes_validation` is added to `notes` for a study that holds out validation
    images, `notes_published_test` for one that does not. `band`: where the search of the source settled, for a space of
    one scale; `networks`: the best that it found, best first; `progress`: what it says, in a sentence, of how its
    search went on.
    """

    question: str
    citation: str
    dataset: str
    data: dict[str, Any] = Field(default_factory=dict)
    space: dict[str, Any] = Field(default_factory=dict)
    protocol: Literal["as-published", "paper", "corrected"]
    validation: float | Literal["published-test", "own"] | None
    proxy: TaskSettings
    target: TaskSettings
    tuned: bool = False
    conditions: tuple[str, ...]
    band: tuple[float, float] | None = None
    numbers: tuple[Number, ...] = ()
    reward_spread: tuple[RewardSpread, ...] = ()
    arms: tuple[PublishedArm, ...] = ()
    networks: tuple[PublishedNetwork, ...] = ()
    progress: str = ""
    notes: tuple[str, ...]
    notes_validation: tuple[str, ...] = ()
    notes_published_test: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _keys_that_there_are(self) -> Published:
        if self.data:
            _check_keys("data", self.data, "sources", self.dataset)
        if self.space:
            _check_keys("space", self.space, "spaces", str(self.space.get("type")))
        return self


def _check_keys(section: str, told: Mapping[str, Any], kind: str, name: str) -> None:
    """Refuse a key that a source of data or a space does not have: it would differ from every study."""
    known = list(plugins.load(kind, name).SETTINGS.model_fields)
    for key in told:
        if key not in known:
            near, allowed = plugins.nearest(key, known), ", ".join(known)
            raise ValueError(f"`{section}` has an unknown key {key!r}{near}; allowed: {allowed}")


def load(name: str | None) -> Published | None:
    """Return the entry that a study's setting `published` names.

    Raises:
        RlsearchError: there is no such entry, or its file is malformed.
    """
    if name is None:
        return None
    files = plugins.published()
    if name not in files:
        allowed = ", ".join(sorted(files))
        raise RlsearchError(f"there are no published numbers {name!r}", where="published", allowed=allowed)
    try:
        # Not strict, unlike the settings: YAML has lists where tuples are declared.
        return Published.model_validate(yaml.safe_load(files[name].read_text(encoding="utf-8")), strict=False)
    except (ValidationError, yaml.YAMLError) as error:
        raise RlsearchError(f"cannot use the published numbers: {error}", where=files[name].name) from None
