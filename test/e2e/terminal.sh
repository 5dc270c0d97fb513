#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# The menu, used in a terminal of tmux: keys in, screens out. What it shows is what thag report says.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

export LC_ALL=C.UTF-8 TMUX_TMPDIR="$work" XDG_CACHE_HOME="$work/cache" XDG_STATE_HOME="$work/state"
unset DISPLAY WAYLAND_DISPLAY BROWSER NO_COLOR TMUX
mkdir profiles
record() {
	thag-run -q --memory -o profiles "$@" >/dev/null 2>&1
}
record perl -e '@a = map { "x" x $_ } 1 .. 500'
sleep 1.1
record perl -e '@a = map { "x" x $_ } 1 .. 900'
record sqlite3 :memory: 'create table t(x); insert into t values(1)'
cp "$(find profiles -name 'sqlite3-*.thag')" profiles/my-a-20260101-000000.thag
cp profiles/my-a-20260101-000000.thag profiles/my-b-20260102-000000.thag
printf 'main;parse 30\nmain;parse;lex 5\nmain;a name with spaces 10\n' >profiles/perf.folded
touch -d 2025-01-01 profiles/perf.folded
perl=$(find profiles -name 'perl-*.thag' | sort | tail -n 1)

menus=0
tm() {
	tmux -f /dev/null -L "menu-$menus" "$@"
}

# menu COLUMNS LINES COMMAND: starts it in a terminal of that size, of a server of its own: one that
# is on its way out would still take the new terminal, and take it along.
menu() {
	tm kill-server 2>/dev/null
	menus=$((menus + 1))
	tm new-session -d -x "$1" -y "$2" "$3; echo \"status \$?\"; stty -a; exec sh"
	eventually on_screen 'select the type'
}

screen() {
	tm capture-pane -p "$@"
}

# What is on the screen may still be what was there before a key: what is waited for must be new, or
# what must not be there is waited for to go.
on_screen() {
	screen >out 2>/dev/null
	grep -qF -- "$1" out
}

off_screen() {
	screen >out 2>/dev/null && ! grep -qF -- "$1" out
}

# screen_has COMMAND...: it finds what it looks for in the screen, on its standard input.
screen_has() {
	screen 2>/dev/null | "$@"
}

# keys KEY...: pressed one after another.
keys() {
	for key; do
		tm send-keys "$key"
		sleep 0.08
	done
}

# type TEXT: as it is.
type_text() {
	tm send-keys -l -- "$1"
	sleep 0.08
}

shows() {
	eventually on_screen "$1"
}

shows_no_longer() {
	eventually off_screen "$1"
}

trap 'tm kill-server 2>/dev/null; cd /; rm -rf "$work"' EXIT

menu 80 24 'thag-profile profiles'
check 'five types of analysis' shows 'Memory Profile - Differential'
keys 3
check 'profiles are by program' shows 'my-a-20260101-000000.thag'
check '... each with its own heading' eventually screen_has sh -c \
	'[ "$(grep -cxE "my-a|my-b")" = 2 ]'
check 'the newest program is first' eventually screen_has sh -c \
	"grep -E '^(sqlite3|perl|my-b|my-a)\$' | paste -sd' ' | grep -q 'my-b my-a$'"
keys /
type_text MY-B
keys Enter
check 'a filter on the names' shows my-b-20260102
check '... hides the others' shows_no_longer my-a-20260101
keys Escape
check 'is cleared' shows my-a-20260101
keys /
type_text "$(basename "$perl")"
keys Enter Enter
check 'the menu of a memory profile' shows 'Size distributions'

# Values.
cell() {
	thag report "$perl" | awk "/^  $1/ { print \$$2, \$$3 }"
}
keys 5
check 'statistics: the peak' shows "$(cell 'heap peak' 3 4)"
check '... what was allocated' shows "$(cell allocated 2 3)"
keys Escape 6
check 'top sites have full stacks' shows _start
keys Escape 7
check 'sizes with bars' shows '█'
thag report --sizes "$perl" | sed -n 's/^ *65-256 *\([0-9,]*\).*/\1/p' | head -n 1 >count
check '... and the report'\''s counts' shows "$(cat count)"
keys Escape End Up Up Up Up Up Enter
check 'sections, tasks and marks: none here' shows 'none: the program names none'
keys Escape Down Enter
check 'the tree' shows 'Call tree'
check '... has the whole at its root' eventually screen_has sh -c \
	"grep '100.0 %' | grep -qF '$(thag report --tree "$perl" | awk 'NR == 4 { print $1, $2 }')'"
keys e
check '... opens what is heaviest' shows Perl_safesysrealloc
keys i
check '... inverted' shows 'Callers: at peak'
keys m
check '... by another metric' shows 'Callers: leaked'
keys i /
type_text sv_grow
keys Enter
check '... is searched' shows Perl_sv_grow
keys Escape Down Enter
check 'functions' shows 'sorted by total'
keys /
type_text sv_grow
keys Enter
check '... filtered' shows 'filter: sv_grow'
check '... with the report'\''s value' shows "$(thag report --functions --sort peak --limit 9999 \
	"$perl" | awk '$NF == "Perl_sv_grow" { print $1, $2; exit }')"
keys Escape Escape
keys 3
shows 'filter: perl'
keys Enter

