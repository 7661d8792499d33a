#!/bin/sh
# lists.sh SUITE FOLDER: fetches a suite's list of packages into a private apt
# state in FOLDER. Does not know what is wanted from it.
. "${0%/*}/apt.sh"

suite=$1
folder=$2
private_state "$folder" "$suite"
if private "$folder" apt-get -q update >"$folder/log" 2>&1; then
	exit 0
fi
without_addresses <"$folder/log" >&2
mv "$folder" "$folder.failed"
folder=$folder.failed
# Without a mirror's answer apt does not say this; with one that lacks the suite it does.
if grep -q 'does not have a Release file' "$folder/log" &&
	grep -Eq '404|not found|No such file' "$folder/log"; then
	exit $LEFT
fi
exit $UNREACHABLE
