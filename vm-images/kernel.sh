#!/bin/sh
# kernel.sh WORK OUT PACKAGE SUITE VERSION "BOOT MODULES" "MORE MODULES": unpacks
# a kernel package and makes OUT/{vmlinuz, modules.cpio, release, packages} of
# it. WORK holds what lists.sh fetched, as lists-SUITE.
# Installs nothing; knows neither root image nor worker.
. "${0%/*}/apt.sh"

work=$1
out=$2
package=$3
from=$4
newest=$5
boot=$6
more=$7

here=$work/unpacked-${out##*/}
rm -rf "$here"
mkdir -p "$here/packages" "$here/tree" "$here/cpio/modules" "$out"

# The package names the kernel's own by depending on it; from 7.x on that one is split again.
parts=
queue=$package
while [ -n "$queue" ]; do
	part=${queue%% *}
	queue=${queue#"$part"}
	queue=${queue# }
	case " $parts " in *" $part "*) continue ;; esac
	parts="$parts $part"
	for next in $(private "$work/lists-$from" apt-cache depends --important "$part" |
		sed -n 's/^ *|\{0,1\}\(Pre\)\{0,1\}Depends: //p'); do
		case $next in linux-image-* | linux-binary-* | linux-modules-* | linux-base-*) queue="${queue:+$queue }$next" ;; esac
	done
done
parts=${parts# }
parts=${parts#"$package"}

echo "fetching$parts $newest from $from" >&2
# shellcheck disable=SC2086 # names of packages, none with spaces
if ! (cd "$here/packages" && private "$work/lists-$from" apt-get -qq download $parts) >"$here/log" 2>&1; then
	without_addresses <"$here/log" >&2
	exit $UNREACHABLE
fi
for deb in "$here"/packages/*.deb; do
	dpkg-deb -x "$deb" "$here/tree"
done
# Where Debian has merged /lib into /usr, depmod and modprobe still look in /lib.
[ -d "$here/tree/lib/modules" ] || ln -s usr/lib "$here/tree/lib"

release=$(ls "$here/tree/lib/modules")
# 7.x keeps its image beside the modules, the older ones in /boot.
for kernel in "$here/tree/boot/vmlinuz-$release" "$here/tree/lib/modules/$release/vmlinuz"; do
	[ ! -f "$kernel" ] || break
done
# Its options, which programs read as __kconfig externs; beside the image in either place.
for config in "$here/tree/boot/config-$release" "$here/tree/lib/modules/$release/config"; do
	[ ! -f "$config" ] || break
done
cp "$config" "$here/cpio/modules/config"
depmod -b "$here/tree" "$release"

# wanted NAME: a module after those that it needs, as `insmod PATH` lines, or
# `builtin NAME`. Fails where the kernel lacks it.
wanted() {
	modprobe -C /dev/null -d "$here/tree" -S "$release" --show-depends "$1" 2>/dev/null
}
for module in $boot; do
	wanted "$module" || { echo "$release has no module $module" >&2; exit 1; }
done >"$here/wanted"
for module in $more; do
	wanted "$module" || true
done >>"$here/wanted"

: >"$here/cpio/modules/load"
awk '$1 == "insmod" && !seen[$2]++ { print $2 }' "$here/wanted" | while read -r path; do
	name=${path##*/}
	name=${name%.ko*}.ko
	case $path in
	*.xz) xz -dc "$path" ;;
	*.zst) zstd -qdc "$path" ;;
	*) cat "$path" ;;
	esac >"$here/cpio/modules/$name"
	echo "$name" >>"$here/cpio/modules/load"
done

find "$here/cpio" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
chmod -R a+rX,go-w "$here/cpio"
(cd "$here/cpio" && find modules | sort | cpio --quiet -o -H newc --reproducible -R 0:0) >"$out/modules.cpio"
cp "$kernel" "$out/vmlinuz"
chmod 644 "$out/vmlinuz"
echo "$release" >"$out/release"
for deb in "$here"/packages/*.deb; do
	dpkg-deb -f "$deb" Package Version | sed -n 's/^[A-Za-z]*: //p' | paste -sd' ' -
done >"$out/packages"
echo "$package $newest" >>"$out/packages"
rm -rf "$here"
