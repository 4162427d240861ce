#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks questions with known answers and counts what was right, rightly cited, and rightly called absent.

  ask_eval.py --strata BINARY --model MODEL questions/requests.json=PATH_OF_REPOSITORY ...  [--out results.json]

A questions file names the source distribution it was written for and holds questions:
  {"package": "requests==2.32.3", "questions": [
    {"kind": "where|value|who|how|absent", "question": "...", "facts": [["send", "HTTPAdapter"], ["adapters.py"]],
     "places": [["src/requests/adapters.py", 613, 720]]}]}
An answer is right if every group of `facts` has a member in it (as a word, any case); a group may hold alternatives. The
citation is right if one of the cited places overlaps one of `places`; the place was "shown" if an excerpt the model was
given overlaps one.
An absent thing is right if the program says so; every other question counts a false alarm if it says so there.
"""
import argparse
import collections
import json
import re
import subprocess
import sys
import time


def holds(text, fact):
    return re.search(r"(?<![A-Za-z0-9_])" + re.escape(fact) + r"(?![A-Za-z0-9_])", text, re.IGNORECASE) is not None


def score(question, answer):
    absent = not answer.get("found", True)
    if question["kind"] == "absent":
        return {"right": absent, "cited": absent, "absent": absent, "shown": False}
    right = not absent and all(any(holds(answer["answer"], fact) for fact in group) for group in question["facts"])
    cited = any(c["file"] == file and c["start_line"] <= last and first <= c["end_line"]
                for c in answer["citations"] for file, first, last in question["places"])
    shown = any(s["file"] == file and s["start_line"] <= last and first <= s["end_line"]
                for s in answer.get("context", {}).get("spans", []) for file, first, last in question["places"])
    return {"right": right, "cited": cited, "absent": absent, "shown": shown}


def ask(options, repository, question):
    started = time.monotonic()
    done = subprocess.run([options.strata, "ask", repository, question, "--model", options.model, "--json",
                           "--max-tokens", str(options.max_tokens), *options.argument],
                          capture_output=True, text=True, timeout=900)
    try:
        answer = json.loads(done.stdout)
    except json.JSONDecodeError:
        answer = {"error": done.stderr[-500:]}
    return answer, time.monotonic() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", metavar="QUESTIONS=REPOSITORY")
    parser.add_argument("--strata", default="strata")
    parser.add_argument("--model", required=True)
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--argument", action="append", default=[], help="passed on to `strata ask`")
    parser.add_argument("--kind", help="only questions of this kind")
    parser.add_argument("--out")
    options = parser.parse_args()
    results, table = [], collections.defaultdict(list)
    for pair in options.sets:
        file, _, repository = pair.partition("=")
        with open(file, encoding="utf-8") as stream:
            questions = json.load(stream)["questions"]
        for question in questions:
            if options.kind and question["kind"] != options.kind:
                continue
            answer, seconds = ask(options, repository, question["question"])
            if "error" in answer:
                sys.exit(f"{question['question']}: {answer['error']}")
            result = {**score(question, answer), "seconds": seconds, "kind": question["kind"],
                      "question": question["question"], "answer": answer}
            results.append(result)
            table[question["kind"]].append(result)
            mark = "+" if result["right"] and result["cited"] else "o" if result["right"] else "-"
            print(f"{mark} {question['kind']:6} {seconds:5.1f} s  {question['question']}\n      "
                  + answer["answer"].replace("\n", "\n      "), flush=True)
    table["all"] = results
    print(f"\n{'':8}{'n':>4}{'right':>7}{'cited':>7}{'both':>6}{'shown':>7}{'called absent':>15}{'answer s':>10}")
    for kind, rows in table.items():
        both = sum(r["right"] and r["cited"] for r in rows)
        mean = sum(r["answer"]["timing"]["total_s"] for r in rows) / len(rows)
        print(f"{kind:8}{len(rows):4}{sum(r['right'] for r in rows):7}{sum(r['cited'] for r in rows):7}{both:6}"
              f"{sum(r['shown'] for r in rows):7}"
              f"{sum(r['absent'] for r in rows):15}{mean:10.1f}")
    if options.out:
        with open(options.out, "w", encoding="utf-8") as stream:
            json.dump(results, stream, indent=1)


if __name__ == "__main__":
    main()
