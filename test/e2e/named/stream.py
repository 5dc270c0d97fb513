# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What the preload said of a run, from a recording: paths, calls and what the source named."""

import bisect
import os
import struct
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../engine"))

from thag import BUILD, PROGRAMS, Ended  # noqa: E402

NAMED_BITS = 3 << 62
EXACT = 1 << 63
PSEUDO = {1: "?", 2: "...", 3: "...", 4: "[thread]", 5: "[coroutine]"}
(MODULE, THREAD, SPAN_BEGIN, SPAN_END, MARK, COUNTER, TASK, CALL_STACK, CALL_RANGE, NAMED, MISUSE,
 CALL_LEFT, PAUSED) = (3, 5, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28)
MISUSES = {1: "not begun", 2: "not ended", 3: "ended", 4: "running", 5: "not running"}
ACTIONS = {1: "new", 2: "resume", 3: "suspend", 4: "end"}


class Functions:
    """Names of a program's functions by address."""

    def __init__(self, path):
        lines = subprocess.run(["nm", "-n", "-C", "--defined-only", path], stdout=subprocess.PIPE,
                               check=True).stdout.decode().splitlines()
        symbols = [line.split(" ", 2) for line in lines]
        self.table = [(int(a, 16), n.split("(")[0]) for a, kind, n in symbols if kind in "tTwW"]
        self.starts = [a for a, _ in self.table]

    def find(self, address):
        at = bisect.bisect_right(self.starts, address) - 1
        return self.table[at][1] if at >= 0 else "?"


class Call:
    """An entry of a call stack: its name, what encloses it, its times."""

    def __init__(self, name, path, enter):
        self.name, self.path, self.enter, self.left = name, path, enter, None


