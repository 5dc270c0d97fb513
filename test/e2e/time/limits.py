# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Are just those calls recorded that were asked for, and is it said what was not?"""

import os

from tracing import (PROGRAMS, TRACED, Ended, Run, TimeRun, check_account, time_problems,
                     traced_rows, tree_problems)
from trees import trees

BUILDS = ("gcc-O2", "clang-O2")
LEFT_OUT = ("left_out_pattern", "left_out_short", "left_out_deep", "left_out_many")
TRACED_CALLS = os.path.join(PROGRAMS, "traced_calls")
# Where a process ends at once with calls open that were held back, nobody knows of them.
ENDS_AT_ONCE = ("exits_at_once", "forks")
# What a forked child calls begins anew, with what was open when it was forked below.
FORKS = ("forks",)


def without(tree, is_left_out):
    """
    The tree where calls of some functions are not seen, but what these call is. What is around the
    first call that is seen is known from the stack.
    """
    kept = {}
    for path, calls in tree.items():
        if is_left_out(path[-1]):
            continue
        first = next(i for i, name in enumerate(path) if not is_left_out(name))
        path = path[:first] + tuple(name for name in path[first:] if not is_left_out(name))
        kept[path] = kept.get(path, 0) + calls
    return kept


def left_out(profile):
    run = profile.run()
    return [int(run[key]) for key in LEFT_OUT]


def check_tree(command, env, options, tree, names, numbers):
    """`numbers`: how many calls must be said to be left out, by reason; None: any."""
    plain = Ended(command, env)
    with TimeRun(command, options=["--rate", "0", *options], env=env) as run:
        if run.hung or run.profile is None:
            return ["hung" if run.hung else "no profile: " + run.err.decode()[-300:]]
        problems = []
        if (run.status, run.out, run.err) != (plain.status, plain.out, plain.err):
            problems.append(f"status {plain.status} became {run.status}: {run.err[-200:]}")
        rows = traced_rows(run.profile, names)
        said = left_out(run.profile)
        for reason, wanted, got in zip(LEFT_OUT, numbers, said):
            if wanted is not None and wanted != got:
                problems.append(f"{reason}: {got} said, {wanted} wanted")
        return (problems + tree_problems(rows, tree)
                + time_problems(rows, int(run.profile.run()["duration_ns"])))


def tree_cases(case, whole):
    """(options, the tree there must be, how many calls are left out)"""
    made = sum(whole.values())

    def is_leaf(name):
        return name in ("leaf", "guard::guard", "guard::~guard")

    shallow = {path: calls for path, calls in whole.items() if len(path) <= 3}
    leafless = without(whole, is_leaf)
    wanted = without(whole, lambda name: name not in ("leaf", "main", case))
    yield ["--min-duration", "1ns"], whole, (0, 0, 0, 0)
    if case not in ENDS_AT_ONCE:
        yield ["--min-duration", "1h"], {}, (0, made, 0, 0)
    for mode in ("--detail", "--summary") if case not in FORKS else ():
        yield ["--max-depth", "3", mode], shallow, (0, 0, made - sum(shallow.values()), 0)
        yield (["--exclude", "leaf;guard::*", mode], leafless,
               (made - sum(leafless.values()), 0, 0, 0))
    if case not in FORKS:
        yield (["--include", "/^(leaf|main)$/", "--include", case], wanted,
               (made - sum(wanted.values()), 0, 0, 0))


def check_number(options, least, most):
    with TimeRun([TRACED_CALLS], options=["--rate", "0", *options]) as run:
        if run.profile is None:
            return ["no profile: " + run.err.decode()[-300:]]
        calls = run.profile.rows("SELECT total(calls) AS calls FROM calls")[0]["calls"]
        many = left_out(run.profile)[3]
        return ([f"{calls:.0f} calls"] * (not least <= calls <= most) +
                ["nothing was said of the rest"] * (not many))


def check_modules(build):
    """Calls of a library that is loaded while the program runs."""
    tree = trees()["switches", "libraries"]
    kept = without(tree, lambda name: name in ("visit", "in_library"))
    env = {"TRACED_LIBRARY": os.path.join(TRACED, f"library-{build}.so")}
    command = [os.path.join(TRACED, f"switches-{build}"), "libraries"]
    names = {name for path in tree for name in path}
    problems = []
    for options, wanted in (
            (["--exclude-module", "library-*.so"], kept),
            (["--exclude-module", "*/traced/library*"], kept),
            (["--include-module", "/switches-[a-z]*-O[0-9]$/"], kept),
            (["--include-module", "library-*"],
             without(tree, lambda name: name not in ("visit", "in_library")))):
        problems += check_tree(command, env, options, wanted, names, (None, 0, 0, 0))
    return problems


