#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What guessing tokens from the text itself gains: tokens per second of `strata complete` with it over without it, on
answers that quote code and on text that does not; the two run in turns, the best of each counts, and the texts must
be the same.

    tests/bench/speculation.py --strata build/release/app/strata --model qwen2.5-coder-1.5b [--code FILE] [--runs 2]
"""
import argparse
import json
import pathlib
import statistics
import subprocess

TALK = [
    "Write a short story about a lighthouse keeper who finds a letter.",
    "Explain to a child why the sky is blue and sunsets are red.",
    "What should one think about before moving to another country?",
]


def chat(text):  # control tokens are plain text to `complete`, so the turns are told in words
    return f"Question: {text}\n\nAnswer:"


def quoting(code):
    """Rename, document, repeat: answers that quote two of the functions of a Python file."""
    functions = [f"def {part}".rstrip() for part in code.split("\ndef ")[1:]]
    functions = [f for f in functions if 300 < len(f) < 2000][:2]
    for function in functions:
        name = function[4 : function.index("(")]
        yield f"```python\n{function}\n```\nRepeat this function with `{name}` renamed to `renamed_{name}`. Only the code."
        yield f"```python\n{function}\n```\nAdd a docstring to this function and show it whole."


def complete(arguments, prompt, *switches):
    command = [arguments.strata, "complete", "--model", arguments.model, "--max-tokens", str(arguments.tokens), "--json"]
    done = subprocess.run([*command, *switches], input=prompt, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def rate(result):
    return result["generated_tokens"] / (result["timing"]["total_s"] - result["timing"]["prompt_s"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strata", required=True)
    parser.add_argument("--model", default="qwen2.5-coder-1.5b")
    parser.add_argument("--code", default=__file__, help="a Python file to quote from")
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--runs", type=int, default=2)
    arguments = parser.parse_args()
    for kind, prompts in (("quotes code", list(quoting(pathlib.Path(arguments.code).read_text()))), ("does not", TALK)):
        ratios = []
        for prompt in map(chat, prompts):
            plain, guessing = [], []
            for _ in range(arguments.runs):
                plain.append(complete(arguments, prompt, "--no-speculation"))
                guessing.append(complete(arguments, prompt))
            if any(run["ids"] != plain[0]["ids"] for run in plain + guessing):
                raise SystemExit(f"the texts differ: {prompt}")
            ratios.append(max(map(rate, guessing)) / max(map(rate, plain)))
            timing = guessing[-1]["timing"]
            print(
                f"{kind}: {ratios[-1]:.2f} x {max(map(rate, plain)):.1f} tokens/s; {plain[0]['generated_tokens']} tokens "
                f"in {timing['passes']} passes, {timing['accepted_tokens']} of {timing['drafted_tokens']} guesses came",
                flush=True,
            )
        print(f"{kind}: {statistics.geometric_mean(ratios):.2f} on average, {min(ratios):.2f} at least", flush=True)


if __name__ == "__main__":
    main()
