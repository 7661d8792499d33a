#!/bin/sh
# Installs the system packages that are missing, and says what else is.
#
#   ./setup.sh run     what building and serving needs
#   ./setup.sh test    what the tests need besides
#
# Safe to repeat; quick when nothing is missing. Knows Debian and Ubuntu.
set -eu

missing=
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
# An ordinary user does not have these on the path, and the tools are there all the same.
PATH=$PATH:/usr/sbin:/sbin

# need COMMAND PACKAGE: a package, if its command is not there.
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }

# want PACKAGE: a package without a command of its own.
want() { dpkg -s "$1" >/dev/null 2>&1 || missing="$missing $1"; }

clang_package() {
	if apt-cache show clang-19 >/dev/null 2>&1; then echo clang-19; else echo clang; fi
}

has_clang() {
	for found in /usr/bin/clang-1[4-9] /usr/bin/clang-[2-9][0-9]; do
		[ -x "$found" ] && return 0
	done
	return 1
}

install_missing() {
	[ -n "$missing" ] || return 0
	echo "installing:$missing"
	if [ -n "$as_root" ]; then
		command -v sudo >/dev/null 2>&1 || {
			echo "missing:$missing; as root: apt-get install --no-install-recommends$missing" >&2
			exit 1
		}
		echo "(this needs root: sudo may ask for your password)"
	fi
	# A list that is some days old may name files that the mirror no longer has.
	install_packages || {
		fetch_lists
		install_packages
	}
}

install_packages() {
	# shellcheck disable=SC2086 # names of packages, none with spaces
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

fetch_lists() {
	echo "fetching the lists of packages"
	$as_root apt-get update -qq
}

rust() {
	command -v cargo >/dev/null 2>&1 || {
		echo "missing: Rust; install it with rustup (on Debian 13: apt-get install rustup && rustup default stable)" >&2
		exit 1
	}
	have=$(cargo --version | sed 's/^cargo \([0-9]*\.[0-9]*\).*/\1/')
	wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
	[ "$(printf '%s\n%s\n' "$wanted" "$have" | sort -V | head -n 1)" = "$wanted" ] || {
		echo "missing: Rust $wanted or newer (this is $have); run: rustup update stable" >&2
		exit 1
	}
}

# Ubuntu's AppArmor stops bubblewrap until it has a profile.
apparmor() {
	restricts=/proc/sys/kernel/apparmor_restrict_unprivileged_userns
	profile=/etc/apparmor.d/bpflab-bwrap
	[ -r $restricts ] && [ "$(cat $restricts)" = 1 ] && [ ! -e $profile ] || return 0
	echo "AppArmor on this machine stops bubblewrap, which confines the compiler."
	text='abi <abi/4.0>,
include <tunables/global>
profile bpflab-bwrap /usr/bin/bwrap flags=(unconfined) {
  userns,
}'
	if [ -t 0 ]; then
		printf 'Install an AppArmor profile that allows it (%s)? [y/N] ' $profile
		read -r answer
		case $answer in
		y | Y | yes)
			printf '%s\n' "$text" | $as_root tee $profile >/dev/null
			$as_root apparmor_parser -r $profile
			return 0
			;;
		esac
	fi
	printf 'To allow it, write this to %s and run apparmor_parser -r on it:\n%s\n' $profile "$text"
}

command -v apt-get >/dev/null 2>&1 || {
	echo "missing: apt-get; on another distribution install by hand what this script names" >&2
	exit 1
}
# A machine whose lists were never fetched finds no package at all.
if ! apt-cache show bubblewrap >/dev/null 2>&1; then
	fetch_lists
fi

case ${1:-run} in
run)
	rust
	for tool in gcc make autoconf automake autopoint flex bison gawk; do need $tool $tool; done
	need pkg-config pkg-config
	need msgfmt gettext
	need bwrap bubblewrap
	need setpriv util-linux
	has_clang || missing="$missing $(clang_package)"
	# The guests: their images, and QEMU to run them.
	need mmdebstrap mmdebstrap
	need mkfs.erofs erofs-utils
	need newuidmap uidmap
	need unshare util-linux
	need xz xz-utils
	need zstd zstd
	need cpio cpio
	need modprobe kmod
	need qemu-system-x86_64 qemu-system-x86
	want debian-archive-keyring
	want libc6-dev
	want linux-libc-dev
	# Debian's npm conflicts with a nodejs from elsewhere: only where there is none.
	need npm "nodejs npm"
	install_missing
	apparmor
	;;
test)
	need chromium chromium
	want fonts-noto-cjk
	need clang-format-19 clang-format-19
	# What a lesson that was taken home is built with.
	need bpftool bpftool
	want libbpf-dev
	want libelf-dev
	want zlib1g-dev
	install_missing
	;;
*)
	echo "usage: ./setup.sh run|test" >&2
	exit 2
	;;
esac
echo "nothing is missing"
