#!/usr/bin/env bash
# Builds the image of containers/cuda, and from it the file that Apptainer runs: containers/build.sh [FOLDER]
#
# FOLDER (this checkout by default) gets rlsearch.digest and rlsearch.sif, or rlsearch.tar where no Apptainer is. ENGINE
# names buildah, podman or docker, BASE_IMAGE another base. Safe to repeat: a file is replaced when the new one is whole.
set -euo pipefail

out=$(realpath "${1:-$(dirname "$0")/..}")
cd "$(dirname "$0")/.."

fail() {
    echo "rlsearch: $*" >&2
    exit 1
}

find_first() {
    for candidate in "$@"; do
        if command -v "$candidate" >/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

engine=${ENGINE:-$(find_first buildah podman docker)}
[ -n "$engine" ] ||
    fail "nothing that builds images was found. Install buildah (Debian: apt install buildah), podman or docker."
command -v "$engine" >/dev/null || fail "ENGINE=$engine was not found. It may be buildah, podman or docker."
[ -w "$out" ] || fail "the folder $out cannot be written. Name another: containers/build.sh FOLDER"

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain -- containers requirements 2>/dev/null)" ] || revision+=-changed
name=rlsearch:$version

work=$(mktemp -d "$out/.image-XXXXXX")
trap 'rm -rf "$work"' EXIT

options=(--file containers/cuda/Dockerfile --tag "$name" --iidfile "$work/digest")
options+=(--build-arg "VERSION=$version" --build-arg "REVISION=$revision")
[ -z "${BASE_IMAGE:-}" ] || options+=(--build-arg "BASE_IMAGE=$BASE_IMAGE")
# The archive is of this format: so the image keeps its digest in it.
[ "$engine" = docker ] || options+=(--format docker)
"$engine" build "${options[@]}" requirements ||
    fail "$engine could not build containers/cuda/Dockerfile; its own message stands above."

case $engine in
    buildah) buildah push --quiet "$name" "docker-archive:$work/rlsearch.tar:$name" ;;
    *) "$engine" save --output "$work/rlsearch.tar" "$name" ;;
esac || fail "$engine could not write the image to $out (is the disk full?)"

apptainer=$(find_first apptainer singularity)
made=rlsearch.tar
if [ -n "$apptainer" ]; then
    made=rlsearch.sif
    "$apptainer" build "$work/$made" "docker-archive:$work/rlsearch.tar" ||
        fail "$apptainer could not make $made; its own message stands above."
fi
# An older file must not stand beside a digest that is not its own.
rm -f "$out/rlsearch.sif" "$out/rlsearch.tar" "$out/rlsearch.digest"
mv "$work/$made" "$out/$made"
mv "$work/digest" "$out/rlsearch.digest"
echo "image: $name in $engine's store, $out/$made; digest: $(cat "$out/rlsearch.digest")"
[ "$made" = rlsearch.sif ] ||
    echo "where Apptainer is: apptainer build rlsearch.sif docker-archive:rlsearch.tar"
