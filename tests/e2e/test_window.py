# SPDX-License-Identifier: Apache-2.0
"""The window as a user has it: the real binary on a display (Xvfb), driven by keys (xdotool), seen as pixels.

What the window shows is also read back as text: the answer is copied and pasted as the next question, which the
conversation database then has. STRATA_SCREENSHOT names a PNG for the picture of the answered question.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import time
import unittest
import zlib

import numpy

from strata_process import StrataTest, model

WIDTH, HEIGHT = 1280, 800
# Of the light look, ui/look.cc.
CITED, GOOD = (0xFB, 0xF0, 0xD4), (0x2E, 0x7D, 0x4F)
QUESTION = "How does the sampler apply the repetition penalty?"


def wait_until(what, condition, seconds):
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.1)
    return value


def write_png(path, pixels):
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
    height, width, _ = pixels.shape
    rows = numpy.hstack([numpy.zeros((height, 1), numpy.uint8), pixels.reshape(height, -1)])
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows.tobytes()))
                     + chunk(b"IEND", b""))


class Display:
    """An X server whose screen is a file (XWD: a header of big-endian words, a colour map, the pixels)."""

    def __init__(self, folder):
        for tool in ("Xvfb", "xdotool"):
            if not shutil.which(tool):
                raise unittest.SkipTest(f"{tool} is not installed")
        read, write = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-fbdir", str(folder), "-screen", "0", f"{WIDTH}x{HEIGHT}x24",
             "-nolisten", "tcp"],
            pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as number:
            self.name = ":" + number.readline().strip()
        self.screen = folder / "Xvfb_screen0"

    def close(self):
        self.server.terminate()
        self.server.wait()

    def keys(self, *arguments):
        return subprocess.run(["xdotool", *arguments], env=dict(os.environ, DISPLAY=self.name), check=True,
                              capture_output=True, text=True, timeout=120).stdout

    def picture(self):
        """[height, width, RGB]"""
        data = self.screen.read_bytes()
        word = numpy.frombuffer(data[:100], ">u4")
        header, width, height, row_bytes, colours = (int(word[i]) for i in (0, 4, 5, 12, 19))
        pixels = numpy.frombuffer(data, numpy.uint8, height * row_bytes, header + 12 * colours)
        return pixels.reshape(height, row_bytes // 4, 4)[:, :width, 2::-1]

    def count(self, colour):
        """Pixels that have it, nearly: thin lines are smoothed."""
        return int((abs(self.picture().astype(int) - colour).max(axis=2) < 8).sum())


class Window(StrataTest):
    def setUp(self):
        super().setUp()
        self.model = model()
        self.top = self.repository("base", "engine/generate")
        settings = self.folder / "config/strata/strata.conf"
        settings.parent.mkdir(parents=True)
        settings.write_text("[look]\ncolours=1\n")  # light
        screen = self.folder / "screen"
        screen.mkdir()
        self.display = Display(screen)
        self.addCleanup(self.display.close)
        self.environment["DISPLAY"] = self.display.name

    def open(self):
        strata = self.start("--model", self.model, self.top)
        self.addCleanup(strata.kill)
        window = self.display.keys("search", "--sync", "--onlyvisible", "--name", "repository – Strata").split()[0]
        self.display.keys("windowmove", window, "0", "0", "windowsize", window, str(WIDTH), str(HEIGHT))
        self.display.keys("windowfocus", "--sync", window)
        return strata

    def close(self, strata):
        self.display.keys("key", "ctrl+q")
        out, errors = strata.communicate(timeout=60)
        self.assertEqual(strata.returncode, 0, errors)
        self.assertEqual(errors, "")

    def exchanges(self):
        database = self.folder / "data/strata/conversations.sqlite"
        if not database.exists():
            return []
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            rows = connection.execute("SELECT question, answer FROM exchange ORDER BY id").fetchall()
        return [(question, json.loads(answer)) for question, answer in rows]

    def test_a_question_is_answered_cited_opened_and_remembered(self):
        strata = self.open()
        self.assertEqual(self.display.count(CITED), 0)
        self.assertEqual(self.display.count(GOOD), 0)
        self.display.keys("key", "ctrl+l", "type", "--delay", "5", QUESTION)
        self.display.keys("key", "Return")
        question, answer = wait_until("an answer", self.exchanges, 120)[0]
        self.assertEqual(question, QUESTION)
        self.assertTrue(answer["text"].strip())
        citation = answer["citations"][0]
        lines = (self.top / citation["file"]).read_text().splitlines()
        self.assertLessEqual(citation["last"], len(lines))
        # The citation stands there with its check mark.
        wait_until("a verified citation in the window", lambda: self.display.count(GOOD) > 2, 10)

        # The keyboard goes from the question back over the citations, and one of them opens the lines it names.
        self.display.keys("key", "shift+Tab", "space")
        wait_until("cited lines in the window", lambda: self.display.count(CITED) > 5000, 10)
        picture = self.display.picture()
        self.assertGreater(len(numpy.unique(picture.reshape(-1, 3), axis=0)), 50, "the picture is blank")
        if name := os.environ.get("STRATA_SCREENSHOT"):
            write_png(pathlib.Path(name), picture)

        # What the window shows is what was answered: copied from it, and pasted as a question.
        to_answer = ["shift+Tab"] * (len(answer["citations"]) + 1)
        self.display.keys("key", "ctrl+l", *to_answer, "ctrl+a", "ctrl+c", "ctrl+l", "ctrl+v", "Return")
        _, (pasted, _) = wait_until("a second answer", lambda: len(self.exchanges()) == 2 and self.exchanges(), 120)
        prose = re.sub(r"\n\nSee [^\n]*", "", answer["text"])  # the places are buttons in the window
        told, read_back = (re.findall(r"\w+", text) for text in (prose, pasted))
        self.assertLessEqual(set(read_back), set(told))
        self.assertGreater(len(read_back), len(told) / 2)  # list numbers and the like may be missing
        self.close(strata)  # in the middle of reading

        strata = self.open()
        wait_until("the conversation after a restart", lambda: self.display.count(GOOD) > 2, 30)
        self.assertEqual(len(self.exchanges()), 2)
        self.close(strata)

    def test_a_repository_that_is_not_there_is_told(self):
        self.top = self.folder / "nowhere"
        strata = self.start("--model", self.model, self.top)
        self.addCleanup(strata.kill)
        window = self.display.keys("search", "--sync", "--onlyvisible", "--name", "Strata").split()[0]
        self.display.keys("windowfocus", "--sync", window)
        wait_until("the message", lambda: self.display.count(CITED) > 5000, 20)  # its strip has that colour too
        self.close(strata)


if __name__ == "__main__":
    unittest.main()
