#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# What thag says of itself and of the machine.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

run thag doctor
check 'a machine that runs these tests can profile' [ "$status" = 0 ]
for name in system library 'shared memory' limits clock sampling names debuginfod; do
	check "$name is looked at" grep -qE "^(ok|less) +$name " out
done
check 'it ends with what follows' sh -c 'tail -n 1 out | grep -q "can profile"'
run env THAG_LIBRARY=/no/lib.so thag doctor
check 'without the library it cannot' [ "$status" = 1 ]
check '... and it says why' grep -q '^BAD .*THAG_LIBRARY: /no/lib.so cannot be read' out
run sh -c 'ulimit -v 4000000; thag doctor'
check 'a limit on address space is named' grep -q 'less  limits.*3906 MiB' out
check '... with what to do' grep -q 'ulimit -v unlimited' out
run thag doctor --no-such-option
check 'it takes no options' [ "$status" = 125 ]

run thag-run --version
check 'the version is the first line' sh -c 'head -n 1 out | grep -qE "^thag [0-9]+\.[0-9]+\.[0-9]+$"'
check '... then how it was built' grep -qE '^built for Linux on [^ ]+ by (gcc|clang) [0-9]' out
thag --version >again
check 'thag says the same' cmp out again
finish
