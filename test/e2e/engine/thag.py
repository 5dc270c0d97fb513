# SPDX-License-Identifier: Apache-2.0 OR MIT
"""A run of a program under thag, and what its profile says."""

import glob
import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import tempfile
import time

BUILD = os.environ.get("BUILD", os.path.join(os.path.dirname(__file__), "../../../build"))
BUILD = os.path.abspath(BUILD)
PROGRAMS = os.path.join(BUILD, "test/programs")
OURS = ("THAG_", "LD_PRELOAD", "SIZE_TRACKING_THRESHOLD", "MALLOC_PERTURB_", "ACCOUNT")
SUMS = ("allocations", "allocated_bytes", "frees", "freed_bytes", "temporary", "temporary_bytes",
        "leaked_blocks", "leaked_bytes", "peak_blocks", "peak_bytes", "process_peak_blocks",
        "process_peak_bytes")


def clean_environment(extra=None):
    """The environment of every program here: nothing of a surrounding run in it."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
    kept.update(extra or {})
    return kept


# No result may be larger: one that grows without bound must fail the test, not fill the disk.
FILE_BYTES_MAX = 2 << 30

# Seconds after which a program hangs. What takes the longest, three seconds alone, may take ten times
# that where others have most of the machine.
TIMEOUT = 120

# What thag-run says when it returns before the last of the program's processes has ended.
BACKGROUND = rb"thag-run: processes of this run go on in the background.*: kill (\d+)\n"


def limit_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES_MAX, FILE_BYTES_MAX))


class Ended:
    """How a program ended: its status as a shell says it, its output, and whether it hung."""

    def __init__(self, command, env=None, timeout=TIMEOUT, stdin=None, cwd=None, during=None):
        self.hung = False
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(command, env=clean_environment(env), stdout=out, stderr=err,
                                       stdin=stdin or subprocess.DEVNULL, cwd=cwd,
                                       start_new_session=True, preexec_fn=limit_files)
            try:
                if during:
                    during(process)
                status = process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.hung = True
                os.killpg(process.pid, 9)
                status = process.wait()
            out.seek(0)
            err.seek(0)
            self.out, self.err = out.read(), err.read()
        self.status = 128 - status if status < 0 else status


class Profile:
    """A .thag file, read by SQL."""

    def __init__(self, path):
        self.path = path
        self.db = sqlite3.connect(path)

    def rows(self, sql, *arguments):
        cursor = self.db.execute(sql, arguments)
        names = [d[0] for d in cursor.description]
        return [dict(zip(names, row)) for row in cursor]

    def run(self):
        return dict(self.db.execute("SELECT key, value FROM meta"))

    def processes(self):
        return self.rows("SELECT * FROM process ORDER BY id")

    def threads(self):
        return self.rows("SELECT * FROM thread ORDER BY id")

    def sums(self, function, process=None):
        """Figures of the heap of all call paths through a function, whatever its namespace."""
        columns = ", ".join(f"total(m.{c}) AS {c}" for c in SUMS)
        where = "" if process is None else f"AND t.process = {int(process)}"
        rows = self.rows(f"""
            WITH hit(first, last) AS (
              SELECT n.id, n.last FROM node n JOIN frame fr ON fr.id = n.frame
              JOIN function f ON f.id = fr.function
              WHERE f.name = ?1 OR f.name GLOB '*::' || ?1 OR f.name GLOB '*::' || ?1 || '(*')
            SELECT {columns} FROM memory m JOIN thread t ON t.id = m.thread
            WHERE m.category = 0 {where}
              AND EXISTS (SELECT 1 FROM hit WHERE m.node BETWEEN hit.first AND hit.last)""",
                         function)
        return {k: int(v) for k, v in rows[0].items()}

    def sums_by(self, prefixes):
        """{(process, function): figures} of all functions whose names begin with a prefix."""
        columns = ", ".join(f"total(m.{c}) AS {c}" for c in SUMS)
        like = " OR ".join("f.name GLOB ?" for _ in prefixes)
        rows = self.rows(f"""
            SELECT t.process, f.name, {columns} FROM node n
            JOIN frame fr ON fr.id = n.frame JOIN function f ON f.id = fr.function
            JOIN memory m ON m.node BETWEEN n.id AND n.last AND m.category = 0
            JOIN thread t ON t.id = m.thread
            WHERE n.outermost AND ({like}) GROUP BY t.process, f.name""",
                         *[p + "*" for p in prefixes])
        return {(r["process"], r["name"]): {c: int(r[c]) for c in SUMS} for r in rows}

    def stacks(self, function):
        """Every call path that allocated by way of a function: names from the root inwards."""
        nodes = {r["node"]: r for r in self.rows("SELECT * FROM node_name")}
        result = []
        for row in self.rows("SELECT node, sum(allocations) AS allocations, "
                             "sum(allocated_bytes) AS bytes FROM memory WHERE category = 0 "
                             "GROUP BY node"):
            path, at = [], row["node"]
            while at in nodes and nodes[at]["parent"] is not None:
                path.append((nodes[at]["function"], nodes[at]["module"]))
                at = nodes[at]["parent"]
            path.reverse()
            if any(name == function for name, _ in path):
                result.append((path, row["allocations"], row["bytes"]))
        return result

    def report(self, *options):
        """What `thag report --json` says with these options."""
        done = Ended([os.path.join(BUILD, "thag"), "report", "--json", *options, self.path])
        if done.status:
            raise RuntimeError("thag report: " + done.err.decode())
        return json.loads(done.out)


def as_user(user):
    """What to write before a command that another one is to run."""
    return ["setpriv", "--reuid", str(user), "--clear-groups", "--"] if user else []


class Run(Ended):
    """A program under thag-run; `profile` is None where none was written."""

    def __init__(self, command, env=None, options=(), what="--memory", user=None, **more):
        self.directory = tempfile.mkdtemp(prefix="thag-engine-")
        if user:
            os.chown(self.directory, user, -1)
        if "--both" in options:
            what = "--both"
        super().__init__([*as_user(user), os.path.join(BUILD, "thag-run"), what, "-o", self.directory,
                          *options, "--", *command], env, **more)
        self.wait_for_background()
        found = glob.glob(self.directory + "/*.thag")
        self.profile = Profile(found[0]) if len(found) == 1 else None

    def wait_for_background(self):
        """thag-run waits half a second for what a program leaves behind; we until it has ended."""
        told = re.search(BACKGROUND, self.err)
        for _ in range(50 * TIMEOUT if told else 0):
            if not os.path.exists(f"/proc/{int(told.group(1))}"):
                break
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.profile:
            self.profile.db.close()
        shutil.rmtree(self.directory, ignore_errors=True)


class Tally:
    """Counts what passed; says what failed at once, the rest with --verbose."""

    def __init__(self, verbose=False):
        self.verbose, self.passed, self.failed = verbose, 0, 0

    def check(self, name, problems):
        if problems:
            self.failed += 1
            print(f"FAILED {name}", flush=True)
            for problem in problems[:20]:
                print(f"    {problem[:400]}")
        else:
            self.passed += 1
            if self.verbose:
                print(f"passed {name}")

    def attempt(self, name, function, *arguments):
        """Checks what the function returns; that it could not be run is a failure too."""
        try:
            problems = function(*arguments)
        except (OSError, RuntimeError, ValueError, sqlite3.Error) as error:
            problems = [f"{type(error).__name__}: {error}"]
        self.check(name, problems)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0
