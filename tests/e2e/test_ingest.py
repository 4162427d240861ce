# SPDX-License-Identifier: Apache-2.0
"""Reading a repository: what is read stays read, whatever happens to the process or the disk."""
import random
import resource
import signal
import sqlite3
import time
import unittest

from strata_process import StrataTest, git, model

FOLDERS = ("base", "engine/generate")


class Ingestion(StrataTest):
    def ingest(self, top, **options):
        return self.json("ingest", top, "--model", model(), **options)

    def check_database(self):
        databases = list((self.folder / "cache").rglob("kv/*.sqlite"))
        self.assertEqual(len(databases), 1)
        with sqlite3.connect(databases[0]) as connection:
            self.assertEqual(connection.execute("PRAGMA integrity_check").fetchone()[0], "ok")

    def test_reopening_computes_nothing_and_an_edit_costs_one_file(self):
        top = self.repository(*FOLDERS)
        first = self.ingest(top)
        self.assertEqual(first["computed_tokens"], first["tokens"])
        again = self.ingest(top)
        self.assertEqual((again["computed_tokens"], again["reused_tokens"]), (0, first["tokens"]))
        edited = top / "base/half.h"
        edited.write_text(edited.read_text() + "// one more line\n")
        after = self.ingest(top)
        self.assertGreater(after["computed_tokens"], 0)
        self.assertLess(after["computed_tokens"], 2000)
        git(top, "checkout", "-q", "--", ".")
        self.assertEqual(self.ingest(top)["computed_tokens"], 0)

    def test_killed_fifty_times_loses_only_what_was_in_flight(self):
        top = self.repository(*FOLDERS)
        seed = random.Random(7)
        for _ in range(50):
            process = self.start("ingest", top, "--model", model())
            time.sleep(seed.uniform(0.05, 1.0))
            process.send_signal(signal.SIGKILL)
            process.communicate()
        last = self.ingest(top)
        self.assertEqual(last["computed_tokens"] + last["reused_tokens"], last["tokens"])
        self.assertEqual(self.ingest(top)["computed_tokens"], 0)
        self.check_database()

    def test_interrupted_keeps_what_is_finished(self):
        top = self.repository(*FOLDERS)
        process = self.start("ingest", top, "--model", model(), "--json")
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        process.communicate()
        self.assertIn(process.returncode, (0, 1))
        last = self.ingest(top)
        self.assertEqual(last["computed_tokens"] + last["reused_tokens"], last["tokens"])

    def test_a_full_disk_is_an_error_and_nothing_is_lost(self):
        top = self.repository(*FOLDERS)

        def limit():  # writes past 8 MB of a file fail, as they would on a full disk
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (8_000_000, 8_000_000))

        failure = self.ingest(top, expect=1, preexec_fn=limit, restore_signals=False)
        self.assertIn("error", failure)
        last = self.ingest(top)
        self.assertEqual(last["computed_tokens"] + last["reused_tokens"], last["tokens"])
        self.assertEqual(self.ingest(top)["computed_tokens"], 0)

    def test_two_processes_at_once(self):
        top = self.repository(*FOLDERS)
        processes = [self.start("ingest", top, "--model", model(), "--json") for _ in range(2)]
        for process in processes:
            _, errors = process.communicate(timeout=600)
            self.assertEqual(process.returncode, 0, errors[-2000:])
        self.assertEqual(self.ingest(top)["computed_tokens"], 0)
        self.check_database()

    def test_damaged_rows_are_computed_again_with_a_message(self):
        top = self.repository("base")
        first = self.ingest(top)
        database = next((self.folder / "cache").rglob("kv/*.sqlite"))
        with sqlite3.connect(database) as connection:
            connection.execute("UPDATE span SET embedding = zeroblob(length(embedding))")
            connection.execute("UPDATE page SET bytes = zeroblob(length(bytes))")
        answer = self.run_strata("ask", top, "How are half precision numbers rounded?", "--model", model(), "--json",
                                 "--max-tokens", 16)
        again = self.ingest(top)
        self.assertGreater(again["computed_tokens"], 0, answer.stderr)
        self.assertEqual(again["computed_tokens"] + again["reused_tokens"], first["tokens"])


if __name__ == "__main__":
    unittest.main()
