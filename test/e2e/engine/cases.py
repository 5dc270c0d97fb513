# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
Programs that do what breaks profilers. Each must end as it does without thag, say the same, and
not hang; and what is known of its allocations must be in the profile.
"""

import os
import re
import shutil
import tempfile
import time

from thag import BACKGROUND, PROGRAMS, TIMEOUT, Ended, Run
import reader_cases


def program(name, *arguments):
    return [os.path.join(PROGRAMS, name), *arguments]


def shell(script, command):
    """The command by way of a shell that sets something first."""
    return ["/bin/sh", "-c", script + '\nexec "$@"', "sh", *command]


class Case:
    """
    wants       {function: (allocations, bytes, blocks leaked)} over all processes
    processes   how many the profile must know, None: not known
    lossy       events may be missing or missed (handlers that interrupt hooks)
    root        needs to be root
    quiet       standard error must be the same too
    environment           of everything
    before                what a shell says before it becomes the program
    ended       takes the temporary directory, waits for what goes on after the program's end
    check       takes a Run and the temporary directory, returns problems
    """

    def __init__(self, name, command, wants=None, processes=1, lossy=False, root=False,
                 quiet=True, environment=None, before=None, check=None, ended=None):
        self.name, self.command, self.wants = name, command, wants or {}
        self.processes, self.lossy, self.root, self.quiet = processes, lossy, root, quiet
        self.environment, self.before, self.check = environment, before, check
        self.ended = ended or (lambda directory: [])


def leaked(count, size):
    return (count, count * size, count)


def churned(count, size):
    return (count, count * size, 0)


BEFORE = {"site_before": leaked(1000, 100)}
AFTER = {"site_after": leaked(1000, 10)}
IMAGE = {"site_image": leaked(300, 30)}


def handled_in_all(run, directory):
    """Every call of the handler is in the profile or counted as missed."""
    with open(os.path.join(directory, "account")) as file:
        handled = int(file.read())
    said = run.profile.sums("site_handler")
    missed = sum(t["missed_events"] for t in run.profile.threads())
    lost = sum(p["lost_events"] for p in run.profile.processes())
    problems = []
    if not handled - missed <= said["allocations"] <= handled:
        problems.append(f"{handled} allocations in handlers, {said['allocations']} seen, "
                        f"{missed} missed")
    if said["allocations"] < handled / 20:
        problems.append(f"{said['allocations']} of {handled} are too few")
    if lost < missed:
        problems.append(f"{missed} missed, but {lost} lost")
    return problems


def roots(*functions):
    """All call paths begin in one of these, or in what comes before main."""
    def check(run, _):
        allowed = set(functions) | {"_start", "clone3", "__clone3", "start_thread", "clone",
                                    "__GI___clone3", "__clone"}
        problems = []
        for path, _, _ in run.profile.stacks("site_bottom"):
            if path[0][0] not in allowed:
                problems.append(f"a path of {len(path)} frames begins in {path[0]}")
        return problems[:3] or ([] if run.profile.stacks("site_bottom") else ["no paths"])
    return check


def depth_is(function, depth, folded=False):
    def check(run, directory):
        problems = roots()(run, directory)
        for path, _, _ in run.profile.stacks("site_bottom"):
            count = sum(1 for name, _ in path if name == function)
            marks = [name for name, _ in path if name.startswith("[")]
            if not folded and (count != depth or marks):
                problems.append(f"{count} frames of {function}, {depth} wanted; {marks}")
            if folded and not marks:
                problems.append(f"{count} frames of {function}, and no word of folding")
            if "main" not in [name for name, _ in path]:
                problems.append("main is not there")
        return problems
    return check


def named_by_map(run, _):
    """Of two pieces of generated code, the one that the program's map names has its name."""
    os.unlink(f"/tmp/perf-{run.profile.processes()[0]['pid']}.map")
    callers = sorted(path[[name for name, _ in path].index("in_generated") - 1][0]
                     for path, _, _ in run.profile.stacks("site_generated"))
    return [] if callers == ["[unknown]", "generated code: first"] else [str(callers)]


def in_own_module(run, _):
    """Each plugin's function was seen in its own library, and in no other."""
    problems = []
    for letter in "ab":
        for path, _, _ in run.profile.stacks(f"site_plugin_{letter}"):
            for name, module in path:
                if name == f"site_plugin_{letter}" and f"libplugin_{letter}" not in module:
                    problems.append(f"{name} in {module}")
    return problems


def calls_of_other_preload(run, _):
    return [] if b"calls of 100 bytes: 1000\n" in run.err else [run.err.decode()]


def ended_daemon(directory):
    """Its file is the last thing that it makes, which may be after the program's end."""
    for _ in range(50 * TIMEOUT):
        if os.path.exists(os.path.join(directory, "file")):
            return []
        time.sleep(0.02)
    return ["the daemon did not finish"]


