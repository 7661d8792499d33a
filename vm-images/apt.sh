# Sourced by the other scripts: apt with a state of its own, so that the
# machine's is left alone and nobody needs to be root.
#
# Knows where the mirror comes from. Does not know what is made of packages,
# and says no address to anyone.
#
# Statuses the builder understands: 3 a suite is not on the mirror,
# 4 there is no mirror, 5 the mirror did not answer.

set -eu
umask 022
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

# All files of an image are of this second, so that equal inputs give equal bytes.
export SOURCE_DATE_EPOCH=1735689600

LEFT=3
NO_MIRROR=4
UNREACHABLE=5

# The machine's own source of Debian's main packages: "ADDRESS SOURCES-FILE".
# apt is asked, rather than its files read, since it knows both of their forms.
# Before the first `apt-get update` it knows no origin, and a suite's name has to do.
machine_source() {
	os=$(sed -n 's/^ID=//p' /etc/os-release 2>/dev/null | tr -d '"')
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release 2>/dev/null | tr -d '"')
	for more in '' --no-release-info; do
		apt-get indextargets $more \
			--format '$(REPO_URI) $(SOURCESENTRY) $(RELEASE) $(ORIGIN)' 'Created-By: Packages' 'Component: main'
	done | awk -v os="$os" -v codename="$codename" '
		$3 ~ /-(security|debug)$|\// { next }
		$4 == "Debian" || (os == "debian" && ($3 == codename || $3 ~ /^(stable|testing|unstable|sid)$/)) {
			print $1, $2
			exit
		}'
}

# signing_keys SOURCES-FILE: the keyrings by which its entries are believed, and Debian's own.
signing_keys() {
	debian=/usr/share/keyrings/debian-archive-keyring.gpg
	{
		[ ! -r "$debian" ] || echo "$debian"
		[ -z "$1" ] || [ ! -r "$1" ] || sed -n \
			-e 's/^Signed-By:[[:space:]]*\(\/[^[:space:]]*\)[[:space:]]*$/\1/p' \
			-e 's/^deb .*signed-by=\(\/[^]" ]*\).*/\1/p' "$1" | tr , '\n'
	} | while read -r ring; do
		[ ! -r "$ring" ] || echo "$ring"
	done | sort -u | paste -sd, -
}

# source_line SUITE: a line for sources.list.
source_line() {
	found=$(machine_source)
	mirror=${BPFLAB_MIRROR:-${found%% *}}
	[ -n "$mirror" ] || return $NO_MIRROR
	entry=${found#* }
	rings=$(signing_keys "${entry%:*}")
	echo "deb ${rings:+[signed-by=$rings] }$mirror $1 main"
}

# Takes addresses out of what goes by.
without_addresses() {
	sed -E -e 's#[a-z+]+://?[^ '\''"]*#(mirror)#g' -e 's#(connect to|resolve) [^ ]+#\1 (mirror)#' \
		-e 's# ?[[(](IP: )?[0-9a-f.:]+( [0-9]+)?[])]##g'
}

# reach: what the machine's apt needs to reach its mirror, as lines of a
# configuration. The rest of it (hooks after an update, for one) is the machine's own affair.
reach() {
	apt-config dump --no-empty Acquire |
		grep -Ei '^Acquire::((https?|ftp|mirror)::|Check-|ForceIPv|Retries)' || true
}

# private FOLDER TOOL ARGUMENT...: apt-get or apt-cache with the state in FOLDER.
private() {
	folder=$1
	tool=$2
	shift 2
	APT_CONFIG="$folder/apt.conf" "$tool" "$@"
}

# private_state FOLDER SUITE: makes the state that `private` uses.
private_state() {
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
	: >"$1/status"
	source_line "$2" >"$1/sources.list"
	reach >"$1/reach.conf"
	cat - "$1/reach.conf" >"$1/apt.conf" <<-CONF
		Dir::Etc::Main "/dev/null";
		Dir::Etc::Parts "/dev/null";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "/dev/null";
		Dir::Etc::SourceList "$1/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::State "$1";
		Dir::State::Lists "$1/lists";
		Dir::State::status "$1/status";
		Dir::Cache "$1/cache";
		APT::Architecture "amd64";
		APT::Architectures "amd64";
		APT::Sandbox::User "$(id -un)";
		APT::Update::Error-Mode "any";
		Acquire::Languages "none";
	CONF
}
