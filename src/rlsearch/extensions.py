"""The project's folder `extensions/` as a package: `spaces/my_space.py` in it is `rlsearch.extensions.spaces.my_space`.

The project is the working directory of a process when it imports this for the first time; jobs and their worker
processes run there too. Nothing is put on `sys.path`, so that a file of a user's own hides no other module.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = "extensions"

__path__ = [str(Path.cwd() / FOLDER)]
"""Makes a package of this module. Files of the folder import each other relatively, or by their full names."""
