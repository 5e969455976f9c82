"""The application, the options that commands share, and the one place where errors become messages.

A command module holds a function decorated by `@app.command()`; a command that reads the settings takes
`params: ParamsFile = PARAMS` and asks `read`. Errors need no handling there: raise an RlsearchError.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

import rlsearch
from rlsearch.errors import RlsearchError, storage_error

if TYPE_CHECKING:
    from rlsearch.config.models import Params

# As click ends for a wrong command line; 1 is left to faults that nobody foresaw.
EXIT_CODE = 2
PARAMS = Path("params.yaml")
ParamsFile = Annotated[Path, typer.Option("--params", help="The settings file.", show_default=True)]


class Group(TyperGroup):
    """Runs a command; an RlsearchError ends it with its message on stderr and exit code 2, without a traceback.

    So does a disk that is full, read-only or closed to the user.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except (RlsearchError, OSError) as error:
            fault = storage_error(error) if isinstance(error, OSError) else error
            if fault is None:
                raise
            typer.echo(f"rlsearch: {fault}", err=True)
            raise typer.Exit(EXIT_CODE) from None


app = typer.Typer(
    name="rlsearch",
    cls=Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # importing rich would double the time of --help
)


def read(params: Path, *, places: bool = False) -> Params:
    """Return the settings of a file, checked; with `places` also what lies at the paths of own data."""
    from rlsearch import checks

    settings = checks.read(params)
    if places:
        checks.check_places(settings, params)
    return settings


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rlsearch {rlsearch.__version__} ({Path(rlsearch.__file__).parent})")
        raise typer.Exit


@app.callback()
def _common(
    show: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say version and place.")
    ] = False,
) -> None:
    """Search how neural networks are initialised, built and trained; say what chance would have found too."""
