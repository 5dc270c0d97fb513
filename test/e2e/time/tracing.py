# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Is the tree of traced calls the one that the program made, and are its times possible?"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../engine"))

from thag import PROGRAMS, Ended, Run  # noqa: E402
from trees import trees  # noqa: E402

TRACED = os.path.join(PROGRAMS, "traced")
BUILDS = ("gcc-O0", "gcc-O2", "clang-O0", "clang-O2")


class TimeRun(Run):
    """A program under thag-run --time, where samples are taken only if asked for."""

    def __init__(self, command, options=(), quiet=True, **more):
        super().__init__(command, options=[*["-q"] * quiet, "--origins", "off", *options],
                         what="--time", **more)


def plain_name(name):
    """A function's name without arguments, templates and what compilers add to clones."""
    name = re.sub(r" \[clone [^]]*\]|\(anonymous namespace\)::", "", name)
    return re.sub(r"\(.*$|\.(constprop|isra|part|cold)\.?\d*", "", name)


def traced_rows(profile, names):
    """Sums of each call path that was traced, and what it is: frames of no such name are left out."""
    nodes = {r["node"]: r for r in profile.rows("SELECT node, parent, function FROM node_name")}
    rows = profile.rows("""
        SELECT node, sum(calls) AS calls, sum(total_ns) AS total, sum(self_ns) AS self,
          min(min_ns) AS least, max(max_ns) AS most
        FROM calls GROUP BY node""")
    paths = {}
    for row in rows:
        chain, at = [], row["node"]
        row["parent"] = nodes[at]["parent"]
        while at in nodes and at not in paths:
            chain.append(at)
            at = nodes[at]["parent"]
        path = paths.get(at, ())
        for at in reversed(chain):
            name = plain_name(nodes[at]["function"])
            if name in names or name == "[unknown]":
                path += (name,)
            paths[at] = path
        row["path"] = path
    return rows


def tree_problems(rows, wanted):
    seen = {}
    for row in rows:
        seen[row["path"]] = seen.get(row["path"], 0) + row["calls"]
    return [f"{';'.join(path)[-200:]}: {seen.get(path, 0)} calls, {wanted.get(path, 0)} made"
            for path in sorted(set(seen) | set(wanted))
            if seen.get(path, 0) != wanted.get(path, 0)]


def time_problems(rows, duration_ns):
    """No time is negative or longer than the run; a total is the sum of what it consists of."""
    problems, parts, inside = [], {}, {}
    for row in rows:
        name = row["path"][-1]
        if min(row["total"], row["self"], row["most"]) < 0 or row["self"] > row["total"] + 1:
            problems.append(f"{name}: total {row['total']}, self {row['self']}")
        if row["most"] > duration_ns or row["least"] > max(row["most"], row["total"]):
            problems.append(f"{name}: {row['least']} to {row['most']} of {duration_ns} ns")
    for row in sorted(rows, key=lambda r: -r["node"]):
        node = row["node"]
        parts[node] = parts.get(node, 0) + row["self"]
        inside[node] = inside.get(node, 0) + row["calls"]
        parts[row["parent"]] = parts.get(row["parent"], 0) + row["total"]
        inside[row["parent"]] = inside.get(row["parent"], 0) + inside[node]
        # What tracing cost is taken off as it was measured in the last tenths of a millisecond: on
        # a busy machine it may be twice as much, or half.
        if abs(row["total"] - parts[node]) > 500 + row["total"] // 100 + 50 * inside[node]:
            problems.append(f"{';'.join(row['path'])[-200:]}: total {row['total']}, "
                            f"parts {parts[node]}")
    return problems


def check_run(command, wanted, mode, env):
    plain = Ended(command, env)
    with TimeRun(command, options=["--rate", "0", mode], env=env) as run:
        if run.hung or run.profile is None:
            return ["hung" if run.hung else "no profile: " + run.err.decode()[-300:]]
        problems = []
        if (run.status, run.out, run.err) != (plain.status, plain.out, plain.err):
            problems.append(f"status {plain.status} became {run.status}: {run.err[-200:]}")
        rows = traced_rows(run.profile, {name for path in wanted for name in path})
        lost = sum(p["lost_events"] for p in run.profile.processes())
        unmatched = sum(p["unmatched_exits"] for p in run.profile.processes())
        if lost or unmatched:
            problems.append(f"{lost} lost, {unmatched} exits without an entry")
        return (problems + tree_problems(rows, wanted)
                + time_problems(rows, int(run.profile.run()["duration_ns"])))


