# SPDX-License-Identifier: Apache-2.0 OR MIT
"""With -DTHAG_DISABLE the machine code is that of a source without the macros."""

import os
import re
import shutil
import subprocess
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
SOURCE = os.path.join(ROOT, "test/programs/named/disabled.c")
LANGUAGES = {"c": {"gcc": ["-std=c99"], "clang": ["-std=c99"]},
             "c++": {"g++": ["-std=c++11"], "clang++": ["-std=c++11"]}}
LEVELS = ("-O0", "-O1", "-Og", "-O2", "-O3", "-Os")


def without_macros(text):
    """As somebody would have written it who never heard of thag.h."""
    text = re.sub(r'#include "thag.h"\n', "", text)
    text = re.sub(r'THAG_SECTION\("[^"]*"\)', "", text)
    text = re.sub(r"THAG_(SECTION_TO_END|PROFILED)\w*(\([^)]*\))?;", "", text)
    text = re.sub(r"struct thag_\w+ \w+ = thag_\w+\([^)]*\);", "", text)
    text = re.sub(r"thag_is_active\(\)", "0", text)
    return re.sub(r"thag_\w+\((?:[^()]|\([^()]*\))*\);", "", text)


def machine_code(compiler, arguments, language, text, directory):
    source, result = (os.path.join(directory, name) for name in ("source", "result.o"))
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    subprocess.run([compiler, *arguments, "-x", language, "-I", os.path.join(ROOT, "include"),
                    "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-DTHAG_DISABLE", "-c", source,
                    "-o", result], check=True)
    code = subprocess.run(["objdump", "-dr", result], check=True, stdout=subprocess.PIPE).stdout
    data = subprocess.run(["size", "-A", result], check=True, stdout=subprocess.PIPE).stdout
    return code, re.findall(rb"^\.(?:data|rodata|bss)\S*\s+(\d+)", data, re.M)


def check(compiler, arguments, language, text):
    with tempfile.TemporaryDirectory() as directory:
        with_them, without = (
            machine_code(compiler, arguments, language, t, directory)
            for t in (text, without_macros(text)))
    problems = []
    for a, b in zip(with_them[0].splitlines(), without[0].splitlines()):
        if a != b and len(problems) < 5:
            problems.append(f"{a.decode().strip()}   |   {b.decode().strip()}")
    if with_them[0] != without[0] and not problems:
        problems.append("lengths of the code differ")
    if with_them[1] != without[1]:
        problems.append(f"bytes of data {with_them[1]} and {without[1]}")
    return problems


def run_disabled(names, tally):
    with open(SOURCE, encoding="utf-8") as file:
        text = file.read()
    bare = re.sub(r"/\*.*?\*/", "", without_macros(text), flags=re.S)
    tally.check("nothing of thag.h is left", re.findall(r"(?i)\bthag_\w*", bare))
    for language, compilers in LANGUAGES.items():
        for compiler, arguments in compilers.items():
            for level in LEVELS:
                name = f"{compiler} {level}"
                part = text.split("/* From here on")[0] if level == "-O0" else text
                if shutil.which(compiler) and (not names or any(n in name for n in names)):
                    tally.attempt(name, check, compiler, [*arguments, level], language, part)
