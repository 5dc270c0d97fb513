#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# thag-run is not noticed: not by the program, and not by who calls it.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# Who started this may ignore signals, as nohup does and as shells do for what is in the background:
# a shell could not trap them then.
as_usual='env --default-signal=HUP,INT,TERM,USR1'

run thag-run sh -c 'exit 7'
check 'the exit status is the program'\''s' [ "$status" = 7 ]
run thag-run sh -c 'kill -TERM $$'
check 'a killed program gives 128 + the signal' [ "$status" = 143 ]
run thag-run sh -c 'kill -SEGV $$'
check '... whatever the signal' [ "$status" = 139 ]

run thag-run -q sh -c 'echo to-out; echo to-err >&2'
check 'standard output is the program'\''s alone' [ "$(cat out)" = to-out ]
check 'a quiet run adds nothing to standard error' [ "$(cat err)" = to-err ]

# What a program can see of itself, with and without the wrapper.
look='ls -l /proc/self/fd | sed "s/.* \([0-9]* ->\)/\1/; s/[0-9]*\/fd//; s/pipe:.*/pipe/"
	grep -E "^(SigBlk|SigIgn|SigCgt|ShdPnd)" /proc/self/status
	ulimit -a; umask; pwd; id'
sh -c "$look" >seen 2>&1 </dev/null
mv seen plain
thag-run --memory -q sh -c "$look" >seen 2>&1 </dev/null
mv seen profiled
check 'descriptors, signals and limits are those without it' cmp plain profiled
# Samples come by SIGURG, which is caught then: nothing else differs.
thag-run --time -q sh -c "$look" >seen 2>&1 </dev/null
check '... sampled too, but for the one signal' [ "$(diff plain seen | grep -c '^>')" = 1 ]
check '... which is SIGURG' grep -q '^SigCgt:.*4.....$' seen
(
	trap '' INT CHLD TERM
	grep SigIgn /proc/self/status >plain
	thag-run -q grep SigIgn /proc/self/status >profiled
)
check 'ignored signals stay ignored' cmp plain profiled
(
	trap '' CHLD
	thag-run -q sh -c 'exit 9'
)
check 'the status is known although SIGCHLD is ignored' [ $? = 9 ]

check 'the group of processes is the caller'\''s' sh -c '
	[ "$(thag-run -q sh -c "ps -o pgid= \$\$")" = "$(ps -o pgid= $$)" ]'

run timeout 60 sh -c 'yes | thag-run -q head -n 1 | cat'
check 'a pipe into the program ends with it' [ "$status:$(cat out)" = 0:y ]
run timeout 60 sh -c 'thag-run -q yes | head -n 1'
check 'a pipe out of the program ends it' [ "$status:$(cat out)" = 0:y ]
run sh -c 'echo data | thag-run -q cat'
check 'standard input reaches the program' [ "$(cat out)" = data ]
run thag-run -q cat <&-
check 'closed descriptors stay closed' [ "$status" = 1 ]

# Signals. The program says when it is ready.
waiting='trap "echo got $0; exit 5" "$0"; echo ready; while :; do sleep 0.02; done'
for signal in TERM HUP USR1; do
	rm -f out # of the round before, which says ready
	$as_usual thag-run -q sh -c "$waiting" $signal >out 2>err &
	wrapper=$!
	eventually grep -q ready out
	kill -$signal $wrapper
	status=0
	wait $wrapper || status=$?
	check "SIG$signal to the wrapper alone reaches the program" [ "$status" = 5 ]
	check "... as it is" grep -q "got $signal" out
done

# A terminal's interrupt goes to the whole group; the analyzer must outlive it.
run $as_usual timeout 60 /usr/bin/python3 - <<'END'
import os, signal, subprocess, sys
script = 'trap "exit 6" INT; echo ready; while :; do sleep 0.02; done'
child = subprocess.Popen(["thag-run", "sh", "-c", script], stdout=subprocess.PIPE,
                         start_new_session=True)
child.stdout.readline()
os.killpg(child.pid, signal.SIGINT)
sys.exit(child.wait())
END
check 'an interrupt of the group ends the program its own way' [ "$status" = 6 ]
check '... and what was recorded is reported' [ -s err ]

# Background processes. They go on until they are told to end (or for a minute), so that it is not a
# matter of time who waits for whom.
go_on='n=0; until [ -e end ] || [ $((n += 1)) -gt 3000 ]; do sleep 0.02; done; : >finished'
run timeout 50 thag-run -q sh -c "($go_on) & exit 3"
check 'who leaves processes behind is not waited for' [ ! -e finished ]
check '... and the status is the program'\''s' [ "$status" = 3 ]
check '... and it is said how to end the profile' says 'kill '
analyzer=$(sed -n 's/.*kill \([0-9]*\)$/\1/p' err)
check '... by a process that is there' kill -0 "$analyzer"
: >end
check '... and that ends when the last of them has' eventually test ! -d "/proc/$analyzer"
check '... after it' [ -e finished ]

rm -f end finished started
thag-run -q sh -c ": >started; $go_on" &
eventually test -e started
kill -9 $!
: >end
check 'a program outlives a killed wrapper' eventually test -e finished

run env THAG_PROFILER=none thag-run sh -c 'echo "[$LD_PRELOAD]"'
check 'none: the program runs as if without us' [ "$(cat out)" = '[]' ]
check '... and nothing is said' says_nothing
run env LD_PRELOAD= thag-run -q sh -c 'echo "$LD_PRELOAD"'
check 'the library is preloaded by its absolute path' grep -q '^/.*libthag.so$' out

run thag-run -q sh -c 'echo "$THAG_POOL"'
check 'no shared memory is left' [ ! -e "$(cat out)" ]
run sh -c 'ulimit -f 1000; thag-run true'
check 'a limit on file sizes is said, not died of' says 'ulimit -f'

run env TMPDIR="$work" thag-run -q --debug announce true
log=$(sed -n 's/.*debug log: //p' err)
check 'a debug log is announced' [ -s "$log" ]
check '... and tells how the program ended' grep -q 'the program ended, wait status 0' "$log"
finish
