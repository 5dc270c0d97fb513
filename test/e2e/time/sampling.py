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
# What a number of samples may be off by, as a share, and in periods.
OFF, OFF_PERIODS = 0.1, 20


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


def own_ns(profile):
    columns = [r["name"] for r in profile.rows("PRAGMA table_info(process)")]
    if "own_ns" not in columns:
        return 0
    return profile.rows("SELECT total(own_ns) AS ns FROM process")[0]["ns"]


# Timers fire at the kernel's ticks. Work that is done in ten pieces has twenty ends, and at each up
# to a tick goes to the wrong side: a standard deviation of tick * sqrt(10 / 6), 5 ms where ticks are
# 4 ms apart. What is allowed is six of these.
TICK_NS, OFF_TICKS = 4e6, 8


def differs(name, got_ns, wanted_ms, rate, off=OFF, source="perf"):
    wanted = wanted_ms * 1e6
    grain = OFF_PERIODS * 1e9 / rate
    if source == "timer":
        grain = max(grain, OFF_TICKS * TICK_NS)
    if abs(got_ns - wanted) <= wanted * off + grain:
        return []
    return [f"{name}: {got_ns / 1e6:.1f} ms, {wanted_ms} wanted"]


def lost_problems(run):
    if run.hung or run.profile is None:
        return ["hung" if run.hung else "no profile: " + run.err.decode()[-300:]]
    lost = sum(p["lost_events"] for p in run.profile.processes())
    return [f"status {run.status}: {run.err[-200:]}"] * (run.status != 0) + [f"{lost} lost"] * (lost > 0)


def check_shares(source, rate):
    with TimeRun([SAMPLED, "shares"], options=[*SOURCES[source], "--rate", str(rate)]) as run:
        problems = lost_problems(run)
        if problems:
            return problems
        by_name, whole = sampled_ns(run.profile)
        much, some, little, spent = (int(word) for word in run.err.split()[-4:])
        said = {r["cpu_source"] for r in run.profile.processes()}
        if source == "timer" and said != {2}:
            problems.append(f"source {said}")
        return (problems + differs("all", whole + own_ns(run.profile), spent, rate)
                + differs("burn_much", by_name.get("burn_much", 0), much, rate, source=source)
                + differs("burn_some", by_name.get("burn_some", 0), some, rate, source=source)
                + differs("burn_little", by_name.get("burn_little", 0), little, rate, source=source))


def check_threads(source, rate):
    with TimeRun([SAMPLED, "threads"], options=[*SOURCES[source], "--rate", str(rate)]) as run:
        problems = lost_problems(run)
        if problems:
            return problems
        threads = run.profile.rows("SELECT total(s.cpu_ns) AS ns FROM samples s "
                                   "GROUP BY s.thread HAVING ns > 50000000")
        if len(threads) != 4:
            problems.append(f"{len(threads)} threads computed")
        problems += [f"a thread: {t['ns'] / 1e6} ms" for t in threads if t["ns"] < 80e6]
        return problems + differs("all", sum(t["ns"] for t in threads), int(run.err.split()[-1]),
                                  rate)


def check_processes(source, rate):
    with TimeRun([SAMPLED, "processes"], options=[*SOURCES[source], "--rate", str(rate)]) as run:
        problems = lost_problems(run)
        if problems:
            return problems
        count = len(run.profile.processes())
        by_name, _ = sampled_ns(run.profile)
        return ([f"{count} processes"] * (count != 3)
                + differs("burn_some", by_name.get("burn_some", 0), 100, rate, source=source)
                + differs("burn_child", by_name.get("burn_child", 0), 200, rate,
                          source=source))


def spent(err):
    """{name: nanoseconds} of lines "name number", those of one name added up."""
    sums = {}
    for line in err.decode().splitlines():
        name, _, ns = line.partition(" ")
        if ns.isdigit():
            sums[name] = sums.get(name, 0) + int(ns)
    return sums


