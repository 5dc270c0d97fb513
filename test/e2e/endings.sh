#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# Results that cannot be written: it is said, the program's status is returned all the same, and
# nothing broken is left.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
known=$PROGRAMS/known

# unwritten NAME DIRECTORY: the last command said that and why, and left no profile there.
unwritten() {
	check "$1: the program's status is returned" [ "$status" = "$expected" ]
	check "$1: it is said, once" [ "$(grep -c 'the profile is lost' err)" = 1 ]
	check "$1: ... with the file" says "$2/"
	check "$1: nothing broken is left" [ -z "$(ls -A "$2")" ]
}

# The directory goes away, or becomes read-only, while the program runs.
mkdir gone
expected=5
run thag-run -q --memory -o gone sh -c 'rm -r gone; exit 5'
mkdir gone
unwritten 'directory gone' "$work/gone"
if [ "$(id -u)" != 0 ]; then
	mkdir locked
	run thag-run -q --memory -o locked sh -c 'chmod 555 locked; exit 5'
	unwritten 'directory locked' "$work/locked"
fi

# A disk that is full at the end. Only root can make a small one.
mkdir disk
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=64k tmpfs disk 2>/dev/null; then
	trap 'cd /; umount "$work/disk"; rm -rf "$work"' EXIT
	expected=9
	run thag-run -q --memory -o disk "$known" _exit
	unwritten 'disk full' "$work/disk"
	check 'disk full: that is the reason given' says 'No space left on device'
	run thag-run -q --memory --record disk/recording -o . \
		perl -e '$s = 1; for (1 .. 300000) { $s = $s * 69069 % 4294967291; $h[$s % 999] = [$s] }'
	check 'disk full: the recording stops, and it is said' says 'the disk is full; the profile has all'
	check '... and the profile is there' sh -c 'ls perl-*.thag'
	rm disk/recording
	head -c 65536 /dev/zero >disk/ballast
	run thag-run -o disk true
	check 'disk full at the start: nothing is started' [ "$status" = 125 ]
	check '... and it is said' says 'the disk is full; make room'
else
	skip 'disk full' 'only root can make a small file system'
fi

# whole DIRECTORY: every file in it is.
whole() {
	for file in "$1"/*; do
		[ -e "$file" ] || continue
		case $file in
		*.thag) thag report "$file" >whole.out 2>&1 ;;
		*.svg) tail -n 1 "$file" | grep -q '</svg>' ;;
		*.html) tail -n 1 "$file" | grep -q '</html>' ;;
		*.folded) [ -s "$file" ] ;;
		*) false ;;
		esac || return 1
	done
}

# Room for some of the files alone.
some_room() {
	room=$1
	mount -o "remount,size=$room" disk
	rm -f disk/*
	run thag-run -q --memory -o disk "$known" _exit
	check "room for $room: the program's status is returned" [ "$status" = 9 ]
	check "... what is missing is said" grep -qE 'results are incomplete|the profile is lost' err
	check "... and what is there is whole" whole disk
}

if mountpoint -q disk; then
	some_room 120k
	some_room 240k
	some_room 400k
fi

# Modes and names of files.
mkdir shared private
(umask 022 && thag-run -q --memory --record shared/recording -o shared "$known")
check 'files are readable by others as the umask says' [ -z "$(find shared -type f ! -perm 644)" ]
(umask 077 && thag-run -q --memory --record private/recording -o private "$known")
check '... or not' [ -z "$(find private -type f ! -perm 600)" ]

# Programs as a shell finds them.
mkdir bin
printf '#!/bin/sh\nexit 4\n' >bin/script
printf '#!/usr/bin/env sh\nexit 3\n' >bin/by-env
chmod +x bin/*
run thag-run -q bin/script
check 'a script is profiled by its interpreter' [ "$status" = 4 ]
run thag-run -q bin/by-env
check '... found by env as well' [ "$status" = 3 ]
PATH=bin:$PATH run thag-run -q script
check 'a program is found by a relative PATH' [ "$status" = 4 ]
(cd bin && PATH=:$PATH thag-run -q script)
check '... and an empty one' [ $? = 4 ]
ln -s "$known" bin/link
run thag-run -q --memory -o shared bin/link _exit
check 'a link is followed' [ "$status" = 9 ]
run thag-run -q -- sh -c 'exit 2'
check 'options end at --' [ "$status" = 2 ]
finish