# Pictures.
keys 1
check 'a flamegraph: its path is shown where there is no browser' shows 'written: '
check '... and is there' sh -c 'ls cache/thag/*.svg | xargs xmllint --noout --huge'
keys x 2 6
type_text Perl_pp_repeat
keys Enter Enter Enter
check 'a filtered flamegraph' shows -2.svg
newest=$(find cache/thag -name '*-2.svg')
check '... of what was asked for alone' sh -c \
	"grep -q 'Perl_pp_repeat (' '$newest' && ! grep -q 'perl_parse (' '$newest'"
keys x 2 1
type_text 'Perl_sv_grow, /no such/'
keys Enter 1 Enter
check 'a function left out with all it calls' shows -3.svg
newest=$(find cache/thag -name '*-3.svg')
check '... is not in the picture' sh -c "! grep -q 'Perl_sv_grow (' '$newest'"
keys x 2 1 Enter
check 'a filtered picture asks for the time' shows 'always: Enter'
# From the second of its intervals on, which are longer where the run took longer.
type_text "$(sqlite3 "$perl" "select value from meta where key = 'span_ns'")ns-"
keys Enter
check 'a flamegraph of a range of time' shows '-4.svg'
newest=$(find cache/thag -name '*-4.svg')
check '... which it says' grep -qE 'Only from 0\.[0-9]+ s to ' "$newest"
keys x 3
check 'a flamechart of memory' shows '-chart-1.svg'
check '... is of this run' sh -c 'grep -q "_start (" cache/thag/perl-*-chart-1.svg'
keys x 4 1
type_text Perl_sv_grow
keys Enter 1 Enter
check 'a filtered flamechart' shows '-chart-2.svg'
check '... without what was left out' sh -c '! grep -q "Perl_sv_grow (" cache/thag/perl-*-chart-2.svg'
keys x End Up Enter
check 'colours' shows 'Rust'
keys 3 1
check '... are chosen' shows written
check '... and remembered' eventually grep -q 'memory=' state/thag/menu.ini
keys x Escape

# Comparison.
keys 4 / C-u
type_text perl-
keys Enter Down Enter
check 'a comparison asks for the second' shows 'Choose the profile after'
keys Enter
check 'what can be compared' shows 'Side by side'
keys 4
check 'what changed' shows 'Functions by inclusive change'
keys Escape 1
check 'a differential flamegraph' shows 'comparison-1.svg'
keys x Escape

# Folded stacks as a time profile; names with spaces.
keys 1 / C-u
type_text perf
keys Enter Enter
check 'folded stacks are a time profile' shows 'Statistics by total time'
keys 5
check '... whose names may have spaces' shows 'a name with spaces'
keys Escape 2
type_text 'a name with spaces'
keys Enter 1
check '... that are filtered' shows 'perf-1.svg'
check '... out' sh -c '! grep -q "a name with spaces (" cache/thag/perf-1.svg'
keys x 6
check 'calls that were not traced are said to be' shows 'were not recorded'
keys x Escape Escape
check 'the end: the terminal is as it was' shows 'status 0'
check '... with echo and lines' shows ' icanon '

# What the source named.
mkdir named
thag-run -q --both -o named "$PROGRAMS/named/epoll-gcc-O2" >/dev/null 2>&1
menu 80 24 'thag-profile named'
keys 3
shows 'epoll-gcc-O2-'
check 'all files of a run are one profile' screen_has sh -c '! grep -F .folded'
keys Enter
shows 'Size distributions'
keys End Up Up Up Up Up Enter
check 'sections' shows header
check '... and tasks' shows connection
keys x Escape Escape
shows 'select the type'
keys 1 Enter
shows 'Statistics by total time'
keys End Up Up Enter
check '... of a profile of time too' shows connection

# Sizes, colours, signals.
menu 80 24 'thag-profile profiles'
keys 3 Enter End Up Up Up Up Enter
# Not in the menu, where the tree has its name too.
shows 'arrows  e heaviest'
tm resize-window -x 50 -y 12
check 'a smaller terminal' eventually screen_has sh -c \
	'[ "$(sed -n "1p; 12p" | grep -cE "Call tree|arrows  e heaviest")" = 2 ]'
tm resize-window -x 130 -y 40
keys e
check 'a larger one' shows 'Esc back'
check '... is used' eventually screen_has sh -c 'sed -n 40p | grep -q "Esc back"'
for signal in TERM HUP INT SEGV; do
	menu 80 24 "stty -a >before; thag-profile profiles"
	keys 3
	pid=$(pgrep -n -f 'thag-profile profiles' -P "$(tm list-panes -F '#{pane_pid}')" || true)
	kill -"$signal" "${pid:-0}" 2>/dev/null
	check "SIG$signal gives the terminal back" shows 'status 1'
	keys 'stty -a >after' Enter
	eventually cmp before after
	check '... as it was' cmp before after
	rm -f after
done
menu 80 24 'NO_COLOR=1 thag-profile profiles'
screen -e >coloured
check 'without colour' sh -c \
	'grep -q "select the type" coloured && ! grep -q "$(printf "\033\\[3[1-7]")" coloured'
menu 80 24 'TERM=vt100 LC_ALL=C thag-profile profiles'
keys 3 Enter 7
check 'a terminal of ASCII alone' shows '###'
tm kill-server 2>/dev/null

run thag-profile profiles </dev/null
check 'no terminal: what to do instead' says 'thag report FILE'
run thag-profile no-such-directory
check 'a missing directory' says 'no-such-directory: No such file'
finish
