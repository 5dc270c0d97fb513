#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# A run of a program whose allocations are known: all that is written and said of it is true,
# however the program ends.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
known=$PROGRAMS/known

# profile_of COMMAND...: runs it; $profile is the file it made.
profile_of() {
	rm -rf results
	mkdir results
	run "$@"
	profile=$(find results -name '*.thag')
}

# figure KEY [options of thag report]: a value of the report in JSON, e.g. memory.bytes
figure() {
	key=$1
	shift
	thag report --json "$@" "$profile" | jq -r ".$key"
}

is() {
	[ "$1" = "$2" ] || {
		echo "# $1 is not $2" >&2
		return 1
	}
}

profile_of thag-run --memory -o results "$known"
check 'the program ran' is "$status" 0
check 'one profile was written' [ -s "$profile" ]
check 'its name tells program and time' sh -c \
	"basename '$profile' | grep -qE '^known-[0-9]{8}-[0-9]{6}\.thag$'"
stem=${profile%.thag}
check 'with folded stacks of the same stem' [ -s "$stem-memory-detail.folded" ]
check 'and a flamegraph' grep -q '</svg>' "$stem-memory-detail.svg"
check 'the summary names the profile' says "$(basename "$profile")"
check 'the run is complete' is "$(figure run.complete)" true
check 'nothing was lost' is "$(figure lost.events)" 0
check 'allocations are counted exactly' is "$(figure memory.allocations)" 1004
check 'and their bytes' is "$(figure memory.bytes)" 1150076
check 'and what leaked' is "$(figure memory.leaked_bytes)" 1500
check '... in blocks' is "$(figure memory.leaked_blocks)" 3
check 'and what was temporary' is "$(figure memory.temporary)" 1000
check 'and the peak' is "$(figure memory.peak_bytes)" 1050176
check 'a function has its own figures' is "$(figure memory.bytes --function churn)" 100000
check '... of the peak too' is "$(figure memory.peak_bytes --function hold)" 1048576
check '... and of leaks' is "$(figure memory.leaked_bytes --function lose)" 1500
check 'folded stacks add up to all bytes' is \
	"$(awk '{ sum += $NF } END { print sum }' "$stem-memory-detail.folded")" 1150076
check 'folded stacks begin at main' grep -qE '(^|;)main;churn[; ]' "$stem-memory-detail.folded"

profile_of thag-run --memory -o results "$known" kill
check 'killed: the status' is "$status" 137
check 'killed: no event is lost' is "$(figure memory.allocations)" 1004
check 'killed: the signal is in the report' is "$(figure run.exit_signal)" 9
profile_of thag-run --memory -o results "$known" abort
check 'aborted: no event is lost' is "$(figure memory.allocations --function main)" 1004
profile_of thag-run --memory -o results "$known" _exit
check '_exit: the status' is "$status" 9
check '_exit: no event is lost' is "$(figure memory.allocations)" 1004
profile_of thag-run --memory -o results "$known" exec
check 'exec: both images count' is "$(figure memory.allocations)" 2008
profile_of thag-run --memory -o results "$known" fork
check 'fork: the child counts as well' is "$(figure memory.allocations)" 1007
check 'fork: one profile for all processes' is "$(find results -name '*.thag' | wc -l)" 1

whole=0
for _ in 1 2 3 4 5 6 7 8 9 10; do
	profile_of thag-run -q --memory -o results "$known" alarm
	[ "$status:$(figure run.complete)" = 9:true ] && whole=$((whole + 1))
done
check 'ended by a handler, inside an allocation or not: complete' is "$whole" 10

profile_of env LD_PRELOAD="$PROGRAMS/liblate.so" thag-run --memory -o results "$known"
check 'destructors of libraries are part of the run' sh -c "[ $(figure memory.peak_bytes) -gt 4000000 ]"

profile_of thag-run --memory -o results "$known" vfork
check 'vfork: what the child ends is not its parent' is "$(figure memory.peak_bytes)" 1050176

# Each holds a megabyte until it ends: never two of them at once.
for end in '' _exit; do
	# shellcheck disable=SC2016 # sh -c's
	profile_of thag-run --memory -o results sh -c 'i=0; while [ $i -lt 30 ]; do
		"$0" $1; i=$((i + 1)); done' "$known" $end
	check "one after another ${end:-exit}: the peak is that of one" sh -c \
		"[ $(figure memory.peak_bytes) -gt 1050000 ] && [ $(figure memory.peak_bytes) -lt 1500000 ]"
done

profile_of thag-run --memory --summary -o results "$known"
check 'summary: counts are exact' is "$(figure memory.allocations)" 1004
check 'summary: files say so' [ -s "${profile%.thag}-memory-summary.folded" ]
profile_of thag-run --memory --min-size 101 -o results "$known"
check 'small allocations are left out on demand' is "$(figure memory.allocations)" 4

profile_of thag-run --time --rate 0 -o results "$known"
check 'neither calls nor samples: it is said' says 'no call: no function was compiled with'
check '... and nothing of memory, for which nobody asked' sh -c "! grep -q heap err"
check '... nor written' [ -z "$(find results -name '*memory*')" ]

profile_of env LD_PRELOAD="$LIBRARY" THAG_PROFILER=memory,results "$known"
# It names its files when all are written, which may be after the program's end.
check 'LD_PRELOAD alone starts the analyzer' eventually says -detail.svg
profile=$(find results -name '*.thag')
check '... and counts the same' is "$(figure memory.allocations)" 1004
# On one processor analyzer and program take turns: neither may think that the other is gone.
turn=0
while [ $turn -lt 20 ]; do
	turn=$((turn + 1))
	taskset -c 0 env LD_PRELOAD="$LIBRARY" THAG_PROFILER=memory,results /bin/true 2>>turns
done
check 'LD_PRELOAD alone works however the two take turns' sh -c '! grep -q "not profiling" turns'
run env LD_PRELOAD="$LIBRARY" THAG_PROFILER=memroy "$known"
check 'a wrong variable: the program runs' is "$status" 0
check '... and it is said' says "THAG_PROFILER: 'memroy' is no type of profile"

# Not where analyzers in the background may still be writing.
mkdir together
for _ in 1 2 3; do
	thag-run -q -o together "$known" &
done
wait
check 'runs of the same second do not overwrite one another' is \
	"$(find together -name '*.thag' | wc -l)" 3

printf 'SQLite format 3\000garbage' >broken.thag
run thag report broken.thag
check 'a broken profile is refused' [ "$status" != 0 ]
check '... by name' says broken.thag
finish
