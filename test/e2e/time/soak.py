# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Everything at once, sampled as often as may be, for as long as one likes: nothing fails or grows."""

import glob
import os
import statistics
import threading
import time

from tracing import TRACED, TimeRun

MIB = 1 << 20
LOOKS = 400  # at the processes, in a long run
STEADY_SECONDS = 60  # before that everything grows
# What a run may grow by in its second half, and what a process of it may take. The pool grows where
# writers have to wait, so on a busy machine at any time, up to what a backlog may.
GROWTH = {"program": 16 * MIB, "analyzer": 64 * MIB, "pool": 160 * MIB, "descriptors": 8,
          "timers": 64}
PROCESS_BYTES, PROFILE_BYTES, PROFILE_PROCESS_BYTES = 512 << 10, 64 * MIB, 128 << 10


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as lines:
        return dict(line.rstrip("\n").split(":\t", 1) for line in lines if ":\t" in line)


def children_of(pid):
    found = []
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        with open(path, encoding="ascii") as file:
            found += [int(word) for word in file.read().split()]
    return found


def pool_bytes(pid):
    """What the pool that the analyzer has open takes of memory."""
    for path in glob.glob(f"/proc/{pid}/fd/*"):
        if os.readlink(path).startswith("/dev/shm/"):
            return os.stat(path).st_blocks * 512
    return 0


class Watch(threading.Thread):
    """Looks at the program and at the analyzer, both children of thag-run, until they are gone."""

    def __init__(self, pid, seconds):
        super().__init__(daemon=True)
        self.pid, self.pause, self.looks = pid, max(0.1, seconds / LOOKS), []
        self.end = time.monotonic() + seconds

    def run(self):
        while time.monotonic() < self.end:
            look = {}
            try:
                for child in children_of(self.pid):
                    self.look_at(child, look)
            except (OSError, ValueError, KeyError):
                pass  # it ended just now
            if len(look) == len(GROWTH):
                self.looks.append(look)
            time.sleep(self.pause)

    @staticmethod
    def look_at(pid, look):
        anonymous = int(status_of(pid)["RssAnon"].split()[0]) << 10
        if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "thag":
            look["analyzer"], look["pool"] = anonymous, pool_bytes(pid)
        else:
            look["program"] = anonymous
            look["descriptors"] = len(os.listdir(f"/proc/{pid}/fd"))
            with open(f"/proc/{pid}/timers", encoding="ascii") as file:
                look["timers"] = file.read().count("ID:")

    def middles(self, of):
        """The middle values of the second quarter and of the last."""
        values = [look[of] for look in self.looks]
        quarter = len(values) // 4
        return statistics.median(values[quarter:2 * quarter]), statistics.median(values[-quarter:])


def growth_problems(watch, seconds, processes, say):
    if len(watch.looks) < 8:
        return [f"only {len(watch.looks)} looks"] * (seconds >= STEADY_SECONDS)
    problems = []
    for of, most in GROWTH.items():
        before, after = watch.middles(of)
        if of == "analyzer":
            most += processes * PROCESS_BYTES
        unit = 1 if of in ("descriptors", "timers") else MIB
        say(f"    {of}: {before / unit:.1f}, later {after / unit:.1f}")
        if after > before + most and seconds >= STEADY_SECONDS:
            problems.append(f"{of}: {before / unit:.1f} became {after / unit:.1f}")
    return problems


def profile_problems(profile, processes, threads, say):
    """Nothing is missing in it, and it is no larger than what it is about."""
    meta, size = profile.run(), os.path.getsize(profile.path)
    say(f"    profile: {size / MIB:.1f} MiB, {processes} processes, {threads} threads, "
        f"{int(meta['events'])} events")
    most = PROFILE_BYTES + processes * PROFILE_PROCESS_BYTES
    return ([f"incomplete: {meta['incomplete']}"] * (int(meta["complete"]) != 1)
            + [f"profile of {size / MIB:.1f} MiB"] * (size > most))


def check_soak(build, options, seconds, say=lambda line: None):
    env = {"TRACED_LIBRARY": os.path.join(TRACED, f"library-{build}.so")}
    command = [os.path.join(TRACED, f"soak-{build}"), str(seconds)]
    watches = []

    def during(process):
        watches.append(Watch(process.pid, seconds))
        watches[0].start()

    with TimeRun(command, options=["--rate", "10000", *options], env=env,
                 timeout=120 + 4 * seconds, during=during) as run:
        if run.hung or run.profile is None:
            return ["hung" if run.hung else "no profile: " + run.err.decode()[-300:]]
        if run.status or run.out != b"0 failures\n" or run.err:
            return [f"status {run.status}: {run.out[-300:]} {run.err[-300:]}"]
        processes, threads = (run.profile.rows(f"SELECT sum(max(together, 1)) AS n FROM {table}")
                              [0]["n"] for table in ("process", "thread"))
        kind = "wall" if "--wall" in options else "cpu"
        whole = run.profile.rows(f"SELECT total({kind}_ns) AS ns FROM samples")[0]["ns"]
        # Others may have most of the processors.
        return ([f"{whole / 1e6} ms sampled"] * (whole < 0.01e9 * seconds)
                + growth_problems(watches[0], seconds, processes, say)
                + profile_problems(run.profile, processes, threads, say))


def check_endings(mode):
    """Thousands of threads on their way out: the pool is not used up, and nothing is missing."""
    with TimeRun([os.path.join(TRACED, "endings-gcc-O2"), "1200"], options=[mode, "--both"],
                 timeout=120) as run:
        if run.hung or run.status or run.profile is None:
            return ["hung" if run.hung else f"status {run.status}: {run.err[-300:]}"]
        meta = run.profile.run()
        threads = sum(max(t["together"], 1) for t in run.profile.threads())
        return ([f"incomplete: {meta['incomplete']}"] * (int(meta["complete"]) != 1)
                + [f"{threads} threads"] * (threads != 1 + 8 + 8 * 2 * 1200))


SOAKS = {
    "cpu": ("gcc-O2", ["--summary"]),
    "timer": ("gcc-O0", ["--sampler", "timer", "--summary"]),
    "wall": ("gcc-O2", ["--wall", "--summary", "--memory"]),
}


def run_soak(names, tally, seconds, say=lambda line: None):
    for mode in ("--summary", "--detail"):
        if not names or any(n in "endings" for n in names):
            tally.attempt(f"endings {mode}", check_endings, mode)
    for name, (build, options) in SOAKS.items():
        title = f"soak {name} {build} {' '.join(options)}"
        if not names or any(n in title for n in names):
            say(f"{title}, {seconds} s")
            tally.attempt(title, check_soak, build, options, seconds, say)
