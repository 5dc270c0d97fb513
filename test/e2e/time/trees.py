# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
Programs whose calls are known: the tree that each case of test/programs/traced must yield. A line is
a function and how often it was called from where the tree has it.
"""

FRAMES = {
    "plain": """
      middle 1000
        leaf 2000
      other 1000""",
    "tail": """
      tail_1 100
        tail_2 100
          tail_3 100""",
    "inlined": """
      inlining 100
        inlined_1 100
          inlined_2 200
            leaf 200
        leaf 100
      leaf 1""",
    "frames": """
      large 1
        leaf 2
        large 1
          leaf 2
          large 1
            leaf 2
            large 1
              leaf 2
              large 1
                leaf 2
      growing 5
        leaf 25
        inlined_2 25
          leaf 25
      leaf 1""",
    "callbacks": """
      sorting 100
        compare 100""",
    "jumps": """
      catching 100
        jump_1 100
          jump_2 100
            leaf 100
        other 100
      leaf 1""",
    "jumps_from_loop": """
      jump_now 100
      other 100
      leaf 1""",
    "jumps_in_recursion": """
      nest 100
        nest 100
          nest 100
            nest 100
              nest 100
                nest 100
      leaf 1""",
    "handlers": """
      handle_100 1
        handled_in 100
          interrupted 100
            handle 100
              leaf 100
          other 100
        leaf 1""",
    "exits": """
      end_1 1
        end_2 1
          leaf 1
          at_exit 1
            leaf 1""",
    "exits_at_once": """
      end_at_once 1
        leaf 1""",
}
for variant in ("handlers_alternate", "handlers_left", "handlers_left_alternate"):
    FRAMES[variant] = FRAMES["handlers"]

# On a stack of its own nothing is below main: such trees stand beside the case.
COROUTINE = """
body 50
  step 500
    leaf 1000"""
SWITCHES = {
    "contexts_malloc": """
      run_rounds 1
        run_round 11
          leaf 11""" + COROUTINE,
    "contexts_abandoned": """
      leaf 500
body 500
  step 500
    leaf 500""",
    "contexts_migrating": COROUTINE + """
run_in_thread 11
  run_round 11
    leaf 11""",
    "contexts_ending_elsewhere": """
pausing_body 1
  pausing 1
    leaf 1""",
    "by_hand": """
      leaf 100
on_own_stack 200
  by_hand_inner 200
    leaf 400""",
    "threads": """
      run_threads 1
work 10
  leaf 1000""",
    "threads_exiting": """
      run_threads 1
work 10
  leaf 1000
  end_thread 10
    leaf 10
  clean_up 10
    leaf 10""",
    "forks": """
      forking 5
        leaf 5
        in_child 5
          leaf 5""",
    "libraries": """
      visit 10
        in_library 20
          leaf 20
      leaf 10""",
}
SWITCHES["contexts_mmap"] = SWITCHES["contexts_small"] = SWITCHES["contexts_malloc"]
SWITCHES["threads_cancelled"] = SWITCHES["threads_exiting"]

THROW = """throw_1 100
          throw_2 100
            throw_3 100
              leaf 100"""
UNWINDING = {
    "exceptions": f"""
      catching 100
        {THROW}
        leaf 100
        other 100
      leaf 1""",
    "guards": """
      guarded_1 100
        guard::guard 200
        guarded_2 100
          guard::guard 100
          throw_1 100
            throw_2 100
              throw_3 100
                leaf 100
          guard::~guard 100
            leaf 100
        guard::~guard 200
          leaf 200
      other 100
      leaf 1""",
    "rethrows": f"""
      rethrowing 100
        {THROW}
        other 100
      leaf 100""",
    "loop": """
      throw_now 100
      other 100
      leaf 1""",
    "constructors": """
      make_whole 100
        whole::whole 100
          part::part 200
          part::~part 100
            leaf 100
          other 100
      leaf 100""",
    "cancelled": """
      end_threads 1
thread 10
  guard::guard 10
  wait_1 10
    guard::guard 10
    wait_2 10
      leaf 10
    guard::~guard 10
      leaf 10
  guard::~guard 10
    leaf 10""",
}
UNWINDING["exiting"] = UNWINDING["cancelled"]


def parse(text):
    """{path: calls}, a path being a tuple of names."""
    tree, open_at = {}, []
    for line in text.splitlines():
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        name, calls = line.split()
        while open_at and open_at[-1][0] >= indent:
            open_at.pop()
        open_at.append((indent, name))
        tree[tuple(n for _, n in open_at)] = int(calls)
    return tree


def below_main(case, text):
    """The whole tree of a case: what is indented is called by it."""
    tree = {("main",): 1, ("main", case): 1}
    for path, calls in parse(text).items():
        first = next(l for l in text.splitlines() if l.split() and l.split()[0] == path[0])
        tree[("main", case) + path if first.startswith("   ") else path] = calls
    return tree


def nested(name, depth, times):
    return {(name,) * i: times for i in range(1, depth + 2)}


def trees():
    """{(program, case): {path: calls}}"""
    result = {}
    for program, cases in (("frames", FRAMES), ("switches", SWITCHES), ("unwinding", UNWINDING)):
        for case, text in cases.items():
            result[program, case] = below_main(case, text)
    for program, case, depth, times, extra in (("frames", "recursion", 100, 3, {}),
                                               ("unwinding", "recursion", 8, 100, {("leaf",): 1})):
        tree = {("main",): 1, ("main", case): 1}
        for path, calls in {**nested("descend", depth, times), **extra}.items():
            tree[("main", case) + path] = calls
        result[program, case] = tree
    return result
