#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# The gate as forges call it: the scripts of the GitHub action and of the GitLab template, taken from
# their files and run in a fresh clone with the variables and files that a forge provides; and what
# they hand back.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
: "${LEDGERS:?run by meson test}" "${SOURCE:?}" "${SCRIPTS:?}"
unset GITHUB_SHA CI_COMMIT_SHA

# The script of the first "run: |" of an action, without its indentation.
script_of_action() {
	awk '/^ *run: \|/ { match($0, /^ */); own = RLENGTH; on = 1; next }
	     on && NF && match($0, /^ */) && RLENGTH <= own { exit }
	     on { print substr($0, own + 3) }' "$1"
}

# The lines of the first "script:" of a job.
script_of_job() {
	awk '/^  script:/ { on = 1; next } on && /^    - / { print substr($0, 7); next } on { exit }' "$1"
}

field() {
	[ "$(jq -r "$2" "$1")" = "$3" ]
}

# ---- a project with a change under review ----

git init -q --initial-branch=trunk upstream
(
	cd upstream || exit
	git config user.name nobody
	git config user.email nobody@example.org
	mkdir -p test/e2e/gate scripts
	cp -r "$SCRIPTS/ci" scripts/ci
	grep -v 'INJECTED EXTRA' "$SOURCE" >test/e2e/gate/ledger.c
	thag-gate accept --name ledger --reason first -- "$LEDGERS/ledger" >/dev/null
	git add .
	git commit -qm first
	git switch -qc change
	cp "$SOURCE" test/e2e/gate/ledger.c
	git commit -qam change
)
git clone -q upstream clone
cd clone || exit 1
git switch -q change
line=$(grep -n 'INJECTED EXTRA' "$SOURCE" | cut -d: -f1)

# ---- GitHub ----

script_of_action scripts/ci/action.yml >"$work/action.sh"
check 'the action has a script' grep -q GITHUB_OUTPUT "$work/action.sh"
github() {
	: >"$work/output"
	: >"$work/summary"
	run env GITHUB_ACTIONS=true GITHUB_ACTION_PATH="$PWD/scripts/ci" GITHUB_BASE_REF=trunk \
		GITHUB_OUTPUT="$work/output" GITHUB_STEP_SUMMARY="$work/summary" \
		THAG_CI_NAME=ledger THAG_CI_BASE= THAG_CI_BUDGET=thag-budget.json \
		THAG_CI_OPTIONS= THAG_CI_ARTIFACTS=results "$@" \
		bash --noprofile --norc -eo pipefail "$work/action.sh"
}
github THAG_CI_PROGRAM="'$LEDGERS/ledger'"
check 'the action passes' [ "$status" = 0 ]
check '... and says so to the next step' grep -qx status=0 "$work/output"
github THAG_CI_PROGRAM="'$LEDGERS/ledger-extra'"
check 'the action fails for a regression' [ "$status" = 3 ]
check '... says so to the next step' grep -qx status=3 "$work/output"
check '... names the artifact' grep -qx artifact=thag-gate-ledger "$work/output"
check '... annotates the line of the change' \
	grep -q "^::error title=.*,file=test/e2e/gate/ledger.c,line=$line::" out
check '... and says it in the summary' grep -q 'in this change' "$work/summary"
github THAG_CI_PROGRAM="'$LEDGERS/ledger'" THAG_CI_NAME='a b/c'
check 'a benchmark without a budget is no pass' [ "$status" = 5 ]
check '... whatever it is called' grep -qx artifact=thag-gate-a-b-c "$work/output"
github THAG_CI_PROGRAM="'$LEDGERS/ledger'" THAG_CI_BASE="$LEDGERS/ledger" \
	THAG_CI_OPTIONS='--metrics exact'
check 'the action compares with another build' [ "$status" = 0 ]
github THAG_CI_PROGRAM=
check 'an action without a program is an error' [ "$status" != 0 ]

# ---- GitLab ----

script_of_job scripts/ci/gitlab.yml >"$work/job.sh"
rm -rf thag-gate-results
run env CI_MERGE_REQUEST_DIFF_BASE_SHA="$(git rev-parse origin/trunk)" THAG_CI_NAME=ledger \
	THAG_CI_PROGRAM="'$LEDGERS/ledger-extra' " THAG_CI_BASE= THAG_CI_OPTIONS= \
	sh -e "$work/job.sh"
check 'the job of the template fails for a regression' [ "$status" = 3 ]
for report in $(sed -n 's/^      [a-z]*: \(thag-gate-results.*\)/\1/p' scripts/ci/gitlab.yml); do
	check "... and leaves $report" [ -s "$report" ]
done
check 'code quality names the line of the change' field thag-gate-results/code-quality.json \
	'.[0].location | "\(.path):\(.lines.begin)"' "test/e2e/gate/ledger.c:$line"

# ---- formats ----

run thag-gate check --name ledger --artifacts broken -- ./nothing
run thag-gate run --limit 'leaked == 0' --limit 'peak <= 1 GiB' --artifacts limits -- \
	"$LEDGERS/ledger-leak"
for results in thag-gate-results broken limits; do
	check "JUnit of $results" \
		xmllint --noout --schema "$(dirname "$SOURCE")/junit.xsd" "$results/junit.xml"
	check "SARIF of $results" field "$results/gate.sarif" '
		.version == "2.1.0" and (.runs | length) == 1 and (.runs[0] |
		(.tool.driver.name | length) > 0 and
		([.tool.driver.rules[].id] as $rules | [.results[] |
			(.ruleId as $id | $rules | index($id)) != null and
			(.level | IN("error", "warning", "note")) and
			(.message.text | length) > 0 and
			([.locations[].physicalLocation |
				(.artifactLocation.uri | startswith("/") | not) and
				(.region.startLine // 1) >= 1] | all)] | all))' true
	check "JSON of $results" field "$results/result.json" '.schema, .schema_version | tostring' \
		"$(printf 'thag-gate\n1')"
done
check 'a failure is an error in SARIF too' field broken/gate.sarif \
	'.runs[0].invocations[0].executionSuccessful' false
finish