def check_account(command, options, wanted_of=None):
    """A program that prints the tree of its calls, of which `wanted_of` makes what is kept."""
    with TimeRun(command, options=["--rate", "0", *options]) as run:
        if run.profile is None or run.status:
            return [f"status {run.status}: {run.err[-300:]}"]
        wanted = {}
        for line in run.out.decode().splitlines():
            calls, path = line.split(" ")
            wanted[tuple(path.split(";"))] = int(calls)
        names = {name for path in wanted for name in path}
        wanted = wanted_of(wanted) if wanted_of else wanted
        rows = [r for r in traced_rows(run.profile, names) if r["path"] != ("[unknown]",)]
        for row in rows:
            row["path"] = tuple(name for name in row["path"] if name != "[unknown]")
        rows = [r for r in rows if r["path"]]  # inline functions of system headers
        lost = sum(p["lost_events"] + p["unmatched_exits"] for p in run.profile.processes())
        return ([f"{lost} events lost"] * bool(lost) + tree_problems(rows, wanted)
                + time_problems(rows, int(run.profile.run()["duration_ns"])))


INTERRUPTS = 200
# Calls that are known, whatever is interrupted when.
INTERRUPTED = {
    "handlers": {"after": 1},
    "jumps": {"after": INTERRUPTS},
    "cancels": {"after": INTERRUPTS, "thread": INTERRUPTS, "spin": INTERRUPTS},
}


def check_interrupted(command, case, mode):
    """Hooks are left in the middle: nothing is inside itself for that, and nothing stays open."""
    names = {"main", case, "work", "leaf", "after", "thread", "spin", "handle", "handle_and_jump"}
    with TimeRun(command, options=["--rate", "0", mode]) as run:
        if run.hung or run.profile is None or run.status:
            return [f"status {run.status}, hung {run.hung}: {run.err[-300:]}"]
        rows = traced_rows(run.profile, names)
        problems = [f"{';'.join(r['path'])[-200:]}" for r in rows
                    if len(set(r["path"])) != len(r["path"])]
        for name, wanted in INTERRUPTED[case].items():
            calls = sum(r["calls"] for r in rows if r["path"][-1] == name)
            if calls != wanted:
                problems.append(f"{calls} calls of {name}, {wanted} made")
        left = run.profile.rows("SELECT total(unfinished) AS open FROM calls")[0]["open"]
        unmatched = sum(p["unmatched_exits"] for p in run.profile.processes())
        if left or unmatched:
            problems.append(f"{left:.0f} not returned, {unmatched} exits without an entry")
        longest = int(run.profile.run()["duration_ns"]) * (2 if case == "cancels" else 1)
        return problems + [f"{r['path'][-1]}: {r['total']} ns" for r in rows
                           if not 0 <= r["self"] <= r["total"] + 1 or r["total"] > longest]


WILD_SEEDS = (1, 2, 3, 4)


def run_programs(names, tally):
    for build in BUILDS:
        for mode in ("--detail", "--summary"):
            for case in INTERRUPTED:
                name = f"{case} interrupted {build} {mode[2:]}"
                command = [os.path.join(TRACED, f"interrupted-{build}"), case]
                if os.path.exists(command[0]) and (not names or any(n in name for n in names)):
                    tally.attempt(name, check_interrupted, command, case, mode)
        for seed in WILD_SEEDS:
            options = (["--detail"], ["--summary"], ["--min-duration", "1ns"])[seed % 3]
            name = f"wild {seed} {build} {' '.join(options)}"
            command = [os.path.join(TRACED, f"wild-{build}"), str(seed), "2", "3000",
                       str(seed % 2)]
            if os.path.exists(command[0]) and (not names or any(n in name for n in names)):
                tally.attempt(name, check_account, command, options)


def run_tracing(names, tally):
    run_programs(names, tally)
    for build in BUILDS:
        for (program, case), wanted in trees().items():
            command = [os.path.join(TRACED, f"{program}-{build}"), case]
            if not os.path.exists(command[0]):
                continue
            env = {"TRACED_LIBRARY": os.path.join(TRACED, f"library-{build}.so")}
            for mode in ("--detail", "--summary"):
                name = f"{case} {program} {build} {mode[2:]}"
                if not names or any(n in name for n in names):
                    tally.attempt(name, check_run, command, wanted, mode, env)
