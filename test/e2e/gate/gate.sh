#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# The gate on programs of SQLite's size: it fails for what was injected and names the line, and for
# nothing else.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
: "${LEDGERS:?run by meson test}" "${SOURCE:?}"
unset GITHUB_ACTIONS GITHUB_BASE_REF GITHUB_SHA CI_COMMIT_SHA CI_MERGE_REQUEST_DIFF_BASE_SHA

# Of its own: what is left there is looked at, and other tests run meanwhile.
TMPDIR=$PWD/temporary
export TMPDIR
mkdir "$TMPDIR"

# The line of the source that an injection is on, as reports show it.
injected() {
	echo "ledger.c:$(grep -n "INJECTED $1" "$SOURCE" | cut -d: -f1)"
}

# The lines of the loop that takes the time: which of them has most is the compiler's affair.
digest=$(grep -n 'state = state \* 6364136223846793005u' "$SOURCE" | cut -d: -f1)
digest="digest ledger.c:($((digest - 1))|$digest|$((digest + 1))) "

shows() {
	grep -qF -- "$1" out
}

# A query of the result, or of any JSON.
is() {
	[ "$(jq -r "$2" "$1")" = "$3" ]
}

# ---- a budget ----

run thag-gate accept --name ledger -- "$LEDGERS/ledger"
check 'accept wants a reason' [ "$status" = 2 ]
run thag-gate check --name ledger -- "$LEDGERS/ledger"
check 'without a budget nothing passes' [ "$status" = 5 ]
run thag-gate accept --name ledger --reason 'the first' --by me -- "$LEDGERS/ledger"
check 'a budget is written' [ "$status" = 0 ]
check '... with the reason' is thag-budget.json '.benchmarks.ledger.accepted.reason' 'the first'
check '... and the call paths beside it' [ -s thag-budget.paths/ledger.paths ]
cp thag-budget.json first.json
run thag-gate accept --name ledger --reason 'the first' --by me -- "$LEDGERS/ledger"
check 'the same again changes no byte of it' cmp first.json thag-budget.json

for round in 1 2 3; do
	run thag-gate check --name ledger -- "$LEDGERS/ledger"
	check "the same program passes ($round)" [ "$status" = 0 ]
done
run thag-gate check --name other -- "$LEDGERS/ledger"
check 'a benchmark that is not in it does not pass' [ "$status" = 5 ]

# ---- what was injected ----

run thag-gate check --name ledger --artifacts extra -- "$LEDGERS/ledger-extra"
check 'one more allocation on one path of thousands fails' [ "$status" = 3 ]
check '... on the right line' shows "$(injected EXTRA)"
check '... by one' is extra/result.json \
	'.metrics[] | select(.metric == "allocations") | .attribution.change' 1
check '... taken apart without a rest' is extra/result.json \
	'[.metrics[].attribution | select(. != null) | .residual] | unique | tostring' '[0]'
check '... as a picture too' [ -s extra/allocations-difference.svg ]
check '... and the profile is kept' [ -s extra/new.thag ]
check 'JUnit is XML' xmllint --noout extra/junit.xml
check '... and counts the failures' grep -q 'failures="[1-9]' extra/junit.xml
check 'SARIF is 2.1.0' is extra/gate.sarif .version 2.1.0
check '... and names the rule' is extra/gate.sarif '.runs[0].results[0].ruleId' regression
check 'code quality has a place for all' is extra/code-quality.json \
	'[.[] | .location.lines.begin > 0 and (.fingerprint | length) == 64] | all' true
check 'Markdown is short enough' [ "$(wc -c <extra/report.md)" -lt 61440 ]

run thag-gate check --name ledger -- "$LEDGERS/ledger-bytes"
check '2 % more bytes fail' [ "$status" = 3 ]
check '... on the right line' shows "$(injected BYTES)"
run thag-gate check --name ledger -- "$LEDGERS/ledger-leak"
check 'a leak of one block fails' [ "$status" = 3 ]
check '... on the right line' shows "$(injected LEAK)"

echo 'leak:open_journal' >known
run thag-gate check --name ledger --metrics leaked --suppressions known -- "$LEDGERS/ledger-leak"
check 'a suppressed leak passes' [ "$status" = 0 ]
check '... and is said' shows 'suppressed'

run thag-gate check --name ledger --warn-only -- "$LEDGERS/ledger-leak"
check 'a warning is no failure' [ "$status" = 0 ]

# ---- the change under review ----

echo 'test/e2e/gate/ledger.c' >changed
run thag-gate check --name ledger --changed-files changed -- "$LEDGERS/ledger-extra"
check 'the nearest frame of the change is named' shows 'in this change'
run env GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY="$work/summary" \
	thag-gate check --name ledger -- "$LEDGERS/ledger-extra"
check 'on GitHub there is an annotation' grep -q '^::error title=' out
check '... and a summary' grep -q 'a regression' summary

# ---- limits ----

