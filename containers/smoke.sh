#!/usr/bin/env bash
# Part of test.sh, inside Debian sid's root as a user: the image's file, faults, and the smoke preset in containers.
set -euo pipefail

cd /srv/project
export OMP_NUM_THREADS=1
smoke=(/opt/outside/bin/python -m snakemake --cores 2 --sdm apptainer --configfile presets/smoke.yaml --replace-workflow-config)

fail() {
    echo "rlsearch: $*" >&2
    exit 1
}

if "${smoke[@]}" >missing.log 2>&1; then
    fail "a run without an image ended well"
fi
grep -q "the image is not there" missing.log || fail "a run without an image did not say so: $(cat missing.log)"
[ ! -e data ] && [ ! -e results/search ] || fail "a run without an image has begun"

if [ ! -e rlsearch.sif ]; then
    # No cache: it would keep the archive's layers, 6 GB, in the root.
    apptainer --silent build --disable-cache rlsearch.sif docker-archive:rlsearch.tar || fail "apptainer could not make rlsearch.sif"
    rm rlsearch.tar
fi

RLSEARCH_IMAGE_DIGEST=$(cat rlsearch.digest)
export RLSEARCH_IMAGE_DIGEST
if ! "${smoke[@]}" >run.log 2>&1; then
    tail -n 60 run.log >&2
    fail "the run failed"
fi
jobs=$(sed -n 's/^\([0-9]*\) of \1 steps (100%) done$/\1/p' run.log)
contained=$(grep -c "^Activating singularity image rlsearch.sif" run.log)
# One of the jobs is `rule all`, which runs nothing.
[ "$contained" = $((jobs - 1)) ] || fail "$contained of $((jobs - 1)) jobs ran in a container"
[ ! -e logs/warm.log ] || fail "the warm start was on"
[ -z "$(find . -not -user 1000)" ] || fail "a job wrote as another user"
/opt/outside/bin/python containers/check.py . "$RLSEARCH_IMAGE_DIGEST"

"${smoke[@]}" >again.log 2>&1
grep -q "Nothing to be done" again.log || fail "a second run did something: $(cat again.log)"
echo "image-test: $contained jobs, each in a container of rlsearch.sif ($(du -h rlsearch.sif | cut -f 1)), as user $(id -u)"
