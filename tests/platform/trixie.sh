#!/usr/bin/env bash
# Debian 13 and its Python 3.13, from nothing: a fresh clone of the last commit runs the smoke preset and the fast tests.
#
#   tests/platform/trixie.sh [FOLDER]     MIRROR=... for another Debian mirror
#
# Needs root, debootstrap and 8 GB; takes half an hour on two cores. FOLDER (default: a temporary one) keeps the system.
set -euo pipefail
source "$(dirname "$0")/steps.sh"

command -v debootstrap >/dev/null || fail "no debootstrap on PATH (Debian: apt install debootstrap)"
system=$scratch/trixie
project=/srv/rlsearch

bootstrap() {
    [ ! -e "$system/.complete" ] || return 0
    rm -rf "$system"
    debootstrap --variant=minbase --include=python3,python3-venv,make,git,ca-certificates \
        trixie "$system" ${MIRROR:+"$MIRROR"}
    touch "$system/.complete"
}

# What a machine behind a proxy needs to reach a package index.
reach() {
    for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
        [ ! -e $file ] || cp -L $file "$system$file"
    done
}

clone() {
    rm -rf "${system:?}$project"
    git clone --quiet --no-local "$root" "$system$project"
}

# inside COMMAND: in the project's folder there. Mounts and processes end with the command.
inside() {
    unshare --mount --pid --fork --kill-child bash -euc '
        mount --rbind /dev "$0/dev"
        mount -t proc proc "$0/proc"
        cd /
        exec env --unset=PYTHONDONTWRITEBYTECODE HOME=/root PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            chroot "$0" sh -c "cd $1 && $2"' "$system" "$project" "$1"
}

step "Debian 13" bootstrap
step "a network there" reach
step "a clone of $(git -C "$root" rev-parse --short HEAD)" clone
step "Python 3.13" says "Python 3.13" inside "python3 --version"
step "make preset NAME=smoke, the environment included" inside "make preset NAME=smoke"
step "make run" says "report: $project/results/report/index.html" inside "make run"
step "a second run has nothing to do" says "Nothing to be done" inside "make run"
step "make record" inside "make record"
step "dvc repro has nothing to do" says "Data and pipelines are up to date" inside ".venv/bin/dvc repro"
step "make test-fast, whatever params.yaml holds" inside "make test-fast"
