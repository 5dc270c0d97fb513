#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# Prints the sample profile in every way and compares with the files under golden/.
# usage: golden.sh check|update MAKE_SAMPLE REPORT_PROGRAM GOLDEN_DIRECTORY
set -eu
mode=$1 make_sample=$2 report=$3 golden=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8

"$make_sample" "$work/sample.thag" "$work/time.thag"
print_of() {
	profile=$1 name=$2
	shift 2
	"$report" "$work/$profile.thag" "$@" >"$work/$name"
}
print() {
	print_of sample "$@"
}
print_time() {
	name=$1
	shift
	print_of time "time-$name" "$@"
}
print summary.txt
print walk.txt --function walk
print nothing.txt --function /no-such/
print functions.txt --functions --sort bytes
print paths.txt --paths --sort allocations
print tree.txt --tree --sort bytes
print bottom-up.txt --bottom-up --sort leaked
print distributions.txt --sizes --lifetimes
print timeline.txt --timeline
print report.json --json
print bytes-folded.txt --folded bytes
print leaked-blocks-folded.txt --folded leaked-blocks
print_time summary.txt
print_time walk.txt --function walk
print_time thread.txt --thread 4712 --functions
print_time functions.txt --functions
print_time files.txt --functions --by file --sort time
print_time modules.txt --functions --by module --sort cpu
print_time threads.txt --functions --by thread
print_time paths.txt --paths --sort time
print_time tree.txt --tree --sort time
print_time kernel.txt --functions --sort kernel
print_time range.txt --functions --from 750ms
print_time report.json --json
print_time folded.txt --folded time
print_time inclusive-folded.txt --folded time --inclusive
print_time cpu-folded.txt --folded cpu
rm "$work/sample.thag" "$work/time.thag"

if [ "$mode" = update ]; then
	mkdir -p "$golden"
	cp "$work"/* "$golden/"
else
	diff -ru "$golden" "$work"
fi
