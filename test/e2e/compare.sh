#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# Comparisons, folded stacks and filters, on runs of real programs.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

is() {
	[ "$1" = "$2" ] || {
		echo "# $1 is not $2" >&2
		return 1
	}
}

# record NAME COMMAND...: a profile NAME.thag of a run, and NAME.folded.
record() {
	name=$1
	shift
	mkdir "$name.d"
	thag-run -q --memory -o "$name.d" "$@" >/dev/null 2>&1
	mv "$name.d"/*.thag "$name.thag"
	mv "$name.d"/*.folded "$name-memory-detail.folded"
	rm -r "$name.d"
}
record a sqlite3 :memory: 'create table t(x); insert into t values(1); select * from t'
record b sqlite3 :memory: 'create table t(x); with recursive c(i) as (select 1 union all
	select i + 1 from c where i < 3000) insert into t select i from c; select max(x) from t'
record c perl -e '@a = map { "x" x $_ } 1 .. 500'
record d perl -e '@a = map { "x" x $_ } 1 .. 900; %h = map { $_ => [$_] } @a'

for metric in bytes peak allocations leaked; do
	for pair in 'a b' 'c d'; do
		set -- $pair
		thag diff --json --sort $metric "$1.thag" "$2.thag" >diff.json
		check "$1, $2, $metric: totals are those of the reports" is \
			"$(jq -c '[.a.total, .b.total]' diff.json)" \
			"[$(for side in "$1" "$2"; do
				thag report --json "$side.thag" |
					jq ".memory | {bytes, peak: .peak_bytes, allocations,
						leaked: .leaked_bytes} | .$metric"
			done | paste -sd,)]"
		check "$1, $2, $metric: call paths add up to the change" is \
			"$(jq '.delta - ([.paths[].exclusive.delta] | add)' diff.json)" 0
		check "$1, $2, $metric: functions add up to the change" is \
			"$(jq '.delta - ([.functions[].exclusive.delta] | add)' diff.json)" 0
	done
done
check 'what is left out is counted' is \
	"$(thag diff --json --limit 3 c.thag d.thag |
		jq '.delta - ([.paths[].exclusive.delta] | add) - .paths_omitted.exclusive.delta')" 0
check 'a profile is like itself' is \
	"$(thag diff --json c.thag c.thag | jq -c '[.delta, ([.paths[].class] | unique)]')" \
	'[0,["same"]]'
check 'inclusive values are those of the report' is \
	"$(thag diff --json --sort bytes c.thag d.thag |
		jq '.functions[] | select(.name == "Perl_sv_grow" or .name == "main") | .inclusive.b' |
		sort -n | paste -sd' ')" \
	"$(thag report --json --sort bytes --limit 100000 d.thag |
		jq '.functions[] | select(.name == "Perl_sv_grow" or .name == "main") | .total.bytes' |
		sort -n | paste -sd' ')"
thag diff --folded --sort bytes c.thag d.thag >two.folded
check 'folded: the columns are the totals' is \
	"$(awk '{ a += $(NF - 1); b += $NF } END { print a, b }' two.folded)" \
	"$(thag diff --json --sort bytes c.thag d.thag | jq -r '"\(.a.total) \(.b.total)"')"
check 'folded stacks and their profile are the same' is \
	"$(thag diff --json c.thag c-memory-detail.folded | jq -c '[.metric, .delta,
		([.paths[] | select(.exclusive.delta != 0)] | length)]')" '["bytes",0,0]'
run thag diff --svg -o change.svg c.thag d.thag
check 'a picture' xmllint --noout --huge change.svg
check '... that says which is which' grep -q 'A = baseline: c.thag' change.svg
run thag diff --svg -o change.svg c.thag d.thag
check 'is never written over' says 'is there already'
run thag diff --side-by-side -o sides.svg c.thag d.thag
check 'side by side' xmllint --noout --huge sides.svg

record threads "$PROGRAMS/known" fork
check 'two processes of one profile' is \
	"$(thag report --json threads.thag | jq -r '.processes | map(.pid) | join(",")' |
		xargs -I {} thag diff --json --sort allocations --process {} threads.thag |
		jq -c '[.a.total, .b.total]')" \
	"$(thag report --json threads.thag |
		jq -c '[.processes[].memory.allocations]')"
run thag diff threads.thag
check 'one file alone is not enough' says 'two of its threads, processes or times'

# Filters.
memory() {
	thag report --json "$@" | jq .memory.bytes
}
whole=$(memory d.thag)
check 'without and with a function are the whole' is \
	$(($(memory --function Perl_sv_grow d.thag) + $(memory --without Perl_sv_grow d.thag))) \
	"$whole"
check 'a function in the middle is no leaf' is "$(memory --without-leaf main d.thag)" "$whole"
check 'a leaf is left out exactly' is \
	$(($(memory --without-leaf Perl_safesysrealloc d.thag) + $(thag report --json --limit 100000 \
		d.thag | jq '.functions[] | select(.name == "Perl_safesysrealloc") | .self.bytes'))) \
	"$whole"
check 'small and large are the whole' is \
	$(($(memory --max-size 4095 d.thag) + $(memory --min-size 4096 d.thag))) "$whole"
check 'leaked call paths hold all leaks' is \
	"$(thag report --json --kind leaked d.thag | jq .memory.leaked_bytes)" \
	"$(thag report --json d.thag | jq .memory.leaked_bytes)"
thag flamegraph --without Perl_sv_grow -o without.svg d.thag
check 'the picture has the same filters' sh -c '! grep -q "Perl_sv_grow (" without.svg'
run thag report --kind larg d.thag
check 'a wrong kind is said' says 'there are large, temporary, leaked, frequent'
run thag report --min-size 4X d.thag
check 'a wrong size is said' says "'4X' is not understood"
run thag report --without '/(/' d.thag
check 'a wrong expression is said' [ "$status" = 2 ]

# Ranges of time: in whole intervals of the profile, so that parts that meet at the end of one are
# the whole.
sql() {
	sqlite3 "$1" "$2"
}
mkdir both.d
thag-run -q -o both.d perl -e 'for (1 .. 60) { my @a = map { "x" x $_ } 1 .. 900; $k[$_] = $a[3] }' \
	>/dev/null 2>&1
mv both.d/*.thag both.thag
last=$(sql both.thag 'select max(born) from span')
width=$(sql both.thag "select value from meta where key = 'span_ns'")
middle=$((last / 2))
cut=$((middle * width))
check 'a run has several intervals' [ "$middle" -gt 1 ]
in_range() {
	thag report --json "$@" both.thag | jq -c '[.memory.allocations, .memory.bytes,
		.memory.frees, .memory.freed_bytes, .memory.temporary, .time.samples,
		.time.cpu.kernel_samples, .time.cpu.kernel_ns]'
}
check 'two parts of the time are the whole' is \
	"$(jq -nc "[$(in_range --to ${cut}ns), $(in_range --from ${cut}ns)] | transpose | map(add)")" \
	"$(in_range)"
check 'all of the time is the whole' is "$(in_range --from 0s)" "$(in_range)"
check 'what lived at the end of a range is what SQL says' is \
	"$(thag report --json --to ${cut}ns both.thag |
		jq -c '[.memory.leaked_blocks, .memory.leaked_bytes]')" \
	"[$(sql both.thag "select sum(blocks) || ',' || sum(bytes) from span
		where born < $middle and gone >= $middle")]"
check 'what ran in a range is what SQL says' is \
	"$(thag report --json --from ${cut}ns both.thag | jq '.time.cpu_ns // 0')" \
	"$(sql both.thag "select coalesce(sum(cpu_ns), 0) from moment where span >= $middle")"
check '... and of that, in the kernel' is \
	"$(thag report --json --from ${cut}ns both.thag | jq '.time.cpu.kernel_ns // 0')" \
	"$(sql both.thag "select coalesce(sum(kernel_ns), 0) from moment where span >= $middle")"
check 'a range is said' is \
	"$(thag report --json --from ${cut}ns both.thag | jq '.restricted_to | test("^from .* s to .* s$")')" \
	true
check 'ranges and functions go together' is \
	"$(thag report --json --to ${cut}ns --function Perl_sv_grow both.thag | jq .memory.bytes)" \
	"$(thag report --json --limit 100000 --to ${cut}ns both.thag |
		jq '.functions[] | select(.name == "Perl_sv_grow") | .total.bytes')"
check 'two moments of one run' is \
	"$(thag diff --json --sort leaked --to ${cut}ns,$((cut + 2 * width))ns both.thag |
		jq -c '[.a.total, .b.total]')" \
	"[$(sql both.thag "select (select sum(bytes) from span where born < $middle and
		gone >= $middle) || ',' || (select sum(bytes) from span where born < $((middle + 2)) and
		gone >= $((middle + 2)))")]"
run thag flamegraph --from ${cut}ns -o part.svg both.thag
check 'a picture of a range' xmllint --noout --huge part.svg
run thag flamechart --from ${cut}ns -o part-chart.svg both.thag
check 'a chart of a range' xmllint --noout --huge part-chart.svg
run thag flamechart --memory --from ${cut}ns -o part-memory.svg both.thag
check '... of memory' xmllint --noout --huge part-memory.svg
run thag report --from 1000s both.thag
check 'a range beyond the end is said' says 'the run lasted'
run thag report --from 2s --to 1s both.thag
check 'a range that ends before it begins is said' says 'must be after 2s'
run thag report --from noon both.thag
check 'a time that is none is said' says "'noon' is not understood"
run thag report --from 1s c-memory-detail.folded
check 'folded stacks know no time' says 'does not know what happened when'

# Folded stacks of others, and files that are none.
printf 'python 12;main;do_work [unknown] 3\npython 12;main;wait 4\n' >perf.folded
check 'folded stacks of perf open in report' is \
	"$(thag report --json perf.folded | jq -c '[.run.mode, .functions[0].total.value]')" \
	'["folded",7]'
check '... from standard input' is \
	"$(thag report --folded value - <perf.folded | awk '{ sum += $NF } END { print sum }')" 7
check '... as a picture' sh -c 'thag flamegraph perf.folded | xmllint --noout --huge -'
check '... in comparisons' is "$(thag diff --json perf.folded perf.folded | jq .a.total)" 7
: >empty
run thag report empty
check 'an empty file is said to be' says 'empty: is empty'
head -c 3000 d.thag >cut.thag
run thag diff cut.thag d.thag
check 'a broken profile is said to be' says cut.thag
run thag report "$BUILD/analyzer/thag"
check 'a program is no profile' says 'is neither a profile'
run thag diff a.thag no-such-file
check 'a missing file is said' says 'no-such-file: No such file'
finish
