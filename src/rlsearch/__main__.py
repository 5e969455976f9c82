"""`python -m rlsearch`: the command line."""

from rlsearch.cli import app

if __name__ == "__main__":
    app(prog_name="rlsearch")
