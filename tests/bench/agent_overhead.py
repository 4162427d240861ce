# SPDX-License-Identifier: Apache-2.0
"""What our loop adds to a step of an agent, without the model: `agent_overhead.py BINARY TREE [STEPS]`.

A scripted model reads, searches, edits and renames in a copy of TREE (any source tree; its lines are printed). The time
between the model's turn and the result of the tool that follows is what is measured, from the times of the events."""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import source_trees


def call(name, **arguments):
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


def main():
    binary, tree = map(pathlib.Path, sys.argv[1:3])
    steps = int(sys.argv[3]) if len(sys.argv) > 3 else 40
    with tempfile.TemporaryDirectory(prefix="strata-overhead-") as top:
        top = pathlib.Path(top)
        repository = top / "tree"
        shutil.copytree(tree, repository, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "all"]):
            subprocess.run(["git", "-C", repository, *command], check=True, capture_output=True)
        files = sorted(p for p in repository.rglob("*.c*") if p.is_file() and p.stat().st_size < 100_000)[:8]
        turns = []
        for i in range(steps // 4):
            path = str(files[i % len(files)].relative_to(repository))
            first = 1 + i // len(files)
            line = (repository / path).read_text(errors="replace").splitlines()[first - 1]
            # The same call three times would be stopped by the loop guard, so every one differs.
            turns += [call("read", path=path, first=first, last=first),
                      call("edit", path=path, first=first, last=first, new=f"{line} // edit {i}"),
                      call("search", query=f"edit {i}"), call("read", path=path, first=1, last=20 + i)]
        turns.append(call("done", summary="done"))
        script = top / "script.json"
        script.write_text(json.dumps(turns))
        environment = dict(os.environ, HOME=str(top), XDG_DATA_HOME=str(top / "data"), XDG_CACHE_HOME=str(top / "cache"))
        run = subprocess.run([binary, "agent", repository, "Measure", "--model", f"scripted:{script}", "--yes", "--check", "true",
                              "--max-steps", "1000", "--max-tokens", "100000000", "--json=events"],
                             env=environment, capture_output=True, text=True)
        if run.returncode:
            sys.exit(run.stdout[-2000:] + run.stderr[-2000:])
        events = [json.loads(line) for line in run.stdout.splitlines()]
        seconds = {}
        for event in events:
            if event.get("event") == "result":
                seconds.setdefault(event["data"]["tool"], []).append(event["data"]["seconds"])
        times = [event["time"] for event in events if event.get("event") in ("turn", "result")]
        print(f"{source_trees.count_lines(repository)} lines; {len(turns)} steps")
        for tool, values in seconds.items():
            print(f"  {tool:8} median {1000 * statistics.median(values):6.1f} ms, worst {1000 * max(values):6.1f} ms")
        whole = (times[-2] - times[0]) / (len(times) / 2 - 1)
        print(f"  a step, with its turn, its events on disk and the index brought up to date: {whole:.1f} ms on average")


if __name__ == "__main__":
    main()
