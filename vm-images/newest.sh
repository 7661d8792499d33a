#!/bin/sh
# newest.sh WORK PACKAGE SUITE...: prints "SUITE VERSION" of the newest version
# of a package among suites. WORK holds what lists.sh fetched, as lists-SUITE; a
# suite that was not fetched is passed over.
. "${0%/*}/apt.sh"

work=$1
package=$2
shift 2

newest=
from=
for suite; do
	[ -d "$work/lists-$suite" ] || continue
	version=$(private "$work/lists-$suite" apt-cache -q show --no-all-versions "$package" 2>/dev/null |
		sed -n 's/^Version: //p' | head -n 1)
	if [ -n "$version" ] && { [ -z "$newest" ] || dpkg --compare-versions "$version" gt "$newest"; }; then
		newest=$version
		from=$suite
	fi
done
[ -n "$newest" ] || { echo "none of the suites $* has $package" >&2; exit 1; }
echo "$from $newest"
