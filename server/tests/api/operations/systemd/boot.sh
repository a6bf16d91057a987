#!/bin/bash
# Boots a systemd of its own, in namespaces of its own, on a copy of this machine's file system that is written to memory:
#
#   boot.sh FOLDER       FOLDER keeps what is changed, from boot to boot
#
# Run as root. Network and kernel are this machine's, and stay as they are: what would set them up is not started. (A
# read-only /proc/sys would be safer, but below a /proc that is not whole no cell may mount its own.)
set -euo pipefail
folder=$1

if [ -z "${2:-}" ]; then
    # A control group of its own, which systemd takes for the root of all.
    groups=$(findmnt --noheadings --output TARGET --types cgroup2 | head -n 1)
    group=$groups/$(basename "$folder")
    mkdir -p "$group"
    echo $$ >"$group/cgroup.procs"
    exec unshare --pid --fork --kill-child --mount --ipc --uts --cgroup "$0" "$folder" inside
fi

root=$folder/root
mkdir -p "$folder"/{upper,work,root}
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
for part in run tmp dev; do mount -t tmpfs tmpfs "$root/$part"; done
chmod 1777 "$root/tmp"
for device in null zero full random urandom tty net/tun; do
    [ -e "/dev/$device" ] || continue
    mkdir -p "$root/dev/$(dirname $device)"
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root"/dev/{pts,shm}
mount -t devpts devpts "$root/dev/pts" -o newinstance,ptmxmode=0666
mount -t tmpfs tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for number in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${number%:*}" "$root/dev/${number#*:}"; done

# This machine's own services stay its own.
units=$root/etc/systemd/system
for unit in "$root"/etc/systemd/system/*.wants/*; do
    case $(basename "$unit") in autocode*) ;; *) ln -sfn /dev/null "$units/$(basename "$unit")" ;; esac
done
for unit in systemd-udevd systemd-udev-trigger systemd-sysctl systemd-modules-load systemd-networkd systemd-resolved; do
    ln -sfn /dev/null "$units/$unit.service"
done

cd "$root"
mkdir -p old
pivot_root . old
umount -l /old
exec env -i container=autocode PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=multi-user.target
