#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_pack.py LIB: makes pack.json from questions.json and the library of CPython 3.13.0 (its folder Lib).

Docstrings and comments that begin a line are cut out of the code. What the docstring of a function that a question is
about begins with becomes a second question about it, unless it names the function."""
import ast
import hashlib
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
MODULES = ("textwrap", "shutil", "fnmatch", "glob", "filecmp", "tempfile", "queue", "csv", "graphlib",
           "urllib/robotparser", "linecache", "sched", "cmd")
SHA256 = "8d71e79ea1b0a7226bad29faeb08fcfd2259bbd668793ad88d7460aafa1f9090"  # of these files, one behind the other
SCOPES = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
SHORTEST, LONGEST = 30, 200  # characters of a docstring that is asked


def scopes(node, name=""):
    """(qualified name, node) of the module and of everything in it."""
    yield name, node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, SCOPES):
            yield from scopes(child, f"{name}.{child.name}" if name else child.name)
        else:
            yield from (found for found in scopes(child, name) if isinstance(found[1], SCOPES))


def cut(text):
    """Lines without docstrings, and these by qualified name."""
    lines, docs = text.splitlines(), {}
    for name, node in scopes(ast.parse(text)):
        if not isinstance(node, (ast.Module, *SCOPES)) or not ast.get_docstring(node):
            continue
        docs.setdefault(name, ast.get_docstring(node))
        doc = node.body[0]
        instead = [" " * doc.col_offset + "pass"] if len(node.body) == 1 else [None]
        lines[doc.lineno - 1:doc.end_lineno] = instead + [None] * (doc.end_lineno - doc.lineno)
    code = [line.rstrip() for line in lines if line is not None and not line.startswith("#")]
    return [line for i, line in enumerate(code) if line or (i and code[i - 1])], docs


def as_question(doc, name):
    """What the docstring begins with, without a signature; nothing if it names the function or says too little."""
    said = re.sub(r"^\w+\(.*\)( -> \S+)?\n", "", doc).strip().split("\n\n")[0]
    said = " ".join(said.split())
    if len(said) > LONGEST:
        said = said[:LONGEST].rsplit(" ", 1)[0]
    names_it = re.search(rf"\b{re.escape(name.rsplit('.', 1)[-1])}\b", said)
    return None if names_it or len(said) < SHORTEST else said


def main():
    library, digest = pathlib.Path(sys.argv[1]), hashlib.sha256()
    files, docs, first_line = [], {}, {}
    for module in MODULES:
        path, text = f"{module}.py", (library / f"{module}.py").read_text()
        digest.update(text.encode())
        lines, docs[path] = cut(text)
        files.append({"path": path, "lines": lines})
        for name, node in scopes(ast.parse("\n".join(lines))):
            if name:
                first_line.setdefault((path, name), node.lineno)
    if digest.hexdigest() != SHA256:
        sys.exit(f"{library}: these are not the files of CPython 3.13.0")
    asked = json.loads((HERE / "questions.json").read_text())
    present = []
    for one in asked["present"]:
        place = {"path": one["file"], "line": first_line[one["file"], one["symbol"]]}
        doc = as_question(docs[one["file"]].get(one["symbol"], ""), one["symbol"])
        present.append({**place, "question": one["question"], **({"doc": doc} if doc else {})})
    pack = {"files": files, "present": present, "absent": asked["absent"]}
    (HERE / "pack.json").write_text(json.dumps(pack, indent=0, ensure_ascii=False) + "\n")
    print(f"{sum(len(file['lines']) for file in files)} lines, {len(present)} questions, "
          f"{sum('doc' in one for one in present)} docstrings, {len(pack['absent'])} absent")


main()