def check_kernel(case, source, rate, user=None):
    """
    Functions that are in the kernel, and others right after them, have the time that their thread's
    clock saw them take. Ticks hit a function of share p in n with a deviation of sqrt(n p (1 - p)),
    which is at most one tick for each; four of these are allowed, and what sampling itself takes.
    """
    with TimeRun([SAMPLED, case], options=[*SOURCES[source], "--rate", str(rate)],
                 user=user) as run:
        problems = lost_problems(run)
        if problems:
            return problems
        by_name, whole = sampled_ns(run.profile)
        wanted = spent(run.err)
        part = 0.05 if rate <= 1000 else 0.15
        for name, ns in wanted.items():
            off = part * ns + 4 * math.sqrt(ns * TICK_NS) + TICK_NS
            if abs(by_name.get(name, 0) - ns) > off:
                problems.append(f"{name}: {by_name.get(name, 0) / 1e6:.1f} ms of {ns / 1e6:.1f}")
        everything = sum(wanted.values())
        if not 0.93 * everything < whole + own_ns(run.profile) < 1.1 * everything + 8 * TICK_NS:
            problems.append(f"all: {whole / 1e6:.1f} ms of {everything / 1e6:.1f}")
        return problems + check_sides(run.profile, wanted, source)


def check_sides(profile, wanted, source):
    """What is in the kernel is said to be there, and nothing else."""
    if source != "perf":
        return []
    rows = profile.rows("""
        SELECT f.name, sum(s.kernel_ns) AS ns FROM node n
        JOIN frame fr ON fr.id = n.frame JOIN function f ON f.id = fr.function
        JOIN samples s ON s.node BETWEEN n.id AND n.last WHERE n.outermost GROUP BY f.name""")
    kernel = {r["name"]: r["ns"] for r in rows}
    return ([f"{n} was in the kernel for {kernel.get(n, 0) / 1e6} ms of {ns / 1e6}"
             for n, ns in wanted.items() if n.startswith("after") and kernel.get(n, 0) > 0.25 * ns]
            + [f"{n} was in the kernel for only {kernel.get(n, 0) / 1e6} ms of {ns / 1e6}"
               for n, ns in wanted.items() if n == "call_long" and kernel.get(n, 0) < 0.4 * ns])


def check_unnoticed(command, source, rate):
    plain = Ended(command)
    with TimeRun(command, options=[*SOURCES[source], "--rate", str(rate)]) as run:
        problems = lost_problems(run)
        was, now = plain.out.decode().splitlines(), run.out.decode().splitlines()
        problems += [f"{a!r} became {b!r}" for a, b in zip(was, now) if a != b]
        return problems + [f"{len(was)} lines became {len(now)}"] * (len(was) != len(now))


def check_wall(rate):
    with TimeRun([SAMPLED, "wall"], options=["--wall", "--rate", str(rate)]) as run:
        problems = lost_problems(run)
        if problems:
            return problems
        by_name, _ = sampled_ns(run.profile, "wall")
        if by_name.get("burn_some", 0) < 90e6:
            problems.append(f"burn_some: {by_name.get('burn_some', 0) / 1e6} ms of 100")
        return (problems + differs("nap", by_name.get("nap", 0), 900, rate)
                + differs("wait_for_lock", by_name.get("wait_for_lock", 0), 300, rate, 0.2)
                + differs("wait_for_pipe", by_name.get("wait_for_pipe", 0), 300, rate, 0.2))


def cases():
    for source in ("perf", "timer"):
        for rate in (1000, 10000):
            yield f"shares {source} {rate}", check_shares, (source, rate)
        for rate in (1000, 10000):
            yield f"kernel {source} {rate}", check_kernel, ("kernel", source, rate)
        yield f"kernel_spread {source}", check_kernel, ("kernel_spread", source, 1000)
        yield f"threads {source}", check_threads, (source, 1000)
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