CASES = [
    # How a process ends.
    *[Case("ends " + how, program("ends", how), BEFORE)
      for how in ("kill", "abort", "_exit", "quick_exit", "term", "double_free")],
    Case("ends crash", program("ends", "crash"), {**BEFORE, "site_crash": leaked(1, 64)}),
    Case("ends handlers", program("ends", "handlers"),
         {**BEFORE, "site_second": leaked(5, 10)}),
    Case("ends exec", program("ends", "exec"), {**BEFORE, "site_second": leaked(500, 10)}, 2),

    # Processes.
    Case("children", program("processes", "children"),
         {"site_child": leaked(50 * 20, 7), "churn_child": churned(50 * 20, 7)}, 51),
    Case("chain of forks", program("processes", "chain"), {"site_child": leaked(120, 10)}, 13),
    Case("vfork and exec", program("processes", "vfork"),
         {"site_parent": leaked(20, 10), "site_image": leaked(900, 30)}, 4),
    Case("posix_spawn", program("processes", "spawn"),
         {"site_parent": leaked(10, 10), **IMAGE}, None),
    Case("environment cleared", program("processes", "clear"),
         {"site_parent": leaked(10, 10), "site_child": leaked(10, 10)}, 2),
    Case("env -i", ["env", "-i", *program("processes", "image")], {}, None),
    Case("chroot", program("processes", "chroot", "{directory}"),
         {"site_child": leaked(2000, 10)}, 3, root=True),
    *[Case("descriptors by " + how, program("processes", "descriptors", how, "{directory}/file"),
           {"site_parent": leaked(201000, 10), "site_child": leaked(1000, 10)}, 2)
      for how in ("close", "closefrom", "close_range", "dup2")],
    *[Case("daemon by " + how, program("processes", "daemon", how, "{directory}/file"),
           {"site_parent": leaked(20, 10), "site_daemon": leaked(5000, 10)}, 3,
           ended=ended_daemon)
      for how in ("closefrom", "dup2")],

    # Limits: set by the program while it runs, and there from the start.
    *[Case(f"limit {what} {value}", program("processes", "limit", what, value),
           {"site_parent": leaked(100010, 10), "site_child": leaked(1000, 10)},
           None, quiet=False)
      for what, value in (("fsize", "0"), ("fsize", "100000"), ("nofile", "3"), ("nofile", "0"))],
    Case("limit as", program("processes", "limit", "as", "1500000000"),
         {"site_parent": leaked(100010, 10)}, None, quiet=False),
    *[Case("started under " + limit, program("processes", "image"), {}, None, quiet=False,
           before=limit)
      for limit in ("ulimit -v 60000", "ulimit -v 400000", "ulimit -v 2000000", "ulimit -n 4",
                    "ulimit -n 16", "ulimit -f 0", "ulimit -f 1000")],

    # Signals.
    Case("storm of handlers", program("signals", "storm"), AFTER, lossy=True,
         check=handled_in_all),
    Case("siglongjmp", program("signals", "jump", "same"), AFTER, lossy=True),
    Case("siglongjmp off an alternate stack", program("signals", "jump", "alternate"), AFTER,
         lossy=True),
    Case("siglongjmp off an alternate stack, after an allocation",
         program("signals", "jump", "allocate"), AFTER, lossy=True),
    Case("own SIGSEGV handler", program("signals", "fault"),
         {**AFTER, "site_handler": churned(100, 64)}),
    Case("stack overflow survived", program("signals", "overflow"), AFTER, None, lossy=True,
         before="ulimit -s 512"),

    # Stacks.
    Case("deep recursion", program("stacks", "deep", "100000"), {"site_bottom": leaked(300, 10)},
         2, before="ulimit -s 1000000", check=depth_is("descend", 100001)),
    Case("deeper recursion", program("stacks", "deep", "300000"),
         {"site_bottom": leaked(300, 10)}, 2, before="ulimit -s 1000000",
         check=depth_is("descend", 300001, folded=True)),
    Case("many depths", program("stacks", "stairs"), {"site_bottom": leaked(100000, 10)},
         check=roots()),
    Case("contexts", program("stacks", "contexts"),
         {"site_coroutine": leaked(6000, 16), "churn_coroutine": churned(6000, 16),
          "site_main_stack": leaked(105, 8), "run_coroutine": (12000, 192000, 6000)}),
    Case("stacks made by hand", program("stacks", "by_hand"),
         {"site_by_hand": leaked(1000, 12), "site_main_stack": leaked(50, 8)}),

    Case("generated code", program("stacks", "generated"),
         {"site_generated": leaked(20, 12)}, check=named_by_map),

    # Threads.
    Case("short threads", program("threads", "short"),
         {"site_worker": leaked(10000, 20), "churn_worker": churned(10000, 20)}),
    Case("many threads", program("threads", "many"),
         {"site_worker": leaked(2500, 20), "churn_worker": churned(2500, 20)}),
    Case("detached threads", program("threads", "detached"),
         {"site_worker": leaked(500, 20), "churn_worker": churned(500, 20)}),
    Case("forks of a busy program", program("threads", "forks"),
         {"churn_worker": churned(400000, 20), "site_child": leaked(1000, 10),
          "churn_child": churned(1000, 10)}, 101),
    Case("thread before main", program("threads", "early"),
         {"site_early": leaked(100, 10), "site_main": leaked(100, 10)}),
    Case("thread-specific destructors", program("threads", "exits"),
         {"site_worker": leaked(250, 20), "site_destructor": leaked(50, 30), "churn_destructor": churned(150, 30)}),
    Case("cancelled threads", program("threads", "cancelled"),
         {"site_worker": leaked(250, 20), "site_destructor": leaked(50, 30),
          "churn_destructor": churned(150, 30)}),
    Case("main thread ends first", program("threads", "main_exits"),
         {"site_main": leaked(10, 10), "site_worker": leaked(5, 20)}),

    # Another allocator, with calls of its own.
    Case("jemalloc's calls", program("jemalloc_calls"),
         {"site_mallocx": (100, 10000, 40), "site_rallocx": (50, 250000, 0)}),

    # The loader.
    Case("before main", program("loading", "early"),
         # What .preinit_array does comes before libc knows its environment, and us.
         {"site_early": leaked(10, 10), "site_main": leaked(10, 10)}),
    Case("setlocale first", program("loading", "locale"), {"site_main": leaked(10, 10)}),
    Case("libraries at one address", program("loading", "alternate", "{programs}"),
         {"site_plugin_a": leaked(400, 10), "site_plugin_b": leaked(600, 10)},
         check=in_own_module),
    Case("dlerror", program("loading", "dlerror"), {"churn_main": churned(10, 10)}),
    Case("errno", program("loading", "errno")),
    Case("another preload", program("known"), {"churn": churned(1000, 100)},
         environment={"LD_PRELOAD": os.path.join(PROGRAMS, "libother_preload.so")}, quiet=False,
         check=calls_of_other_preload),

    # C++.
    *[Case(name, program(name), wants)
      for name, wants in (
          ("exceptions", {"site_kept": leaked(500, 40)}),
          ("exceptions_clang", {"site_kept": leaked(500, 40)}),
          ("coroutines", {"site_inside": leaked(1000, 32)}),
          ("coroutines_clang", {"site_inside": leaked(1000, 32)}))],
]


