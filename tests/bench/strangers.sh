#!/bin/sh
# strangers.sh FOLDER SUITE PACKAGE: puts the BPF programs of the kernel's own source, as
# Debian packages it, into FOLDER: samples, tools and tests, by people who never saw this lab.
. "${0%/*}/../../vm-images/apt.sh"

into=$1 # apt.sh has a folder of its own
suite=$2
package=$3
[ ! -e "$into/done" ] || exit 0
work=$into.work
rm -rf "$into" "$work"
mkdir -p "$into" "$work/got"
private_state "$work/apt" "$suite"
{
	private "$work/apt" apt-get -q update
	cd "$work/got"
	private "$work/apt" apt-get -q download "$package"
} >"$work/log" 2>&1 || {
	without_addresses <"$work/log" >&2
	exit 1
}
dpkg-deb -x "$work"/got/*.deb "$work/unpacked"
tar -xJf "$work"/unpacked/usr/src/*.tar.xz -C "$into" --strip-components=1 --wildcards \
	'*/samples/bpf' '*/tools/bpf/runqslower' '*/tools/perf/util' '*/tools/sched_ext' \
	'*/tools/testing/selftests/bpf'
rm -rf "$work"
: >"$into/done"
