# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Do samples say where the time went, and does the program not notice?"""

import math
import os

from agreement import check_agreement
from thag import as_user
from tracing import BUILDS, PROGRAMS, Ended, TimeRun

SAMPLED = os.path.join(PROGRAMS, "sampled")
RING = os.path.join(PROGRAMS, "ring")
NOBODY = 65534
SOURCES = {"perf": [], "timer": ["--sampler", "timer"], "wall": ["--wall"]}
# Of each function, in test/programs/sampled.c.
SHARES_PIECES, KERNEL_PIECES = 3, {"kernel": 5, "kernel_spread": 15}
# A sample stands for the time since the one before. So each piece of work that a function does in one
# go gets at its begin what is left of another's, and leaves at its end as much to the next: gaps that
# are exponential at worst, which is what ticks are that hit a thread by chance: two deviations of one
# gap's length, independent of one another. Where a perf event has missed a share of its periods, as
# where a hypervisor took the processor away for some milliseconds, later ones stand for these: that
# share of the function's time came or went by chance, in pieces of that size. Five of these deviations
# are a false alarm in a million.
SIGMAS, STALL_NS = 5, 10e6
# Beside chance: what sampling itself takes, and clocks that are read a little early or late.
OFF, OFF_NS = 0.05, 1e6
# The sum of all is no matter of chance.
OFF_ALL, OFF_ALL_NS = 0.02, 3e6


def sampled_ns(profile, kind="cpu", process=None):
    """{function: nanoseconds in it and what it calls}, and the sum of all."""
    where = "" if process is None else f"AND t.process = {process}"
    rows = profile.rows(f"""
        SELECT f.name, sum(s.{kind}_ns) AS ns FROM node n
        JOIN frame fr ON fr.id = n.frame JOIN function f ON f.id = fr.function
        JOIN samples s ON s.node BETWEEN n.id AND n.last JOIN thread t ON t.id = s.thread
        WHERE n.outermost {where} GROUP BY f.name""")
    whole = profile.rows(f"SELECT total(s.{kind}_ns) AS ns FROM samples s "
                         f"JOIN thread t ON t.id = s.thread WHERE 1 {where}")[0]["ns"]
    return {r["name"]: r["ns"] for r in rows}, whole


class Grain:
    """How far apart samples are, in nanoseconds of CPU time, and what share of periods was missed."""

    def __init__(self, profile, source, kernel=False):
        side = "kernel" if kernel else "cpu"
        user = "" if kernel else "- kernel"
        columns = [f"total({side}_{of} {user + '_' + of if user else ''}) AS {of}"
                   for of in ("ns", "samples", "periods")]
        row = profile.rows(f"SELECT {', '.join(columns)} FROM samples")[0]
        count = max(row["samples"], 1)
        self.ns = row["ns"] / count
        self.missed = 1 - count / max(row["periods"], count) if source == "perf" and user else 0

    def deviation_ns(self, wanted_ns, pieces):
        return math.sqrt(2 * pieces * self.ns ** 2 + wanted_ns * STALL_NS * self.missed)


def differs(name, got_ns, wanted_ns, grain, pieces):
    allowed = wanted_ns * OFF + OFF_NS + SIGMAS * grain.deviation_ns(wanted_ns, pieces)
    if abs(got_ns - wanted_ns) <= allowed:
        return []
    return [f"{name}: {got_ns / 1e6:.1f} ms, {wanted_ns / 1e6:.1f} wanted, "
            f"{allowed / 1e6:.1f} off allowed"]


def differs_in_all(profile, wanted_ns, start_ns=0):
    """
    All CPU time has a sample, or is known to have none, or was spent in the library itself; what was
    spent at the start may be before the first period.
    """
    _, whole = sampled_ns(profile)
    rest = profile.rows("SELECT total(own_ns) AS own, total(unsampled_ns) AS left FROM process")[0]
    got_ns = whole + rest["own"] + rest["left"]
    off_ns = wanted_ns * OFF_ALL + OFF_ALL_NS
    if wanted_ns - start_ns - off_ns <= got_ns <= wanted_ns + off_ns:
        return []
    return [f"all: {whole / 1e6:.1f} ms, of itself {rest['own'] / 1e6:.1f}, without a sample "
            f"{rest['left'] / 1e6:.1f}; {wanted_ns / 1e6:.1f} wanted"]


