# SPDX-License-Identifier: Apache-2.0
"""Calibrating a model: from end to end with a tiny random one, and what asking makes of the result."""
import json
import pathlib
import signal
import time
import unittest

from strata_process import SOURCES, StrataTest, model

TINY = SOURCES / "tests/oracle/fixtures/qwen2.gguf"
QUESTION = "How are numbers rounded to the nearest one?"


class Calibrate(StrataTest):
    def results(self):
        return list((self.folder / "data/strata/calibrations").glob("*"))

    def left_over(self):
        return list((self.folder / "cache/strata").glob("calibration/*"))

    def started(self):
        """A process in the midst of it."""
        process = self.start("models", "calibrate", TINY)
        while not self.left_over() and process.poll() is None:
            time.sleep(0.01)
        return process

    def test_a_random_model_is_calibrated_and_found_to_find_nothing(self):
        found = self.json("models", "calibrate", TINY)
        self.assertEqual([str(path) for path in self.results()], [found["file"]])
        kept = json.loads(pathlib.Path(found["file"]).read_text())
        for key in ("model", "retrieval_heads", "answerable_from", "guesses_well", "measured"):
            self.assertEqual(kept[key], found[key])
        self.assertGreater(found["measured"]["passages"], 200)
        self.assertLess(found["measured"]["heads_mean_reciprocal_rank"], 0.1)
        self.assertEqual((found["retrieval_heads"], found["answerable_from"], found["guesses_well"]), ([], None, False))
        self.assertEqual(self.left_over(), [])

    def test_interrupted_or_killed_nothing_is_kept_and_the_next_goes_through(self):
        for end in (signal.SIGINT, signal.SIGKILL):
            for seconds in (0, 0.5, 2):
                process = self.started()
                time.sleep(seconds)
                process.send_signal(end)
                _, errors = process.communicate(timeout=600)
                self.assertEqual(process.returncode, 1 if end == signal.SIGINT else -9, errors)
                self.assertEqual(self.results(), [])
                if end == signal.SIGINT:
                    self.assertIn("nothing was kept", errors)
                    self.assertEqual(self.left_over(), [])
        self.json("models", "calibrate", TINY)
        self.assertEqual((len(self.results()), self.left_over()), (1, []))

    def test_one_at_a_time(self):
        first = self.started()
        self.assertIn("another model is being calibrated", self.json("models", "calibrate", TINY, expect=1)["error"])
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=600)

    def test_asking_goes_by_the_result(self):
        top = self.repository("base")
        self.json("ingest", top, "--model", model())
        fingerprint = next((self.folder / "cache").rglob("kv/*.sqlite")).name.split("-")[0]
        file = self.folder / f"data/strata/calibrations/{fingerprint}.json"

        def ask():
            done = self.run_strata("ask", top, QUESTION, "--model", model(), "--max-tokens", 8, "--json")
            answer = json.loads(done.stdout)
            attention = [span["scores"]["attention"] for span in answer["context"]["spans"]]
            return answer["found"], answer["evidence"]["odds"], attention, done.stderr

        def calibrate(**changes):
            file.parent.mkdir(parents=True, exist_ok=True)
            made = {"format": 1, "fingerprint": fingerprint, "retrieval_heads": [[5, 0], [7, 1]],
                    "answerable_from": -1000, "guesses_well": False}
            file.write_text(json.dumps(made | changes))

        found, odds, attention, _ = ask()
        self.assertEqual((found, odds, set(attention)), (True, None, {0}))
        calibrate()  # the repository has been read without these heads
        found, odds, attention, _ = ask()
        self.assertTrue(found and odds is not None and all(attention), (found, odds, attention))
        self.assertEqual(ask()[:3], (found, odds, attention))
        calibrate(retrieval_heads=[[5, 0], [8, 1]])
        self.assertNotEqual(ask()[2], attention)
        calibrate(answerable_from=1000)
        self.assertFalse(ask()[0])
        for damaged in ({"format": 7}, {"retrieval_heads": [[5000, 0]]}, {"retrieval_heads": [[5, 200]]}):
            calibrate(**damaged)
            found, odds, attention, errors = ask()
            self.assertEqual((found, odds, set(attention)), (True, None, {0}))
            self.assertIn("ignored", errors)


if __name__ == "__main__":
    unittest.main()
