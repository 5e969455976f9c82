"""The application, the options that commands share, and the one place where errors become messages.

A command module holds a function decorated by `@app.command()`; a command that reads the settings takes
`params: ParamsFile = PARAMS` and asks `read`. Errors need no handling there: raise an RlsearchError.
"""

from __future__ import annotations

import os
import sys
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
TRACEBACK = "RLSEARCH_TRACEBACK"
"""Set, it shows what a plugin raised with all calls that led there."""
PARAMS = Path("params.yaml")
ParamsFile = Annotated[Path, typer.Option("--params", help="The settings file.", show_default=True)]


class Group(TyperGroup):
    """Runs a command; an RlsearchError ends it with its message on stderr and exit code 2, without a traceback.

    So does a disk that is full, read-only or closed to the user, and a fault in the code of the user's own plugins.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            fault = _explained(error)
            if fault is None:
                raise
            # A fault in the code of a plugin may lie deeper than in the file that is named.
            foreign = not isinstance(error, RlsearchError | OSError)
            if foreign and os.environ.get(TRACEBACK):
                raise
            more = f"\n  whole: {TRACEBACK}=1 in front of the command shows the traceback" if foreign else ""
            typer.echo(f"rlsearch: {fault}{more}", err=True)
            raise typer.Exit(EXIT_CODE) from None


def _explained(error: Exception) -> RlsearchError | None:
    """Return the message for an error; None for one that nobody foresaw."""
    if isinstance(error, RlsearchError):
        return error
    if isinstance(error, OSError) and (fault := storage_error(error)):
        return fault
    if "rlsearch.config.plugins" not in sys.modules:
        return None  # no plugin was asked for, and importing what would tell takes longer than --help
    from rlsearch.config import raised

    return raised.by_plugin(error)


app = typer.Typer(
    name="rlsearch",
    cls=Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # importing rich would double the time of --help
)


def read(params: Path, *, before_work: bool = False) -> Params:
    """Return the settings of a file, checked.

    With `before_work` also what only a run asks: what lies at the paths of own data, and `checks.check_work`.
    """
    from rlsearch import checks

    settings = checks.read(params)
    if before_work:
        checks.check_places(settings, params)
        checks.check_work(settings, params)
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