def fill(command, directory):
    return [a.replace("{directory}", directory).replace("{programs}", PROGRAMS) for a in command]


def without_notes(text):
    """
    Standard error without what is no complaint of thag's: of text that would be too long, and of
    processes that take longer than it waits.
    """
    return b"".join(line for line in re.sub(BACKGROUND, b"", text).splitlines(True)
                    if not (line.startswith(b"thag: ") and b"were put together" in line))


def same_end(plain, run, quiet):
    problems = []
    if run.hung or plain.hung:
        return [f"hung: without thag {plain.hung}, with it {run.hung}"]
    if run.status != plain.status:
        problems.append(f"status {run.status}, {plain.status} without thag")
    if run.out != plain.out:
        problems.append(f"says {run.out[-200:]!r}, without thag {plain.out[-200:]!r}")
    if quiet and without_notes(run.err) != plain.err:
        problems.append(f"complains {run.err[-300:]!r}, without thag {plain.err[-300:]!r}")
    return problems


def right_numbers(case, profile):
    problems = []
    for function, (count, size, blocks) in case.wants.items():
        said = profile.sums(function)
        got = (said["allocations"], said["allocated_bytes"], said["leaked_blocks"])
        if got != (count, size, blocks):
            problems.append(f"{function}: {got} (allocations, bytes, leaked), "
                            f"wanted {(count, size, blocks)}")
    rows = profile.processes()
    if case.processes is not None and len(rows) != case.processes:
        problems.append(f"{len(rows)} processes, wanted {case.processes}: "
                        + ", ".join(row["command"] for row in rows))
    lost = sum(row["lost_events"] for row in rows)
    if lost and not case.lossy:
        problems.append(f"{lost} events lost")
    return problems


def run_case(case, options):
    directory = tempfile.mkdtemp(prefix="thag-case-")
    try:
        command = fill(case.command, directory)
        account = os.path.join(directory, "account")
        environment = {**(case.environment or {})}
        if case.before:
            command = shell(case.before, command)
        plain = Ended(command, environment)
        problems = case.ended(directory)
        for left in os.listdir(directory):
            os.unlink(os.path.join(directory, left))
        with Run(command, {**environment, "ACCOUNT": account}, ["-q", *options]) as run:
            problems += same_end(plain, run, case.quiet) + case.ended(directory)
            if run.profile:
                problems += right_numbers(case, run.profile)
                if case.check:
                    problems += case.check(run, directory)
            elif case.wants:
                problems.append("no profile: " + run.err.decode()[-300:])
        return problems
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def run_cases(names, options, tally):
    for case in CASES:
        if names and not any(n in case.name for n in names):
            continue
        if case.root and os.getuid() or not shutil.which(case.command[0]):
            continue
        tally.attempt(case.name, run_case, case, options)
    for name, check in reader_cases.CASES:
        if not names or any(n in name for n in names):
            tally.attempt(name, check)