def lost_problems(run):
    if run.hung or run.profile is None:
        return ["hung" if run.hung else "no profile: " + run.err.decode()[-300:]]
    lost = sum(p["lost_events"] for p in run.profile.processes())
    return [f"status {run.status}: {run.err[-200:]}"] * (run.status != 0) + [f"{lost} lost"] * (lost > 0)


def spent(err):
    """{name: nanoseconds} of lines "name nanoseconds", those of one name added up."""
    sums = {}
    for line in err.decode().splitlines():
        name, _, ns = line.partition(" ")
        if ns.isdigit():
            sums[name] = sums.get(name, 0) + int(ns)
    return sums


def check_shares(source, rate):
    with TimeRun([SAMPLED, "shares"], options=[*SOURCES[source], "--rate", str(rate)]) as run:
        problems = lost_problems(run)
        if problems:
            return problems
        by_name, _ = sampled_ns(run.profile)
        wanted, grain = spent(run.err), Grain(run.profile, source)
        said = {r["cpu_source"] for r in run.profile.processes()}
        if source == "timer" and said != {2}:
            problems.append(f"source {said}")
        for name in ("burn_much", "burn_some", "burn_little"):
            problems += differs(name, by_name.get(name, 0), wanted[name], grain, SHARES_PIECES)
        return problems + differs_in_all(run.profile, wanted["all"])


def check_threads(source, rate):
    with TimeRun([SAMPLED, "threads"], options=[*SOURCES[source], "--rate", str(rate)]) as run:
        problems = lost_problems(run)
        if problems:
            return problems
        took = sorted(int(line.split()[1]) for line in run.err.decode().splitlines()
                      if line.startswith("worker "))
        threads = run.profile.rows("SELECT total(s.cpu_ns) AS ns FROM samples s "
                                   "GROUP BY s.thread ORDER BY ns DESC LIMIT 4")[::-1]
        if len(threads) != 4:
            problems.append(f"{len(threads)} threads computed")
        # What has no sample at the end of one of them is known, but not of which.
        left_ns = run.profile.processes()[0]["unsampled_ns"]
        for ns, wanted in zip((thread["ns"] for thread in threads), took):
            problems += differs("a thread", min(max(ns, wanted), ns + left_ns), wanted,
                                Grain(run.profile, source), 1)
        wanted = spent(run.err)
        return problems + differs_in_all(run.profile, wanted["all"], wanted["start"])


def check_short_threads(source):
    """Threads that are over before a period is have as many samples as one that goes on."""
    with TimeRun([SAMPLED, "short_threads"], options=SOURCES[source]) as run:
        problems = lost_problems(run)
        if problems:
            return problems
        by_name, _ = sampled_ns(run.profile)
        wanted = spent(run.err)
        left_ns = run.profile.processes()[0]["unsampled_ns"]
        for name, kernel in (("burn_short", False), ("read_short", source == "perf")):
            grain = Grain(run.profile, source, kernel)
            problems += differs(name, by_name.get(name, 0), wanted[name], grain,
                                wanted[name] / grain.ns)
        return problems + [f"{left_ns / 1e6:.1f} ms without a sample of {wanted['all'] / 1e6:.1f}"
                           ] * (left_ns > wanted["all"] / 10)


def check_processes(source, rate):
    with TimeRun([SAMPLED, "processes"], options=[*SOURCES[source], "--rate", str(rate)]) as run:
        problems = lost_problems(run)
        if problems:
            return problems
        count = len(run.profile.processes())
        by_name, _ = sampled_ns(run.profile)
        wanted, grain = spent(run.err), Grain(run.profile, source)
        problems += [f"{count} processes"] * (count != 3)
        for name, pieces in (("burn_some", 1), ("burn_child", 2)):
            problems += differs(name, by_name.get(name, 0), wanted[name], grain, pieces)
        return problems


