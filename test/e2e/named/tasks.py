# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Tasks: what they allocate is theirs on whatever thread, and each life is told in order."""

import os
from collections import defaultdict

from stream import Ended, named, record

BUILDS = ("gcc-O0", "gcc-O2", "clang-O0", "clang-O2")
# After what each may come: nothing is resumed twice at once.
BEFORE = {"new": {None}, "resume": {"new", "suspend"}, "suspend": {"resume"},
          "end": {"new", "resume", "suspend"}}


class Case:
    """
    blocks    {size: (how many, frames that each path leads through, in this order)}
    tasks     how many are made
    ends      how many of them end
    pieces    how often they are resumed, all together
    threads   on how many threads at least
    misuses   (name, what) in the order made
    rootless  nothing of what created the threads is in the paths
    """

    def __init__(self, program, blocks, tasks=0, pieces=0, ends=None, threads=1, misuses=(),
                 options=(), rootless=False):
        self.program, self.blocks, self.tasks, self.pieces = program, blocks, tasks, pieces
        self.ends = tasks if ends is None else ends
        self.threads, self.misuses, self.options = threads, list(misuses), options
        self.rootless = rootless


CASES = [
    Case("epoll", {1: (5, "main accept_one [connection] dispatch on_header [header] spend"),
                   2: (5, "main accept_one [connection] dispatch on_body spend"),
                   4: (5, "main accept_one [connection] dispatch on_end spend"),
                   8: (1, "main spend")}, tasks=5, pieces=15),
    Case("libuv", {8: (6, "main submit [request] on_timer spend"),
                   16: (6, "main submit [request] compute [compute] spend"),
                   32: (6, "main submit [request] on_computed spend")},
         tasks=6, pieces=18, threads=2),
    # One more that is misused: twice at its end.
    Case("pool", {64: (20, "main submit_all [job] calculate spend"), 8: (1, "main spend")},
         tasks=21, pieces=21, threads=2,
         misuses=[("misused", "not running"), ("misused", "running"), ("misused", "ended"),
                  ("misused", "ended")]),
    Case("coroutine_tasks", {16: (4, "main start [fetch] fetch_all receive spend"),
                             32: (6, "main start [fetch] fetch_all receive spend"),
                             8: (1, "main spend")}, tasks=4, pieces=10, threads=10),
    # Two of them end by uc_link, and are seen to at the next switch.
    Case("contexts", {n: (3, "main make [coroutine] body step spend") for n in (1, 2, 3, 4)},
         tasks=4, pieces=16, ends=2, options=["--origins", "on"]),
    Case("contexts", {n: (3, "body step spend") for n in (1, 2, 3, 4)},
         tasks=4, pieces=16, ends=2),
    Case("origins", {32: (1, "main start [thread] outer spend"),
                     16: (2, "main start [thread] inner spend")}, options=["--origins", "on"]),
    Case("origins", {32: (1, "outer spend"), 16: (2, "inner spend")}, rootless=True),
]


def leads_through(path, frames):
    rest = iter(path)
    return all(any(at == frame or at.endswith("::" + frame) for at in rest) for frame in frames)


def check_blocks(stream, case):
    problems = []
    for size, (count, frames) in case.blocks.items():
        paths = [path for path in stream.full[size] if path[-1:] == ("spend",)
                 or "spend" in path[-2:]]
        if len(paths) != count:
            problems.append(f"{len(paths)} blocks of {size} bytes, should be {count}")
        for path in paths:
            wrong_root = case.rootless and "main" in path
            if wrong_root or not leads_through(path, frames.split()):
                problems.append(f"{size} bytes: {' > '.join(path)}")
    return problems


def check_lives(stream, case):
    lives, problems, threads = defaultdict(list), [], set()
    for event in sorted(stream.tasks, key=lambda t: t["ticks"]):
        lives[event["id"]].append(event)
        if event["action"] == "resume":
            threads.add(event["thread"])
    for number, life in lives.items():
        before = None
        for event in life:
            if before not in BEFORE[event["action"]]:
                problems.append(f"task {number}: {event['action']} after {before}")
            before = event["action"]
    actions = [event["action"] for life in lives.values() for event in life]
    for action, wanted in (("new", case.tasks), ("resume", case.pieces), ("end", case.ends)):
        if actions.count(action) != wanted:
            problems.append(f"{actions.count(action)} times {action}, should be {wanted}")
    if len(threads) < case.threads and case.tasks:
        problems.append(f"on {len(threads)} threads")
    return problems


def check_case(case, command):
    plain = Ended(command)
    run = record(command, case.options, what="--memory")
    stream = run.stream
    problems = list(stream.problems)
    if (run.status, run.out, run.err) != (plain.status, plain.out, plain.err):
        problems.append(f"{plain.status} {plain.out} became {run.status} {run.out} {run.err}")
    misuses = [(name, what) for name, what, _ in stream.misuses]
    if misuses != case.misuses:
        problems.append(f"misuses {misuses}")
    return problems + check_blocks(stream, case) + check_lives(stream, case)


def run_tasks(names, tally):
    for build in BUILDS:
        for case in CASES:
            name = f"{case.program} {build} {' '.join(case.options)}"
            command = [named(case.program, build)]
            if os.path.exists(command[0]) and (not names or any(n in name for n in names)):
                tally.attempt(name, check_case, case, command)
