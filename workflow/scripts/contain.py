"""Containers: what `snakemake --sdm apptainer` needs before its first job, and what jobs must see from outside.

Snakemake makes the project's folder the home of a container, so relative paths mean the same inside. Apptainer hands
the environment on, but for PATH, which is the image's own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from rlsearch.data.store import VARIABLE, RawStore
from rlsearch.errors import RlsearchError

PROGRAMS = ("apptainer", "singularity")
"""In the order in which Snakemake looks for them."""

MATPLOTLIB = Path(".rlsearch/matplotlib")


def variables(image: str, own: Iterable[str], environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what to add to the environment of a run whose jobs run in containers.

    Args:
        image: a file, a folder or the address of an image.
        own: files and folders of the user's own that datasets are made from.
        environment: the environment of the run.

    Raises:
        RlsearchError: Apptainer or the image is missing, or a path means something else inside.
    """
    program = _program(environment)
    _check_image(image)
    roots = [_absolute(root) for root in RawStore.from_environment(environment).roots]
    with contextlib.suppress(OSError):  # what is not there cannot be bound, and fetch downloads into the first
        roots[0].mkdir(parents=True, exist_ok=True)
    named = (*roots, *map(_own, own))
    outside = [path for path in named if _exists(path) and not path.is_relative_to(Path.cwd())]
    prefix = program.upper()
    bound = environment.get(f"{prefix}_BIND") or environment.get("SINGULARITY_BIND")
    return {
        # Their parent would be outside, with other libraries.
        "RLSEARCH_WARM": "off",
        # By full names: the home is another one inside.
        VARIABLE: os.pathsep.join(map(str, roots)),
        # Each once, for a job on a cluster finds what the run has left here.
        f"{prefix}_BIND": ",".join(dict.fromkeys([*filter(None, (bound or "").split(",")), *map(str, outside)])),
        "MPLCONFIGDIR": environment.get("MPLCONFIGDIR", str(MATPLOTLIB.absolute())),
    }


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:  # below a closed folder: the fetch says so
        return False


def _program(environment: Mapping[str, str]) -> str:
    for name in PROGRAMS:
        if shutil.which(name, path=environment.get("PATH")):
            return name
    raise RlsearchError(
        "jobs shall run in containers (--sdm apptainer), and Apptainer is not there",
        where="neither apptainer nor singularity is on PATH",
        remedy="install Apptainer, on a cluster perhaps `module load apptainer`, or leave out --sdm apptainer",
    )


def _check_image(image: str) -> None:
    if "://" in image and not image.startswith("file://"):
        return
    if not Path(image.removeprefix("file://")).exists():
        raise RlsearchError(
            "jobs shall run in containers (--sdm apptainer), and the image is not there",
            where=f"{image} (RLSEARCH_IMAGE, by default rlsearch.sif in the project's folder)",
            allowed="a .sif file, an unpacked image, or an address such as docker://HOST/NAME@sha256:...",
            remedy="make image, or set RLSEARCH_IMAGE to an image that is there (docs/containers.md)",
        )


def _own(path: str) -> Path:
    if path.startswith("~"):
        raise RlsearchError(
            "a dataset's `path` that begins with ~ means another folder inside a container",
            where=f"datasets: path: {path}",
            remedy=f"write it in full: {Path(path).expanduser()}",
        )
    return _absolute(Path(path))


def _absolute(path: Path) -> Path:
    """Return the full name without `..`, links left as they are: by that name a job looks for it."""
    return Path(os.path.normpath(path.absolute()))
