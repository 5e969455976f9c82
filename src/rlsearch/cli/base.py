"""The application, the options that commands share, and the one place where errors become messages.

A command module holds a function decorated by `@app.command()`; a command that reads the settings takes
`params: ParamsFile = PARAMS`. Errors need no handling there: raise an RlsearchError.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import rlsearch
from rlsearch.errors import RlsearchError, storage_error

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
        except RlsearchError as error:
            typer.echo(f"rlsearch: {error}", err=True)
            raise typer.Exit(EXIT_CODE) from None
        except OSError as error:
            fault = storage_error(error)
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
