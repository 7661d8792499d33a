#!/bin/sh
# root.sh WORK OUT SUITE "PACKAGES" [EXTRA]: makes OUT/{root.erofs, packages}, the
# read-only root that every guest shares, or the one of guests with an extra:
# extra-EXTRA.sh is run on it. WORK holds what lists.sh fetched, as lists-SUITE,
# and lies where other users may enter.
#
# Needs no root: an ordinary user's root is a user namespace, for which a range
# of subordinate numbers is needed. Knows no kernel and no worker.
. "${0%/*}/apt.sh"

work=$1
out=$2
suite=$3
packages=$4
extra=${5:-}

# Two roots may be made at once.
here=$work/root${extra:+-$extra}
lists=$work/lists-$suite
mkdir -p "$here" "$out"
chmod 755 "$work" "$here" "$lists" "$lists/lists"
export TMPDIR="$here"

# as_owner COMMAND...: where files can belong to more than one user.
if [ "$(id -u)" = 0 ]; then
	mode=root
	as_owner() { "$@"; }
else
	mode=unshare
	as_owner() { unshare --user --map-auto --map-root-user -- "$@"; }
fi
trap 'as_owner rm -rf "$here"' EXIT

# The hook runs as another user, who may not be let in where the scripts are.
cp -r "${0%/*}" "$here/scripts"
chmod -R a+rX "$here/scripts"

# Java is not installed where manuals have no folder, even if none is unpacked.
status=0
mmdebstrap --mode="$mode" --variant=essential --skip=update \
	--include="$(echo "$packages" | tr ' ' ,)" \
	--aptopt="$lists/reach.conf" --aptopt='Apt::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
	--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
	--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--setup-hook="cp $lists/lists/*_* \"\$1/var/lib/apt/lists/\"" \
	--essential-hook='mkdir -p "$1/usr/share/man/man1"' \
	${extra:+"--customize-hook=$here/scripts/extra-$extra.sh"} \
	--format=tar "$suite" "$here/root.tar" - <"$lists/sources.list" >"$here/log" 2>&1 || status=$?
if [ $status != 0 ]; then
	without_addresses <"$here/log" | tail -n 30 >&2
	exit 1
fi

# Debian 12's mkfs.erofs reads no tar.
mkdir "$here/tree"
as_owner tar -C "$here/tree" --numeric-owner --xattrs -xf "$here/root.tar" --exclude='./dev/*'
rm "$here/root.tar"
as_owner "${0%/*}/finish.sh" "$here/tree"
sed -n 's/^Package: //p;s/^Version: //p' "$here/tree/var/lib/dpkg/status" | paste -d' ' - - >"$out/packages"
# The lessons' own program. By its frame pointers its stacks are walked; its symbols stay.
cc -O1 -fno-omit-frame-pointer -fno-optimize-sibling-calls -o "$here/lab-leak" "${0%/*}/leak.c"
as_owner install -m 755 "$here/lab-leak" "$here/tree/usr/local/bin/lab-leak"
# Another in two builds, each of which carries its own types.
cc -O1 -gbtf -o "$here/lab-shape-old" "${0%/*}/shape.c"
cc -O1 -gbtf -DNEWER -o "$here/lab-shape-new" "${0%/*}/shape.c"
as_owner install -m 755 "$here/lab-shape-old" "$here/lab-shape-new" "$here/tree/usr/local/bin/"
as_owner mkfs.erofs -zlz4hc -T"$SOURCE_DATE_EPOCH" -U 62706c61-6200-4000-8000-000000000000 --quiet \
	"$here/root.erofs" "$here/tree"
mv "$here/root.erofs" "$out/root.erofs"
chmod 644 "$out/root.erofs"
