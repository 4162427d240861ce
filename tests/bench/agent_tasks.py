# SPDX-License-Identifier: Apache-2.0
"""Twelve small real tasks for `strata agent`: `agent_tasks.py BINARY CACHE [--only NAMES] [-- MODEL ARGUMENTS]`.

Four renames and moves, four failing tests (a line of the released code is damaged), four of several steps; C, C++ and
Python, on released sources that are fetched into CACHE (source_trees.py). A task is passed if its check, run by this
script in the user's tree after `strata agent --yes`, passes: it runs the project's own tests and looks for what was asked.
Prints how many pass. Run it where the tests can run: `packaging/enter python3 tests/bench/agent_tasks.py ...`. Behind a
server, which is started beside it, outside of Strata's root:
    tests/bench/llama_cpp llama-server -m MODEL.gguf --jinja -c 32768 -np 1 --port 8190 &
    ... agent_tasks.py BINARY CACHE -- --endpoint http://127.0.0.1:8190/v1 --model qwen2.5-coder-1.5b
The name says how large the model is, which decides what tools it gets."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import source_trees

UNITTEST = "python3 -m unittest -q"
XMLTEST = ("c++ -O0 xmltest.cpp tinyxml2.cpp -o /tmp/xmltest && mkdir -p resources/out && /tmp/xmltest > /tmp/xmltest.out; code=$?; "
           "grep -v '^.pass.' /tmp/xmltest.out; rm -f /tmp/xmltest.out; exit $code")


def python(code):
    return f'python3 -c "{code}"'


# name, kind, tree, instruction, check, damage (file, old, new)
TASKS = [
    ("rename-python", "rename", "more-itertools==10.2.0", "Rename the function split_at to split_where",
     f"{UNITTEST} && " + python("import more_itertools as m; assert m.split_where and not hasattr(m, 'split_at')"), None),
    ("rename-cpp", "rename", "tinyxml2", "Rename XMLUtil::SkipWhiteSpace to SkipBlanks everywhere",
     f"! grep -q SkipWhiteSpace tinyxml2.h tinyxml2.cpp && {XMLTEST}", None),
    ("move-python", "rename", "idna==3.7", "Move the function valid_label_length from idna/core.py to idna/intranges.py",
     f"{UNITTEST} && " + python("import idna; assert idna.valid_label_length.__module__ == 'idna.intranges'"), None),
    ("move-c", "rename", "cjson", "Move the function get_decimal_point to decimal_point.c",
     "! grep -q localeconv cJSON.c && for t in parse_number print_number misc_tests; do cc -DENABLE_LOCALES -Itests/unity/src "
     "tests/$t.c tests/unity/src/unity.c decimal_point.c -lm -o /tmp/$t && (cd tests && /tmp/$t) || exit 1; done", None),
    ("failing-python-1", "failing", "idna==3.7", "Make the failing tests pass", UNITTEST,
     ("idna/intranges.py", "if left <= int_ < right:", "if left <= int_ <= right + 1:")),
    ("failing-python-2", "failing", "cachetools==5.3.3", "Make the failing tests pass", f"PYTHONPATH=src {UNITTEST}",
     ("src/cachetools/__init__.py", "while self.__currsize + size > maxsize:", "while self.__currsize + size >= maxsize:")),
    ("failing-c", "failing", "cjson", "Make the failing test pass",
     "cc -Itests/unity/src tests/parse_hex4.c tests/unity/src/unity.c -lm -o /tmp/parse_hex4 && (cd tests && /tmp/parse_hex4)",
     ("cJSON.c", "h += (unsigned int) 10 + input[i] - 'a';", "h += (unsigned int) input[i] - 'a';")),
    ("failing-cpp", "failing", "tinyxml2", "Make the failing test pass", XMLTEST,
     ("tinyxml2.cpp", 'if (TIXML_SSCANF(str, "%x", &v) == 1) {', 'if (TIXML_SSCANF(str, "%u", &v) == 1) {')),
    ("steps-rename-move", "steps", "idna==3.7",
     "Rename intranges_contain to in_ranges, then move the function valid_string_length to idna/intranges.py.",
     f"{UNITTEST} tests.test_idna tests.test_idna_codec && " +
     python("import idna, idna.intranges as i; assert i.in_ranges and idna.valid_string_length.__module__ == 'idna.intranges'"), None),
    ("steps-parameter", "steps", "idna==3.7", "Add a parameter `limit=63` to valid_label_length and add a parameter `limit=63` to alabel",
     f"{UNITTEST} && " + python("import inspect, idna; assert 'limit' in inspect.signature(idna.alabel).parameters and 'limit' in "
                                "inspect.signature(idna.valid_label_length).parameters"), None),
    ("steps-cpp", "steps", "tinyxml2", "Rename XMLUtil::IsNameStartChar to StartsName and rename XMLUtil::IsNameChar to ContinuesName.",
     f"! grep -qw -e IsNameStartChar -e IsNameChar tinyxml2.h tinyxml2.cpp && {XMLTEST}", None),
    ("steps-new-function", "steps", "more-itertools==10.2.0",
     "Add a function `second(iterable, default=None)` to more_itertools/more.py that returns the second item of the iterable, or "
     "default if there is none, and put its name into __all__ there.",
     f"{UNITTEST} tests.test_more && " + python("import more_itertools as m; assert m.second([1, 2, 3]) == 2 and m.second('a', 5) == 5"), None),
]


def prepared(task, cache, top):
    name, _, tree, _, check, damage = task
    source = source_trees.pypi(tree, cache) if "==" in tree else source_trees.debian(tree, cache)
    repository = top / name
    shutil.copytree(source, repository, symlinks=True)
    if damage:
        path, old, new = damage
        text = (repository / path).read_text()
        if text.count(old) != 1:
            sys.exit(f"{name}: the line to damage stands {text.count(old)} times in {path}")
        (repository / path).write_text(text.replace(old, new))
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "all"]):
        subprocess.run(["git", "-C", repository, *command], check=True, capture_output=True)
    return repository


def passes(check, repository):
    return subprocess.run(["sh", "-c", check], cwd=repository, capture_output=True, timeout=600).returncode == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("cache", type=pathlib.Path)
    parser.add_argument("--only", default="")
    parser.add_argument("model", nargs="*", help="arguments for strata agent, behind --")
    a = parser.parse_args()
    a.cache.mkdir(parents=True, exist_ok=True)
    passed = {}
    with tempfile.TemporaryDirectory(prefix="strata-tasks-") as top:
        top = pathlib.Path(top)
        environment = dict(os.environ, XDG_DATA_HOME=str(top / "data"), XDG_CACHE_HOME=str(top / "cache"))
        for task in TASKS:
            name, kind, _, instruction, check, _ = task
            if a.only and not any(name.startswith(part) for part in a.only.split(",")):
                continue
            repository = prepared(task, a.cache, top)
            before = passes(check, repository)
            start = time.monotonic()
            run = subprocess.run([a.binary.resolve(), "agent", repository, instruction, "--check", check, "--yes", "--json", *a.model],
                                 env=environment, capture_output=True, text=True)
            seconds = time.monotonic() - start
            result = json.loads(run.stdout) if run.stdout.startswith("{") else {"status": "no result"}
            good = not before and passes(check, repository)
            passed.setdefault(kind, []).append(good)
            tokens = result.get("tokens", {})
            print(f"{'pass' if good else 'FAIL'}  {name:20} {seconds:6.1f} s  exit {run.returncode}  {result.get('status', 'failed')}, "
                  f"{result.get('steps', 0)} steps, {tokens.get('in', 0)} tokens in, {tokens.get('out', 0)} out"
                  f"{'' if good else ': ' + result.get('why', result.get('error', ''))[:150]}{'; the check passed before' if before else ''}", flush=True)
            if not good:
                (a.cache / f"{name}.log").write_text(run.stderr + run.stdout)
    for kind, results in passed.items():
        print(f"{kind}: {sum(results)} of {len(results)}")
    print(f"together: {sum(map(sum, passed.values()))} of {sum(map(len, passed.values()))}")


if __name__ == "__main__":
    main()
