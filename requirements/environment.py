"""Frees a virtual environment from the place where it was made: environment.py FOLDER, run by its own Python.

Scripts in `bin` name the environment's Python by its path, and the package's entry names the checkout by its path.
After a folder is renamed the scripts start nothing, after it is copied they start the original. Here both become
relative. An environment outside this checkout may serve several: its entry stays as it is.
"""

from __future__ import annotations

import json
import os
import re
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

CHECKOUT = Path(__file__).resolve().parents[1]
HEAD = re.compile(rb"""#!(?:/bin/sh\n'''exec' )?["']?(/[^"'\n]*?)/bin/python[0-9.]*["']?(?: "\$0" "\$@"\n' ''')?\n""")
"""The first lines of a script in either of the forms that installers write; the second is for long paths and blanks."""

RELATIVE = b"""#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")/python" "$0" "$@"
' '''
"""


def free_scripts(folder: Path) -> None:
    """Let every script find the Python beside it; say so where it has named another one."""
    others = {found for path in sorted((folder / "bin").iterdir()) if (found := _free(path)) not in (None, folder)}
    for other in others:
        print(f"rlsearch: {folder} had been moved or copied from {other}; its scripts are mended")


def _free(path: Path) -> Path | None:
    """Make one script relative; return the environment that it has named, None for what is no such script."""
    if path.is_symlink() or not path.is_file():
        return None
    content = path.read_bytes()
    if (found := HEAD.match(content)) is None:
        return None
    path.write_bytes(RELATIVE + content[found.end() :])
    return Path(os.fsdecode(found[1]))


def mend_activation(folder: Path) -> None:
    """Let `. bin/activate` lead to the environment where it is now."""
    script = folder / "bin/activate"
    found = (
        re.search(r"VIRTUAL_ENV=['\"]?(/[^'\"\n]+)", script.read_text(encoding="utf-8")) if script.is_file() else None
    )
    if found is not None and found[1] != str(folder):
        for path in (folder / "bin").glob("activate*"):
            path.write_text(path.read_text(encoding="utf-8").replace(found[1], str(folder)), encoding="utf-8")


def free_entry(folder: Path) -> None:
    """Let the package's entry of an environment inside the checkout name the source by a relative path."""
    site = Path(sysconfig.get_path("purelib"))
    if folder.resolve().is_relative_to(CHECKOUT):
        for entry in site.glob("*rlsearch*.pth"):
            entry.write_text("/".join([".."] * len(site.relative_to(CHECKOUT).parts) + ["src"]), encoding="utf-8")


def other_checkout() -> Path | None:
    """Return another checkout that is still there and whose package this environment holds."""
    if Path(sys.prefix).resolve().is_relative_to(CHECKOUT):
        return None
    try:
        origin = json.loads(distribution("rlsearch").read_text("direct_url.json") or "{}").get("url", "")
    except PackageNotFoundError:
        return None
    path = Path(unquote(urlsplit(origin).path))
    return path if path != CHECKOUT and (path / "src/rlsearch").is_dir() else None


if __name__ == "__main__":
    if sys.argv[1:] == ["--other"]:
        print(other_checkout() or "")
    else:
        environment = Path(sys.argv[1]).absolute()
        free_scripts(environment)
        mend_activation(environment)
        free_entry(environment)
