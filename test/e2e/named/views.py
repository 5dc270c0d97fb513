# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What files and reports show of sections and tasks, of whole runs."""

import glob
import os

from stream import PROGRAMS, Ended
from thag import BUILD, Run

THAG = os.path.join(BUILD, "thag")


def only(directory, ending):
    found = glob.glob(directory + "/*" + ending)
    if len(found) != 1:
        raise RuntimeError(f"{len(found)} files *{ending}: {os.listdir(directory)}")
    return found[0]


def read_folded(path):
    with open(path) as file:
        lines = [line.rsplit(" ", 1) for line in file]
    return {stack: int(value) for stack, value in lines}


class Case:
    """
    stacks    those of the folded file; no value is told, as times differ
    """

    def __init__(self, name, stacks, arguments=(), what="--both", exact=None):
        self.name, self.stacks, self.arguments, self.what = name, stacks, arguments, what
        self.exact = exact


RECURSIVE = {";".join(["recursive"] * k): 1 for k in range(1, 6)}
CASES = [
    Case("sections", {"outer", "outer;inner", "outer;inner;leaf", "outer;leaf", "to end", "a",
                      "a;b", "b;leaf", *RECURSIVE}, ["shapes"]),
    Case("sections", None, ["shapes"], "--memory",
         {"outer": 2001, "outer;inner": 4, "outer;inner;leaf": 1, "outer;leaf": 1000,
          "to end": 2, "a": 1, "a;b": 2, "b": 6, "b;leaf": 1, **RECURSIVE}),
    Case("epoll", {"connection", "connection;header"}),
    Case("libuv", {"request", "request;compute"}),
    Case("pool", {"job", "misused"}),
    Case("coroutine_tasks", {"fetch"}),
]


def check_folded(case, run):
    path = only(run.directory, "-sections.folded")
    folded = read_folded(path)
    problems = [] if path.encode() in run.err else ["the file is not named at the end"]
    if case.exact is not None and folded != case.exact:
        problems.append(f"bytes {folded}")
    # What is too short for a microsecond is its caller's.
    if case.stacks is not None and not (folded and set(folded) <= case.stacks):
        problems.append(f"stacks {sorted(folded)}")
    drawn = Ended([THAG, "flamegraph", path, "-o", run.directory + "/drawn.svg"])
    if drawn.status:
        problems.append(f"flamegraph: {drawn.err}")
    return problems


def check_case(case, command):
    with Run(command, what=case.what) as run:
        return check_folded(case, run)


def check_nothing_named(command):
    with Run(command) as run:
        found = glob.glob(run.directory + "/*-sections.folded")
        return [f"there is {found}"] if found else []


def run_views(names, tally):
    for case in CASES:
        command = [os.path.join(PROGRAMS, "named", case.name + "-gcc-O2"), *case.arguments]
        name = " ".join([case.name, *case.arguments, case.what])
        if os.path.exists(command[0]) and (not names or any(n in name for n in names)):
            tally.attempt(name, check_case, case, command)
    tally.attempt("nothing named", check_nothing_named, ["/bin/true"])
