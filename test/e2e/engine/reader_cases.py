# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The analyzer is killed or stopped while the program runs: the program must not notice."""

import glob
import os
import signal
import tempfile
import time

from thag import BUILD, PROGRAMS, TIMEOUT, Ended, Profile, Run

FLOOD = [os.path.join(PROGRAMS, "flood"), "40", "10000"]


# An analyzer that says which process it is, before the program goes on.
ANALYZER = """#!/bin/sh
echo $$ >'{directory}/pid.new'
mv '{directory}/pid.new' '{directory}/pid'
exec '{thag}' "$@"
"""


def announced_analyzer(directory):
    """Where libthag.so shall take its analyzer from."""
    path = os.path.join(directory, "analyzer")
    with open(path, "w") as file:
        file.write(ANALYZER.format(directory=directory, thag=os.path.join(BUILD, "thag")))
    os.chmod(path, 0o700)
    return path


def find_collector(directory):
    """The analyzer that libthag.so started."""
    path = os.path.join(directory, "pid")
    wait_for_bytes(path)
    with open(path) as file:
        return int(file.read())


def wait_for_stop(process):
    """Until the program has stopped itself: it is profiled by then, and in the middle of its work."""
    for _ in range(6000):
        with open(f"/proc/{process.pid}/stat") as file:
            if file.read().rpartition(")")[2].split()[0] == "T":
                return
        time.sleep(0.01)
    raise RuntimeError("the program does not stop")


def go_on(process):
    process.send_signal(signal.SIGCONT)


def wait_for_bytes(path):
    for _ in range(6000):
        if os.path.exists(path) and os.path.getsize(path):
            return
        time.sleep(0.01)
    raise RuntimeError(f"nothing is written to {path}")


def preloaded(command, during, figures=None, options=None):
    """
    Runs a program with the library preloaded by hand, and `during` in the middle of it with the
    analyzer's pid and the process, which is stopped and goes on afterwards at the latest. Returns
    what is wrong with how it ended; `figures` takes the profile and says what is wrong with that.
    """
    with tempfile.TemporaryDirectory(prefix="thag-reader-") as directory:
        environment = {"LD_PRELOAD": os.path.join(BUILD, "preload/libthag.so"),
                       "THAG_PROFILER": f"memory,{directory}",
                       "THAG_ANALYZER": announced_analyzer(directory), "FLOOD_STOPS": "1",
                       **(options or {})}
        found = []

        def act(process):
            found.append(find_collector(directory))
            wait_for_stop(process)
            try:
                during(found[0], process)
            finally:
                go_on(process)

        problems = same(Ended(command, environment, during=act), Ended(command))
        for _ in range(3000):
            if not os.path.exists(f"/proc/{found[0]}"):
                break
            time.sleep(0.02)
        else:
            os.kill(found[0], signal.SIGKILL)
            return problems + ["the analyzer did not end by itself"]
        if not figures:
            return problems
        paths = glob.glob(directory + "/*.thag")
        return problems + (figures(Profile(paths[0])) if paths else ["no profile"])


def same(ended, plain):
    problems = []
    if ended.hung:
        problems.append("hung")
    if (ended.status, ended.out) != (plain.status, plain.out):
        problems.append(f"status {ended.status}, {plain.status} without thag; "
                        f"{len(ended.out)} bytes said, {len(plain.out)} without")
    return problems


def killed():
    """In the middle of reading: there is much more to come."""
    def kill_reading(pid, process):
        go_on(process)
        time.sleep(0.02)
        os.kill(pid, signal.SIGKILL)
    return preloaded([FLOOD[0], "200"], kill_reading)


def killed_while_stopped():
    """The program waits for a reader that cannot come; then that one dies."""
    def stop_and_kill(pid, process):
        os.kill(pid, signal.SIGSTOP)
        go_on(process)
        time.sleep(1)
        os.kill(pid, signal.SIGKILL)
    return preloaded([FLOOD[0], "200"], stop_and_kill)


def stop(pid, process):
    os.kill(pid, signal.SIGSTOP)
    go_on(process)
    time.sleep(1)
    os.kill(pid, signal.SIGCONT)


def stop_to_the_end(pid, process):
    os.kill(pid, signal.SIGSTOP)
    go_on(process)
    try:
        process.wait(TIMEOUT)
    finally:
        os.kill(pid, signal.SIGCONT)


def stopped_loses_nothing():
    def figures(profile):
        said = profile.sums("churn_flood")["allocations"]
        return [] if said == 100 * 20000 else [f"{said} allocations, wanted {100 * 20000}"]
    return preloaded([FLOOD[0], "100", "1000"], stop, figures)


def drop_counts():
    """A full pool: nothing waits, and what was dropped is counted."""
    made = 200 * 20000

    def figures(profile):
        said = profile.sums("churn_flood")["allocations"]
        lost = profile.report()["lost"]["events"]
        if lost and said + lost >= made and said < made:
            return []
        return [f"{said} allocations seen and {lost} events lost, of {made} allocations"]
    return preloaded([FLOOD[0], "200"], stop_to_the_end, figures, {"THAG_ON_FULL": "drop"})


def wrapper_killed():
    """thag-run itself is killed: the program goes on by itself."""
    with tempfile.TemporaryDirectory(prefix="thag-reader-") as directory:
        mark = os.path.join(directory, "mark")
        words = os.path.join(directory, "words")
        command = ["/bin/sh", "-c", f"{FLOOD[0]} 40 10000 >{words}; echo $? >{mark}"]

        def kill(process):
            wait_for_bytes(words)
            os.kill(process.pid, signal.SIGKILL)
        with Run(command, options=["-q"], during=kill):
            pass
        wait_for_bytes(mark)
        with open(mark) as file:
            status = file.read().strip()
        return [] if status == "7" else [f"the program's status is {status}, wanted 7"]


CASES = [
    ("reader killed", killed),
    ("reader killed while the program waits for it", killed_while_stopped),
    ("reader stopped for a second", stopped_loses_nothing),
    ("pool full, dropping", drop_counts),
    ("wrapper killed", wrapper_killed),
]
