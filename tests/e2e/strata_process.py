# SPDX-License-Identifier: Apache-2.0
"""Runs the strata binary on temporary repositories, with the user's folders in a temporary place."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

BINARY = os.environ.get("STRATA_BINARY", "strata")
SOURCES = pathlib.Path(__file__).resolve().parents[2]
SMALL_MODEL = "smollm2-135m.gguf"


def model(name=SMALL_MODEL):
    path = pathlib.Path(os.environ.get("STRATA_TEST_MODELS", "")) / name
    if not path.is_file():
        raise unittest.SkipTest(f"{name} is not in STRATA_TEST_MODELS")
    return str(path)


def git(folder, *arguments):
    subprocess.run(["git", "-C", folder, "-c", "user.name=Test", "-c", "user.email=test@example.org", *arguments],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class StrataTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="strata-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = dict(os.environ, HOME=str(self.folder),
                                XDG_CACHE_HOME=str(self.folder / "cache"), XDG_DATA_HOME=str(self.folder / "data"),
                                XDG_CONFIG_HOME=str(self.folder / "config"))

    def repository(self, *parts):
        """A git repository with these folders of Strata's own sources in it."""
        top = self.folder / "repository"
        for part in parts:
            shutil.copytree(SOURCES / part, top / part)
        git(self.folder, "init", "-q", str(top))
        git(top, "add", "-A")
        git(top, "commit", "-qm", "all")
        return top

    def command(self, *arguments):
        return [BINARY, *map(str, arguments)]

    def start(self, *arguments, **options):
        return subprocess.Popen(self.command(*arguments), env=self.environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, **options)

    def run_strata(self, *arguments, expect=0, **options):
        done = subprocess.run(self.command(*arguments), env=self.environment, capture_output=True, text=True,
                              timeout=900, **options)
        self.assertEqual(done.returncode, expect, f"{arguments}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done

    def json(self, *arguments, expect=0, **options):
        return json.loads(self.run_strata(*arguments, "--json", expect=expect, **options).stdout)
