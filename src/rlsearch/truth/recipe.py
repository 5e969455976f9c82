"""What a truth table holds: space, data, training and seeds, as `recipe.yaml` beside the table says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, SerializeAsAny, ValidationError, field_validator, model_validator

from rlsearch.config import artefacts, plugins
from rlsearch.config.base import Count, Distinct, Name, Natural, Settings, SpaceSettings
from rlsearch.config.dataset_models import DatasetSettings
from rlsearch.config.task_models import TaskSettings
from rlsearch.errors import SettingsError
from rlsearch.measures import CROSS_ENTROPY, Measure, with_loss
from rlsearch.spaces._making import space_of
from rlsearch.spaces.base import Space, representatives

# The project folder where this file lies in src/rlsearch/truth.
CHECKOUT = Path(__file__).resolve().parents[3]


class Recipe(Settings):
    """The recipe of a truth table.

    `proxy` is how each child is trained, for the last of `epochs`; children are measured at each of `epochs`. A row
    costs what the dearest of its trainings did, restarts included. The columns are the seeds from `first_seed` on, so
    that a table can repeat some of another's. The last `judge` of the seeds are kept from all searches and judge their
    answers; with 0, the judges are those that a search left unseen, network by network; a policy leaves none, since it
    meets a new training in every episode.
    """

    name: Name
    dataset: SerializeAsAny[DatasetSettings]
    space: SerializeAsAny[SpaceSettings]
    proxy: TaskSettings
    epochs: Annotated[tuple[Count, ...], Field(strict=False, min_length=1), Distinct]
    seeds: Annotated[int, Field(ge=2, le=100)]
    first_seed: Natural = 0
    judge: Annotated[int, Field(ge=0, le=98)] = 0

    @model_validator(mode="after")
    def _columns(self) -> Recipe:
        if self.judge > self.seeds - 2:
            raise ValueError(f"judge {self.judge} leaves fewer than 2 of the {self.seeds} seeds to the searches")
        return self

    @model_validator(mode="after")
    def _whole_trainings(self) -> Recipe:
        if self.proxy.patience is not None:
            raise ValueError(f"proxy.patience {self.proxy.patience} must be null: a table holds whole trainings")
        if self.proxy.best_of_last > 1:
            problem = "must be 1: a table answers with the last of its epochs"
            raise ValueError(f"proxy.best_of_last {self.proxy.best_of_last} {problem}")
        if self.proxy.restart is not None and self.made_space.stepwise:
            raise ValueError("proxy.restart must be null: rows of this space are trained step by step, each step once")
        return self

    @property
    def measure(self) -> Measure:
        """What the networks are judged by."""
        return self.proxy.measure

    @property
    def judges(self) -> tuple[int, ...]:
        """The seeds of the trainings that are kept from all searches."""
        end = self.first_seed + self.seeds
        return tuple(range(end - self.judge, end))

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What says how good the networks are: the measure, and the loss where that is another."""
        return (*with_loss(self.measure)[:-1], CROSS_ENTROPY)

    @property
    def recorded(self) -> tuple[Measure, ...]:
        """What the table's files hold, in arrays of these names: the measures, and what `proxy.record` names."""
        return (*self.measures, *self.proxy.recorded)

    @field_validator("dataset", mode="before")
    @classmethod
    def _dataset(cls, raw: Any) -> Any:
        return plugins.load("sources", raw["source"]).SETTINGS.model_validate(raw) if isinstance(raw, dict) else raw

    @field_validator("space", mode="before")
    @classmethod
    def _space(cls, raw: Any) -> Any:
        return plugins.load("spaces", raw["type"]).SETTINGS.model_validate(raw) if isinstance(raw, dict) else raw

    @property
    def made_space(self) -> Space:
        """The space whose candidates are the rows, one for each key, in the order of `enumerate`."""
        return space_of(self.space)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(1 for _ in representatives(self.made_space))


def home(name: str) -> Path:
    """Return the project that holds a table: the working directory, else the folder in which the sources lie."""
    folder = artefacts.table_folder(name)
    return Path(".") if folder.exists() or not (CHECKOUT / folder).exists() else CHECKOUT


def read(name: str, root: Path = Path(".")) -> Recipe:
    """Read a table's recipe.

    Raises:
        SettingsError: no such table, or a recipe that is not valid.
    """
    path = root / artefacts.table_folder(name) / "recipe.yaml"
    if not path.exists():
        names = sorted(recipe.parent.name for recipe in (root / artefacts.REFERENCE_FOLDER).glob("*/recipe.yaml"))
        raise SettingsError(
            f"there is no truth table {name!r}{plugins.nearest(name, names)}",
            where=str(path),
            allowed=", ".join(names) or "none here",
        )
    try:
        return Recipe.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise SettingsError(f"the recipe of table {name!r} is not valid: {error}", where=str(path)) from None
