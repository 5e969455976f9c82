#!/usr/bin/env bash
# Starts a real Slurm of one node, runs a command on it and stops it again: tests/slurm/cluster.sh COMMAND [ARGUMENT ...]
#
# slurmctld, slurmd and munged are Debian's. They live in mount and process namespaces of their own, with their
# configuration laid over /etc/slurm there: the machine's own files stay as they are, and everything ends with the
# command, by whatever signal. Needs root, and once the network for the packages.
set -euo pipefail

PACKAGES=(slurmctld slurmd slurm-client munge)

fail() {
    echo "cluster.sh: $*" >&2
    exit 1
}

install_packages() {
    missing=()
    for package in "${PACKAGES[@]}"; do
        dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
            missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    command -v apt-get >/dev/null || fail "needs Debian's packages ${missing[*]}, and there is no apt-get"
    echo "installing ${missing[*]}"
    log=$(mktemp)
    # The daemons need not start by themselves: here they have no configuration, and a failed start stops nothing.
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install --yes --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        fail "${missing[*]} could not be installed"
    fi
    rm "$log"
}

configure() {
    host=$(hostname -s)
    memory=$(awk '/^MemTotal/ {print int($2 / 1024)}' /proc/meminfo)
    # The device file stands in for a GPU, so that jobs that ask for one can be seen to get it.
    echo "NodeName=$host Name=gpu File=/dev/null" >/etc/slurm/gres.conf
    cat >/etc/slurm/slurm.conf <<CONF
ClusterName=one-node
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
# Jobs are asked for when all is over; by default Slurm forgets them five minutes after their end.
MinJobAge=3600
KillWait=5
ReturnToService=2
# Looks for jobs that can start every two seconds, not every minute.
SchedulerParameters=sched_interval=2,bf_interval=2
GresTypes=gpu
StateSaveLocation=/var/lib/slurm/state
SlurmdSpoolDir=/var/lib/slurm/spool
SlurmctldLogFile=/var/log/slurm/slurmctld.log
SlurmdLogFile=/var/log/slurm/slurmd.log
SlurmctldPidFile=/run/slurmctld.pid
SlurmdPidFile=/run/slurmd.pid
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory Gres=gpu:1
PartitionName=long Nodes=$host Default=YES MaxTime=1-00:00:00 DefMemPerCPU=1000
CONF
}

start() {
    # Folders of this namespace alone, gone with it.
    for folder in /etc/slurm /etc/munge /var/lib/slurm /var/lib/munge /var/log/slurm /var/log/munge /run; do
        mkdir -p "$folder"
        mount -t tmpfs -o mode=0755 tmpfs "$folder"
    done
    mkdir -p /var/lib/slurm/state /var/lib/slurm/spool /run/munge
    dd if=/dev/urandom of=/etc/munge/munge.key bs=1024 count=1 status=none
    chmod 0400 /etc/munge/munge.key
    chown -R munge: /etc/munge /var/lib/munge /var/log/munge /run/munge
    configure
    setpriv --reuid=munge --regid=munge --clear-groups munged || fail "munged did not start"
    slurmctld || fail "slurmctld did not start: $(tail -n 3 /var/log/slurm/slurmctld.log)"
    slurmd || fail "slurmd did not start: $(tail -n 3 /var/log/slurm/slurmd.log)"
    for _ in $(seq 600); do
        [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ] && return
        sleep 0.2
    done
    fail "no node became ready: $(tail -n 3 /var/log/slurm/slurmd.log)"
}

[ $# -gt 0 ] || fail "name the command to run, e.g. cluster.sh sinfo"
if [ "${RLSEARCH_CLUSTER:-}" != inside ]; then
    [ "$(id -u)" -eq 0 ] || fail "needs root, for Debian's packages and the daemons: sudo make slurm-test"
    install_packages
    RLSEARCH_CLUSTER=inside exec unshare --mount --pid --fork --kill-child --mount-proc "${BASH_SOURCE[0]}" "$@"
fi
start
unset RLSEARCH_CLUSTER
"$@"
