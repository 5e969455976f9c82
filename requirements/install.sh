#!/usr/bin/env bash
# Makes a virtual environment from a hashed lock: requirements/install.sh FOLDER runtime|dev|oldest
#
# Needs python3 (3.11 to 3.13) with venv, or uv and such a python. Safe to repeat; mends an environment that was moved.
set -euo pipefail

folder=$1 lock=$2
cd "$(dirname "$0")/.."

fail() {
    echo "rlsearch: $*" >&2
    exit 1
}

supported() {
    command -v "$1" >/dev/null &&
        "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if supported "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    found=$("${PYTHON:-python3}" --version 2>&1 | head -n 1) || found="none"
    fail "Python 3.11 to 3.13 is needed, found: $found." \
        "Install one (Debian: python3 python3-venv) or name it: make PYTHON=/path/to/python3.12 run"
}

make_environment() {
    parent=$(dirname "$folder")
    [ ! -e "$parent" ] || [ -w "$parent" ] ||
        fail "$folder cannot be made: its folder cannot be written. Name another: make VENV=/path run"
    python=$(find_python)
    if command -v uv >/dev/null; then
        uv venv --quiet --python "$python" "$folder"
        return
    fi
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "$python lacks the venv module. Install it (Debian: apt install python3-venv) or put uv on PATH."
    "$python" -m venv "$folder"
}

if [ -e "$folder" ] && ! supported "$folder/bin/python"; then
    fail "$folder holds no Python 3.11 to 3.13. Remove it (rm -r $folder) and run the same command again."
fi
[ -e "$folder" ] || make_environment

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    uv=$folder/bin/uv
    # An environment that uv has made holds no pip.
    [ -x "$uv" ] || "$folder/bin/python" -m pip --version >/dev/null 2>&1 || "$folder/bin/python" -m ensurepip >/dev/null
    [ -x "$uv" ] || "$folder/bin/python" -m pip install --quiet --require-hashes -r requirements/uv.txt
fi

install=("$uv" pip install --quiet --python "$folder/bin/python")
if [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ]; then
    "${install[@]}" --require-hashes -r "requirements/$lock.txt"
else
    [ "$lock" != oldest ] || fail "the oldest versions are locked for Linux on x86-64 only; elsewhere there is no such lock"
    # The locks hold hashes for Linux on x86-64 only; elsewhere the ranges of pyproject.toml serve.
    echo "rlsearch: no lock for this platform; installing by the ranges of pyproject.toml"
    extras=(--extra build)
    [ "$lock" = runtime ] || extras+=(--extra "$lock")
    "${install[@]}" -r pyproject.toml "${extras[@]}"
fi
other=$("$folder/bin/python" -I requirements/environment.py --other)
if [ -n "$other" ]; then
    echo "rlsearch: $folder holds the package of $other, and keeps it; in this folder its own code runs"
else
    # Without the lock's isolation an index would be asked once more, for hatchling.
    "${install[@]}" --no-deps --no-build-isolation -e .
fi
"$folder/bin/python" -I requirements/environment.py "$folder"
