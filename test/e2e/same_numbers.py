#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""One run of sqlite3 in all its forms: flamegraphs, HTML report, folded stacks, text, JSON and SQL
say the same of each function. (What the pages show is compared with their data in test/browser, and
the menu's values with the report's in terminal.sh.)

From meson: BUILD. Prints TAP.
"""

import base64
import collections
import glob
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import zlib

THAG = os.path.join(os.environ["BUILD"], "thag")
SQL = ("create table t(a, b); with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)"
       " insert into t select i, 'text ' || i from n; create index x on t(b);"
       " select count(*), group_concat(a) from t where b like '%99%';")


class Reader:
    """The bytes of a pack: see analyzer/views/pack.h."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def varint(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def take(self, count):
        self.at += count
        return self.data[self.at - count:self.at]

    def text(self):
        return self.take(self.varint()).decode()

    def column(self, count):
        return [self.varint() for _ in range(count)]


def sections(path):
    with open(path, encoding="utf-8") as file:
        found = re.search(r'<script id="thag-data"[^>]*>(\d+) ([A-Za-z0-9+/=]+)</script>', file.read())
    data = zlib.decompress(base64.b64decode(found[2]), -15)
    assert len(data) == int(found[1])
    reader = Reader(data)
    names = {}
    while reader.at < len(data):
        name = reader.text()
        names[name] = Reader(reader.take(reader.varint()))
    return names


def read_pack(path):
    """-> columns by name of metric: (function, module) -> [self, total]"""
    found = sections(path)
    strings = found["strings"]
    texts = [strings.text() for _ in range(strings.varint())]
    frames = found["frames"]
    count = frames.varint()
    functions, _, _, modules = (frames.column(count) for _ in range(4))
    shape = found["shape"]
    pops = shape.column(shape.varint())
    frame = found["frame"].column(len(pops))
    keys = [(texts[functions[f]], texts[modules[f]]) for f in frame]
    metrics = {}
    for number in range(20):
        column = found.get(f"self{number}")
        if not column:
            break
        name = [column.text() for _ in range(column.varint())][0]
        metrics[name] = by_function(pops, keys, column.column(len(pops)))
    return metrics, found


def by_function(pops, keys, values):
    """A recursive function's total is counted at its outermost place."""
    sums = collections.defaultdict(lambda: [0, 0])
    way, total, parent = [], list(values), []
    outermost = []
    for box, pop in enumerate(pops):
        del way[len(way) - pop:]
        parent.append(way[-1] if way else -1)
        outermost.append(all(keys[above] != keys[box] for above in way))
        way.append(box)
    for box in range(len(pops) - 1, -1, -1):
        if parent[box] >= 0:
            total[parent[box]] += total[box]
        sums[keys[box]][0] += values[box]
        if outermost[box]:
            sums[keys[box]][1] += total[box]
    return {key: pair for key, pair in sums.items() if pair[1]}


def from_json(functions, metric):
    return {(one["name"], one["module"]): [one["self"][metric], one["total"][metric]]
            for one in functions if one["total"][metric]}


def from_sql(database, column):
    own = {(name, module): value for name, module, value in
           database.execute(f"SELECT name, module, {column} FROM function_self")}
    return {(name, module): [own.get((name, module), 0), value] for name, module, value in
            database.execute(f"SELECT name, module, {column} FROM function_total") if value}


def in_words(value):
    """As text_bytes() has it."""
    if value < 1024:
        return f"{value} B"
    for unit in ["KiB", "MiB", "GiB"]:
        value /= 1024
        if value < 999.5:
            digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
            return f"{value:.{digits}f} {unit}"
    return "?"


def short(name):
    """Long names are cut where the line is full."""
    return name.rstrip("…")[:38]


