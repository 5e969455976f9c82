"""What a folder of pictures holds: parts, or none, and classes. What seems to be meant otherwise is refused."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rlsearch.data.sources._walk import SUFFIXES, Walk, entries, is_picture, natural, shown
from rlsearch.errors import DataError

PARTS = {"train": ("train", "training"), "validation": ("val", "valid", "validation"), "test": ("test", "testing")}
"""Names of the folders of each part, in upper or lower case."""

LAYOUT = "one folder a class (cat/1.png, dog/1.png), or these below train/, test/ and, if there is one, val/"
NOT_PARTS = "folders without pictures"


@dataclass(frozen=True)
class Layout:
    """The pictures that count.

    Attributes:
        classes: names in natural order; their positions are the labels.
        parts: "train" and, where there are such folders, "validation" and "test": (file, label) of each picture.
        left_out: why, for every other path.
    """

    classes: tuple[str, ...]
    parts: Mapping[str, Sequence[tuple[Path, int]]]
    left_out: Mapping[Path, str]


def read(root: Path) -> Layout:
    """Find parts, classes and pictures below a folder; no picture is opened.

    Raises:
        DataError: the folder is not laid out as pictures of classes, or seems to be meant otherwise.
    """
    if not root.is_dir():
        fault = "is a file, not a folder of images" if root.exists() else "does not exist"
        raise DataError(f"the folder of images {fault}", where=str(root), remedy="correct `path`")
    walk = Walk(root)
    folders = _parts(root, walk)
    classes = {name: _classes(folder, root, walk) for name, folder in folders.items()}
    names = [folder.name for folder in classes["train"]]
    for part in classes:
        _same_classes(names, [folder.name for folder in classes[part]], folders["train"], folders[part])
    parts = {name: _pictures(class_folders, walk) for name, class_folders in classes.items()}
    return Layout(tuple(map(shown, names)), parts, walk.left_out)


def _parts(root: Path, walk: Walk) -> dict[str, Path]:
    """Return the folder of each part; the root itself as "train" where the classes lie there."""
    folders = walk.folders(root)
    parts = [(part, folder) for folder in folders if (part := _part(folder.name))]
    others = [folder for folder in folders if _part(folder.name) is None and _holds_pictures(folder)]
    if not parts or (len(parts) == 1 and parts[0][0] == "train" and others and not _subfolders(parts[0][1])):
        return {"train": root}  # in the second case `train` is a class, of vehicles say
    if others:
        raise _unclear(
            f"beside {_named(folder for _, folder in parts)} there is {_named(others)}, which is no part",
            root,
            "move or remove it",
        )
    walk.left_out |= {folder: NOT_PARTS for folder in folders if _part(folder.name) is None}
    by_part: dict[str, Path] = {}
    for part, folder in parts:
        if part in by_part:
            both = _named([by_part[part], folder])
            raise _unclear(f"both {both} could be the {part} part", root, "remove one of them")
        by_part[part] = folder
    if "train" not in by_part:
        raise _unclear(f"there is a folder {_named(by_part.values())} but no train/", root, "add or rename it")
    return {part: by_part[part] for part in PARTS if part in by_part}


def _classes(folder: Path, root: Path, walk: Walk) -> list[Path]:
    """Return the class folders of a part."""
    if folder != root and not walk.enter(folder):
        raise _unclear(f"{shown(folder.name)}/ is another part of the same data, linked", folder, "remove the link")
    class_folders = walk.folders(folder)
    if len(class_folders) < 2:
        raise _too_few_classes(folder, class_folders)
    # In natural order equal keys are neighbours.
    for first, second in itertools.pairwise(class_folders):
        if natural(first.name) == natural(second.name):
            fault = f"the classes {shown(first.name)!r} and {shown(second.name)!r} differ in capitals or zeros alone"
            raise _unclear(fault, folder, "join or rename them")
    for class_folder in class_folders:
        if inner := [sub for sub in _subfolders(class_folder) if _part(sub.name) and _holds_pictures(sub)]:
            raise _unclear(
                f"the class {class_folder.name!r} holds a part, {_named(inner)}",
                class_folder,
                "put the parts above the classes",
            )
    return class_folders


def _pictures(classes: Sequence[Path], walk: Walk) -> list[tuple[Path, int]]:
    pictures: list[tuple[Path, int]] = []
    for number, folder in enumerate(classes):
        paths = walk.pictures(folder)
        if not paths:
            why = "; ".join(sorted({reason for path, reason in walk.left_out.items() if path.is_relative_to(folder)}))
            fault = f"there is no picture in the class {shown(folder.name)!r}" + (f", only {why}" if why else "")
            raise DataError(
                fault, where=str(folder), allowed=" ".join(sorted(SUFFIXES)), remedy="add pictures or remove the folder"
            )
        pictures += [(path, number) for path in paths]
    return pictures


def _same_classes(names: list[str], others: list[str], train: Path, folder: Path) -> None:
    for lacking, having in ((folder, set(names) - set(others)), (train, set(others) - set(names))):
        if having:
            classes = ", ".join(shown(name) for name in sorted(having, key=natural))
            raise DataError(
                f"{lacking.name}/ lacks the classes: {classes}",
                where=str(lacking.parent),
                allowed="the same class folders in every part",
                remedy="rename the folders, add pictures, or remove the class from all parts",
            )


def _too_few_classes(folder: Path, class_folders: Sequence[Path]) -> DataError:
    if not class_folders:
        inside = "pictures lie in it directly" if _files(folder) else "it is empty"
        return _unclear(
            f"{shown(folder.name)}/ holds no class folders: {inside}",
            folder,
            "give each class a folder, or take it out",
        )
    (only,) = class_folders
    if not _files(only) and _subfolders(only):
        return _unclear(
            f"the only folder in it, {shown(only.name)}/, holds folders: `path` seems to be one level too high",
            folder,
            f"give {only} as `path`",
        )
    return _unclear(f"there is one class alone, {shown(only.name)!r}", folder, "give at least two classes")


def _unclear(fault: str, where: Path, remedy: str) -> DataError:
    return DataError(fault, where=str(where), allowed=LAYOUT, remedy=remedy)


def _part(name: str) -> str | None:
    return next((part for part, names in PARTS.items() if name.casefold() in names), None)


def _named(folders: Iterable[Path]) -> str:
    return " and ".join(f"{shown(folder.name)}/" for folder in folders)


def _subfolders(folder: Path) -> list[Path]:
    return [Path(entry.path) for entry in entries(folder) if not entry.name.startswith(".") and entry.is_dir()]


def _files(folder: Path) -> bool:
    """Tell whether pictures lie directly in a folder."""
    return any(is_picture(entry.name) and not entry.is_dir() for entry in entries(folder))


def _holds_pictures(folder: Path) -> bool:
    """Tell whether any picture lies below a folder."""
    return any(is_picture(name) for _, _, names in os.walk(folder) for name in names)
