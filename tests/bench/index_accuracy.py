#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How right the index is on real code: definitions beside universal-ctags, references beside compilers.

  index_accuracy.py --probe BINARY [--cache FOLDER] [--least 0.3] [--show N]

BINARY is index_probe (ninja index_probe). Needed besides: ctags (universal), cmake and a C++ compiler, and the Python
packages libclang and jedi (pip install libclang jedi). The trees are Debian source packages and PyPI distributions;
they and the truth about them are kept in the cache folder.

A definition is a file, a line and a name. A reference is a file, a line and the function or type it means; it is found
if the index names one of its declarations there. References of less confidence than --least do not count, nor do those
in code that the preprocessor leaves out on this machine: the compiler says nothing about them.
"""
import argparse
import ast
import collections
import ctypes
import json
import pathlib
import subprocess
import sys

import source_trees
from source_trees import run

CPP = ["leveldb", "ninja-build"]
PYTHON = ["flask==3.0.3", "requests==2.32.3"]

# What ctags lists by default and the index knows, too. Not compared: what only one of them has (ctags' file names and
# import aliases; keys of data, headings).
CTAGS_KINDS = {
    "C": "dstuegfvm", "C++": "dstuegfvmnc", "CUDA": "dstuegfvmnc", "Python": "cfmv"}
OUR_KINDS = {"function", "method", "test", "class", "struct", "enum", "enumerator", "macro", "constant", "variable",
             "type", "namespace"}


def score(found, truth, is_right, is_found):
    precision = sum(map(is_right, found)) / max(1, len(found))
    recall = sum(map(is_found, truth)) / max(1, len(truth))
    return precision, recall


def print_score(what, tree, precision, recall, found, truth):
    print(f"{what:12} {tree:18} precision {precision:.3f}  recall {recall:.3f}   ({found} found, {truth} true)",
          flush=True)


def print_some(options, title, mistakes):
    mistakes = sorted(mistakes)
    for mistake in mistakes[:: max(1, len(mistakes) // max(1, options.show))][:options.show]:
        print(f"    {title}: {mistake}")


def probe(options, tree, what):
    done = run(options.probe, tree, options.cache / "index", what)
    return [line.split("\t") for line in done.stdout.splitlines()]


def plain_name(name):
    """Operators are named with a space by one and without by the other."""
    return name.replace("operator ", "operator").strip()


def definitions(options, tree):
    kinds = [f"--kinds-{language}={letters}" for language, letters in CTAGS_KINDS.items()]
    done = run("ctags", "-R", "--output-format=json", "--fields=+neSl", "--languages=C,C++,CUDA,Python", *kinds,
               "-f", "-", ".", cwd=tree)
    truth = set()
    for line in done.stdout.splitlines():
        tag = json.loads(line)
        if tag.get("_type") == "tag" and not tag["name"].startswith("__anon"):
            path = tag["path"].removeprefix("./")
            truth.add((path, tag["line"], plain_name(tag["name"])))
    files = {path for path, _, _ in truth}
    found = set()
    for file, line, kind, name, defined in probe(options, tree, "symbols"):
        if defined == "1" and kind in OUR_KINDS and file in files:
            # TEST(Suite, Name) {}: a test called Name here, a function called TEST there.
            macro = next((t for t in ("TEST", "TEST_F", "TEST_P") if (file, int(line), t) in truth), None)
            found.add((file, int(line), macro if kind == "test" and macro else plain_name(name)))
    return found, truth


def location_in_file(clang, cursor):
    """(path, line) of what is written, also where it is the argument of a macro; libclang's own property says where the
    macro begins."""
    file, line = clang.c_object_p(), ctypes.c_uint()
    clang.conf.lib.clang_getFileLocation(cursor.location, ctypes.byref(file), ctypes.byref(line), None, None)
    return (clang.File(file).name, line.value) if file else None


def left_out_lines(clang, unit):
    """{(path, line)} of what the preprocessor skips."""
    class Ranges(ctypes.Structure):
        _fields_ = [("count", ctypes.c_uint), ("ranges", ctypes.POINTER(clang.SourceRange))]
    get = clang.conf.lib.clang_getAllSkippedRanges
    get.restype = ctypes.POINTER(Ranges)
    found = get(unit)
    lines = set()
    for i in range(found.contents.count):
        start, end = found.contents.ranges[i].start, found.contents.ranges[i].end
        lines |= {(start.file.name, line) for line in range(start.line, end.line + 1)}
    return lines


def cpp_truth(tree, cache):
    """{(file, line, name): [[file, line], ...]} of every use of a function or type of the tree, the files that were seen
    and the lines of them that were not, from libclang."""
    import clang.cindex as clang

    build = cache / f"{tree.name}.build"
    if not (build / "compile_commands.json").exists():
        run("cmake", "-S", tree, "-B", build, "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", "-DLEVELDB_BUILD_TESTS=OFF",
            "-DLEVELDB_BUILD_BENCHMARKS=OFF", "-DBUILD_TESTING=OFF", "-DCMAKE_POLICY_VERSION_MINIMUM=3.5")
    # libclang's package has no headers of its own; the compiler's do.
    folder = pathlib.Path(run("c++", "-print-file-name=include").stdout.strip())
    K = clang.CursorKind
    uses = {K.DECL_REF_EXPR, K.MEMBER_REF_EXPR, K.TYPE_REF, K.TEMPLATE_REF}
    targets = {K.FUNCTION_DECL, K.CXX_METHOD, K.FUNCTION_TEMPLATE, K.CLASS_DECL, K.STRUCT_DECL, K.UNION_DECL,
               K.ENUM_DECL, K.TYPEDEF_DECL, K.TYPE_ALIAS_DECL, K.CLASS_TEMPLATE}
    members = {K.CXX_METHOD, K.CONSTRUCTOR, K.DESTRUCTOR, K.CONVERSION_FUNCTION, K.FUNCTION_TEMPLATE}
    meant = collections.defaultdict(set)    # use -> what it means, by clang's name that is the same in every unit
    places = collections.defaultdict(set)   # ... and where that is declared and defined
    seen_files, unseen = set(), set()
    inside = {}

    def place(cursor):
        location = location_in_file(clang, cursor)
        return in_tree(*location) if location else None

    def in_tree(name, line):
        if name not in inside:
            path = pathlib.Path(name).resolve()
            inside[name] = str(path.relative_to(tree)) if path.is_relative_to(tree) else None
        return (inside[name], line) if inside[name] else None

    def walk(cursor):
        for child in cursor.get_children():
            at = place(child)
            if at is None:
                continue
            seen_files.add(at[0])
            if child.kind in uses:
                target = child.referenced
                # The class in `void Class::method() {}` says whose method is defined; nothing uses it there.
                own = (cursor.kind in members and target == cursor.semantic_parent and
                       child.location.offset < cursor.location.offset)
                named = target is not None and not target.spelling.startswith(("operator", "~"))
                if named and not own and target.kind in targets:
                    declared = {place(c) for c in (target, target.canonical, target.get_definition()) if c is not None}
                    declared.discard(None)
                    name = target.spelling.split("<")[0]
                    if declared and name:
                        meant[(*at, name)].add(target.get_usr())
                        if target.kind == K.TYPEDEF_DECL:  # typedef struct x x;
                            same = target.underlying_typedef_type.get_declaration()
                            if same.spelling == target.spelling:
                                meant[(*at, name)].add(same.get_usr())
                        places[target.get_usr()] |= declared
            if child.kind in targets and child.is_definition():
                places[child.get_usr()].add(at)
            walk(child)

    index = clang.Index.create()
    database = clang.CompilationDatabase.fromDirectory(str(build))
    for command in database.getAllCompileCommands():
        file = pathlib.Path(command.directory, command.filename).resolve()
        if not file.is_relative_to(tree):
            continue
        words = [word for word in list(command.arguments)[1:-1]
                 if word not in ("-c", "-o", "--") and not word.endswith(".o")]
        unit = index.parse(str(file), [*words, "-isystem", str(folder), f"-I{build}"],
                           options=clang.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD)
        errors = [d for d in unit.diagnostics if d.severity >= 3]
        if errors:
            print(f"{file.name}: {errors[0].spelling}", file=sys.stderr)
        walk(unit.cursor)
        unseen |= {in_tree(*place) for place in left_out_lines(clang, unit)} - {None}
    uses = {use: set().union(*(places[usr] for usr in usrs)) for use, usrs in meant.items()}
    return uses, seen_files, unseen - {use[:2] for use in uses}


def python_truth(tree, cache):
    """The same from jedi, for the names that it can follow to a function or class of the tree."""
    import jedi
    truth = collections.defaultdict(set)
    seen_files = set()
    source = tree / "src" if (tree / "src").is_dir() else tree
    project = jedi.Project(source)
    for path in sorted(source.rglob("*.py")):
        file = str(path.relative_to(tree))
        seen_files.add(file)
        script = jedi.Script(path=path, project=project)
        names = [(name.line, name.column)
                 for name in script.get_names(all_scopes=True, definitions=False, references=True)]
        for node in ast.walk(ast.parse(path.read_text())):  # jedi calls what is imported a definition
            if isinstance(node, ast.ImportFrom):
                names += [(alias.lineno, alias.col_offset) for alias in node.names if alias.name != "*"]
        for line, column in names:
            try:
                targets = script.goto(line, column, follow_imports=True)
            except Exception:  # jedi's own failures
                continue
            for target in targets:
                at = target.module_path
                if target.type in ("function", "class") and at and at.is_relative_to(tree):
                    truth[(file, line, target.name)].add((str(at.relative_to(tree)), target.line))
    return truth, seen_files, set()


def references(options, tree, make_truth):
    kept = options.cache / f"{tree.name}.truth2.json"
    if not kept.exists():
        truth, files, unseen = make_truth(tree, options.cache)
        kept.write_text(json.dumps({"files": sorted(files), "unseen": sorted(unseen),
                                    "uses": [[*use, sorted(to)] for use, to in truth.items()]}))
    data = json.loads(kept.read_text())
    files = set(data["files"])
    unseen = {tuple(place) for place in data["unseen"]}
    truth = {(file, line, name): {tuple(t) for t in to} for file, line, name, to in data["uses"]}
    at_line = collections.defaultdict(set)
    for (file, line, _), to in truth.items():
        at_line[file, line] |= to
    symbols = probe(options, tree, "symbols")
    classes = {name for _, _, kind, name, _ in symbols if kind in ("class", "struct")}
    # Which constructor is called is not compared: the class that is made is.
    kinds = {(file, int(line)): kind for file, line, kind, name, _ in symbols
             if not (make_truth is cpp_truth and kind == "method" and name in classes)}
    compared = {"function", "method", "class", "struct", "enum", "type", "test", "interface"}
    rows = []
    for file, line, kind, to_file, to_line, confidence in probe(options, tree, "references"):
        target = (to_file, int(to_line))
        include = kind == "import" and make_truth is cpp_truth
        if file in files and (file, int(line)) not in unseen and kinds.get(target) in compared and not include:
            rows.append(((file, int(line)), target, float(confidence)))
    return rows, truth, at_line


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path.home() / ".cache/strata/trees")
    parser.add_argument("--least", type=float, default=0.3)
    parser.add_argument("--show", type=int, default=0, help="print so many of the mistakes")
    parser.add_argument("--only", choices=["definitions", "references"])
    options = parser.parse_args()
    options.cache = options.cache.resolve()
    options.cache.mkdir(parents=True, exist_ok=True)
    trees = [(source_trees.debian(name, options.cache), cpp_truth) for name in CPP]
    trees += [(source_trees.pypi(name, options.cache), python_truth) for name in PYTHON]

    for tree, make_truth in trees:
        if options.only != "references":
            found, truth = definitions(options, tree)
            scores = score(found, truth, truth.__contains__, found.__contains__)
            print_score("definition", tree.name, *scores, len(found), len(truth))
            print_some(options, "not in ctags", found - truth)
            print_some(options, "missed", truth - found)
        if options.only != "definitions":
            rows, truth, at_line = references(options, tree, make_truth)
            for least in (options.least, 0.1, 0.6, 0.8):
                found = [(at, to, confidence) for at, to, confidence in rows if confidence >= least]
                places = collections.defaultdict(set)
                for at, to, _ in found:
                    places[at].add(to)
                is_right = lambda f: f[1] in at_line.get(f[0], ())
                is_found = lambda use: not places.get(use[:2], set()).isdisjoint(truth[use])
                what = "references" if least == options.least else f"  from {least}"
                print_score(what, tree.name, *score(found, truth, is_right, is_found), len(found), len(truth))
                if least == options.least:
                    print_some(options, "wrong", [f for f in found if not is_right(f)])
                    print_some(options, "missed", [use for use in truth if not is_found(use)])


if __name__ == "__main__":
    main()
