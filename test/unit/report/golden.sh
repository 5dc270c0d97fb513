#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# Prints the sample profile in every way and compares with the files under golden/.
# usage: golden.sh check|update MAKE_SAMPLE REPORT_PROGRAM GOLDEN_DIRECTORY
set -eu
mode=$1 make_sample=$2 report=$3 golden=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8

"$make_sample" "$work/sample.thag"
print() {
	name=$1
	shift
	"$report" "$work/sample.thag" "$@" >"$work/$name"
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
rm "$work/sample.thag"

if [ "$mode" = update ]; then
	mkdir -p "$golden"
	cp "$work"/* "$golden/"
else
	diff -ru "$golden" "$work"
fi
