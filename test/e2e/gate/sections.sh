#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# Limits on what the source named: sections and tasks, by their names.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
: "${PROGRAMS:?run by meson test}"
unset GITHUB_ACTIONS

TMPDIR=$PWD/temporary
export TMPDIR
mkdir "$TMPDIR"

shows() {
	grep -qF -- "$1" out
}

for compiler in gcc clang; do
	sections=$PROGRAMS/named/sections-$compiler-O2
	waits=$PROGRAMS/named/waits-$compiler-O2
	[ -x "$sections" ] || continue

	# Exact ones, at what they are and at one less.
	for limit in 'calls(leaf) N 1002' 'calls(recursive) N 5' 'allocations(outer) N 2004' \
		'bytes(outer) N 3006' 'bytes(inner) N 5' 'allocations(to end) N 1' \
		'bytes(/^inn/) N 5'; do
		run thag-gate run --limit "$(echo "$limit" | sed 's/ N / <= /')" -- "$sections" shapes
		check "$compiler: $limit: kept" [ "$status" = 0 ]
		run thag-gate run --limit "$(echo "$limit" | sed 's/ N / < /')" -- "$sections" shapes
		check "$compiler: $limit: exceeded by one" [ "$status" = 6 ]
	done
	check '... and says where' shows 'inner sections.c:'

	# It waits six times for 4 ms in one, and for 15 ms more around that.
	run thag-gate run --limit 'time(part) <= 100 s' --limit 'time(whole) <= 100 s' -- "$waits"
	check "$compiler: times that are kept" [ "$status" = 0 ]
	run thag-gate run --limit 'time(part) <= 20 ms' -- "$waits"
	check "$compiler: a section that takes longer" [ "$status" = 6 ]
	check '... is named' shows 'part waits.c:'
	run thag-gate run --limit 'time(whole) <= 35 ms' -- "$waits"
	check "$compiler: with what is below it" [ "$status" = 6 ]
	run thag-gate run --limit 'bytes(request) <= 12000' --limit 'leaked(request) <= 3000' \
		-- "$waits"
	check "$compiler: what tasks allocate and leak" [ "$status" = 0 ]
	run thag-gate run --limit 'leaked(request) < 3000' -- "$waits"
	check "$compiler: a task that leaks more" [ "$status" = 6 ]
	run thag-gate run --limit 'time(nobody) <= 1 s' -- "$waits"
	check "$compiler: a name that nothing has is said" shows 'of that name'
done
finish