def from_text(profile, metric):
    text = subprocess.run([THAG, "report", "--functions", "--sort", metric, "--limit", "100000", profile],
                          check=True, capture_output=True, text=True).stdout
    table = text.split("\nModules by")[0]
    rows = re.findall(r"^ *([\d.,]+ \w+) +[\d.]+ % +([\d.,]+ \w+) +[\d.]+ %  (.*)$", table, re.M)
    return [[total, own, short(name)] for total, own, name in rows if total != "0 B"]


class Tap:
    def __init__(self):
        self.count, self.failed = 0, 0

    def same(self, what, left, right):
        self.count += 1
        if left == right and left:
            print(f"ok {self.count} - {what}")
            return
        self.failed += 1
        print(f"not ok {self.count} - {what}")
        if isinstance(left, dict) and isinstance(right, dict):
            for key in list(left.keys() | right.keys()):
                if left.get(key) != right.get(key):
                    print(f"# {key}: {left.get(key)} and {right.get(key)}")
        else:
            for one in left:
                if one not in right:
                    print(f"# only the first: {one}")
            for one in right:
                if one not in left:
                    print(f"# only the second: {one}")


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="thag-same-") as directory:
        subprocess.run([THAG + "-run", "-q", "-o", directory, "sqlite3", ":memory:", SQL], check=True,
                       stdout=subprocess.DEVNULL)
        files = {name: glob.glob(os.path.join(directory, "*" + name))[0] for name in
                 [".thag", ".html", "-memory-detail.svg", "-memory-detail.folded", "-time.svg"]}
        compare(tap, files)
    print(f"1..{tap.count}")
    return tap.failed > 0


def compare(tap, files):
    profile = files[".thag"]
    report = json.loads(subprocess.run([THAG, "report", "--json", "--limit", "1000000", profile],
                                       check=True, capture_output=True).stdout)
    database = sqlite3.connect(profile)
    page, found = read_pack(files[".html"])
    picture, _ = read_pack(files["-memory-detail.svg"])
    times, _ = read_pack(files["-time.svg"])
    keys = [metric["key"] for metric in json.loads(found["report"].text())["metrics"]]
    page = dict(zip(keys, page.values()))
    for metric, column, shown in [("bytes", "allocated_bytes", "allocated"),
                                  ("allocations", "allocations", "allocations"),
                                  ("peak", "peak_bytes", "at the peak"),
                                  ("leaked", "leaked_bytes", "leaked"),
                                  ("temporary", "temporary", "temporary")]:
        truth = from_json(report["functions"], metric)
        tap.same(f"{metric}: SQL and JSON", from_sql(database, column), truth)
        tap.same(f"{metric}: HTML and JSON", page[metric], truth)
        tap.same(f"{metric}: SVG and JSON", picture[shown], truth)
    tap.same("CPU time: HTML and JSON", page["cpu"], from_json(report["functions"], "cpu"))
    tap.same("CPU time: SVG and JSON", times["CPU time"], from_json(report["functions"], "cpu"))
    tap.same("CPU time: SQL and JSON",
             dict(database.execute("SELECT name || module, cpu_ns FROM function_samples WHERE cpu_ns")),
             {one["name"] + one["module"]: one["self"]["cpu"] for one in report["functions"]
              if one["self"]["cpu"]})
    truth = sorted(([in_words(total), in_words(own), short(name)] for (name, _), (own, total) in
                    from_json(report["functions"], "bytes").items()))
    tap.same("bytes: text and JSON", sorted(from_text(profile, "bytes")), truth)
    folded = collections.Counter()
    with open(files["-memory-detail.folded"], encoding="utf-8") as lines:
        for line in lines:
            path, value = line.rsplit(" ", 1)
            folded[path.rsplit(";", 1)[-1]] += int(value)
    own = collections.Counter()
    for (name, _), (value, _) in from_json(report["functions"], "bytes").items():
        own[name] += value
    tap.same("bytes: folded stacks and JSON", dict(folded), dict(+own))


if __name__ == "__main__":
    sys.exit(main())
