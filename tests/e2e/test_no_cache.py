# SPDX-License-Identifier: Apache-2.0
"""A cache that cannot be used costs time, never the answer: read-only, full, missing."""
import json
import subprocess
import unittest

from strata_process import StrataTest, model

QUESTION = "How are half precision numbers rounded?"


def bubblewrap(*arguments):
    return ["bwrap", "--dev-bind", "/", "/", *map(str, arguments), "--"]


def has_bubblewrap():
    try:
        return subprocess.run(bubblewrap() + ["true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


class WithoutCache(StrataTest):
    def setUp(self):
        super().setUp()
        self.cache = self.folder / "cache"
        self.cache.mkdir()
        self.around = []

    def command(self, *arguments):
        return self.around + super().command(*arguments)

    def ask(self, top):
        done = self.run_strata("ask", top, QUESTION, "--model", model(), "--max-tokens", 12, "--json")
        return json.loads(done.stdout), done.stderr

    def contents(self):
        return {path: path.read_bytes() for path in self.cache.rglob("*") if path.is_file()}

    @unittest.skipUnless(has_bubblewrap(), "bubblewrap cannot be used here")
    def test_read_only_is_read_and_nothing_is_kept(self):
        top = self.repository("base")
        self.around = bubblewrap("--ro-bind", self.cache, self.cache)
        unread, said = self.ask(top)
        self.assertTrue(unread["answer"])
        self.assertIn("Read-only file system", said)
        self.assertEqual(self.contents(), {})

        self.around = []
        self.json("ingest", top, "--model", model())
        before = self.contents()
        self.around = bubblewrap("--ro-bind", self.cache, self.cache)
        answer, said = self.ask(top)
        self.assertGreater(answer["timing"]["reused_tokens"], 0)  # what was read before is used
        self.assertIn("not kept", said)
        self.assertEqual(self.contents(), before)

    @unittest.skipUnless(has_bubblewrap(), "bubblewrap cannot be used here")
    def test_full_answers(self):
        top = self.repository("base")
        for size in (4096, 100_000):
            with self.subTest(size=size):
                self.around = bubblewrap("--size", size, "--tmpfs", self.cache)
                answer, said = self.ask(top)
                self.assertTrue(answer["answer"])
                self.assertIn(str(self.cache), said)

    def test_no_folder_at_all_answers(self):
        top = self.repository("base")
        self.environment["XDG_CACHE_HOME"] = "/dev/null/cache"
        answer, said = self.ask(top)
        self.assertTrue(answer["answer"])
        self.assertIn("/dev/null/cache", said)


if __name__ == "__main__":
    unittest.main()
