# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
Stacks of real programs compared frame by frame with libunwind's, by a library that holds both
(test/unwind). What may differ, and why, is in test/unwind/README.md.
"""

import os
import re
import shutil
import tempfile

from thag import BUILD, PROGRAMS, Ended, Run

LIBRARY = os.path.join(BUILD, "test/unwind/libthag.so")
SUMMARY = re.compile(r"summary pid (\d+) captures (\d+) compared (\d+) different (\d+)")

SQL = """
CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
INSERT INTO t SELECT i, printf('%08x', i * 2654435761 % 4294967296), i / 7.0 FROM n;
CREATE INDEX u ON t(b);
SELECT count(*), sum(c), max(b) FROM t x JOIN t y ON x.b = y.b WHERE x.a % 3 = 0;
SELECT group_concat(b) FROM (SELECT b FROM t ORDER BY c DESC LIMIT 20);
"""
PERL = """
my %h; for my $i (1 .. 5000) { push @{$h{$i % 97}}, "value $i" x ($i % 5) }
my $n = 0; for my $k (sort { $a <=> $b } keys %h) { $n += length join ",", map { s/a/bb/r } @{$h{$k}} }
for (1 .. 200) { eval { die { code => $_ } }; $n += $@->{code} } print "$n\\n";
"""
PYTHON = """
import json, re
class A:
    def __init__(self, n): self.n = [str(i) for i in range(n)]
def deep(n): return [n] if n == 0 else deep(n - 1) + [n]
s = json.dumps([A(i % 50).n for i in range(300)])
t = 0
for i in range(200):
    try: raise ValueError(i)
    except ValueError as e: t += e.args[0]
print(len(json.loads(s)), len(re.findall(r'"(\\d+)"', s)), t, sum(len(deep(i)) for i in range(200)))
"""
NODE = """
const m = new Map(); for (let i = 0; i < 20000; i++) m.set('k' + i, [i, { v: String(i) }]);
const s = JSON.stringify([...m]); console.log(s.length, JSON.parse(s).length);
setTimeout(() => console.log('later'), 5);
"""
CXX = """
#include <map>
#include <string>
#include <vector>
template <int N> struct f { static constexpr long v = f<N - 1>::v + f<N - 2>::v; };
template <> struct f<0> { static constexpr long v = 0; };
template <> struct f<1> { static constexpr long v = 1; };
std::map<std::string, std::vector<int>> m;
int main() { m["a"].push_back(int(f<40>::v)); return int(m.size()); }
"""
REDIS = """
redis-server --port 0 --unixsocket "$1/socket" --save '' --dir "$1" --logfile "$1/log" &
i=0
until [ -S "$1/socket" ] || [ $((i += 1)) -gt 300 ]; do
    sleep 0.1
done
unset LD_PRELOAD THAG_POOL
redis-benchmark -s "$1/socket" -q -n 3000 -c 10 -t set,get,lpush,sadd,zadd >/dev/null
redis-cli -s "$1/socket" shutdown nosave
wait
"""


def program(name, *arguments):
    return [os.path.join(PROGRAMS, name), *arguments]


# Name, command ({directory}: one of its own, with what FILES says), compare one capture in so many.
REAL = [
    ("sqlite3", ["sqlite3", ":memory:", SQL], 7),
    ("perl", ["perl", "-e", PERL], 7),
    ("python3", ["/usr/bin/python3", "-S", "-c", PYTHON], 7),
    ("cc1plus", ["g++", "-std=c++17", "-O2", "-S", "-o", "/dev/null", "{directory}/x.cc"], 97),
    ("node", ["node", "-e", NODE], 7),
    ("redis", ["/bin/sh", "-c", REDIS, "sh", "{directory}"], 7),
    *[(name, program(name), 1) for name in ("exceptions", "exceptions_clang", "coroutines",
                                            "coroutines_clang")],
    ("dlclose", program("loading", "alternate", PROGRAMS), 1),
    ("contexts", program("stacks", "contexts"), 1),
    ("depths", program("stacks", "stairs"), 11),
    ("threads", program("threads", "short"), 1),
    ("handlers", program("signals", "fault"), 1),
    ("account", program("account", "1", "8", "3000", "2"), 5),
]


def different(path, captures_wanted):
    if not os.path.exists(path):
        return ["nothing was compared"]
    with open(path) as file:
        text = file.read()
    compared = wrong = 0
    for _, _, count, differ in SUMMARY.findall(text):
        compared, wrong = compared + int(count), wrong + int(differ)
    stacks = [line for line in text.splitlines() if not line.startswith("summary")]
    if compared < captures_wanted:
        return [f"only {compared} stacks were compared"]
    if wrong or stacks:
        return [f"{wrong} of {compared} stacks differ"] + stacks[:6]
    return []


def compare_stacks(command, every):
    with tempfile.TemporaryDirectory(prefix="thag-real-") as directory:
        with open(os.path.join(directory, "x.cc"), "w") as file:
            file.write(CXX)
        command = [a.replace("{directory}", directory) for a in command]
        plain = Ended(command, {"ACCOUNT": "/dev/null"})
        log = os.path.join(directory, "oracle")
        environment = {"ACCOUNT": "/dev/null", "THAG_LIBRARY": LIBRARY, "ORACLE_LOG": log,
                       "ORACLE_EVERY": str(every)}
        with Run(command, environment, ["-q"]) as run:
            problems = different(log, 10)
            if run.hung:
                problems.append("hung")
            if (run.status, run.out) != (plain.status, plain.out):
                problems.append(f"status {run.status}, {plain.status} without thag; says "
                                f"{run.out[-100:]!r}, without {plain.out[-100:]!r}, "
                                f"{run.err[-200:]!r}")
        return problems


def run_real(names, tally):
    for name, command, every in REAL:
        if names and name not in names:
            continue
        if not shutil.which(command[0]) or name == "redis" and not shutil.which("redis-server"):
            print(f"{name}: not here")
            continue
        tally.attempt(name, compare_stacks, command, every)
