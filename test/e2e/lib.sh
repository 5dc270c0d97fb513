# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# What end-to-end tests share; sourced by each. They print TAP, one line a behaviour:
#
#	. "$(dirname "$0")/lib.sh"
#	run "$THAG_RUN" sh -c 'exit 7'
#	check 'the exit status is the program'\''s own' [ "$status" = 7 ]
#	finish
#
# From meson: BUILD (the directory with thag, thag-run ...), PROGRAMS (test programs).
# For the test: a directory of its own, which is also the current one, in $work.

set -u
: "${BUILD:?run by meson test}"
PATH=$BUILD:$PATH
export PATH
unset THAG_PROFILER SIZE_TRACKING_THRESHOLD THAG_POOL THAG_RATE THAG_MIN_SIZE LD_PRELOAD
tests=0
work=$(mktemp -d)
trap 'cd /; rm -rf "$work"' EXIT
cd "$work" || exit 1

# Runs a command; leaves $status and the files out and err.
# shellcheck disable=SC2034 # read by the tests
run() {
	status=0
	"$@" >out 2>err || status=$?
}

# check NAME COMMAND...: one test. What failed is shown with what the last command said.
check() {
	tests=$((tests + 1))
	name=$1
	shift
	if "$@" >/dev/null 2>&1; then
		echo "ok $tests - $name"
	else
		echo "not ok $tests - $name"
		echo "# failed: $*"
		echo "# status: ${status-}"
		head -n 20 err 2>/dev/null | sed 's/^/# err: /'
		head -n 20 out 2>/dev/null | sed 's/^/# out: /'
	fi
}

# says TEXT: the last command printed it on standard error.
says() {
	grep -qF -- "$1" err
}

says_nothing() {
	[ ! -s err ]
}

# skip NAME WHY
skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

# Waits for a command to be true: half a minute at least, which is an answer on any machine.
eventually() {
	tries=0
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ "$tries" -lt 1500 ] || return 1
		sleep 0.02
	done
}

finish() {
	echo "1..$tests"
}
