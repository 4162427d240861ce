# SPDX-License-Identifier: Apache-2.0
"""Strata against OpenAI-compatible servers on loopback: ones that behave, and ones that do not."""
import json
import time
import unittest

import misbehaving_server as fake
import strata_process

QUESTION = "hello\n"
ANSWER = fake.words("Good day to you")
KEY = "sk-not-to-be-seen-1234"


def endless(handler):
    handler.stream(fake.chunk({"content": "and so on " * 100}) for _ in range(1_000_000))


def cut(handler):
    handler.stream(ANSWER[:3], done=False)


def cut_at_once(handler):
    handler.stream([fake.chunk({"role": "assistant"})], done=False)


def cut_within_a_length(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b"data: {\"choi")


class Endpoint(strata_process.StrataTest):
    def chat(self, server, text=QUESTION, expect=0, **more):
        self.environment.update({"STRATA_API_KEY": KEY, **more})
        done = self.run_strata("chat", "--endpoint", server.url, "--max-tokens", 64, expect=expect, input=text)
        self.assertNotIn(KEY, done.stdout + done.stderr)
        return done

    def test_an_answer_is_streamed_and_the_next_request_begins_with_the_last_one(self):
        with fake.Server([ANSWER]) as server:
            done = self.chat(server, "hello\nand now?\n")
            self.assertEqual(done.stdout, "Good day to you\n" * 2)
            self.assertIn("served-7b: 40 tokens in (32 of them reused), 6 out", done.stderr)
            first, second = server.requests
            same = first.index(b"hello") + len("hello")
            self.assertEqual(first[:same], second[:same])
            self.assertEqual([m["role"] for m in json.loads(second)["messages"]], ["system", "user", "assistant", "user"])
            self.assertEqual(server.keys[0], f"Bearer {KEY}")

    def test_costs_are_shown_where_the_user_has_named_a_price(self):
        prices = self.folder / "config/strata/prices.json"
        prices.parent.mkdir(parents=True)
        prices.write_text('{"served-7b": {"input": 1e6, "cached_input": 5e5, "output": 2e6, "currency": "EUR"}}')
        repository = self.folder / "r"
        repository.mkdir()
        (repository / "a.py").write_text("import urllib.request\n\n\ndef fetch_page(url):\n    \"\"\"Fetches a page from its address.\"\"\"\n"
                                         "    return urllib.request.urlopen(url).read()\n")
        strata_process.git(self.folder, "init", "-q", str(repository))
        strata_process.git(repository, "add", "-A")
        strata_process.git(repository, "commit", "-qm", "all")
        question = ("ask", repository, "How is a page fetched from its address?", "--endpoint")
        # 4 tokens at 1, 16 reused ones at 0.5, 3 written ones at 2
        with fake.Server([fake.words("It opens the address and reads it.")]) as server:
            self.assertIn("20 tokens in (16 of them reused), 3 out: 18.00 EUR", self.chat(server).stderr)
            self.assertEqual(self.json(*question, server.url)["cost"], {"EUR": 18})
            self.assertIn("18.00 EUR", self.run_strata(*question, server.url).stderr)
        with fake.Server([fake.words("1. Look."), fake.call("done", {"summary": "seen"}) + fake.words("")[-1:]]) as server:
            result = self.json("agent", repository, "Look at it", "--endpoint", server.url, "--check", "true")
        self.assertEqual(result["cost"], {"EUR": 36})
        (run,) = self.json("runs", repository)["runs"]
        self.assertEqual((run["cost"], run["tokens"]), ({"EUR": 36}, result["tokens"]))
        self.assertIn("36.00 EUR", self.run_strata("runs", repository).stdout)
        prices.write_text('{"served-7b": {"input": 1}}')
        with fake.Server([ANSWER]) as server:
            done = self.run_strata(*question, server.url, "--json")
        self.assertNotIn("cost", json.loads(done.stdout))
        self.assertIn('no costs are shown: ' + str(prices) + ': the price of "served-7b" needs', done.stderr)

    def test_what_passes_is_tried_again_as_the_server_says(self):
        busy = (429, '{"error": {"message": "slow down"}}', {"Retry-After": "1"})
        with fake.Server([busy, (500, "oops", {"Retry-After": "0"}), cut_at_once, ANSWER]) as server:
            start = time.monotonic()
            done = self.chat(server)
            self.assertGreater(time.monotonic() - start, 1)
            self.assertEqual(done.stdout, "Good day to you\n")
            self.assertIn("slow down); trying again in 1 s", done.stderr)

    def test_a_parameter_that_the_server_does_not_know_is_left_out(self):
        refusal = (400, '{"error": {"message": "Unsupported parameter: max_tokens. Use max_completion_tokens."}}', {})
        with fake.Server([refusal, ANSWER]) as server:
            self.assertEqual(self.chat(server).stdout, "Good day to you\n")
            self.assertEqual(json.loads(server.requests[1])["max_completion_tokens"], 64)
            self.assertNotIn("max_tokens", json.loads(server.requests[1]))

    def test_every_failure_has_a_sentence(self):
        whole = (200, json.dumps({"choices": [{"message": {"content": "all at once"}, "finish_reason": "stop"}]}), {})
        for behaviour, said in (((401, "{}", {}), "does not take this key"),
                                ((404, "<html>", {}), "usually ends with /v1"),
                                ((400, json.dumps({"error": f"bad key {KEY}"}), {}), "bad key (key)"),
                                ((429, "", {"Retry-After": "3600"}), "asks to wait 3600 s"),
                                ((503, "down", {"Retry-After": "0"}), "fails (status 503: down)"),
                                ((302, "", {"Location": "http://127.0.0.1:9/"}), "elsewhere"),
                                ((200, "", {}), "answered with nothing"),
                                ((200, "data: {oops\n\n", {}), "not JSON"),
                                ((200, '{"choices": []}', {}), "sent no answer"),
                                ((200, 'data: {"error": {"message": "out of memory"}}\n\n', {}), "out of memory"),
                                (endless, "without end"), (cut, "broke off")):
            with self.subTest(said), fake.Server([behaviour]) as server:
                self.assertIn(said, self.chat(server, expect=1).stderr)
        with self.subTest("not streamed"), fake.Server([whole]) as server:
            self.assertEqual(self.chat(server).stdout, "all at once\n")
        with self.subTest("half a chunk"), fake.Server([cut_within_a_length, ANSWER]) as server:
            self.assertEqual(self.chat(server).stdout, "Good day to you\n")
        for url, said in (("127.0.0.1:8080", "not the base URL"), ("http://127.0.0.1:9", "trying again")):
            with self.subTest(url):
                done = self.run_strata("chat", "--model", "m", "--endpoint", url, expect=1, input=QUESTION)
                self.assertIn(said, done.stderr)

    def test_an_agent_works_over_it(self):
        repository = self.folder / "r"
        repository.mkdir()
        (repository / "a.py").write_text("def f():\n    return 1\n")
        strata_process.git(self.folder, "init", "-q", str(repository))
        strata_process.git(repository, "add", "-A")
        strata_process.git(repository, "commit", "-qm", "all")
        edit = {"path": "a.py", "old": "return 1", "new": "return 2"}
        broken = [fake.chunk({"tool_calls": [{"index": 0, "function": {"name": "edit", "arguments": "{\"path\": "}}]}),
                  fake.chunk({}, "length")]
        with fake.Server([fake.words("1. Change it."), broken, fake.call("edit", edit),
                          fake.call("done", {"summary": "returns 2"})]) as server:
            self.environment["STRATA_API_KEY"] = KEY
            result = self.json("agent", repository, "Let f give two", "--endpoint", server.url, "--yes",
                               "--check", "grep -q 'return 2' a.py")
            self.assertEqual(result["status"], "applied")
            self.assertEqual((repository / "a.py").read_text(), "def f():\n    return 2\n")
            # Turn N's prompt is a byte prefix of turn N+1's, but for what closes the list of messages.
            for before, after in zip(server.requests, server.requests[1:]):
                end = before.index(b'],"stream"')
                self.assertEqual(before[:end], after[:end])
            ids = [c["id"] for m in json.loads(server.requests[-1])["messages"] for c in m.get("tool_calls", [])]
            self.assertEqual(len(ids), len(set(ids)))
        for path in self.folder.rglob("*"):
            if path.is_file():
                self.assertNotIn(KEY.encode(), path.read_bytes(), path)


if __name__ == "__main__":
    unittest.main()
