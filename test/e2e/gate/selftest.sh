#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# The gate's own proof that it can fail, as users call it.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

run thag-gate selftest
check 'regressions of each kind are found, and nothing else' [ "$status" = 0 ]
finish
