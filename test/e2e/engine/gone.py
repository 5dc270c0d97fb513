# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
Stacks beside memory that goes away: whatever is remembered of them, and however far a walk goes
wrong, the program must end as it does without thag.
"""

import os

from thag import PROGRAMS, Ended, Run

BUILDS = ("gcc-O0", "gcc-O2", "clang-O0", "clang-O2")
CASES = ("chain", "leftover", "neighbour", "ended", "ended_in_thread", "thread_stack",
         "signal_stack", "raw_thread", "storm")
WAYS = ("unmap", "call", "protection", "guard", "move", "map", "less")
KINDS = {
    "memory": ["--memory"],
    "perf": ["--time", "--rate", "5000"],
    "timer": ["--time", "--sampler", "timer"],
    "wall": ["--time", "--wall"],
    "both": ["--both", "--origins", "on"],
}


def survives(command, options, lossy):
    plain = Ended(command)
    with Run(command, options=["-q", *options[1:]], what=options[0]) as run:
        if run.hung or run.status != plain.status or plain.status:
            return [f"status {run.status}, {plain.status} without thag"]
        if run.err != plain.err:
            return [run.err.decode()[-300:]]
        if not run.profile:
            return ["no profile"]
        lost = sum(row["lost_events"] for row in run.profile.processes())
        return [f"{lost} events lost"] if lost and not lossy else []


def run_gone(names, tally):
    """Each case in each way: its blocks, and in turn another kind of samples and another build."""
    builds = [b for b in BUILDS if os.path.exists(os.path.join(PROGRAMS, "traced/gone-" + b))]
    others = [kind for kind in KINDS if kind != "memory"]
    number = 0
    for case in CASES:
        for way in WAYS:
            number += 1
            for kind in ("memory", others[number % len(others)]):
                build = builds[(number + (kind == "memory")) // len(others) % len(builds)]
                name = f"{case} {way} {kind} {build}"
                if names and not any(n in name for n in names):
                    continue
                command = [os.path.join(PROGRAMS, "traced/gone-" + build), case, way]
                # Two threads there have one thread-local memory, and what both do at once is missed.
                tally.attempt(name, survives, command, KINDS[kind], case == "raw_thread")
