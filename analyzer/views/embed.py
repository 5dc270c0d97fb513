#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Turns text files into one C string: embed.py NAME OUTPUT INPUT...

The files are joined in the order given; of scripts indentation and lines of comments are left out, but for
the licence (each page holds them all, and none of them has texts of several lines). They are to stand in CDATA sections of pages, so what would
end one is refused, as is anything that a C string of UTF-8 bytes cannot hold.
"""

import sys


def c_string(line):
    escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("?", "\\?")
    return '\t"' + escaped.rstrip("\n") + '\\n"\n'


def without_comments(lines):
    """What a reader of the source needs and no browser."""
    for line in lines:
        text = line.strip()
        if text.startswith("// SPDX") or (text and not text.startswith("//")):
            yield text + "\n"


def main():
    name, output, inputs = sys.argv[1], sys.argv[2], sys.argv[3:]
    lines = []
    for path in inputs:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if "]]>" in text or "\0" in text or "</script" in text:
            sys.exit(f"{path}: must not hold ]]>, </script or NUL")
        plain = text.splitlines(keepends=True)
        lines += without_comments(plain) if path.endswith(".js") else plain
    with open(output, "w", encoding="utf-8") as file:
        file.write('#include "flame.h"\n\nconst char %s[] =\n' % name)
        file.write("".join(c_string(line) for line in lines))
        file.write("\t;\n")


main()
