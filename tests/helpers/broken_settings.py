"""Broken values of settings, each with what its message has to name, and how a test asks for the message."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner, Result

from rlsearch.cli import app
from shipped import ROOT

SCREEN = 24
JARGON = ("Traceback", "pydantic", "type=", "Input should", "https://", "ValidationError", "function-after", "NoneType")
SMOKE = (ROOT / "presets" / "smoke.yaml").read_text(encoding="utf-8")


# (the whole file, what the message must say about the place, what it must say)
TEXTS: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", "params.yaml", "the settings are empty"),
    "comments only": (b"# nothing\n", "params.yaml", "the settings are empty"),
    "a list": (b"- preset\n", "params.yaml", "not a section of keys"),
    "a word": (b"laptop\n", "params.yaml", "not a section of keys"),
    "tab": (b"preset: x\nruntime:\n\tdevice: cpu\n", "line 3, column 1", "not valid YAML"),
    "open bracket": (b"preset: [x\n", "line 2, column 1", "not valid YAML"),
    "bad indent": (b"preset: x\n  device: cpu\n", "line 2, column 9", "not valid YAML"),
    "python object": (b"preset: !!python/object:os.system x\n", "line 1, column 9", "not valid YAML"),
    "two documents": (b"preset: x\n---\npreset: y\n", "line 2, column 1", "not valid YAML"),
    "impossible date": (b"preset: 2026-99-99\n", "params.yaml", "not valid YAML"),
    "control character": (b"preset: \x00\n", "params.yaml", "not valid YAML"),
    "too deep": (b"preset: " + b"[" * 3000, "params.yaml", "nested too deeply"),
    "not text": (b"preset: \xff\xfe\n", "params.yaml", "not UTF-8"),
    "key twice": (f"{SMOKE}\npreset: again\n".encode(), "preset (line 3)", "occurs twice"),
    "deep key twice": (
        SMOKE.replace("split_seed: 0", "split_seed: 0\n    split_seed: 1").encode(),
        "datasets.digits.split_seed",
        "occurs twice",
    ),
    "key not text": (SMOKE.replace("runtime:", "runtime:\n  5: 1").encode(), "runtime.5", "must be text"),
    "alias to itself": (SMOKE.replace("runtime:", "runtime: &r\n  x: *r").encode(), "runtime.x", "contains itself"),
}


def run(content: bytes, folder: Path) -> Result:
    """Validate a file of this content."""
    path = folder / "params.yaml"
    path.write_bytes(content)
    return CliRunner().invoke(app, ["validate", "--params", str(path)])


def assert_explained(result: Result, path: str, says: str) -> None:
    """The message ends the command with code 2, names key and remedy, fits on a screen and speaks plainly."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) <= SCREEN
    assert not [word for word in JARGON if word in result.stderr]
    message = " ".join(result.stderr.split())
    assert path in message, result.stderr
    assert says in message, result.stderr
