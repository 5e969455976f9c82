#!/usr/bin/env bash
# `make image-test`: builds the image on a substitute base and runs the smoke preset in it, as a user and not as root.
#
# For Debian on x86-64, as root (it mounts), with 45 GB free below IMAGE_TEST_DIR. No container registry is asked: the base
# is Debian bookworm with its Python 3.11, and Apptainer comes from Debian sid, in a root of its own (enter.sh). All
# mounts are made in a private mount namespace and are gone when this ends, however it ends. Safe to repeat: the two
# roots are kept, images are made anew.
set -euo pipefail

self=$(realpath "$0")
[ "$(id -u)" = 0 ] || { echo "rlsearch: make image-test needs root, because it mounts; nothing was done." >&2 && exit 1; }
[ "${1:-}" = private ] || exec unshare --mount --propagation private "$self" private

checkout=$(realpath "$(dirname "$self")/..")
work=${IMAGE_TEST_DIR:-/var/tmp/rlsearch-image-test}
base=localhost/rlsearch-substitute-base:bookworm

fail() {
    echo "rlsearch: $*" >&2
    exit 1
}

say() {
    echo "image-test: $*"
}

install_packages() {
    local missing=()
    for package in buildah debootstrap; do
        command -v "$package" >/dev/null || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "missing: ${missing[*]}, and there is no apt-get to install them with."
    say "installing ${missing[*]}"
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}"; } \
        >"$work/apt.log" 2>&1 || fail "apt-get could not install ${missing[*]}: see $work/apt.log"
}

check_room() {
    local free
    free=$(df --output=avail -B1G "$work" | tail -n 1)
    [ "$free" -ge 45 ] || fail "45 GB are needed below $work, $free are free. Name another folder: IMAGE_TEST_DIR=..."
}

# Makes a root of a Debian suite once; `finish` of that name completes it before it counts as made.
make_root() {
    local suite=$1 folder=$work/$1
    [ ! -e "$folder" ] || return 0
    say "making a root of Debian $suite"
    rm -rf --one-file-system "$folder.new"
    # Not before `||`, where the first fault would not end it.
    set +e
    (
        set -e
        debootstrap --variant=minbase --include="$2" "$suite" "$folder.new"
        # Some networks answer with a certificate of their own.
        cp -r /usr/local/share/ca-certificates/. "$folder.new/usr/local/share/ca-certificates/"
        chroot "$folder.new" update-ca-certificates
        "finish_$suite" "$folder.new"
        mv "$folder.new" "$folder"
    ) >"$work/$suite.log" 2>&1
    set -e
    [ -e "$folder" ] || fail "the root of Debian $suite could not be made: see $work/$suite.log"
}

finish_bookworm() {
    rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/*
}

# Snakemake runs beside Apptainer, with the image's packages: sid's Python is too new for them, bookworm's is not.
finish_sid() {
    local mirror
    mirror=$(sed -n 's/^deb \([^ ]*\) sid .*/\1/p' "$1/etc/apt/sources.list")
    echo "deb $mirror bookworm main" >"$1/etc/apt/sources.list.d/bookworm.list"
    export DEBIAN_FRONTEND=noninteractive
    # A mirror may be a snapshot, whose lists expire; their signatures are checked all the same.
    chroot "$1" apt-get -o Acquire::Check-Valid-Until=false update
    chroot "$1" apt-get install --yes --no-install-recommends apptainer squashfuse fuse-overlayfs python3.11
    chroot "$1" useradd --uid 1000 --create-home rlsearch
    # Apptainer reads it, and a minimal root has none.
    echo "127.0.0.1 localhost" >"$1/etc/hosts"
}

# Images stay out of the machine's own store. `vfs` works everywhere and copies 6 GB for each container.
set_up_storage() {
    local driver=vfs try=$work/tmp/try
    mkdir -p "$try/lower" "$try/upper" "$try/work" "$try/merged"
    if mount -t overlay overlay -o "lowerdir=$try/lower,upperdir=$try/upper,workdir=$try/work" "$try/merged" 2>/dev/null; then
        umount "$try/merged"
        driver=overlay
    fi
    printf '[storage]\ndriver = "%s"\ngraphroot = "%s"\nrunroot = "%s"\n' "$driver" "$work/store" "$work/run" >"$work/storage.conf"
    export CONTAINERS_STORAGE_CONF=$work/storage.conf BUILDAH_ISOLATION=chroot TMPDIR=$work/tmp
}

