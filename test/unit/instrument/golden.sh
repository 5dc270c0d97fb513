#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# Instruments each golden/NAME.in as if it were the file NAME, and compares the result with NAME.out
# and, taken out again, with NAME.in.
# usage: golden.sh check|update THAG THAG_INSTRUMENT GOLDEN_DIRECTORY
set -eu
mode=$1 thag=$2 instrument=$3 golden=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
for input in "$golden"/*.in; do
	name=$(basename "$input" .in)
	"$instrument" --filename "$work/$name" <"$input" >"$work/$name.out"
	"$thag" uninstrument <"$work/$name.out" >"$work/back"
	cmp "$work/back" "$input" || status=1
	if [ "$mode" = update ]; then
		cp "$work/$name.out" "$golden/$name.out"
	else
		diff -u "$golden/$name.out" "$work/$name.out" || status=1
	fi
done
exit "$status"
