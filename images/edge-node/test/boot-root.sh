#!/bin/sh
# Boots a root directory with its own systemd, as a machine of its own: processes, network, name, mounts and control groups
# are apart from this machine's. Runs as root; replaces itself by that systemd's parent, so its end is the machine's end.
#
# usage: boot-root.sh ROOT CGROUP   CGROUP: a directory of the cgroup2 hierarchy, made for this
set -eu

if [ -z "${POLYCAST_APART:-}" ]; then
  echo $$ >"$2/cgroup.procs"
  export POLYCAST_APART=1
  exec unshare --mount --pid --fork --kill-child --net --uts --ipc --cgroup --propagation private sh "$0" "$@"
fi

root=$1
mount --bind "$root" "$root"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
# The settings of the kernel are this machine's, but for the network's, which each namespace has of its own.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount --bind /proc/sys/net "$root/proc/sys/net"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
for device in null:3 zero:5 full:7 random:8 urandom:9; do
  mknod -m 666 "$root/dev/${device%:*}" c 1 "${device#*:}"
done
mknod -m 666 "$root/dev/tty" c 5 0

# It may neither set this machine's clock nor load modules.
exec setpriv --bounding-set=-sys_time,-sys_module \
  env --ignore-environment container=polycast PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  chroot "$root" /lib/systemd/systemd --log-target=journal
