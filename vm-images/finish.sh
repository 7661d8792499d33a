#!/bin/sh
# finish.sh TREE: takes out of a new root what no guest reads, and puts in a
# guest's name and user. Run by root.sh where files can belong to anyone; knows
# no mirror and makes no image.
set -eu
cd "$1"

# A guest's unprivileged user; the same number as USER in bpf/src/stimulus.rs.
LEARNER=6451308

rm -rf etc/apt var/lib/apt var/cache/apt var/cache/debconf var/cache/ldconfig var/log/* run/* tmp/*
rm -rf usr/share/man usr/share/info usr/share/locale usr/share/lintian usr/share/i18n
rm -rf usr/share/bash-completion usr/share/zsh usr/lib/x86_64-linux-gnu/gconv
rm -rf var/lib/dpkg/info var/lib/dpkg/*-old var/lib/dpkg/lock* var/lib/dpkg/triggers/Lock
# The last three were copied from the machine that builds.
rm -f etc/*- etc/machine-id etc/hostname etc/hosts etc/resolv.conf
find . -xdev -name __pycache__ -type d -prune -exec rm -rf {} +
# The file system's one time would make each stale; these are taken unasked. Without
# them an emulated guest compiles Python's library anew on each start (5 s, not 2).
chroot . python3 -m compileall -q --invalidation-mode unchecked-hash usr/lib/python3*
find usr/share/doc -mindepth 2 ! -name copyright ! -type d -delete
find usr/share/doc -depth -mindepth 1 -type d -empty -delete
find usr/share/doc -type l -delete

mkdir -p scratch usr/lib/modules
# The learner's number does not fit into the range that an ordinary user may give
# away, so that the home belongs to root, and anyone may write to it as to /tmp.
mkdir -m 1777 home/learner
echo "learner:*:$LEARNER:$LEARNER:learner:/home/learner:/bin/bash" >>etc/passwd
echo "learner:x:$LEARNER:" >>etc/group
echo bpflab >etc/hostname
printf '127.0.0.1\tlocalhost bpflab\n::1\tlocalhost ip6-localhost\n' >etc/hosts
echo 'LANG=C.UTF-8' >etc/default/locale
: >etc/fstab
: >etc/machine-id
