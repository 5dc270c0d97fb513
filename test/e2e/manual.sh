#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# Every option and variable that --help names is in the manual, and the other way round.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# compare PAGE: the flags in out, the help text, against those of the page.
compare() {
	page=$MANUAL/$1
	for flag in $(grep -o -- '^ *\(-., \)\?--[a-z-]*' out | grep -o -- '--.*' | sort -u); do
		check "$1: $flag is in the manual" \
			grep -q -- "^\.It .*Fl ${flag#-}\( \|$\)" "$page"
	done
	for flag in $(grep -- '^\.It .*Fl -[a-z]' "$page" | grep -o -- 'Fl -[a-z-]*' | cut -c 4-); do
		check "$1: -$flag of the manual is in the help" grep -q -- "-$flag" out
	done
}

run thag --help
for command in $(sed -n 's/^  \([a-z]*\) .*/\1/p' out); do
	check "thag $command is in the manual" grep -q "^\.It Cm $command\( \|$\)" "$MANUAL/thag.1"
done
run thag report --help
check 'help is no error' [ "$status" = 0 ]
compare thag-report.1
for command in diff flamegraph instrument profile uninstrument; do
	run thag $command --help
	check 'help is no error' [ "$status" = 0 ]
	compare thag-$command.1
done
for command in accept check ab compare run calibrate history selftest; do
	thag gate $command --help >>gate.out
done
cp gate.out out
compare thag-gate.1
for command in $(thag gate --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
	check "thag gate $command is in the manual" grep -q "$command" "$MANUAL/thag-gate.1"
done
run thag replay --help
check 'help is no error' [ "$status" = 0 ]
compare thag-replay.1
run thag-run --help
check 'help is no error' [ "$status" = 0 ]
compare thag-run.1
for variable in $(sed -n 's/^  \([A-Z_]*\).*/\1/p' out | grep .); do
	check "$variable is in the manual" grep -q "^\.It Ev $variable" "$page"
done
for file in "$MANUAL"/*.[13]; do
	check "$(basename "$file") is well-formed" mandoc -T lint -W warning "$file"
done
finish
