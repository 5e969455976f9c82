"""The application, the options that commands share, and the one place where errors become messages.

A command module does:

    from rlsearch.cli.base import ParamsFile, app

    @app.command()
    def plan(params: ParamsFile = PARAMS) -> None:
        \"\"\"Say what a run will cost.\"\"\"
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from rlsearch.errors import RlsearchError

EXIT_CODE = 2
PARAMS = Path("params.yaml")
ParamsFile = Annotated[Path, typer.Option("--params", help="The settings file.", show_default=True)]


class Group(TyperGroup):
    """Runs a command; an RlsearchError ends it with its message on stderr and exit code 2, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except RlsearchError as error:
            typer.echo(f"rlsearch: {error}", err=True)
            raise typer.Exit(EXIT_CODE) from None


app = typer.Typer(
    name="rlsearch",
    cls=Group,
    help="Search how neural networks are initialised, built and trained; say what chance would have found too.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
