#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prefill and decode of Strata beside llama.cpp, in turns in the same run, and the ratios.

  tests/bench/speed_beside_llama_cpp.py [--models FOLDER] [--model FILE ...] [--prompt 512,2048] [--generate 32] [--depth 0,16384]

Each figure is the best of three turns: other work on the machine only ever adds time, and it hits both alike.
Run it on the host; `./run` (which enters Strata's own root where needed) starts Strata, tests/bench/llama_cpp the peer.
"""
import argparse
import json
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
STRATA = os.environ.get("STRATA_COMMAND", str(HERE.parents[1] / "run")).split()


def strata(model, kind, tokens, depth, threads):
    p, n = (tokens, 0) if kind == "pp" else (0, tokens)
    done = subprocess.run([*STRATA, "bench", "--model", model, "-p", str(p), "-n", str(n), "-d", str(depth), "-t",
                           str(threads), "-r", "1", "--json"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["results"][0]["tokens_per_s"]


def llama(model, kind, tokens, depth, threads):
    p, n = (tokens, 0) if kind == "pp" else (0, tokens)
    done = subprocess.run([str(HERE / "llama_cpp"), "llama-bench", "-m", model, "-p", str(p), "-n", str(n), "-d",
                           str(depth), "-t", str(threads), "-r", "1", "-o", "json"],
                          check=True, capture_output=True, text=True)
    return json.loads(done.stdout)[0]["avg_ts"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = pathlib.Path(os.environ.get("XDG_DATA_HOME", pathlib.Path.home() / ".local/share")) / "strata/models"
    parser.add_argument("--models", default=default, type=pathlib.Path)
    parser.add_argument("--model", nargs="*")
    parser.add_argument("--prompt", default="512,2048")
    parser.add_argument("--generate", default="32")
    parser.add_argument("--depth", default="0")
    parser.add_argument("--threads", default=2, type=int)
    parser.add_argument("--turns", default=3, type=int)
    arguments = parser.parse_args()
    models = arguments.model or sorted(map(str, arguments.models.glob("qwen*.gguf")))
    numbers = lambda text: [int(n) for n in text.split(",") if n and int(n) > 0]
    cases = [("pp", n) for n in numbers(arguments.prompt)] + [("tg", n) for n in numbers(arguments.generate)]
    print(f"{'model':<26} {'test':>8} {'depth':>7} {'strata t/s':>11} {'llama.cpp t/s':>14} {'ratio':>6}")
    for model in models:
        for depth in map(int, arguments.depth.split(",")):
            for kind, tokens in cases:
                ours = theirs = 0.0
                for _ in range(arguments.turns):
                    ours = max(ours, strata(model, kind, tokens, depth, arguments.threads))
                    theirs = max(theirs, llama(model, kind, tokens, depth, arguments.threads))
                print(f"{pathlib.Path(model).stem:<26} {kind + str(tokens):>8} {depth:>7} {ours:>11.1f} {theirs:>14.1f} "
                      f"{ours / theirs:>6.2f}", flush=True)


if __name__ == "__main__":
    main()
