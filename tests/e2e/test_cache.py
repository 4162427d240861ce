# SPDX-License-Identifier: Apache-2.0
"""strata cache: what was read is listed, checked, limited, and taken along in one file."""
import os
import sqlite3
import unittest

from strata_process import StrataTest, model


class Cache(StrataTest):
    def ingest(self, top, **options):
        return self.json("ingest", top, "--model", model(), **options)

    def test_one_reads_and_another_imports(self):
        top = self.repository("base")
        read = self.ingest(top)
        exported = self.folder / "read.strata"
        sent = self.json("cache", "export", top, exported, "--model", model())
        self.assertEqual(sent["tokens"], read["tokens"])
        self.assertNotIn(os.fsencode(self.folder), exported.read_bytes())
        self.json("cache", "export", top, exported, "--model", model(), expect=1)  # nothing is overwritten
        cleared = self.json("cache", "clear", top)
        self.assertEqual(cleared["segments"], sent["segments"])
        self.assertEqual(self.json("cache", "import", exported, "--model", model())["segments"], sent["segments"])
        self.assertEqual(self.ingest(top)["computed_tokens"], 0)
        [listed] = self.json("cache", "list")["files"]
        [repository] = listed["repositories"]
        self.assertEqual((repository["repository"], repository["tokens"]), (str(top.resolve()), read["tokens"]))

    def test_damage_is_found_and_a_file_that_is_no_export_refused(self):
        top = self.repository("base")
        self.ingest(top)
        database = next((self.folder / "cache").rglob("kv/*.sqlite"))
        with sqlite3.connect(database) as connection:
            connection.execute("UPDATE page SET bytes = zeroblob(length(bytes)) WHERE segment = 1")
        self.assertEqual(self.json("cache", "verify")["damaged"], 1)
        self.assertEqual(self.json("cache", "verify")["damaged"], 0)
        refused = self.json("cache", "import", top / "base/half.h", "--model", model(), expect=1)
        self.assertIn("half.h", refused["error"])

    def test_reading_stops_at_the_limit_and_what_was_read_answers(self):
        top = self.repository("base")
        whole = self.ingest(top)
        self.run_strata("cache", "clear", "--all")
        size = self.json("cache", "limit", f"{whole['bytes_on_disk'] // 3}")
        self.assertEqual(size["limit_bytes"], whole["bytes_on_disk"] // 3)
        for _ in range(2):  # and it stays so
            self.assertIn("strata cache limit", self.ingest(top, expect=1)["error"])
        [listed] = self.json("cache", "list")["files"]
        self.assertGreater(listed["repositories"][0]["tokens"], 0)
        self.json("ask", top, "How are half precision numbers rounded?", "--model", model(), "--max-tokens", 8)
        self.run_strata("cache", "limit", "default")
        self.assertEqual(self.ingest(top)["tokens"], whole["tokens"])

    def test_what_is_no_size_or_names_nothing_is_refused(self):
        self.assertIn("nonsense", self.json("cache", "limit", "nonsense", expect=1)["error"])
        self.run_strata("cache", "clear", expect=2)
        self.run_strata("cache", expect=2)
        self.assertEqual(self.json("cache", "list")["files"], [])


if __name__ == "__main__":
    unittest.main()
