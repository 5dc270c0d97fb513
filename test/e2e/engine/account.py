# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Profiles of test/programs/account compared with the program's own account, number by number."""

import json
import os
import random
import tempfile

from thag import PROGRAMS, Run

FIGURES = {"allocations": "allocations", "bytes": "allocated_bytes",
           "leaked_blocks": "leaked_blocks", "leaked_bytes": "leaked_bytes"}
PEAKS = {"peak_blocks": "process_peak_blocks", "peak_bytes": "process_peak_bytes"}
TOTALS = {"allocations": "allocations", "bytes": "bytes", "leaked_blocks": "leaked_blocks",
          "leaked_bytes": "leaked_bytes", "temporary": "temporary",
          "temporary_bytes": "temporary_bytes"}
ACCOUNTED = "/^(acct|site)_/"


def shape(seed):
    """Program and arguments of a seed: small and large, alone and with threads, with forks."""
    r = random.Random(seed)
    program = r.choice(["account", "account", "account_cxx"])
    threads = r.choice([1, 1, 2, 3, 8])
    steps = r.choice([20, 300, 1500, 1500])
    forks = r.choice([0, 0, 0, 1, 4])
    return [os.path.join(PROGRAMS, program), str(seed), str(threads), str(steps), str(forks)]


def differ(where, wanted, said, names):
    return [f"{where}: {key} {wanted[key]} in the account, {said.get(name, 0)} in the profile"
            for key, name in names.items() if wanted[key] != said.get(name, 0)]


def compare_run_peak(accounts, said):
    """
    Of all processes together. Parents wait for their children, so it is the largest of these sums;
    but when exactly a child ended nobody knows, and its leaks may count a little longer.
    """
    def at(account):
        return sum(s["before_bytes"] + s["peak_bytes"] for s in account["sites"])
    least = max(at(account) for account in accounts)
    most = least + sum(a["leaked_bytes"] for a in accounts[:-1])
    if least <= said["peak_bytes"] <= most:
        return []
    return [f"run: peak {least} to {most} in the account, {said['peak_bytes']} in the profile"]


def compare_process(account, profile, sites, row, summary):
    problems = []
    for number, site in enumerate(account["sites"]):
        said = sites.get((row["id"], f"site_{number}"), {})
        where = f"process {row['id']} site_{number}"
        if summary:
            names = {"allocations": "allocations", "bytes": "allocated_bytes"}
        else:
            names = {**FIGURES, **PEAKS}
        problems += differ(where, site, said, names)
    if not summary and row["frees_unknown"] != account["unknown"]:
        problems.append(f"process {row['id']}: {account['unknown']} releases of inherited blocks, "
                        f"{row['frees_unknown']} in the profile")
    return problems


def compare(accounts, run, summary):
    profile = run.profile
    if run.hung or run.status or not profile:
        return [f"status {run.status}, hung {run.hung}: {run.err.decode()[-300:]}"]
    problems = []
    rows = {row["pid"]: row for row in profile.processes()}
    sites = profile.sums_by(["site_"])
    if sorted(rows) != sorted(a["pid"] for a in accounts):
        return [f"processes {sorted(rows)}, wanted {sorted(a['pid'] for a in accounts)}"]
    if not sites:
        names = profile.rows("SELECT name FROM function LIMIT 12")
        return [f"no site is in the profile, only {[row['name'] for row in names]}; "
                f"{profile.run()}; {run.err.decode()[-300:]}"]
    for account in accounts:
        row = rows[account["pid"]]
        problems += compare_process(account, profile, sites, row, summary)
        parent = rows.get(account["parent"], {"id": None})["id"] or 0
        if (row["parent"] or 0) != parent:
            problems.append(f"process {row['id']}: parent {row['parent']}, wanted {parent}")
        if row["lost_events"]:
            problems.append(f"process {row['id']}: {row['lost_events']} events lost")
    said = profile.report("--function", ACCOUNTED)
    totals = {key: sum(a[key] for a in accounts) for key in TOTALS}
    names = {k: v for k, v in TOTALS.items() if not summary or k in ("allocations", "bytes")}
    problems += differ("run", totals, said["memory"], names)
    if summary:
        return problems
    frees = totals["allocations"] - totals["leaked_blocks"]
    if said["memory"]["frees"] != frees:
        problems.append(f"run: frees {frees}, {said['memory']['frees']} in the profile")
    return problems + compare_run_peak(accounts, said["memory"])


def run_seed(seed, tally):
    command = shape(seed)
    summary = seed % 10 == 9
    with tempfile.NamedTemporaryFile(prefix="account-") as account:
        options = ["-q"] + (["--summary"] if summary else [])
        with Run(command, {"ACCOUNT": account.name}, options) as run:
            with open(account.name) as file:
                accounts = [json.loads(line) for line in file]
            name = " ".join([os.path.basename(command[0]), *command[1:], *options[1:]])
            tally.check(name, compare(accounts, run, summary))