class Stream:
    """
    names       {(process, number): (kind, name, file, line, function)}
    calls       every ENTER, in order, with what ended it
    blocks      Counter {(names around, outermost first): bytes} of what spend() allocated
    full        {bytes: [call path]} of single allocations, named things in brackets
    points, counters, spans, tasks, misuses, pauses, threads     as the records say
    """

    def __init__(self, recording, program):
        self.program = os.path.realpath(program)
        self.functions = Functions(program)
        self.names, self.calls, self.open, self.problems = {}, [], {}, []
        self.blocks, self.full = Counter(), defaultdict(list)
        self.points, self.counters, self.spans = Counter(), [], defaultdict(list)
        self.tasks, self.misuses, self.pauses, self.threads = [], [], [], {}
        self.samples = Counter()
        self.nodes, self.modules, self.parents = defaultdict(dict), defaultdict(list), {}
        self.stacks, self.current = defaultdict(list), {}
        done = Ended([os.path.join(BUILD, "test/e2e/named/records"), recording])
        lines = [line.split("\t") for line in done.out.decode().splitlines()]
        records = [(*map(int, words[:3]), words[3:], texts)
                   for words, *texts in ((row[0].split(" "), *row[1:]) for row in lines)]
        # Names and nodes first: others may use them a moment before.
        for process, _, _, words, texts in records:
            self.define(process, words, texts)
        records.sort(key=lambda r: (r[0], r[2]))
        for process, thread, ticks, words, texts in records:
            self.apply((process, thread), ticks, words, texts)
        self.finish()

    # ---- definitions ----

    def define(self, process, words, texts):
        if words[0] == "NODE":
            self.nodes[process][int(words[1])] = (int(words[2]), int(words[3]))
        elif words[0] == "X":
            kind, numbers = int(words[1]), [int(n) for n in words[2:]]
            if kind == NAMED:
                self.names[process, numbers[0]] = (numbers[1], *texts[:2], numbers[2], texts[2])
            elif kind == MODULE and texts[0] == self.program:
                self.modules[process].append((numbers[2], numbers[3], numbers[1]))
            elif kind == 1:
                self.parents[process] = numbers[2]

    def lineage(self, process):
        while process:
            yield process
            process = self.parents.get(process, 0)

    def name_of(self, process, number):
        for p in self.lineage(process):
            if (p, number) in self.names:
                return self.names[p, number][1]
        return f"#{number}"

    def frame(self, process, pc):
        if pc & NAMED_BITS == NAMED_BITS:
            return "[" + self.name_of(process, pc & 0xffffffff) + "]"
        exact, pc = pc & EXACT, pc & ~EXACT
        if pc in PSEUDO:
            return PSEUDO[pc]
        for p in self.lineage(process):
            for start, end, bias in self.modules[p]:
                if start <= pc < end:
                    return self.functions.find(pc - bias - (0 if exact else 1))
        return "-"

    def path(self, process, node):
        frames = []
        while node:
            for p in self.lineage(process):
                if node in self.nodes[p]:
                    node, pc = self.nodes[p][node]
                    break
            else:
                self.problems.append(f"node {node} of process {process} is not known")
                break
            frames.append(self.frame(process, pc))
        return tuple(reversed(frames))

    # ---- events ----

    def apply(self, thread, ticks, words, texts):
        process = thread[0]
        kind, numbers = words[0], [int(n) for n in words[1:]]
        stack = self.stacks[self.current.get(thread, (*thread, 0))]
        if kind == "ENTER":
            path = self.path(process, numbers[1]) if numbers[1] else None
            if path is None:
                path = stack[-1].path + (stack[-1].name,) if stack else ()
            call = Call(self.frame(process, numbers[0] | EXACT), path, ticks)
            self.calls.append(call)
            stack.append(call)
        elif kind == "EXIT":
            if stack:
                stack.pop().left = ticks
            else:
                self.problems.append("an exit without an entry")
        elif kind == "ALLOC":
            path = self.path(process, numbers[0])
            if "spend" in path:
                self.blocks[tuple(f for f in path if f[:1] == "[")] += numbers[1]
            self.full[numbers[1]].append(path)
        elif kind == "SAMPLE":
            self.samples[self.path(process, numbers[0])] += numbers[1]
        elif kind == "X":
            self.apply_extended(thread, ticks, numbers[0], numbers[1:], texts, stack)
        elif kind == "BROKEN":
            self.problems.append("a chunk is broken")

    def apply_extended(self, thread, ticks, kind, numbers, texts, stack):
        process = thread[0]
        if kind == CALL_STACK:
            self.current[thread] = (process, 0, numbers[0])
        elif kind == CALL_LEFT:
            if len(stack) <= numbers[0] or not numbers[0]:
                self.problems.append(f"entry {numbers[0]} of {len(stack)} is left")
            else:
                stack.pop(-1 - numbers[0]).left = ticks
        elif kind == MARK:
            self.points[self.name_of(process, numbers[0])] += 1
        elif kind == COUNTER:
            value = struct.unpack("<d", struct.pack("<Q", numbers[1]))[0]
            self.counters.append((self.name_of(process, numbers[0]), value))
        elif kind in (SPAN_BEGIN, SPAN_END):
            self.spans[self.name_of(process, numbers[0]), numbers[1]].append(
                "begin" if kind == SPAN_BEGIN else "end")
        elif kind == TASK:
            self.tasks.append({"thread": thread, "ticks": ticks, "id": numbers[1],
                               "name": self.name_of(process, numbers[0]) if numbers[0] else "",
                               "action": ACTIONS[numbers[2]],
                               "path": self.path(process, numbers[3])})
        elif kind == MISUSE:
            self.misuses.append((self.name_of(process, numbers[0]), MISUSES[numbers[1]],
                                 self.path(process, numbers[3])))
        elif kind == PAUSED:
            self.pauses.append(numbers[0])
        elif kind == THREAD:
            self.threads[thread] = (texts[0] if texts else "", self.path(process, numbers[1]))

    def finish(self):
        self.still_open = [call for stack in self.stacks.values() for call in stack]

    # ---- sums ----

    def counts(self):
        """How often each name was entered, and by which end it was left."""
        return Counter(call.name for call in self.calls)

    def named_calls(self):
        """Counter {(names around, name): entries}"""
        return Counter((tuple(f for f in call.path if f[:1] == "["), call.name)
                       for call in self.calls)


def record(command, options=(), what="--both", env=None):
    """A run, and what it recorded."""
    with tempfile.TemporaryDirectory(prefix="thag-named-") as directory:
        recording = os.path.join(directory, "recording")
        done = Ended([os.path.join(BUILD, "thag-run"), "-q", what, *options, "-o", directory,
                      "--record", recording, "--", *command], env)
        if done.hung or not os.path.exists(recording):
            raise RuntimeError("hung" if done.hung else done.err.decode()[-300:])
        done.stream = Stream(recording, command[0])
    return done


def named(program, build):
    return os.path.join(PROGRAMS, "named", f"{program}-{build}")
