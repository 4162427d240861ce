#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Strata beside llama.cpp on real models: greedy continuations of 20 plain texts, and the perplexity of one text.

  llama_cpp_parity.py --strata BINARY MODEL.gguf... [--text FILE] [--tokens 64] [--exact]

Both continue the same token ids; llama.cpp runs as llama-server (tests/bench/llama_cpp). Where they part, the margin
between llama.cpp's two best tokens at that place is printed: a small one says that rounding decided.
Perplexity: Strata's from `eval logits` (f32 throughout); llama.cpp's from the log probability that the server gives the
next token of each prefix of the text, so both see the same context.

llama.cpp rounds activations to int8 before it multiplies them with quantised weights. With --exact it is given the same
weights as f32 (llama-quantize), so that nothing but the order of sums differs.
"""
import argparse
import json
import math
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import numpy

HERE = pathlib.Path(__file__).resolve().parent
PEER = HERE.parent / "bench/llama_cpp"
PORT = 18473
PROMPTS = [
    "def fibonacci(n):\n", "#include <stdio.h>\n\nint main(", "The capital of France is", "class Stack:\n    def __init__",
    "SELECT name, COUNT(*) FROM", "fn read_file(path: &Path) -> Result<String", "// Returns the larger of two numbers\n",
    "import numpy as np\n\ndef softmax(x):", "<!DOCTYPE html>\n<html>\n<head>", "for (size_t i = 0; i < n; ++i) {",
    "package main\n\nimport (\n\t\"fmt\"", "{\n  \"name\": \"example\",\n  \"version\":", "public class Point {\n    private",
    "To reverse a linked list, we", "# Installation\n\nRun the following command", "int binary_search(const int *a, int",
    "git commit -m \"", "const express = require('express');\n", "The quick brown fox", "Water boils at a temperature of",
]


def post(path, body):
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.load(answer)


def next_tokens(ids, count, best):
    """llama.cpp's greedy continuation: for each position the token and [(id, log probability), ...] of the best."""
    answer = post("/completion", {"prompt": ids, "n_predict": count, "temperature": 0, "n_probs": best, "top_k": 1, "repeat_penalty": 1.0,
                                  "cache_prompt": True, "ignore_eos": True, "return_tokens": True})
    return [(p["id"], [(t["id"], t["logprob"]) for t in p["top_logprobs"]]) for p in answer["completion_probabilities"]]


class Strata:
    def __init__(self, binary, model):
        self.binary, self.model = binary, model

    def tokens(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(text)
            file.flush()
            done = subprocess.run([self.binary, "tokenize", "--model", self.model, "--file", file.name, "--json"],
                                  check=True, capture_output=True, text=True)
        return json.loads(done.stdout)["ids"]

    def logits(self, sequences):
        with tempfile.TemporaryDirectory() as folder:
            ids, out = pathlib.Path(folder, "ids.json"), pathlib.Path(folder, "logits")
            ids.write_text(json.dumps(sequences))
            done = subprocess.run([self.binary, "eval", "logits", "--model", self.model, "--tokens", ids, "--out", out],
                                  capture_output=True, text=True)
            if done.returncode: sys.exit(done.stderr)
            return numpy.fromfile(out, "<f4").reshape(sum(map(len, sequences)), -1)


def compare_continuations(strata, count):
    """Strata's choice at every position of llama.cpp's continuation; one pass over each whole sequence gives them all."""
    prompts = [strata.tokens(p) for p in PROMPTS]
    theirs = [next_tokens(p, count, 2) for p in prompts]
    equal = 0
    logits, at = strata.logits([p + [t for t, _ in c[:-1]] for p, c in zip(prompts, theirs)]), 0
    for prompt, text, continuation in zip(prompts, PROMPTS, theirs):
        rows = logits[at + len(prompt) - 1:at + len(prompt) - 1 + count]
        at += len(prompt) + len(continuation) - 1
        # llama.cpp's own best, which differs from the token taken where that best is the end of the text.
        parted = next((i for i, (row, (_, best)) in enumerate(zip(rows, continuation)) if row.argmax() != best[0][0]),
                      None)
        equal += parted is None
        if parted is not None:
            best = continuation[parted][1]
            ours = numpy.sort(rows[parted])[-2:]
            print(f"  {text[:32]!r}: parts at token {parted}; margin {best[0][1] - best[1][1]:.3f} in llama.cpp, "
                  f"{ours[1] - ours[0]:.3f} in Strata")
    print(f"  greedy: {equal} of {len(PROMPTS)} continuations of {count} tokens are equal", flush=True)


def compare_perplexity(strata, text, length):
    ids = strata.tokens(text)[:length]
    logits = strata.logits([ids])[:-1].astype(numpy.float64)
    logits -= logits.max(axis=1, keepdims=True)
    log_probability = logits - numpy.log(numpy.exp(logits).sum(axis=1, keepdims=True))
    skip = 16  # short prefixes say more about the first token than about the computation
    ours, theirs = [], []
    for i in range(skip, len(ids)):
        best = dict(next_tokens(ids[:i], 1, 2000)[0][1])
        if ids[i] not in best: continue  # not among the 2000 best: the server does not tell; left out on both sides
        theirs.append(best[ids[i]])
        ours.append(log_probability[i - 1][ids[i]])
    p, q = (math.exp(-sum(x) / len(x)) for x in (ours, theirs))
    print(f"  perplexity of {len(ours)} tokens: Strata {p:.4f}, llama.cpp {q:.4f} ({100 * (p / q - 1):+.2f} %)", flush=True)


def compare(arguments, folder):
    for model in arguments.models:
        theirs = model
        if arguments.exact:
            theirs = pathlib.Path(folder, pathlib.Path(model).stem + "-f32.gguf")
            subprocess.run([PEER, "llama-quantize", "--allow-requantize", model, theirs, "F32", "2"], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        server = subprocess.Popen([PEER, "llama-server", "-m", theirs, "-t", "2", "-c", "2048", "--port", str(PORT),
                                   "--parallel", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  start_new_session=True)
        try:
            for _ in range(120):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=5).read()
                    break
                except OSError:
                    if server.poll() is not None: sys.exit("llama-server ended")
                    time.sleep(1)
            print(pathlib.Path(model).stem, flush=True)
            strata = Strata(arguments.strata, model)
            compare_continuations(strata, arguments.tokens)
            compare_perplexity(strata, arguments.text.read_text(), arguments.length)
        finally:
            os.killpg(server.pid, signal.SIGTERM)  # the wrapper that starts it does not pass signals on
            server.wait()
            if arguments.exact: theirs.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strata", required=True)
    parser.add_argument("--text", type=pathlib.Path, default=HERE.parents[1] / "docs/architecture.md")
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--length", type=int, default=512, help="tokens of the text for the perplexity")
    parser.add_argument("--exact", action="store_true", help="llama.cpp computes with the weights as f32")
    parser.add_argument("models", nargs="+")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        compare(arguments, folder)


if __name__ == "__main__":
    main()