def check_kernel(case, source, rate, user=None):
    """
    Functions that are in the kernel, and others right after them, have the time that their thread's
    clock saw them take.
    """
    with TimeRun([SAMPLED, case], options=[*SOURCES[source], "--rate", str(rate)],
                 user=user) as run:
        problems = lost_problems(run)
        if problems:
            return problems
        by_name, _ = sampled_ns(run.profile)
        wanted = spent(run.err)
        problems += differs_in_all(run.profile, wanted.pop("all"))
        # What is in both modes, and what is beside it, is as uncertain as the coarser of the two.
        grain = max((Grain(run.profile, source, kernel) for kernel in (False, True)),
                    key=lambda one: one.ns)
        for name, ns in wanted.items():
            problems += differs(name, by_name.get(name, 0), ns, grain, KERNEL_PIECES[case])
        return problems + check_sides(run.profile, wanted, source)


def check_sides(profile, wanted, source):
    """
    What is in the kernel is said to be there, and nothing else. That there is enough of it is seen
    in the sums: how many ticks there are is chance, whether one is the kernel's is not.
    """
    if source != "perf":
        return []
    rows = profile.rows("""
        SELECT f.name, sum(s.kernel_ns) AS kernel, sum(s.cpu_ns - s.kernel_ns) AS user FROM node n
        JOIN frame fr ON fr.id = n.frame JOIN function f ON f.id = fr.function
        JOIN samples s ON s.node BETWEEN n.id AND n.last WHERE n.outermost GROUP BY f.name""")
    by_name = {r["name"]: r for r in rows}
    wrong = {"after": "kernel", "call_long": "user"}
    return [f"{name} was in {side} mode for {by_name[name][side] / 1e6} ms of {ns / 1e6}"
            for name, ns in wanted.items() for start, side in wrong.items()
            if name.startswith(start) and name in by_name and by_name[name][side] > 0.25 * ns]


def check_unnoticed(command, source, rate):
    plain = Ended(command)
    with TimeRun(command, options=[*SOURCES[source], "--rate", str(rate)]) as run:
        problems = lost_problems(run)
        was, now = plain.out.decode().splitlines(), run.out.decode().splitlines()
        problems += [f"{a!r} became {b!r}" for a, b in zip(was, now) if a != b]
        return problems + [f"{len(was)} lines became {len(now)}"] * (len(was) != len(now))


def check_wall(rate):
    """Samples come once a period, whether the thread runs or waits: one at each end is uncertain."""
    with TimeRun([SAMPLED, "wall"], options=["--wall", "--rate", str(rate)]) as run:
        problems = lost_problems(run)
        if problems:
            return problems
        by_name, _ = sampled_ns(run.profile, "wall")
        for name, ns in spent(run.err).items():
            pieces = 3 if name == "nap" else 1
            if abs(by_name.get(name, 0) - ns) > ns * OFF + 2 * pieces * 1e9 / rate:
                problems.append(f"{name}: {by_name.get(name, 0) / 1e6:.1f} ms of {ns / 1e6:.1f}")
        return problems


def cases():
    for source in ("perf", "timer"):
        for rate in (1000, 10000):
            yield f"shares {source} {rate}", check_shares, (source, rate)
        for rate in (1000, 10000):
            yield f"kernel {source} {rate}", check_kernel, ("kernel", source, rate)
        yield f"kernel_spread {source}", check_kernel, ("kernel_spread", source, 1000)
        yield f"threads {source}", check_threads, (source, 1000)
        yield f"short threads {source}", check_short_threads, (source,)
        yield f"processes {source}", check_processes, (source, 1000)
    if os.geteuid() == 0 and Ended([*as_user(NOBODY), "test", "-x", SAMPLED]).status == 0:
        yield "kernel unprivileged", check_kernel, ("kernel", "perf", 1000, NOBODY)
    for source in SOURCES:
        for case in ("own_signals", "descriptors"):
            yield f"{case} {source}", check_unnoticed, ([SAMPLED, case], source, 1000)
        for rate in (1000, 10000):
            yield f"waiting {source} {rate}", check_unnoticed, ([SAMPLED, "waiting"], source, rate)
            yield f"ring {source} {rate}", check_unnoticed, ([RING], source, rate)
    for build in BUILDS:
        yield f"samples and calls agree {build}", check_agreement, (build,)
    for rate in (100, 1000):
        yield f"wall {rate}", check_wall, (rate,)


def run_sampling(names, tally):
    for name, check, arguments in cases():
        if not names or any(n in name for n in names):
            tally.attempt(name, check, *arguments)
