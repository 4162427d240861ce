#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long an index takes, beside universal-ctags on the same tree in the same run.

  index_speed.py --probe BINARY [--cache FOLDER] [--repeat 3] [--large]

BINARY is index_probe (ninja index_probe). The trees are Debian source packages, kept in the cache folder. Printed are
the best of the repeated cold runs, the ratio to `ctags -R --fields=+neS`, an update with nothing changed and with one file
changed, and look-ups. --large adds a tree of more than a million lines, with the memory it takes.
"""
import argparse
import pathlib
import resource
import shutil
import subprocess
import time

import source_trees


def seconds(command):
    started = time.monotonic()
    done = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True)
    return time.monotonic() - started, done.stdout


def measure(options, tree, repeat):
    index = options.cache / "speed"
    cold, ctags = [], []
    for _ in range(repeat):
        shutil.rmtree(index, ignore_errors=True)
        wall, out = seconds([options.probe, tree, index, "speed"])
        files, lines, symbols, references, *phases = out.split()
        cold.append((float(phases[-1]), wall, out.split()))
        ctags.append(seconds(["ctags", "-R", "--fields=+neS", "-f", options.cache / "tags", tree])[0])
    best, wall, row = min(cold)
    size = sum(path.stat().st_size for path in index.iterdir())
    print(f"{tree.name}: {row[0]} files, {row[1]} lines, {row[2]} symbols, {row[3]} references")
    print(f"  cold     {best:.3f} s (walk {row[4]}, parse {row[5]}, store {row[6]}), {size / 2**20:.1f} MiB")
    print(f"  ctags    {min(ctags):.3f} s, ratio {best / min(ctags):.1f}")
    again = float(seconds([options.probe, tree, index, "speed"])[1].split()[-1])
    # The largest of the usual files: a copy, so that the tree stays as it is.
    source = max((path for path in tree.rglob("*") if path.suffix in (".c", ".cc", ".h") and path.is_file()),
                 key=lambda path: path.stat().st_size if path.stat().st_size < 200_000 else 0)
    changed = tree / "changed_by_index_speed.c"
    shutil.copyfile(source, changed)
    try:
        seconds([options.probe, tree, index, "speed"])
        changed.write_bytes(changed.read_bytes() + b"\nint one_more_line;\n")
        one = float(seconds([options.probe, tree, index, "speed"])[1].split()[-1])
    finally:
        changed.unlink()
    print(f"  again    {again:.3f} s with nothing changed, {one:.3f} s with one file of {source.stat().st_size} bytes "
          "changed")
    for line in seconds([options.probe, tree, index, "lookups", 200])[1].splitlines():
        what, median, most, worst, first = line.split("\t")
        print(f"  {what:10} {median} ms (median), {most} ms (95 %), {worst} ms (worst of 200), {first} ms (first)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path.home() / ".cache/strata/trees")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--large", action="store_true")
    options = parser.parse_args()
    options.cache = options.cache.resolve()
    options.cache.mkdir(parents=True, exist_ok=True)
    for package in ("leveldb", "tmux"):
        measure(options, source_trees.debian(package, options.cache), options.repeat)
    if options.large:
        measure(options, source_trees.debian("postgresql-15", options.cache), 1)
        print(f"  memory   {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20:.2f} GiB at most")


if __name__ == "__main__":
    main()