def check_symbols(build):
    """Parameters are no part of a C++ name, but of the symbol, which a pattern has to look like."""
    tree = trees()["unwinding", "exceptions"]
    kept = without(tree, lambda name: name == "throw_3")
    command = [os.path.join(TRACED, f"unwinding-{build}"), "exceptions"]
    names = {name for path in tree for name in path}
    problems = []
    for pattern, wanted in (("*_3i", tree), ("*throw_3*", kept), ("_Z*throw_3i", kept),
                            ("/_Z.*_3i$/", kept)):
        problems += check_tree(command, {}, ["--exclude", pattern], wanted, names,
                               (sum(tree.values()) - sum(wanted.values()), 0, 0, 0))
    return problems


def check_window():
    """
    Of a stretch of time: all that is there lies in it, and it is not empty. It is long enough for
    calls and samples on a busy machine, and over before the program on a fast one.
    """
    from_ns, until_ns = 100_000_000, 600_000_000
    with TimeRun([os.path.join(TRACED, "shares-gcc-O2"), "300"],
                 options=["--start-after", "100ms", "--stop-after", "600ms"]) as run:
        if run.profile is None:
            return ["no profile: " + run.err.decode()[-300:]]
        facts = run.profile.run()
        boxes = run.profile.rows("SELECT kind, min(start_ns) AS first, count(*) AS count, "
                                 "max(start_ns + duration_ns) AS last FROM chart GROUP BY kind")
        problems = [f"{len(boxes)} kinds of boxes"] * (len(boxes) != 2)
        for box in boxes:
            # A sample stands for a time before it, some ticks where others have the processor;
            # clocks are known to 1 in 10,000.
            early = from_ns - (60_000_000 if box["kind"] == 0 else 0)
            if box["first"] < early * 0.999 or box["last"] > until_ns * 1.001:
                problems.append(f"{box['count']} boxes from {box['first']} to {box['last']}")
        if abs(int(facts["traced_from_ns"]) - from_ns) > from_ns / 1000:
            problems.append(f"traced from {facts['traced_from_ns']}")
        if abs(int(facts["traced_until_ns"]) - until_ns) > until_ns / 1000:
            problems.append(f"traced until {facts['traced_until_ns']}")
        return problems


def recorded_rows(profile):
    return profile.rows("SELECT (SELECT count(*) FROM calls) + "
                        "(SELECT count(*) FROM samples) AS rows")[0]["rows"]


def check_never():
    with TimeRun([TRACED_CALLS], options=["--start-after", "1h"]) as run:
        if run.profile is None:
            return ["no profile: " + run.err.decode()[-300:]]
        found = recorded_rows(run.profile)
        return [f"{found} rows"] * (found != 0)


def check_not_asked():
    """Where memory alone is profiled, no time comes from which calls are traced."""
    with Run([TRACED_CALLS], options=["--start-after", "1ms"]) as run:
        if run.profile is None:
            return ["no profile: " + run.err.decode()[-300:]]
        found = recorded_rows(run.profile)
        return ([f"{found} rows"] * (found != 0) +
                ["a time was said"] * (b"after the start on" in run.err))


def cases():
    for build in BUILDS:
        env = {"TRACED_LIBRARY": os.path.join(TRACED, f"library-{build}.so")}
        for (program, case), whole in trees().items():
            command = [os.path.join(TRACED, f"{program}-{build}"), case]
            names = {name for path in whole for name in path}
            if not os.path.exists(command[0]):
                continue
            for options, tree, numbers in tree_cases(case, whole):
                yield (f"{case} {program} {build} {' '.join(options)}", check_tree,
                       (command, env, options, tree, names, numbers))
        if os.path.exists(os.path.join(TRACED, f"switches-{build}")):
            yield f"modules {build}", check_modules, (build,)
        if os.path.exists(os.path.join(TRACED, f"unwinding-{build}")):
            yield f"symbols {build}", check_symbols, (build,)
        # What a jump has left is not taken for what is left out, called from the same place.
        for name in ("catching", "by_hand", "switching"):
            command = [os.path.join(TRACED, f"wild-{build}"), "11", "2", "3000"]
            if os.path.exists(command[0]):
                yield (f"wild without {name} {build}", check_account,
                       (command, ["--exclude", name],
                        lambda tree, name=name: without(tree, lambda n: n == name)))
    # Of the last ones those that were open before are kept as well: main and call_often in it,
    # and two of the other thread's where it has not come to its end by then.
    yield "the first calls", check_number, (["--max-events", "1k"], 1000, 1000)
    yield "the last calls", check_number, (["--max-events", "1k", "--keep", "last"], 1002, 1004)
    if os.path.exists(os.path.join(TRACED, "shares-gcc-O2")):
        yield "a stretch of time", check_window, ()
    yield "a time that does not come", check_never, ()
    yield "a time not asked for", check_not_asked, ()


def run_limits(names, tally):
    for name, check, arguments in cases():
        if not names or any(n in name for n in names):
            tally.attempt(name, check, *arguments)
