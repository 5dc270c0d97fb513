# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What files and reports show of sections and tasks, of whole runs."""

import base64
import fnmatch
import glob
import os
import re
import zlib

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
    exact     {stack: value} of it
    rows      boxes that the flamechart has
    """

    def __init__(self, name, stacks, arguments=(), what="--both", exact=None, rows=()):
        self.name, self.stacks, self.arguments, self.what = name, stacks, arguments, what
        self.exact, self.rows = exact, rows


RECURSIVE = {";".join(["recursive"] * k): 1 for k in range(1, 6)}
CASES = [
    Case("sections", {"outer", "outer;inner", "outer;inner;leaf", "outer;leaf", "to end", "a",
                      "a;b", "b;leaf", *RECURSIVE}, ["shapes"]),
    Case("sections", None, ["shapes"], "--memory",
         {"outer": 2001, "outer;inner": 4, "outer;inner;leaf": 1, "outer;leaf": 1000,
          "to end": 2, "a": 1, "a;b": 2, "b": 6, "b;leaf": 1, **RECURSIVE}),
    Case("sections", {"left open"}, ["points"], rows=["mark point, *", "point"]),
    Case("epoll", {"connection", "connection;header"},
         rows=["task connection", "task connection (5)", "connection 1", "connection 5", "on *"]),
    Case("libuv", {"request", "request;compute"},
         rows=["task request", "task request (6)", "request 6", "on *"]),
    Case("pool", {"job", "misused"}, rows=["task job", "job 20", "task misused", "on *"]),
    Case("pool", {"job", "misused"}, what="--memory", rows=["task job"]),
    Case("coroutine_tasks", {"fetch"}, rows=["task fetch", "fetch 4"]),
    Case("contexts", None, rows=["task body", "body 1", "on *"]),
]


def check_folded(case, run):
    path = only(run.directory, "-sections.folded")
    folded = read_folded(path)
    problems = [] if path.encode() in run.err else ["the file is not named at the end"]
    if case.exact is not None and folded != case.exact:
        problems.append(f"bytes {folded}")
    # What is too short for a microsecond is its caller's.
    if case.stacks is not None and not set(folded) <= case.stacks:
        problems.append(f"stacks {sorted(folded)}")
    drawn = Ended([THAG, "flamegraph", path, "-o", run.directory + "/drawn.svg"])
    if drawn.status:
        problems.append(f"flamegraph: {drawn.err}")
    return problems


class Pack:
    """The columns that a picture holds: see analyzer/views/pack.h."""

    def __init__(self, picture):
        with open(picture) as file:
            text = re.search(r'<script[^>]*vnd.thag.pack">\d+ ([^<]*)<', file.read()).group(1)
        self.data, self.at, self.sections = zlib.decompress(base64.b64decode(text), -15), 0, {}
        while self.at < len(self.data):
            name, size = self.text(), self.varint()
            self.sections[name] = self.at
            self.at += size

    def varint(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def text(self):
        size = self.varint()
        self.at += size
        return self.data[self.at - size:self.at].decode()

    def strings(self):
        self.at = self.sections["strings"]
        return [self.text() for _ in range(self.varint())]


def check_chart(case, run):
    names = Pack(only(run.directory, "-time-chart.svg")).strings()
    return [f"the chart has no {row}: {names[:20]}" for row in case.rows
            if not fnmatch.filter(names, row)]


def check_case(case, command):
    with Run(command, what=case.what) as run:
        problems = [] if case.stacks is None and case.exact is None else check_folded(case, run)
        return problems + (check_chart(case, run) if case.rows else [])


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
