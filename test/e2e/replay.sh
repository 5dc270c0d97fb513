#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# What a recording gives when it is replayed are the numbers of its run, or it is said what is not.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
known=$PROGRAMS/known

# facts DIRECTORY: what the one profile in it says, without what a recording does not know.
facts() {
	thag report --json "$1"/*.thag |
		jq -S '{memory, lost, functions, mode: .run.mode, duration: .run.duration_ns,
			peak: .run.peak_ns}'
}

# replayed NAME OPTIONS...: a run with them gives the same when replayed.
replayed() {
	name=$1
	shift
	rm -rf live again recording
	mkdir live again
	run thag-run -q --record recording -o live "$@"
	check "$name: it is recorded" [ "$status:$(wc -l <err)" = "$expected:0" ]
	run thag replay -q -o again recording
	check "$name: it is replayed in silence" [ "$status:$(wc -l <err)" = 0:0 ]
	facts live >facts.live
	facts again >facts.again
	check "$name: the numbers are those of the run" cmp facts.live facts.again
	check "$name: ... and there are some" grep -q '"allocations": [1-9]' facts.again
}

expected=0
replayed memory --memory "$known"
check 'the files are the same' [ "$(ls live | sed 's/.*-//')" = "$(ls again | sed 's/.*-//')" ]
check 'folded stacks too' cmp live/*.folded again/*.folded
replayed summary --memory --summary "$known"
check 'summary mode: frees are counted' sh -c \
	"thag report --json again/*.thag | jq -e '.memory.frees >= 1000 and .memory.freed_bytes == null'"
replayed time "$known"
replayed fork "$known" fork
expected=137
replayed killed "$known" kill

run thag replay --json -o again recording
check 'the summary can be had as JSON' jq -e .memory.allocations err

# Recordings that are not whole. One that is long enough to be written in several pieces:
# shellcheck disable=SC2016 # perl's
run thag-run -q --memory --record long -o live \
	perl -e '$s = 1; for (1 .. 300000) { $s = $s * 69069 % 4294967291; $h[$s % 999] = [$s] }'
rm -rf again && mkdir again
head -c "$(($(wc -c <long) * 2 / 3))" long >part
run thag replay -o again part
check 'a cut recording: exit status 1' [ "$status" = 1 ]
check '... is reported' says 'part: the recording was cut off; all before its end is used'
check '... and the profile is partial' sh -c \
	"thag report --json again/*.thag >partial && jq -e '(.run.complete | not) and (.run.incomplete[0] | contains(\"cut off\"))' partial"
rm -rf again && mkdir again
{
	cat part
	printf 'noise noise noise noise'
	tail -c +"$(($(wc -c <part) + 24))" long
} >damaged
run thag replay -o again damaged
check 'a damaged recording is reported' says 'damaged: the recording is damaged'
check '... with a status' [ "$status" = 1 ]
check '... and what came before is there' sh -c \
	"thag report --json again/*.thag | jq -e '.memory.allocations > 1000'"
head -c 20 long >nothing
run thag replay nothing
check 'a recording of nothing is said to be one' says 'there is nothing of a run in it'
run thag replay /bin/true
check 'another file is refused' [ "$status" = 125 ]
check '... by name' says '/bin/true: not a recording of thag'
run thag replay no-such-file
check 'a missing file is refused' [ "$status" = 125 ]

# Limits.
run thag-run -q --record small --record-limit 1k -o live "$known"
check 'a limit ends the recording, not the run' [ "$status" = 0 ]
check '... and is said' says 'small: the recording stops at its size limit'
check '... and kept' [ "$(wc -c <small)" -le 1024 ]
rm -rf again && mkdir again
run thag replay -q -o again small
check '... and said when it is replayed' says 'the recording stops at its size limit; the run went on'

# A recording and no more.
rm -rf again none && mkdir again none
run thag-run --memory --record only --record-only -o none "$known"
check 'a recording alone: the program is as ever' [ "$status" = 0 ]
check '... and it is said where that is' says "recorded in $PWD/only ("
check '... and there are no results' [ -z "$(ls none)" ]
run thag replay -q -o again only
check '... before it is replayed, in silence' [ "$status:$(wc -l <err)" = 0:0 ]
check '... and all is there' sh -c "thag report --json again/*.thag |
	jq -e '.run.complete and .memory.allocations == 1004 and .memory.peak_bytes == 1050176'"
for way in "--memory --summary $known" "--memory $known kill" "--memory $known exec" "--memory $known fork"; do
	rm -rf again only && mkdir again
	# shellcheck disable=SC2086 # options, a program and its argument
	run thag-run -q --record only --record-only -o none $way
	run thag replay -q -o again only
	check "... ${way##*/}: whole" sh -c "thag report --json again/*.thag | jq -e '.run.complete and
		.lost.events == 0 and .memory.allocations >= 1004'"
done
run thag-run -q --memory --record short --record-limit 1k --record-only -o none "$known"
check 'a recording alone that stops: what is lost is said' says 'what came later is lost'
run env THAG_RECORD=lone THAG_RECORD_ONLY=1 LD_PRELOAD="$LIBRARY" THAG_PROFILER=memory,none "$known"
check 'the library alone makes one' eventually says "recorded in $PWD/lone ("
run env THAG_RECORD=only THAG_RECORD_ONLY=1 LD_PRELOAD="$LIBRARY" THAG_PROFILER=memory,none "$known"
check '... and results where it cannot' eventually says '.html'

rm -rf again && mkdir again
# Its program says when it is profiled, and is no sleep yet.
thag-run -q --memory --record stopped --record-only -o none \
	sh -c ': >attached; exec sleep 60' 2>err &
wrapper=$!
eventually test -e attached
pkill -TERM -P $wrapper thag-analyzer
check 'ended by request, it says so' eventually says 'stopped: the recording was ended by request'
eventually pkill -P $wrapper sleep
wait $wrapper
run thag replay -q -o again stopped
check '... and when it is replayed' says 'ended by request, before the program was'
check '... by the status too' [ "$status" = 1 ]

# Names.
run thag-run -q --record recording -o live true
check 'no recording is written over' [ "$status" = 125 ]
check '... and it is said' says 'recording is there already'
run thag-run -q --record no/such/place -o live sh -c 'echo ran'
check 'a recording that cannot be made: nothing is started' [ "$status:$(cat out)" = 125: ]
run thag-run -q --record abandoned -o live ./plain
check 'a program that cannot be started leaves no recording' [ ! -e abandoned ]
run env THAG_RECORD=alone LD_PRELOAD="$LIBRARY" THAG_PROFILER=memory,live "$known"
check 'the library alone records too' eventually test -s alone
# Its analyzer goes on after the program, and has what it says in the same file.
check '... and says what it found' eventually says '.html'
run env THAG_RECORD=recording LD_PRELOAD="$LIBRARY" THAG_PROFILER=memory,live "$known"
check '... and the program runs where that cannot be' [ "$status" = 0 ]
check '... which is said' says 'recording is there already'
check '... and has its results' eventually says '.html'
finish