run thag-gate run --limit 'peak <= 1 GiB' --limit 'leaked == 0' -- "$LEDGERS/ledger"
check 'limits that are kept pass' [ "$status" = 0 ]
run thag-gate run --limit 'leak-per-path <= 39' -- "$LEDGERS/ledger-leak"
check 'a leak above the limit fails' [ "$status" = 6 ]
check '... on the right line' shows "$(injected LEAK)"
run thag-gate run --limit 'allocations(/^sqlite3/) <= 1' -- "$LEDGERS/ledger"
check 'allocations under a function are limited' [ "$status" = 6 ]
run thag-gate run --limit 'allocations(nobody) == 0' -- "$LEDGERS/ledger"
check 'a limit on a function that is not there says so' shows 'no function of that name'
run thag-gate run --limit 'peak' -- "$LEDGERS/ledger"
check 'a limit that is none is wrong usage' [ "$status" = 2 ]

# Of traced functions, and of sections, which are like them.
run thag-gate run --limit 'calls(digest) <= 500' --limit 'time(digest) <= 100 s' \
	--limit 'bytes(insert) <= 1 GiB' -- "$LEDGERS/ledger-traced"
check 'limits on a traced function are kept' [ "$status" = 0 ]
run thag-gate run --limit 'calls(digest) < 500' -- "$LEDGERS/ledger-traced"
check 'a function may be called so often and no more' [ "$status" = 6 ]
run thag-gate run --limit 'time(digest) <= 1 us' -- "$LEDGERS/ledger-traced"
check 'a function may take so long and no longer' [ "$status" = 6 ]
check '... and is named' grep -q 'digest ledger.c:' out
run thag-gate run --limit 'time(digest) <= 100 s' -- "$LEDGERS/ledger"
check 'a time that nobody measured is an error' [ "$status" = 1 ]

# ---- two programs ----

run thag-gate ab --metrics exact --base "$LEDGERS/ledger" -- "$LEDGERS/ledger"
check 'the same twice passes' [ "$status" = 0 ]
run thag-gate ab --metrics exact --base "$LEDGERS/ledger" -- "$LEDGERS/ledger-extra"
check 'one more allocation fails between programs too' [ "$status" = 3 ]
check '... on the right line' shows "$(injected EXTRA)"

# 5 % on a machine that others use: found, or declared inconclusive with what it would take.
run thag-gate ab --metrics cpu --json slow.json --base "$LEDGERS/ledger" -- "$LEDGERS/ledger-slow"
check 'a slower function is found or inconclusive, never passed' \
	sh -c "[ $status = 3 ] || [ $status = 4 ]"
if [ "$status" = 3 ]; then
	check '... and the function is named' shows digest
else
	check '... and the runs it takes are said' is slow.json '.metrics[0].runs_needed > 20' true
fi

# Against a budget too what got slower is named: by samples, those of the budget taken by accept.
run thag-gate accept --budget pace.json --name slow --metrics cpu --runs 10 --reason slow -- \
	"$LEDGERS/ledger"
check 'a budget of times holds samples' [ -s pace.paths/cpu/slow.paths ]
run thag-gate check --budget pace.json --name slow --runs 10 --artifacts slow -- \
	"$LEDGERS/ledger-slower"
check 'ten times the time in one function fails' [ "$status" = 3 ]
check '... on its line' grep -qE "$digest< " out
check '... with a table' grep -q digest slow/cpu-difference.txt
check '... and a picture' [ -s slow/cpu-difference.svg ]

# ---- instructions as valgrind counts them ----

if command -v valgrind >/dev/null; then
	counted='--metrics instructions --instructions=callgrind'
	# shellcheck disable=SC2086 # words
	run thag-gate ab $counted --artifacts counted --base "$LEDGERS/ledger" -- \
		"$LEDGERS/ledger-slow"
	check '5 % more instructions of one function fail' [ "$status" = 3 ]
	check '... to the last one, on its line' grep -qE "\+4,000,000  changed  $digest" out
	check '... and are taken apart without a rest' is counted/result.json \
		'.metrics[0].attribution | "\(.residual) \(.metric)"' '0 instructions'
	# shellcheck disable=SC2086
	run thag-gate accept $counted --name counted --reason counted -- "$LEDGERS/ledger"
	check 'a budget says who counted' is thag-budget.json \
		.benchmarks.counted.metrics.instructions.counter callgrind
	run thag-gate check --name counted --metrics instructions -- "$LEDGERS/ledger"
	check '... and they are counted in the same way again, to the same number' [ "$status" = 0 ]
	run thag-gate check --name counted --metrics instructions -- "$LEDGERS/ledger-slow"
	check '5 % more than the budget fail' [ "$status" = 3 ]
	check '... on the right line' grep -qE "\+4,000,000  changed  $digest" out
	run env PATH="$BUILD:/nowhere" thag-gate check --name counted --metrics instructions -- \
		"$LEDGERS/ledger"
	check 'without valgrind it is an error' [ "$status" = 1 ]
	check '... which says what is missing' says 'needs valgrind'
