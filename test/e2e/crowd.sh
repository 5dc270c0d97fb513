#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# A run of very many processes, and one of very many threads: nothing of them is lost, the analyzer
# stays small, reports readable.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
count=4000
all=$((count + 1))

ask() {
	sqlite3 "$profile" "$1"
}

# is SQL VALUE
is() {
	answer=$(ask "$1")
	[ "$answer" = "$2" ] || {
		echo "$1: $answer, not $2" >>err
		return 1
	}
}

# grouped NUMBER: of four digits, as in texts.
grouped() {
	printf %s "$1" | sed 's/...$/,&/'
}

mkdir live again
run thag-run --record recording -o live "$PROGRAMS/crowd" "$count"
check 'the program runs to its end' [ "$status" = 0 ]
cp err summary
profile=$(echo live/*.thag)
check 'processes are summed up where there are too many' is \
	'SELECT count(*) BETWEEN 1000 AND 4000 FROM process' 1
check 'every process is in one row' is 'SELECT sum(max(together, 1)) FROM process' "$all"
check 'every thread is, too' is \
	'SELECT sum(CASE number WHEN 0 THEN together ELSE 1 END) FROM thread' "$all"
check 'the sums are those of the whole run' is \
	"SELECT sum(allocations), sum(allocated_bytes), sum(leaked_blocks), sum(leaked_bytes) FROM memory
	WHERE category = 0" "$((10 * all))|$((1000 * all))|$all|$((100 * all))"
check 'intervals have all of them' is \
	"SELECT sum(blocks) FROM span" "$((10 * all))"
check 'timelines have all of them' is "SELECT sum(allocations) FROM timeline" "$((10 * all))"
check 'distributions have all of them' is \
	"SELECT sum(count) FROM histogram WHERE kind = 'size_allocated'" "$((10 * all))"
check 'equal call paths are one' is \
	"SELECT count(DISTINCT node) < 10 FROM memory JOIN thread ON thread.id = thread AND number = 0
	WHERE category = 0" 1
check 'functions of children have their names' is \
	"SELECT sum(allocations) FROM memory JOIN node_name USING (node)
	WHERE category = 0 AND function LIKE 'work%'" "$((10 * all))"
check 'nothing was lost' grep -q 'lost *nothing' summary
check 'the summary says how many there were' grep -q "4,001 in 4,001 processes" summary
check '... and has a table of them' grep -q '^Processes' summary
check '... in which each counts once' [ "$(sed -n '/^Processes/,/^$/p' summary |
	grep -oE '[0-9,]+  (crowd|\()' | tr -cd '0-9\n' | paste -sd+ | bc)" = "$all" ]
# 25 MiB is what it takes at least.
check 'the analyzer stays small' [ "$(sed -n 's/.*analyzer: .* \([0-9]*\) MiB.*/\1/p' summary)" -lt 90 ]

run thag replay -q -o again recording
check 'a recording of it is replayed' [ "$status" = 0 ]
live=$(ask "SELECT sum(allocations), sum(leaked_bytes) FROM memory")
profile=$(echo again/*.thag)
check '... with the same sums' is "SELECT sum(allocations), sum(leaked_bytes) FROM memory" "$live"

mkdir threads
run thag-run --memory -o threads "$PROGRAMS/crowd" "$count" threads
cp err summary
profile=$(echo threads/*.thag)
joined=$(ask 'SELECT together FROM thread WHERE number = 0')
check 'threads that are over are summed up, too' [ "$joined" -gt 1000 ]
check '... which the summary says' grep -q "threads: $(grouped "$joined") are one row" summary
check '... and how many there were' grep -qE '^  threads +4,001$' summary
run thag report --json "$profile"
check 'every thread is in one row of the report' [ "$(jq '
	[.threads[] | if .together == 0 then 1 else .together end] | add' out)" = "$all" ]
check '... that of many has their name' [ "$(jq -r '
	.threads[] | select(.together != 0) | .name' out)" = "$joined more threads" ]
check '... and their sums' [ "$(jq -c '.threads[] | select(.together != 0) | .memory |
	[.allocations, .bytes, .frees]' out)" = "[$((10 * joined)),$((1000 * joined)),$((9 * joined))]" ]
run thag report --json --thread "$joined more threads" "$profile"
check '... by which they can be had alone' [ "$(jq .memory.allocations out)" = "$((10 * joined))" ]
run thag flamegraph --thread "$joined more threads" "$profile"
check '... in a picture, too' grep -qF \
	"<title>work ($(echo "$joined" | awk '{ printf "%.2f MiB", 1000 * $1 / 1048576 }'), 100 %)" out
finish
