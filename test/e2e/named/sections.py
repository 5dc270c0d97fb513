# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Sections: what ran and what was allocated inside each, however it was left."""

import os
import re
from collections import Counter

from stream import EXACT, Ended, named, record

BUILDS = ("gcc-O0", "gcc-O2", "clang-O0", "clang-O2")


def nested(name, depth, size=1):
    return {(name,) * k: size for k in range(1, depth + 1)}


class Case:
    """
    blocks   {(names around): bytes}; what is allocated outside all is not looked at, if not given
    counts   {name: how often it was entered}
    check    takes the stream, returns problems
    """

    def __init__(self, case, blocks, counts, misuses=(), options=(), arguments=(), check=None):
        self.case, self.blocks, self.counts, self.misuses = case, blocks, counts, list(misuses)
        self.options, self.arguments, self.check = options, arguments, check


def check_ways(stream):
    ways = Counter(call.path[-2:] for call in stream.calls if call.name == "[work]")
    wanted = {("one_way", "worker"): 400, ("other_way", "worker"): 300}
    return [] if ways == wanted else [f"called by {dict(ways)}"]


def check_tails(stream):
    around = {call.path[-1] for call in stream.calls if call.name != "[around tails]"}
    return [] if around == {"ends_last", "ends_pair_last"} else [f"entered from {around}"]


def check_points(stream):
    problems = []
    if stream.points != {"point": 5}:
        problems.append(f"marks {dict(stream.points)}")
    if stream.counters != [("level", i / 2) for i in range(5)]:
        problems.append(f"counters {stream.counters}")
    if list(stream.spans.values()) != [["begin", "end"]] * 2:
        problems.append(f"spans {dict(stream.spans)}")
    if not {"its own", "a name that is longer than the kernel would have it"} <= {
            name for name, _ in stream.threads.values()}:
        problems.append(f"threads {stream.threads}")
    return problems


def check_pauses(stream):
    sizes = {size for size in (1000, 2000, 4000) if stream.full[size]}
    problems = [] if sizes == {1000} else [f"blocks of {sizes} bytes"]
    return problems + ([] if stream.pauses == [1, 0] else [f"pauses {stream.pauses}"])


def check_global(stream):
    return [] if stream.blocks[()] == 128 else [f"{stream.blocks[()]} bytes outside"]


CASES = [
    Case("ways_out",
         {("plain",): 1, ("return",): 4, ("goto",): 1, ("break",): 5, ("around",): 6,
          **{("around",) + ("jump",) * k: 3 for k in (1, 2, 3)}},
         {"plain": 1, "return": 2, "goto": 1, "break": 5, "around": 3, "jump": 9}),
    Case("shapes",
         {("outer",): 2001, ("outer", "inner"): 4, ("outer", "inner", "leaf"): 1,
          ("outer", "leaf"): 1000, ("to end",): 2, ("a",): 1, ("a", "b"): 2, ("b",): 6,
          ("b", "leaf"): 1, **nested("recursive", 5)},
         {"outer": 1, "inner": 1, "leaf": 1002, "recursive": 5, "to end": 1, "a": 1, "b": 1}),
    Case("loops", {("work",): 600, ("third", "work"): 100}, {"work": 700, "third": 100},
         check=check_ways),
    Case("tails", {}, {"around tails": 1, "last": 10, "last pair": 10}, check=check_tails),
    Case("profiled", nested("profiled", 3), {"profiled": 3}),
    Case("misuse", {("endless",): 1}, {"endless": 1, "again": 3},
         misuses=[("never begun", "not begun"), ("endless", "not ended"),
                  ("again", "not ended"), ("again", "not ended"), ("again", "not begun")]),
    Case("points", {("left open",): 1}, {"left open": 1}, check=check_points,
         misuses=[("left open", "not ended")]),
    Case("pauses", {("while paused",): 1, ("plain",): 1}, {"plain": 1}, check=check_pauses),
    Case("marked",
         {("plain",): 1, ("profiled",): 1, ("memory_only",): 32, ("everywhere",): 64},
         {"plain": 1, "profiled": 1, "time_only": 1, "everywhere": 1},
         options=["--marked"], check=check_global),
    Case("threads", {("work",): 40000}, {"work": 40000}),
    Case("processes", {("plain",): 3, ("forked",): 12}, {"plain": 3, "forked": 1}),
    Case("libraries", {("in a library",): 3}, {"in a library": 3}),
]

EXCEPTIONS = Case(
    "", {("catches",): 40, ("loop",): 8, ("inline",): 16, ("lambda",): 64, ("in_template",): 76,
         **{("catches",) + ("throws",) * k: 10 for k in range(1, 5)}},
    {"catches": 10, "throws": 40, "loop": 4, "inline": 1, "lambda": 1, "in_template": 2})


def short(name):
    """[void in_template(T) [with T = int]] is in_template."""
    name = re.sub(r" \[(with )?T = .*\]$", "", name[1:-1])
    return re.sub(r"^.* (\w+)\(.*\)$", r"\1", name)


def compare(what, seen, wanted):
    return [f"{what} {key}: {seen.get(key, 0)}, should be {wanted.get(key, 0)}"
            for key in sorted(set(seen) | set(wanted), key=str)
            if seen.get(key, 0) != wanted.get(key, 0)]


def check_case(case, command, summary):
    plain = Ended(command)
    run = record(command, [*case.options, "--summary"] if summary else case.options)
    stream = run.stream
    problems = list(stream.problems)
    if (run.status, run.err) != (plain.status, plain.err):
        problems.append(f"status {plain.status} became {run.status}: {run.err[-200:]}")
    seen = Counter()
    for call in stream.calls:
        seen[short(call.name)] += 1
    blocks = Counter()
    for names, size in stream.blocks.items():
        if names:
            blocks[tuple(map(short, names))] += size
    misuses = sorted((short(f"[{name}]"), kind) for name, kind, _ in stream.misuses)
    if misuses != sorted(case.misuses):
        problems.append(f"misuses {misuses}")
    if summary:
        return problems
    problems += compare("entered", seen, case.counts) + compare("allocated", blocks, case.blocks)
    if stream.still_open:
        problems.append(f"open at the end: {[call.name for call in stream.still_open]}")
    for call in stream.calls:
        if call.left is not None and call.left < call.enter:
            problems.append(f"{call.name} ends before it begins")
    return problems + (case.check(stream) if case.check else [])


def run_sections(names, tally):
    assert EXACT
    for build in BUILDS:
        for program, cases in (("sections", CASES), ("sections_cxx", CASES),
                               ("named_exceptions", [EXCEPTIONS])):
            path = named(program, build)
            if not os.path.exists(path):
                continue
            for case in cases:
                library = named("named_library", build.split("-")[0] + ".so")
                command = [path, case.case, library] if case.case == "libraries" else [
                    path, *([case.case] if case.case else [])]
                for summary in (False, True):
                    name = f"{program} {case.case} {build}{' summary' if summary else ''}"
                    if not names or any(n in name for n in names):
                        tally.attempt(name, check_case, case, command, summary)