else
	skip 'instructions as valgrind counts them' 'no valgrind'
fi

# ---- profiles, and what is broken ----

thag-run -q --memory -o . "$LEDGERS/ledger" && mv ledger-2*.thag before.thag
thag-run -q --memory -o . "$LEDGERS/ledger-leak" && mv ledger-leak-2*.thag after.thag
run thag-gate compare before.thag before.thag
check 'a profile is no worse than itself' [ "$status" = 0 ]
run thag-gate compare before.thag after.thag
check 'two profiles are compared' [ "$status" = 3 ]
check '... on the right line' shows "$(injected LEAK)"
head -c 5000 before.thag >cut.thag
run thag-gate compare before.thag cut.thag
check 'half a profile is an error' [ "$status" = 1 ]
run thag-gate compare nowhere.thag after.thag
check 'no profile is an error' [ "$status" = 1 ]
thag-run -q --time -o . "$LEDGERS/ledger-slow" && mv ledger-slow-2*.thag times.thag
run thag-gate compare times.thag times.thag
check 'profiles that know nothing of the heap are an error' [ "$status" = 1 ]
run thag-gate run --json /dev/full -- "$LEDGERS/ledger"
check 'a result that cannot be written is an error' [ "$status" = 1 ]
check '... and a device is not replaced' [ -c /dev/full ]
jq '.benchmarks.ledger.limit = ["peak <= 1 B"]' thag-budget.json >misspelt.json
run thag-gate check --budget misspelt.json --name ledger -- "$LEDGERS/ledger"
check 'a key of a budget that nobody knows is an error' [ "$status" = 1 ]
check '... and named' says "'limit' is not known"
cp thag-budget.json cut.json
mkdir cut.paths && head -c 3000 thag-budget.paths/ledger.paths >cut.paths/ledger.paths
run thag-gate check --budget cut.json --name ledger -- "$LEDGERS/ledger-extra"
check 'call paths of a budget that are cut off are an error' [ "$status" = 1 ]
run thag-gate check --name ledger -- sh -c 'kill -9 $$'
check 'a program that is killed is an error' [ "$status" = 1 ]
run thag-gate check --name ledger -- sh -c 'exit 9'
check 'a program that fails is an error' [ "$status" = 1 ]
check '... said with its status' says 'status 9'
run thag-gate check --name ledger --timeout 0.2 -- sleep 20
check 'a program that hangs is one too' [ "$status" = 1 ]
run thag-gate check --name ledger -- ./nothing
check 'and one that is not there' [ "$status" = 1 ]
echo '{' >broken.json
run thag-gate check --budget broken.json --name ledger -- "$LEDGERS/ledger"
check 'a broken budget is an error, not an absent one' [ "$status" = 1 ]
sed 's/"cpus": [0-9]*/"cpus": 4711/' thag-budget.json >foreign.json
run thag-gate accept --budget timed.json --name ledger --metrics exact,cpu --runs 5 \
	--reason timed -- "$LEDGERS/ledger"
sed 's/"cpus": [0-9]*/"cpus": 4711/' timed.json >foreign.json
run thag-gate check --budget foreign.json --name ledger -- "$LEDGERS/ledger"
check 'times of another machine are not compared' [ "$status" = 5 ]
check '... and it is said what differs' shows 4711
run thag-gate check --budget foreign.json --metrics exact --name ledger -- "$LEDGERS/ledger"
check '... exact metrics are' [ "$status" = 0 ]

# ---- real programs against themselves ----

work_of_perl='my %h; $h{$_ % 97} .= "x$_" for 1 .. 5000; print length join "", sort values %h'
if command -v perl >/dev/null; then
	run thag-gate ab --metrics exact --base perl -- perl -e "$work_of_perl"
	check 'perl against itself passes' [ "$status" = 0 ]
else
	skip 'perl against itself passes' 'no perl'
fi
if command -v sqlite3 >/dev/null; then
	run thag-gate ab --metrics exact --base sqlite3 -- sqlite3 :memory: \
		'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
		 SELECT count(*), max(hex(i * 7919)) FROM n GROUP BY i % 13 ORDER BY 2'
	check 'sqlite3 against itself passes' [ "$status" = 0 ]
else
	skip 'sqlite3 against itself passes' 'no sqlite3'
fi

# ---- the history ----

for round in 1 2; do
	thag-gate run --history history.jsonl -- "$LEDGERS/ledger" >out 2>err
done
thag-gate run --name ledger --history history.jsonl -- "$LEDGERS/ledger-extra" >out 2>err
run thag-gate history history.jsonl
check 'the history says where a metric changed' shows '+0.0'
check '... by line' [ "$(wc -l <history.jsonl)" = 3 ]

run thag-gate nonsense
check 'a command that is none is wrong usage' [ "$status" = 2 ]
check 'nothing is left in the directory of temporary files' \
	sh -c '! ls "$TMPDIR"/thag-gate-?????? 2>/dev/null | grep -q .'
finish
