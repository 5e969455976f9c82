#!/usr/bin/env bash
# Part of test.sh, in a mount namespace of its own: makes Debian sid's root the root, and goes on there as a user.
#
# The user gets what a host gives: the project's folder, Snakemake with the packages of the lock (the image's, mounted
# elsewhere), Apptainer. torch is hidden there, so that a job can succeed only inside the container.
set -euo pipefail

work=$1 image=$2
root=$work/sid

mount --bind "$root" "$root"
mkdir -p "$root"/{srv/project,opt/outside,old}
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
# /dev/fuse may be root's alone, and a user mounts an image by it.
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir -m 1777 "$root/dev/shm"
while read -r name major minor; do
    mknod -m 666 "$root/dev/$name" c "$major" "$minor"
done <<'NODES'
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
fuse 10 229
NODES
ln -s /proc/self/fd "$root/dev/fd"
mkdir -p "$work/tmp/root" && chmod 1777 "$work/tmp/root"
mount --bind "$work/tmp/root" "$root/tmp"
mount --bind "$work/project" "$root/srv/project"
mount --bind "$image/opt/rlsearch" "$root/opt/outside"
mount -t tmpfs tmpfs "$root/opt/outside/lib/python3.11/site-packages/torch"

cd "$root"
pivot_root . old
cd /
umount --lazy /old
exec setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs \
    env -i HOME=/home/rlsearch PATH=/usr/bin:/bin LANG=C.UTF-8 bash /srv/project/containers/smoke.sh
