#!/bin/sh
# strangers.sh FOLDER SUITE PACKAGE package|source: puts BPF programs by people who never saw
# this lab into FOLDER: those of the kernel's own source, as Debian packages it (samples, tools
# and tests), or all of a source package.
. "${0%/*}/../../vm-images/apt.sh"

into=$1 # apt.sh has a folder of its own
suite=$2
package=$3
kind=$4
[ ! -e "$into/done" ] || exit 0
work=$into.work
rm -rf "$into" "$work"
mkdir -p "$into" "$work/got"
private_state "$work/apt" "$suite"
[ "$kind" = package ] || sed -i 's/^deb /deb-src /' "$work/apt/sources.list"
{
	private "$work/apt" apt-get -q update
	cd "$work/got"
	case $kind in
	package) private "$work/apt" apt-get -q download "$package" ;;
	source) private "$work/apt" apt-get -q source --download-only --tar-only "$package" ;;
	esac
} >"$work/log" 2>&1 || {
	without_addresses <"$work/log" >&2
	exit 1
}
if [ "$kind" = source ]; then
	tar -xf "$work"/got/*.orig.tar.* -C "$into" --strip-components=1
	rm -rf "$work"
	: >"$into/done"
	exit
fi
dpkg-deb -x "$work"/got/*.deb "$work/unpacked"
tar -xJf "$work"/unpacked/usr/src/*.tar.xz -C "$into" --strip-components=1 --wildcards \
	'*/samples/bpf' '*/tools/bpf/runqslower' '*/tools/perf/util' '*/tools/sched_ext' \
	'*/tools/testing/selftests/bpf'
rm -rf "$work"
: >"$into/done"
