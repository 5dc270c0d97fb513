# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Do the profile, the folded stacks, the JSON and the summary say the same, and what was called?"""

import glob
import os
import re

from tracing import BUILDS, TRACED, TimeRun

ROUNDS = 20
# What a round of test/programs/traced/shares.c calls, where that does not depend on its data.
CALLS = {"do_round": 1, "count_words": 1, "make_word": 600, "hash_word": 1200, "multiply": 1,
         "fill": 1, "multiply_row": 96, "find_primes": 1, "mix_block": 1, "check_block": 1,
         "visit": 1023, "visit_leaf": 512}
MODES = {"detail": ("self_ns", ["--detail", "--rate", "0"]),
         "summary": ("self_ns", ["--summary", "--rate", "0"]),
         "sampled": ("cpu_ns", ["--rate", "1000", "--exclude", "*"]),
         "wall": ("wall_ns", ["--wall", "--rate", "1000", "--exclude", "*"])}
UNITS_NS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def folded(directory, ending):
    """{path: microseconds} of a file."""
    path, = glob.glob(f"{directory}/*{ending}")
    with open(path, encoding="utf-8") as lines:
        return {tuple(names.split(";")): int(value)
                for names, value in (line.rsplit(" ", 1) for line in lines)}


def by_leaf(stacks):
    sums = {}
    for path, us in stacks.items():
        sums[path[-1]] = sums.get(path[-1], 0) + us
    return sums


def near(what, got_us, wanted_ns, lines):
    """Each line may have lost less than a microsecond, or got one from what it called."""
    if abs(got_us - wanted_ns / 1e3) <= lines + 1:
        return []
    return [f"{what}: {got_us} us, {wanted_ns / 1e3:.1f} wanted"]


def folded_problems(run, column):
    """Against SQL: each function's self, the whole, and each path's total as a sum of selfs."""
    table = "calls" if column == "self_ns" else "samples"
    own, total = folded(run.directory, "-time.folded"), folded(run.directory, "-inclusive.folded")
    selfs = {r["name"]: (r["ns"], r["nodes"]) for r in run.profile.rows(f"""
        SELECT nn.function AS name, sum(c.{column}) AS ns, count(*) AS nodes FROM {table} c
        JOIN node_name nn ON nn.node = c.node GROUP BY nn.function""")}
    problems = []
    for name, us in by_leaf(own).items():
        ns, nodes = selfs.get(name, (0, 1))
        problems += near(f"self of {name}", us, ns, 2 * nodes + len(own))
    problems += near("all selfs", sum(own.values()), sum(ns for ns, _ in selfs.values()), 1)
    for path, us in total.items():
        parts = sum(value for one, value in own.items() if one[:len(path)] == path)
        if parts != us:
            problems.append(f"{';'.join(path)}: total {us}, selfs {parts}")
    return problems


def percentile_problems(rows):
    """Between the shortest and the longest, in order; none where they are not known."""
    return [f"{r['name']}: {values}" for r in rows
            if r["calls"] and r["p50_ns"] is not None
            for values in [[r[k] for k in ("min_ns", "p50_ns", "p90_ns", "p99_ns", "max_ns")]]
            if values != sorted(values)]


def call_problems(run, report):
    """Against what the program did, SQL and JSON."""
    rows = {r["name"]: r for r in report["time"]["functions"]}
    views = {r["name"]: r for r in run.profile.rows("SELECT * FROM function_calls")}
    problems = [f"{name}: {rows[name]['calls']} calls, {ROUNDS * calls} made"
                for name, calls in CALLS.items() if rows[name]["calls"] != ROUNDS * calls]
    for name, view in views.items():
        # Totals here are those of call paths, in JSON sums of selfs: each is rounded.
        allowed = {"total_ns": 2 * len(rows)}
        for key in ("calls", "self_ns", "total_ns", "min_ns", "max_ns"):
            if abs(view[key] - rows[name][key]) > allowed.get(key, 0):
                problems.append(f"{name}: {key} {view[key]} in SQL, {rows[name][key]} in JSON")
    paths = run.profile.rows("SELECT nn.function AS name, c.* FROM calls c "
                             "JOIN node_name nn ON nn.node = c.node")
    return problems + percentile_problems(rows.values()) + percentile_problems(
        [r for r in paths if r["histogram"]])


def summary_problems(err, report, column):
    """The table on standard error: three figures of what the JSON says."""
    metric = {"self_ns": "self_ns", "cpu_ns": "cpu_ns", "wall_ns": "wall_ns"}[column]
    wanted = {r["name"]: r[metric] for r in report["time"]["functions"]}
    lines = re.findall(r"^ +([\d.]+) (ns|us|ms|s) +[\d.]+ % +\S+ \S+ +[\d,]+  (\S+)$", err, re.M)
    problems = [] if lines else [f"no table in {err[-400:]}"]
    for value, unit, name in lines:
        ns = wanted.get(name, 0)
        if ns and abs(float(value) * UNITS_NS[unit] - ns) > 0.006 * ns:
            problems.append(f"{name}: {value} {unit}, {ns} ns in JSON")
    return problems


def check_results(build, mode):
    column, options = MODES[mode]
    command = [os.path.join(TRACED, f"shares-{build}"), str(ROUNDS)]
    with TimeRun(command, options=options, quiet=False) as run:
        if run.hung or run.status or run.profile is None:
            return ["hung" if run.hung else f"status {run.status}: {run.err[-300:]}"]
        report = run.profile.report("--limit", "1000")
        return (folded_problems(run, column)
                + (call_problems(run, report) if column == "self_ns" else [])
                + summary_problems(run.err.decode(), report, column))


def run_results(names, tally):
    for build in BUILDS:
        for mode in MODES:
            name = f"{mode} {build}"
            if not names or any(n in name for n in names):
                tally.attempt(name, check_results, build, mode)
