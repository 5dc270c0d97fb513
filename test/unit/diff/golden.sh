#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# Compares two folded files in every way and the results with the files under golden/.
# usage: golden.sh check|update THAG GOLDEN_DIRECTORY
set -eu
mode=$1 thag=$(realpath "$2") golden=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8
mkdir "$work/made"
cd "$work"

cat >a.folded <<-EOF
	main;parse;lex 40
	main;parse 8
	main;eval;call;eval 30
	main;eval;old path 12
	main;print 5
EOF
cat >b.folded <<-EOF
	main;parse;lex 41
	main;parse 8
	main;eval;call;eval 55
	main;eval;new path 20
	main;print 5
EOF
compare() {
	name=$1
	shift
	"$thag" diff "$@" a.folded b.folded >"made/$name"
}
compare table.txt
compare noise.txt --noise 2%
compare normalised.txt --normalise
compare limited.txt --limit 1
compare diff.json --json
compare limited.json --json --limit 1
compare two-columns.folded --folded
# The drawing alone: the scripts and the packed data change with every release of zlib.
compare whole.svg --svg
sed '/<style><!\[CDATA\[/,$d' made/whole.svg >made/drawing.svg
rm made/whole.svg

if [ "$mode" = update ]; then
	mkdir -p "$golden"
	cp made/* "$golden/"
else
	diff -ru "$golden" made
fi
