# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Of one instrumented program traced calls and samples give the same shares of the same functions."""

import math
import os

from tracing import TRACED, TimeRun, plain_name

ROUNDS = "200"
MOST = 10       # functions, those that take longest
SIGMAS = 5      # of the sampling error: once in a million comparisons more
TRIES, BUSY = 3, 1.3


def in_main(profile):
    """Nodes of main, which has one for each of its lines, and below, as {node: (parent, name, outermost)}."""
    rows = profile.rows("""
        SELECT n.id, n.parent, nn.function, n.outermost FROM node n JOIN node_name nn ON nn.node = n.id
        WHERE EXISTS (SELECT 1 FROM node m JOIN node_name mm ON mm.node = m.id
          WHERE mm.function = 'main' AND n.id BETWEEN m.id AND m.last)""")
    return {r["id"]: (r["parent"], plain_name(r["function"]), r["outermost"]) for r in rows}


def traced_shares(profile, nodes):
    """{function: (self, total)} as shares of main's total, the errors of both, and the sum."""
    sums, main_ns = {}, 0
    for row in profile.rows("SELECT * FROM calls"):
        if row["node"] not in nodes:
            continue
        _, name, outermost = nodes[row["node"]]
        one = sums.setdefault(name, [0, 0, 0, 0])
        one[0] += row["self_ns"]
        one[1] += row["self_error_ns"]
        if outermost:
            one[2] += row["total_ns"]
            one[3] += row["total_error_ns"]
        if name == "main":
            main_ns += row["total_ns"]
    # All of it may be taken for what tracing cost, where that was measured on a busy machine.
    whole = max(main_ns, 1)
    return {name: [value / whole for value in one] for name, one in sums.items()}, main_ns


def sampled_shares(profile, nodes, traced):
    """The same of samples, whose self is of the innermost function that is traced; and their number."""
    selfs, totals, whole, squares = {}, {}, 0, 0
    for row in profile.rows("SELECT node, wall_ns, wall_samples FROM samples WHERE wall_samples"):
        if row["node"] not in nodes:
            continue
        names, at = [], row["node"]
        while at in nodes:
            if nodes[at][1] in traced:
                names.append(nodes[at][1])
            at = nodes[at][0]
        weight = row["wall_ns"] / row["wall_samples"]
        squares += row["wall_samples"] * weight * weight
        whole += row["wall_ns"]
        selfs[names[0]] = selfs.get(names[0], 0) + row["wall_ns"]
        for name in set(names):
            totals[name] = totals.get(name, 0) + row["wall_ns"]
    # Those that stand for several periods are as good as fewer.
    return ({name: (selfs.get(name, 0) / whole, totals.get(name, 0) / whole) for name in traced},
            whole * whole / squares)


def stolen_share(profile, main_ns, error, error_ps):
    """
    What others had of the processor while it was in the tracer's code, as a share: what is taken off
    is what the tracer's own code takes, and samples that hit it are left out.
    """
    one = profile.processes()[0]
    cpu_ns = profile.rows("SELECT total(cpu_ns) AS ns FROM timeline")[0]["ns"]
    stamps = error / (error_ps or 1) * one["call_cost_ps"]
    return stamps * max(0, main_ns / cpu_ns - 1)


def compare(profile):
    nodes = in_main(profile)
    traced, main_ns = traced_shares(profile, nodes)
    sampled, count = sampled_shares(profile, nodes, traced)
    error_ps = profile.processes()[0]["call_cost_error_ps"]
    problems = []
    for which, (value, error) in {"self": (0, 1), "total": (2, 3)}.items():
        for name in sorted(traced, key=lambda n: -traced[n][value])[:MOST]:
            wanted, got = traced[name][value], sampled[name][value // 2]
            sigma = math.sqrt(wanted * max(1 - wanted, 0) / count)
            # Work of a period or two is seen once, twice or not at all.
            allowed = (SIGMAS * sigma + 3 / count + traced[name][error]
                       + stolen_share(profile, main_ns, traced[name][error], error_ps))
            if abs(got - wanted) > allowed:
                problems.append(f"{which} of {name}: {got:.2%} of the samples, {wanted:.2%} of "
                                f"the calls, {allowed:.2%} allowed")
    if len(traced) < MOST + 2:
        problems.append(f"only {len(traced)} functions: {', '.join(traced)}")
    return problems


def check_agreement(build):
    """
    Of wall time, which is what calls are timed by. On a busy machine others have it, and may have it
    where the tracer is at work: the quietest of some runs counts.
    """
    best = None
    for _ in range(TRIES):
        with TimeRun([os.path.join(TRACED, f"shares-{build}"), ROUNDS], options=["--wall"]) as run:
            if run.hung or run.status or run.profile is None:
                return ["hung" if run.hung else f"status {run.status}: {run.err[-300:]}"]
            cpu_ns = run.profile.rows("SELECT total(cpu_ns) AS ns FROM timeline")[0]["ns"]
            busy = int(run.profile.run()["duration_ns"]) / cpu_ns
            if best is None or busy < best[0]:
                best = busy, compare(run.profile)
        if best[0] < BUSY:
            break
    return [f"{problem} (the machine had {best[0]:.1f} times as much to do)" for problem in best[1]]