import_base() {
    local container
    container=$(buildah from scratch)
    buildah add --quiet "$container" "$work/bookworm" / >/dev/null
    buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
    buildah commit --quiet --rm "$container" "$base" >/dev/null
}

copy_project() {
    mkdir -p "$1"
    (cd "$checkout" && git ls-files -z --cached --others --exclude-standard) |
        tar -C "$checkout" --null --files-from - --ignore-failed-read -c | tar -C "$1" -x
}

check_image() {
    local image=$1 name=$2 found
    [ "$(buildah inspect --type image --format '{{.OCIv1.Config.User}}' "$name")" = 1000:1000 ] ||
        fail "the image runs as root"
    for label in version revision; do
        found=$(buildah inspect --type image --format "{{index .OCIv1.Config.Labels \"org.opencontainers.image.$label\"}}" "$name")
        [ -n "$found" ] && [ "$found" != unknown ] || fail "the image has no label for its $label"
    done
    found=$(find "$image"/{bin,usr/bin,usr/local/bin,opt/rlsearch/bin} -regextype posix-extended \
        -regex '.*/(.*-)?(cc|c\+\+|gcc|g\+\+|clang|clang\+\+|tcc|ld|make|pip)[0-9.-]*')
    [ -z "$found" ] || fail "the image holds tools for building: $found"
    found=$(find "$image/root" "$image/home" "$image/tmp" "$image/opt" -xdev \( -name .cache -o -name 'uv*' \) -prune -print |
        grep -v /site-packages/ || true)
    [ -z "$found" ] || fail "the image holds caches: $found"
}

# What is promised to be equal, byte for byte, between both ways to run an image on one machine.
compare_ledgers() {
    local files
    files=$(cd "$1/results" && find search retrain -name trials.jsonl -o -name finalists.csv -o -name curves.csv)
    [ -n "$files" ] || fail "there are no ledgers to compare in $1/results"
    for file in $files; do
        cmp --silent "$1/results/$file" "$2/results/$file" || fail "$file differs between the image alone and Apptainer"
    done
    say "$(wc -w <<<"$files") ledgers and curves are equal in both runs"
}

clean_up() {
    buildah rm --all >/dev/null 2>&1 || true
    umount --recursive "$work/store/overlay" 2>/dev/null || true
    rm -rf --one-file-system "$work/tmp" "$work/run"
}

mkdir -p "$work"
exec 9>"$work/lock"
flock --nonblock 9 || fail "make image-test is running already, in $work"
install_packages
make_root bookworm python3,python3-venv,ca-certificates
make_root sid ca-certificates
rm -rf --one-file-system "$work"/{project,alone,store,run,tmp}
check_room
mkdir -p "$work/tmp"
trap clean_up EXIT
set_up_storage

say "building the image on Debian's Python (several minutes)"
import_base
copy_project "$work/project"
ENGINE=buildah BASE_IMAGE=$base "$checkout/containers/build.sh" "$work/project" >"$work/build.log" 2>&1 ||
    fail "the image could not be built: see $work/build.log"
name=$(cd "$checkout" && sed -n 's/^version = "\(.*\)"$/rlsearch:\1/p' pyproject.toml)
container=$(buildah from --pull-never "localhost/$name")
image=$(buildah mount "$container")
check_image "$image" "localhost/$name"
say "built: $(cat "$work/project/rlsearch.digest"), $(du -sxh "$image" | cut -f 1)"

say "smoke preset in the image alone"
copy_project "$work/alone"
chown -R 1000:1000 "$work/alone" "$work/project"
buildah run --volume "$work/alone:/project" --env RLSEARCH_IMAGE_DIGEST="$(cat "$work/project/rlsearch.digest")" "$container" -- \
    snakemake --cores 2 --configfile presets/smoke.yaml --replace-workflow-config >"$work/alone.log" 2>&1 ||
    fail "the smoke preset failed in the image: see $work/alone.log"
python3 "$checkout/containers/check.py" "$work/alone" "$(cat "$work/project/rlsearch.digest")"

say "smoke preset through Apptainer"
unshare --mount --propagation private "$checkout/containers/enter.sh" "$work" "$image" ||
    fail "the smoke preset failed through Apptainer: the messages stand above, all else in $work/project"
compare_ledgers "$work/alone" "$work/project"

clean_up
rm -rf --one-file-system "$work"/{project,alone,store}
say "passed; the two roots are kept in $work for the next time"
