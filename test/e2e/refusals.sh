#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# What cannot be profiled is said before it starts, with what to do and a shell's exit status.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# refused STATUS TEXT COMMAND...: the command ends so, says so in at most two lines, and leaves
# nothing behind.
refused() {
	expected=$1
	text=$2
	shift 2
	run "$@"
	check "$text" [ "$status" = "$expected" ]
	check "... is what it says" says "$text"
	check "... in two lines at most" [ "$(grep -c '^thag' err)" -le 2 ]
}

refused 127 'no such program on PATH' thag-run no-such-program
refused 127 './app: no such program' thag-run ./app
refused 126 'is a directory' thag-run "$work"

echo text >plain
refused 126 'not executable; chmod +x it' thag-run ./plain

printf '#!/no/such/shell\n' >script
chmod +x script
refused 126 'its interpreter /no/such/shell is not there' thag-run ./script

refused 125 'is statically linked' thag-run "$PROGRAMS/static"
refused 125 'no such directory for the results; make it' thag-run -o nowhere true
refused 125 'is no directory; name one for the results' thag-run -o plain true
refused 125 'did you mean --memory?' thag-run --memroy true
refused 125 'possible: both, memory, time or none' env THAG_PROFILER=mem thag-run true
refused 125 'no time between' thag-run --start-after 1s --stop-after 500ms true
refused 125 'no time between' env THAG_START_AFTER=1s thag-run --stop-after 1s true
refused 125 'but not how many; add --max-events N' thag-run --keep last true
refused 125 'but not how many' env THAG_KEEP=first thag-run true
refused 125 'add --record FILE' thag-run --record-only true
refused 125 'leave one of them out' thag-run --record x --record-only --max-events 9 true
refused 125 'leave one of them out' thag-run --record x --record-only --json true
refused 125 'THAG_LIBRARY: /no/lib.so cannot be read' env THAG_LIBRARY=/no/lib.so thag-run true
refused 125 'already under thag' thag-run -q sh -c 'thag-run true; exit $?'
refused 125 'did you mean thag run?' thag rn

head -c 100 "$PROGRAMS/static" >'cut'
chmod +x cut
refused 126 'a damaged ELF file' thag-run ./cut

if [ "$(id -u)" = 0 ]; then
	cp /bin/true setuid
	chown 65534 setuid
	chmod 4755 setuid
	refused 125 'is setuid' thag-run ./setuid
else
	mkdir locked
	chmod 555 locked
	refused 125 'results cannot be written there' thag-run -o locked true
fi

run env THAG_ONFULL=drop thag-run -q true
check 'a misspelt variable does not stop the program' [ "$status" = 0 ]
check 'a misspelt variable is warned of' says 'did you mean THAG_ON_FULL?'

run thag-run -q "$PROGRAMS/own_malloc"
check 'a program with its own malloc runs' [ "$status" = 0 ]
check 'a program with its own malloc is warned of' says 'brings its own malloc'
finish
