# Sourced by the scripts beside it: one line for each condition, and an end at the first that does not hold.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
given=${1:-}

fail() {
    echo "FAIL $*" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || fail "root is needed: this makes other roots, users and networks"
for program in git make setpriv unshare; do
    command -v $program >/dev/null || fail "no $program on PATH"
done

scratch=$(realpath "${given:-$(mktemp --directory)}")
mkdir -p "$scratch"
# A folder that was named is kept, to be looked into.
[ -n "$given" ] || trap 'rm -rf "$scratch"' EXIT
log=$scratch/log

# step CONDITION COMMAND...: run it; print its last lines where it fails.
step() {
    local name=$1 start=$SECONDS status
    shift
    # Not in an `if`, where the first fault inside a function would not end it.
    set +e
    (set -e; "$@") >"$log" 2>&1 </dev/null
    status=$?
    set -e
    if [ $status -ne 0 ]; then
        tail -n 40 "$log" >&2
        fail "$name"
    fi
    echo "ok   $name ($((SECONDS - start)) s)"
}

# says TEXT COMMAND...: whether a command succeeds and prints this.
says() {
    local text=$1 output
    shift
    output=$("$@" 2>&1) || { echo "$output"; return 1; }
    echo "$output"
    grep -qF -- "$text" <<<"$output"
}

# refuses TEXT COMMAND...: whether a command fails with one message that holds this, and no traceback.
refuses() {
    local text=$1 output
    shift
    if output=$("$@" 2>&1); then
        echo "$output"
        echo "(it did not fail)"
        return 1
    fi
    echo "$output"
    grep -qF -- "$text" <<<"$output" && ! grep -q Traceback <<<"$output"
}
