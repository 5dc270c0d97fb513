#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# Where the time went: of a program whose calls are traced, and of one that was not rebuilt.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# value KEY: of the JSON report in out.
value() {
	jq -r "$1" out
}

# of FUNCTION KEY: a figure of a function.
of() {
	value "[.time.functions[] | select(.name == \"$1\")][0].$2"
}

run thag-run --time "$PROGRAMS/traced_calls"
check 'the program runs as it does alone' [ "$status" = 0 ]
check 'the summary counts the calls' says 'in 202,602 calls'
check 'it shows the hottest functions' says 'Time in traced calls'
check 'no file of memory is written' sh -c '! ls traced_calls-*-memory-* 2>/dev/null'
for ending in time.folded time-inclusive.folded time.svg time-chart.svg; do
	check "there is a file $ending" sh -c "[ -s traced_calls-*-$ending ]"
done
for picture in traced_calls-*.svg; do
	check "$(echo "$picture" | sed 's/.*-time/time/') is well-formed" \
		xmllint --noout --huge "$picture"
done
check 'folded times are of functions' grep -q 'main;work [0-9]' traced_calls-*-time.folded

run thag report --json --limit 100 traced_calls-*.thag
check 'every call is there' [ "$(of tiny calls)" = 200000 ]
check '... of all threads' [ "$(of work calls)" = 400 ]
check '... and of each depth of a recursion' [ "$(of descend calls)" = 2000 ]
check 'recursion is counted once' [ "$(of descend total_ns)" -le "$(of main total_ns)" ]
check 'every call returned' [ "$(value .time.unfinished)" = 0 ]
check 'what a call costs is known' \
	sh -c "[ $(value '.time.cost_of_call.ns | floor') -lt 10000 ]"
# main waits for the thread, which may begin late.
check 'work is what takes the time' \
	[ "$(value '[.time.functions[].name | select(. != "main")][0]')" = work ]
check 'percentiles are in order' sh -c "
	[ $(of work min_ns) -le $(of work p50_ns) ] &&
	[ $(of work p50_ns) -le $(of work p90_ns) ] &&
	[ $(of work p90_ns) -le $(of work p99_ns) ] &&
	[ $(of work p99_ns) -le $(of work max_ns) ]"
check 'both threads have theirs' [ "$(value '.time.threads | length')" = 2 ]

run thag report --functions --by file traced_calls-*.thag
check 'times can be had by file' grep -q 'traced.c' out
run thag report --functions --by colour traced_calls-*.thag
check '... and not by just anything' [ "$status" = 2 ]

run thag flamechart -o chart.svg traced_calls-*.thag
check 'a chart can be made again' cmp chart.svg traced_calls-*-time-chart.svg
run thag flamegraph --time traced_calls-*.thag
check 'and a flamegraph' cmp out traced_calls-*-time.svg

if [ -x "$PROGRAMS/traced/unwinding-gcc-O2" ]; then
	run thag-run --both "$PROGRAMS/traced/unwinding-gcc-O2" exceptions
	check 'it is said what memory profiling adds to the times' says 'memory: about'
	run thag report --json unwinding-*.thag
	check '... as so much for each allocation' sh -c "[ $(value \
		'.time.memory_profiling | .ns > 10 * .allocations and .ns < 20000 * .allocations') = true ]"
fi

run thag-run --time "$PROGRAMS/busy"
check 'a program that was not rebuilt is sampled' says 'CPU time'
run thag report --json busy-*.thag
check '... and knows its hottest function' [ "$(value '.time.functions[0].name')" = burn ]
# In the kernel a sample stands for a tick of its, however many of these there were.
rate() {
	value '.time.cpu | (.samples - .kernel_samples) * 1e9 / (.time_ns - .kernel_ns) | floor'
}
# Where a hypervisor takes the processor away there are fewer, and never more: one run of five will do.
for _ in 2 3 4 5; do
	[ "$(rate)" -le 900 ] || break
	rm -f busy-*
	run thag-run --time "$PROGRAMS/busy"
	run thag report --json busy-*.thag
done
check '... at the rate that was asked for' [ "$(rate)" -gt 900 ]

# What thag.h itself has in a program is no call of the program's.
cat >named.c <<'C'
#include <stdlib.h>
#include <thag.h>
static void work(void) { THAG_SECTION("part") { free(malloc(10)); } thag_mark("done"); }
int main(void) { for (int i = 0; i < 100; i++) work(); return 0; }
C
for compiler in gcc clang-14; do
	"$compiler" -g -finstrument-functions -I"$INCLUDE" named.c -o "named-$compiler"
	run thag-run --time --json -q "./named-$compiler"
	run thag report --json named-"$compiler"-*.thag
	check "$compiler: only functions of the program are traced" \
		[ "$(value '[.time.functions[] | select(.calls > 0) | .name] | sort | join(" ")')" = \
		'main part work' ]
done

# Of a part of the time no interval knows single calls.
run thag report --json --from 1ns traced_calls-*.thag
check 'a part of the time knows no shortest call' [ "$(of work min_ns)" = null ]
check '... and no error' [ "$(value .time.traced_error_ns)" = null ]
check '... but its times' [ "$(of work self_ns)" -gt 0 ]
run thag report --functions --from 1ns traced_calls-*.thag
check '... and says so' sh -c '! grep -q ± out'
finish
