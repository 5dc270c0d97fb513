# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Figures: what `thag report --json` and the file say of what the source named.

Counts and bytes are what the programs do. Times are held against clocks that `waits` reads inside
and outside of what it names, and against each other: nothing here depends on how busy it is.
"""

import os
import re
import time

from stream import named
from thag import Run

BUILDS = ("gcc-O0", "gcc-O2", "clang-O0", "clang-O2")
PROGRAM_SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../programs/named")
CLOCK_ERROR, CLOCK_ERROR_NS = 0.01, 1000000  # of time stamps against clock_gettime()


def section(count, allocations, size, peak, **more):
    """One that frees all it allocates. Without any there is nothing to be said of the peak."""
    return {"kind": "section", "places": 1, "count": count, "unfinished": 0,
            "allocations": allocations, "bytes": size, "frees": allocations, "freed_bytes": size,
            "leaked_blocks": 0, "leaked_bytes": 0, "peak_bytes": peak, **more}


def span(count, **more):
    return {"kind": "span", "count": count, "unfinished": 0, "self_ns": None, "allocations": None,
            "bytes": None, **more}


def task(count, at_once, resumes, allocations, size, made_by, **more):
    """made_by: innermost first, as far as main."""
    return {"count": count, "unfinished": 0, "most_at_once": at_once, "resumes": resumes,
            "allocations": allocations, "bytes": size, "frees": allocations, "leaked_bytes": 0,
            "coroutine": False, "made_by": made_by.split(), **more}


class Case:
    """
    sections, tasks   {name: {key: value}}, all there are
    instances         {task: [(resumes, allocations, bytes, moved)]} in the order made; None: any
    misuses           {(name, text): how often}
    check             takes the report and the run, returns problems
    """

    def __init__(self, program, arguments=(), sections=None, tasks=None, instances=None, marks=None,
                 counters=None, misuses=None, options=(), check=None):
        self.program, self.arguments, self.options = program, arguments, options
        self.sections, self.tasks, self.instances = sections or {}, tasks or {}, instances or {}
        self.marks, self.counters, self.misuses = marks or {}, counters or {}, misuses or {}
        self.check = check



NOT_ENDED = "not ended before its function returned"
NOT_BEGUN = "ended, but not open in this function"

# ---- what `waits` measured of itself ----


def within(what, value, least, most):
    low = least * (1 - CLOCK_ERROR) - CLOCK_ERROR_NS
    high = most * (1 + CLOCK_ERROR) + CLOCK_ERROR_NS
    return [] if low <= value <= high else [f"{what}: {value} ns, should be {least} to {most}"]


def check_waits(report, run):
    problems, own = [], {}
    for line in run.out.decode().splitlines():
        what, name, *numbers = line.split()
        own.setdefault((what, name), []).append([int(n) for n in numbers])
    times = {s["name"]: s for s in report["sections"]}
    for name in ("whole", "part", "stretch"):
        (count, least, most), = own["section", name]
        if times[name]["count"] != count:
            problems.append(f"{name} {times[name]['count']} times")
        problems += within(name, times[name]["total_ns"], least, most)
    parts = times["whole"]["total_ns"] - times["part"]["total_ns"]
    problems += within("self of whole", times["whole"]["self_ns"], parts, parts)
    requests = report["tasks"][0]
    lives, running = own["life", "request"], own["running", "request"]
    for at, life, ran in zip(requests["instances"], lives, running):
        problems += within(f"running of {at['id']}", at["running_ns"], *ran[1:])
        problems += within(f"life of {at['id']}", at["end_ns"] - at["start_ns"], *life[1:])
        problems += within(f"waiting of {at['id']}", at["suspended_ns"],
                           life[1] - ran[2], life[2] - ran[1])
    problems += within("running", requests["running_ns"],
                       sum(ran[1] for ran in running), sum(ran[2] for ran in running))
    starts = [at["start_ns"] for at in requests["instances"]]
    ends = [at["end_ns"] for at in requests["instances"]]
    if max(starts) > min(ends):
        problems.append("they are not there at the same time")
    return problems


def check_points(report, _):
    values = [point["last"] for point in report["counters"][0]["points"]]
    times = [point["time_ns"] for point in report["marks"][0]["points"]]
    problems = [] if values == [0, 0.5, 1, 1.5, 2] else [f"values {values}"]
    if times != sorted(times) or len(times) != 5:
        problems.append(f"marked at {times}")
    names = {thread["name"] for thread in report["threads"]}
    if not {"its own", "a name that is longer than the kernel would have it"} <= names:
        problems.append(f"threads {names}")
    return problems


def check_overlap(report, _):
    times = {s["name"]: s for s in report["sections"]}
    inner, outer = times["inner"], times["outer"]
    problems = [] if inner["total_ns"] <= outer["total_ns"] else ["inner is longer than outer"]
    if times["a"]["self_ns"] > times["a"]["total_ns"]:
        problems.append("a has more of itself than in all")
    return problems


CASES = [
    Case("sections", ["shapes"], check=check_overlap, sections={
        "outer": section(1, 2004, 3006, 2), "inner": section(1, 3, 5, 2),
        "leaf": section(1002, 1002, 1002, 1), "recursive": section(5, 5, 5, 1),
        "to end": section(1, 1, 2, 2), "a": section(1, 2, 3, 2), "b": section(1, 4, 9, 4)}),
    Case("sections", ["ways_out"], sections={
        "plain": section(1, 1, 1, 1), "return": section(2, 3, 4, 2), "goto": section(1, 1, 1, 1),
        "break": section(5, 5, 5, 1), "around": section(3, 12, 15, 2),
        # Those are left when the next block has been allocated.
        "jump": section(9, 9, 9, 2)}),
    Case("sections", ["threads"], sections={"work": section(40000, 40000, 40000, None)}),
    Case("sections", ["points"], check=check_points,
         sections={"span": span(2, unfinished=0), "left open": section(1, 1, 1, None)},
         marks={"point": 5}, counters={"level": (5, 0, 2, 2)},
         misuses={("left open", NOT_ENDED): 1}),
    Case("sections", ["misuse"],
         sections={"endless": section(1, 1, 1, None), "again": section(3, 0, 0, None)},
         misuses={("never begun", NOT_BEGUN): 1, ("endless", NOT_ENDED): 1,
                  ("again", NOT_ENDED): 2, ("again", NOT_BEGUN): 1}),
    Case("pool", tasks={"job": task(20, None, 20, 20, 1280, "submit submit_all main"),
                        "misused": task(1, 1, 1, None, None, "misuse main", frees=None)},
         instances={"job": [(1, 1, 64, False)] * 20},
         misuses={("misused", "suspended where it was not running"): 1,
                  ("misused", "resumed while it was running"): 1,
                  ("misused", "used after its end"): 2}),
    Case("libuv", sections={"compute": section(6, 6, 96, None)},
         tasks={"request": task(6, 6, 18, 18, 336, "submit main")},
         instances={"request": [(3, 3, 56, True)] * 6}),
    Case("epoll", sections={"header": section(5, 5, 5, None)},
         tasks={"connection": task(5, 5, 15, 15, 35, "accept_one main")},
         instances={"connection": [(3, 3, 7, False)] * 5}),
    Case("coroutine_tasks",
         tasks={"fetch": task(4, 4, 10, 10, 256, "promise_type fetch_all start main")},
         instances={"fetch": [(1 + n, 1 + n, 16 + 32 * n, None) for n in range(4)]}),
    Case("contexts",
         tasks={"body": task(4, 4, 16, 12, 30, "make main", coroutine=True, unfinished=2)},
         instances={"body": [(4, 3, 3 * n, False) for n in (1, 2, 3, 4)]}),
    Case("waits", check=check_waits,
         sections={"whole": {"kind": "section"}, "part": {"kind": "section"}, "stretch": span(1)},
         tasks={"request": task(3, 3, 6, 6, 12000, "make_request serve_all main", frees=5,
                                leaked_bytes=3000, leaked_blocks=1)},
         instances={"request": [(2, 2, 2000 * n, True) for n in (1, 2, 3)]}),
]

# ---- comparing ----


def bare(function):
    """(anonymous namespace)::pool::submit<...>(F) is submit."""
    name, shorter = None, function.replace("(anonymous namespace)::", "")
    while name != shorter:
        name, shorter = shorter, re.sub(r"<[^<>]*>", "", shorter)
    return name.split("(")[0].split(" ")[-1].split("::")[-1]


def compare(what, seen, wanted):
    return [f"{what}: {key} {seen.get(key)}, should be {value}" for key, value in wanted.items()
            if value is not None and seen.get(key) != value]


def check_place(row, source):
    """The line that is named must have the name."""
    lines = open(os.path.join(PROGRAM_SOURCES, source), encoding="utf-8").read().splitlines()
    if os.path.basename(row["file"]) != source or not 1 <= row["line"] <= len(lines):
        return [f"{row['name']} is in {row['file']}:{row['line']}"]
    return [] if f'"{row["name"]}"' in lines[row["line"] - 1] else [
        f"{row['name']} is not in line {row['line']}"]


def ascending(what, row, keys, last):
    values = [row[key] for key in keys if row[key] is not None] + [last]
    return [] if values == sorted(values) else [f"{what}: {keys} are {values}"]


def check_sections(report, case, source):
    seen, problems = {s["name"]: s for s in report["sections"]}, []
    if sorted(seen) != sorted(case.sections):
        problems.append(f"sections {sorted(seen)}")
    for name in set(seen) & set(case.sections):
        row = seen[name]
        problems += compare(name, row, case.sections[name]) + check_place(row, source)
        problems += ascending(name, row, ("min_ns", "p50_ns", "p90_ns", "p99_ns", "max_ns"),
                              row["max_ns"])
        # What measuring costs is estimated for sums, more closely than for single ones.
        if row["max_ns"] > row["total_ns"] * 1.01 + 1000:
            problems.append(f"{name}: the longest is longer than all")
        if row["self_ns"] is not None and \
                row["self_ns"] > row["total_ns"] + row["self_error_ns"] + row["count"]:
            problems.append(f"{name}: self {row['self_ns']} of {row['total_ns']}")
        if row["total_ns"] > report["run"]["duration_ns"] * max(row["count"], 1):
            problems.append(f"{name}: longer than the run")
    return problems


def check_instances(row, wanted, duration):
    """Each by itself, and all of them as the sums say."""
    problems, all_of = [], sorted(row["instances"], key=lambda at: at["id"])
    seen = [(at["resumes"], at["allocations"], at["bytes"], at["moved"]) for at in all_of]
    for at, want in zip(seen, wanted or seen):
        if any(w is not None and w != s for s, w in zip(at, want)):
            problems.append(f"{row['name']}: an instance {at}, should be {want}")
    if len(seen) != row["count"]:
        problems.append(f"{row['name']}: {len(seen)} instances of {row['count']}")
    for key in ("allocations", "bytes", "frees", "resumes"):
        if sum(at[key] for at in all_of) != row[key]:
            problems.append(f"{row['name']}: {key} do not add up")
    for key in ("running_ns", "suspended_ns"):
        total = sum(at[key] for at in all_of)
        if abs(total - row[key]) > 2 * len(all_of) + total * 1e-6:
            problems.append(f"{row['name']}: {key} of {row[key]} add up to {total}")
    for at in all_of:
        if not 0 <= at["start_ns"] <= at["end_ns"] <= duration:
            problems.append(f"{row['name']}: from {at['start_ns']} to {at['end_ns']}")
    return problems


def check_tasks(report, case, source):
    seen, problems = {t["name"]: t for t in report["tasks"]}, []
    if sorted(map(bare, seen)) != sorted(case.tasks):
        problems.append(f"tasks {sorted(seen)}")
    for name, row in seen.items():
        wanted = dict(case.tasks.get(name, {}))
        made = [bare(function) for function in row["made_by"]]
        path = wanted.pop("made_by", [])
        if made[:len(path)] != path:
            problems.append(f"{name}: made by {made}")
        problems += compare(name, row, wanted)
        if not row["coroutine"]:
            problems += check_place(row, source)
        for what in ("life", "running"):
            times = row[what]
            problems += ascending(f"{what} of {name}", times,
                                  ("min_ns", "p50_ns", "p90_ns", "p99_ns", "max_ns"),
                                  times["total_ns"])
            if times["min_ns"] is None and row["count"] > row["unfinished"]:
                problems.append(f"{what} of {name}: the shortest is not known")
        problems += check_instances(row, case.instances.get(name), report["run"]["duration_ns"])
    return problems


def check_points_of(report, case, source):
    problems = []
    marks = {m["name"]: m["count"] for m in report["marks"]}
    if marks != case.marks:
        problems.append(f"marks {marks}")
    counters = {c["name"]: (c["count"], c["min"], c["max"], c["last"]) for c in report["counters"]}
    if counters != case.counters:
        problems.append(f"counters {counters}")
    misuses = {}
    for row in report["misuse"]:
        key = row["name"], row["what"]
        misuses[key] = misuses.get(key, 0) + row["count"]
        problems += check_place(row, source)
    if misuses != case.misuses:
        problems.append(f"misuses {misuses}")
    for row in report["marks"] + report["counters"]:
        problems += check_place(row, source)
    return problems


def check_file(profile, report):
    """The file's tables and views say what the report does."""
    problems = []
    for row in profile.rows("SELECT name, sum(calls) AS calls, sum(max_ns) AS longest FROM section "
                            "GROUP BY name"):
        told = [s["count"] for s in report["sections"]
                if s["name"] == row["name"] and s["kind"] != "span"]
        if told != [row["calls"]]:
            problems.append(f"section {row['name']}: {row['calls']} in the file, {told} told")
    for row in profile.rows("SELECT name, sum(allocations) AS allocations, "
                            "sum(allocated_bytes) AS bytes FROM section_memory GROUP BY name"):
        told = [(s["allocations"], s["bytes"]) for s in report["sections"]
                if s["name"] == row["name"] and s["kind"] != "span"]
        if told != [(row["allocations"], row["bytes"])]:
            problems.append(f"memory of {row['name']}: {row} in the file, {told} told")
    tables = {"task": sum(1 for _ in report["tasks"]),
              "task_instance": sum(t["count"] for t in report["tasks"]),
              "mark": len(report["marks"]), "counter": len(report["counters"])}
    for table, wanted in tables.items():
        count = profile.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"]
        if count != wanted:
            problems.append(f"{count} rows in {table}, should be {wanted}")
    for row in profile.rows("SELECT name FROM function WHERE name LIKE 'thag_%'"):
        problems.append(f"{row['name']} is in the call tree")
    # Pieces lie within their instances, and are all of their running time.
    for row in profile.rows(
            "SELECT i.number, i.running_ns AS ran, total(p.duration_ns) AS pieces, "
            "min(p.start_ns) >= i.start_ns - 1 AND "
            "max(p.start_ns + p.duration_ns) <= i.end_ns + 1 AS inside "
            "FROM task_instance i JOIN task_piece p ON p.instance = i.id GROUP BY i.id"):
        if not row["inside"] or abs(row["ran"] - row["pieces"]) > 100:
            problems.append(f"pieces {row}")
    return problems


def check_case(case, command, source):
    before = time.monotonic_ns()
    with Run(command, options=case.options, what="--both") as run:
        took = time.monotonic_ns() - before
        if not run.profile or run.hung:
            return [f"no profile: status {run.status}, {run.err[-300:]}"]
        report = run.profile.report()
        problems = check_sections(report, case, source) + check_tasks(report, case, source)
        problems += check_points_of(report, case, source) + check_file(run.profile, report)
        if report["run"]["duration_ns"] > took:
            problems.append(f"{report['run']['duration_ns']} ns, but it took {took}")
        return problems + (case.check(report, run) if case.check and not problems else [])


def run_figures(names, tally):
    for build in BUILDS:
        for case in CASES:
            for program in (case.program, case.program + "_cxx"):
                path, name = named(program, build), f"{program} {' '.join(case.arguments)} {build}"
                source = next((f for f in (case.program + ".c", case.program + ".cc")
                               if os.path.exists(os.path.join(PROGRAM_SOURCES, f))), "")
                if os.path.exists(path) and (not names or any(n in name for n in names)):
                    tally.attempt(name, check_case, case, [path, *case.arguments], source)
