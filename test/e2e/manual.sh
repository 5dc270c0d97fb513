#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# Every option and variable that --help names is in the manual, and the other way round.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
page=$MANUAL/thag-run.1

run thag-run --help
check 'help is no error' [ "$status" = 0 ]
for flag in $(grep -o -- '^ *\(-., \)\?--[a-z-]*' out | grep -o -- '--.*' | sort -u); do
	check "$flag is in the manual" grep -q -- "^\.It .*Fl ${flag#-}\( \|$\)" "$page"
done
for flag in $(grep -- '^\.It .*Fl -[a-z]' "$page" | grep -o -- 'Fl -[a-z-]*' | cut -c 4-); do
	check "-$flag of the manual is in the help" grep -q -- "-$flag" out
done
for variable in $(sed -n 's/^  \([A-Z_]*\).*/\1/p' out | grep .); do
	check "$variable is in the manual" grep -q "^\.It Ev $variable" "$page"
done
for file in "$MANUAL"/*.1; do
	check "$(basename "$file") is well-formed" mandoc -T lint -W warning "$file"
done
finish
