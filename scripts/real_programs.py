# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Real programs that scripts/try-instrument and scripts/try-traced have in common: where their
sources come from, and what they are asked to do.

Sources are those of Debian packages, fetched once with apt-get source into a directory of their own
(no change to the system's apt).
"""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent

LUA_SESSION = r"""
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
local t = {}
for i = 1, 20000 do t[i] = (i * 7919) % 20011 end
table.sort(t, function(a, b) return a > b end)
local co = coroutine.wrap(function() for i = 1, 5 do coroutine.yield(i * i) end end)
local s = 0
for _ = 1, 5 do s = s + co() end
local ok, why = pcall(function() error({code = 42}) end)
local ok2, why2 = pcall(string.rep, "x", -1, 5)
local f = load("local a = ... ; return a .. '!'")
print(fib(20), t[1], t[20000], s, ok, why.code, ok2, why2, f("loaded"))
print(string.format("%5.2f|%q|%s", 3.14159, "a\nb", ("x"):rep(5, "-")), #("é"), utf8.len("é"))
local n = 0
for w in ("the quick brown fox"):gmatch("%a+") do n = n + #w end
print(n, ("abc"):gsub("%w", "%0%0"), select("#", table.unpack({1, 2, nil, 4}, 1, 4)))
goto done
do print("never") end
::done::
local mt = setmetatable({}, {__index = function(_, k) return k .. "?" end, __close = function() end})
do local x <close> = mt; print(x.what) end
collectgarbage()
print(math.type(1 << 40), 7 // 2, 7 % -3, 2 ^ 10, pcall(function() local a = nil; return a.b end))
"""

SQL_SESSION = r"""
create table t(id integer primary key, name text, value real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
  insert into t select i, 'name' || (i * 7919 % 20011), i / 3.0 from n;
create index by_name on t(name);
select count(*), round(sum(value), 3), min(name), max(name) from t;
select name from t where name like 'name1999%' order by name limit 5;
explain query plan select * from t where name = 'name17';
begin; delete from t where id % 2; rollback;
select count(*) from t where id in (select id * 2 from t where value > 100);
create virtual table docs using fts5(body);
insert into docs values ('the quick brown fox'), ('jumps over the lazy dog');
select body from docs where docs match 'quick OR lazy' order by rowid;
select json_extract('{"a":[1,2,{"b":3}]}', '$.a[2].b'), json_group_array(id) from t where id < 5;
select id, sum(value) over (order by id rows 2 preceding) from t limit 4;
create trigger tr after update on t begin insert into docs values ('changed ' || new.id); end;
update t set value = 0 where id < 4;
select count(*) from docs;
insert into t(id) values (1);
pragma integrity_check;
"""


class Failure(Exception):
    pass


def run(command, directory, stdin=None):
    """Runs a shell command; its standard output."""
    done = subprocess.run(["bash", "-c", "set -e -o pipefail; " + command], cwd=directory,
                          input=stdin, text=True, errors="replace", stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    if done.returncode:
        raise Failure(f"{command}\n(exit status {done.returncode})\n"
                      + (done.stdout + done.stderr)[-3000:])
    return done.stdout


def fetch(name, cache):
    """Directory of the unpacked source."""
    found = sorted(cache.glob(f"{name}-*/"))
    if found:
        return found[0]
    apt = cache / "apt"
    for directory in ["lists/partial", "cache/archives/partial"]:
        (apt / directory).mkdir(parents=True, exist_ok=True)
    sources = apt / "sources.list"
    sources.write_text("deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
                       "http://deb.debian.org/debian bookworm main\n")
    command = (f"apt-get -q -o Dir::Etc::sourcelist={sources} -o Dir::Etc::sourceparts=/dev/null "
               f"-o Dir::State::lists={apt}/lists -o Dir::Cache={apt}/cache "
               "-o APT::Sandbox::User=")
    if not (apt / "updated").exists():
        run(command + " update", cache)
        (apt / "updated").touch()
    run(command + f" source {name}", cache)
    return sorted(cache.glob(f"{name}-*/"))[0]


def add_options(parser):
    """What both scripts are told."""
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build",
                        help="where thag is built (default: build)")
    parser.add_argument("--cache", type=pathlib.Path, default=ROOT / "build-sources",
                        help="where sources are kept (default: build-sources)")
    parser.add_argument("-v", "--verbose", action="store_true")


def try_all(projects, options, attempt):
    """Calls attempt(project, options) for those that are wanted; the exit status."""
    options.build, options.cache = options.build.resolve(), options.cache.resolve()
    options.cache.mkdir(exist_ok=True)
    unknown = set(options.names) - {project.name for project in projects}
    if unknown:
        print("not known: " + " ".join(sorted(unknown)))
        return 2
    failed = []
    for project in projects:
        if options.names and project.name not in options.names:
            continue
        print(project.name, flush=True)
        try:
            attempt(project, options)
        except Failure as failure:
            failed.append(project.name)
            print(f"  FAILED: {failure}", flush=True)
    print("failed: " + " ".join(failed) if failed else "all passed")
    return 1 if failed else 0
