#!/usr/bin/env bash
# A clone of somebody else: an ordinary user without a name, another HOME, blanks and an umlaut in the path, and, once
# all is installed, no network, read-only data, a closed umask, no locale. One line for each condition.
#
#   tests/platform/clone_and_go.sh [FOLDER]
#
# Takes the last commit. Needs root (to become another user), 12 GB and ten minutes on two cores, and a Python that
# others may run (PYTHON=/usr/bin/python3). FOLDER (default: a temporary one) keeps the clone.
set -euo pipefail
source "$(dirname "$0")/steps.sh"

uid=54321
base="$scratch/päth with blanks"
project="$base/rl search"
home="$scratch/home"
raw="$base/raw data"
python=${PYTHON:-/usr/bin/python3}
kept=()
for name in PIP_CERT PIP_INDEX_URL REQUESTS_CA_BUNDLE SSL_CERT_FILE UV_INDEX_URL; do
    [ -z "${!name:-}" ] || kept+=("$name=${!name}")
done

# user COMMAND...: as the other user, in the clone, with nothing of this environment but what reaches a package index.
user() {
    (
        cd "$project"
        umask 077
        exec setpriv --reuid=$uid --regid=$uid --clear-groups --no-new-privs env --ignore-environment \
            PATH=/usr/local/bin:/usr/bin:/bin LANG=C TZ=Asia/Kathmandu "HOME=$home" "PYTHON=$python" \
            "RLSEARCH_DATA=$raw" "${kept[@]}" "$@"
    )
}

# offline COMMAND...: the same in a network that has nothing in it but the machine itself, and without HOME.
offline() {
    (
        export -f user
        export project home raw python uid
        kept=()
        exec unshare --net bash -c 'ip link set lo up; kept=(); user env --unset=HOME "$@"' bash "$@"
    )
}

# named COMMAND...: the same with a name and a home, which make gives to its commands.
named() {
    offline env LOGNAME=$uid "HOME=$home" "$@"
}

clone() {
    rm -rf "$base" "$home" "$scratch/shelf"
    mkdir -p "$base" "$home" "$raw" "$scratch/shelf"
    git clone --quiet --no-local "$root" "$project"
    chown -R $uid:$uid "$base" "$home" "$scratch/shelf"
    chmod 711 "$scratch"
    chmod 555 "$raw"
}

second_clone() {
    rm -rf "$base/second clone"
    user env LOGNAME=$uid .venv/bin/dvc remote add --force --default shelf "$scratch/shelf"
    user env LOGNAME=$uid .venv/bin/dvc push
    user git add --all
    user git -c user.name=a -c user.email=a@b commit --quiet --message results
    user git clone --quiet "$project" "$base/second clone"
}

# In a folder that the user may not write: with its environment, and without.
read_only_project() {
    local status=0
    user rm -r .rlsearch .snakemake
    user chmod a-w .
    refuses "there is no permission" user make run || status=1
    user chmod u+w .
    user mv .venv ../venv
    user chmod a-w .
    refuses "cannot be written" user make run || status=1
    user chmod u+w .
    user mv ../venv .venv
    return $status
}

command -v ip >/dev/null || fail "no ip on PATH (Debian: apt install iproute2)"
step "a clone of $(git -C "$root" rev-parse --short HEAD), its path with blanks and an umlaut" clone
step "make preset NAME=smoke by user $uid, the environment included" user make preset NAME=smoke
step "no network, no HOME: make run" says "report: $project/results/report/index.html" offline make run
step "a second run has nothing to do" says "Nothing to be done" offline make run
step "snakemake itself has nothing to do" says "Nothing to be done" named .venv/bin/snakemake --dry-run
step "make record" offline make record
step "dvc repro has nothing to do" says "Data and pipelines are up to date" named .venv/bin/dvc repro
step "make repro has nothing to do" says "Data and pipelines are up to date" offline make repro
step "nothing has been written into the read-only data root" test -z "$(ls -A "$raw" 2>/dev/null)"
step "make pull without a remote is one message" refuses "no DVC remote" offline make pull
step "a remote and a second clone" second_clone
project="$base/second clone"
step "make pull there" user make pull
step "a run there has nothing to do" says "Nothing to be done" offline make run
step "a project folder that nobody may write is one message, with an environment and without" read_only_project
step "another preset there, for data that is missing" user make preset NAME=paper
step "no data, no network, a read-only data root: one message" refuses "no root of the raw store can be written" \
    named .venv/bin/snakemake data/fashion-mnist/manifest.json
project="$base/rl search"
step "what the tests need" user make environment
step "no network, another preset in params.yaml: make test-fast" offline make test-fast
