# SPDX-License-Identifier: Apache-2.0
"""strata review, undo, redo and runs: what is accepted is written, and what is written can be taken back."""
import json
import os
import pathlib
import subprocess
import unittest

from strata_process import StrataTest, git

BEFORE = "def one():\n    return 1\n\n\n" + "# between\n" * 12 + "\n\ndef two():\n    return 2\n"
AFTER = BEFORE.replace("return 1", "return 11").replace("return 2", "return 22")


def tool(name, **arguments):
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


class ReviewTest(StrataTest):
    def setUp(self):
        super().setUp()
        self.tree = self.folder / "numbers"
        self.tree.mkdir()
        self.file = self.tree / "numbers.py"
        self.file.write_text(BEFORE)
        git(self.folder, "init", "-q", str(self.tree))
        git(self.tree, "add", "-A")
        git(self.tree, "commit", "-qm", "one")

    def patch(self):
        self.file.write_text(AFTER)
        diff = subprocess.run(["git", "-C", self.tree, "diff"], capture_output=True, text=True, check=True).stdout
        self.file.write_text(BEFORE)
        path = self.folder / "change.patch"
        path.write_text(diff)
        return path

    def test_accepted_hunks_are_written_and_taken_back_one_by_one(self):
        patch = self.patch()
        shown = self.json("review", self.tree, "--patch", patch)
        self.assertEqual((shown["hunks"], [h["symbol"] for h in shown["files"][0]["hunks"]]), (2, ["one", "two"]))
        self.assertEqual(self.file.read_text(), BEFORE, "looking writes nothing")
        done = self.json("review", self.tree, "--patch", patch, "--accept", "2")
        self.assertEqual((done["status"], done["written"]), ("applied", ["numbers.py"]))
        self.assertEqual(self.file.read_text(), BEFORE.replace("return 2", "return 22"))
        self.assertEqual(self.json("undo", self.tree)["status"], "undone")
        self.assertEqual(self.file.read_text(), BEFORE)
        self.assertEqual(self.json("redo", self.tree, f"{done['run']}.{done['step']}.2")["status"], "redone")
        self.assertEqual(self.file.read_text(), BEFORE.replace("return 2", "return 22"))

    def script(self, *turns):
        path = self.folder / "script.json"
        path.write_text(json.dumps(turns))
        return f"scripted:{path}"

    def test_every_hunk_is_explained(self):
        patch = self.patch()
        hunks = self.json("review", self.tree, "--patch", patch)["files"][0]["hunks"]
        self.assertEqual([h["explanation"] for h in hunks], ["Changes `1` to `11` in `one`.", "Changes `2` to `22` in `two`."])
        self.assertIn("[1] Changes `1` to `11` in `one`.\n@@", self.run_strata("review", self.tree, "--patch", patch).stdout)

    def test_a_model_explains_once_and_is_cut(self):
        patch = self.patch()
        model = self.script("One is\nnow \u001b[31meleven. Really. And more.")
        said = [h["model_says"] for h in self.json("review", self.tree, "--patch", patch, "--explain", "--model", model)["files"][0]["hunks"]]
        self.assertEqual(said, ["One is now [31meleven. Really."] * 2)
        (self.folder / "script.json").unlink()
        again = self.json("review", self.tree, "--patch", patch, "--explain", "--model", model)["files"][0]["hunks"]
        self.assertEqual([h["model_says"] for h in again], said, "kept, so the model is not even opened")

    def test_what_is_accepted_is_checked_before_it_is_written(self):
        patch = self.patch()
        check = "grep -q 'return 11' numbers.py && ! grep -q 'return 22' numbers.py"
        failed = self.json("review", self.tree, "--patch", patch, "--accept", "all", "--check", check, expect=1)
        self.assertEqual((failed["status"], failed["check"]["good"]), ("check failed", False))
        self.assertEqual(self.file.read_text(), BEFORE)
        done = self.json("review", self.tree, "--patch", patch, "--accept", "1", "--check", check)
        self.assertEqual((done["status"], done["check"]["good"]), ("applied", True))
        self.assertIn("return 11", self.file.read_text())

    def test_a_comment_becomes_the_next_instruction_of_the_run(self):
        model = self.script(tool("edit", path="numbers.py", old="return 1\n", new="return 11\n"), tool("done", summary="did it"),
                            tool("edit", path="numbers.py", old="return 11\n", new="return 12\n"), tool("done", summary="mended it"))
        run = self.json("agent", self.tree, "Make it more", "--model", model, "--check", "true")["run"]
        self.run_strata("agent", "--resume", run, "--model", model, expect=1)
        shown = self.json("review", self.tree, "--run", run, "--comment", "1", "twelve, please")
        self.assertEqual(shown["files"][0]["hunks"][0]["comment"], "twelve, please")
        self.run_strata("review", self.tree, "--run", run, "--comment", "9", "no such hunk", expect=2)
        resumed = self.run_strata("agent", "--resume", run, "--model", model, "--json=events")
        events = [json.loads(line) for line in resumed.stdout.splitlines()]
        said = [e["data"]["text"] for e in events if e.get("event") == "message"]
        self.assertEqual(said, ["The user has looked at your changes and says:\nnumbers.py:2: twelve, please"])
        hunk = self.json("review", self.tree, "--run", run)["files"][0]["hunks"][0]
        self.assertIn("+    return 12", hunk["diff"])
        self.assertNotIn("comment", hunk)
        self.run_strata("agent", "--resume", run, "--model", model, expect=1)

    def test_copies_of_decided_runs_are_pruned(self):
        run = self.json("agent", self.tree, "Rename one to first", "--check", "true")["run"]
        self.assertGreater(self.json("runs", self.tree)["runs"][0]["bytes"], 0)
        self.assertEqual(self.json("runs", "--prune", "--older-than", "0", "--keep", "0")["runs"], [], "it waits for the user")
        self.json("review", self.tree, "--run", run, "--accept", "all")
        self.assertEqual(self.json("runs", "--prune", "--older-than", "0", "--keep", "0")["runs"], [run])
        self.assertIn("no longer kept", self.run_strata("review", self.tree, "--run", run, expect=1).stderr)
        self.assertEqual(self.json("undo", self.tree)["status"], "undone")
        applied = self.json("agent", self.tree, "Rename one to first", "--check", "true", "--yes")["run"]
        self.assertEqual(self.json("runs", "--prune", "--older-than", "0", "--keep", "0")["runs"], [applied])

    def test_risks_cite_the_lines_that_a_change_leaves_behind(self):
        (self.tree / "user.py").write_text("from numbers import one\n\nprint(one())\n")
        git(self.tree, "add", "-A")
        git(self.tree, "commit", "-qm", "user")
        self.file.write_text(BEFORE.replace("def one()", "def one(scale)"))
        (risk,) = self.json("review", self.tree)["risks"]
        self.assertEqual((risk["kind"], risk["hunks"]), ("signature", [1]))
        self.assertEqual(risk["places"], [{"file": "user.py", "line": 3}])

    def test_what_is_accepted_is_committed_and_nothing_else(self):
        patch = self.patch()
        git(self.tree, "config", "user.name", "Test")
        git(self.tree, "config", "user.email", "test@example.org")
        (self.tree / "mine.txt").write_text("mine\n")
        done = self.json("review", self.tree, "--patch", patch, "--accept", "1", "--message", "One is eleven")
        show = subprocess.run(["git", "-C", self.tree, "show", "--format=%H %s", "--stat", "HEAD"], capture_output=True,
                              text=True, check=True).stdout
        self.assertIn(done["commit"] + " One is eleven", show)
        self.assertIn("1 file changed, 1 insertion(+), 1 deletion(-)", show)
        status = subprocess.run(["git", "-C", self.tree, "status", "--short"], capture_output=True, text=True).stdout
        self.assertEqual(status, "?? mine.txt\n")

    def test_edits_made_since_are_kept(self):
        self.json("review", self.tree, "--patch", self.patch(), "--accept", "all")
        self.file.write_text("# mine\n" + AFTER)
        self.assertEqual(self.json("undo", self.tree, expect=1)["status"], "conflict")
        self.assertEqual(self.file.read_text(), "# mine\n" + AFTER)
        self.json("undo", self.tree, "--merge")
        self.assertEqual(self.file.read_text(), "# mine\n" + BEFORE)

    def test_a_run_is_found_and_reviewed_however_its_repository_was_named(self):
        here = pathlib.Path.cwd()
        os.chdir(self.tree)
        try:
            self.json("agent", ".", "Rename one to first", "--check", "true")
        finally:
            os.chdir(here)
        self.assertEqual(self.file.read_text(), BEFORE)
        run = self.json("runs", self.tree)["runs"][0]
        self.assertEqual((run["repository"], run["instruction"]), (str(self.tree.resolve()), "Rename one to first"))
        self.assertEqual(self.json("review", self.tree, "--run", run["run"], "--accept", "all")["status"], "applied")
        self.assertIn("def first():", self.file.read_text())

    def test_places_that_are_left_alone_are_shown(self):
        self.file.write_text(BEFORE + "\n\n# one is the loneliest number\n")
        done = self.run_strata("agent", self.tree, "Rename one to first", "--check", "true")
        self.assertIn("# one is the loneliest number", done.stderr)

    def test_commits_ranges_and_the_work_tree(self):
        self.assertEqual(self.json("review", self.tree)["hunks"], 0)
        self.file.write_text(AFTER)
        self.assertEqual(self.json("review", self.tree)["hunks"], 2)
        git(self.tree, "commit", "-qam", "two")
        self.assertEqual(self.json("review", self.tree, "--commit", "HEAD")["hunks"], 2)
        self.assertEqual(self.json("review", self.tree, "--range", "HEAD^..HEAD")["hunks"], 2)

    def test_what_cannot_be_meant_is_refused(self):
        patch = self.patch()
        self.run_strata("review", self.tree, "--patch", patch, "--accept", "3", expect=2)
        self.run_strata("review", self.tree, "--patch", patch, "--accept", "1-x", expect=2)
        self.run_strata("review", self.tree, "--accept", "all", expect=2)
        self.run_strata("review", self.tree, "--commit", "HEAD", "--range", "A..B", expect=2)
        self.run_strata("review", self.tree, "--run", "99", expect=1)
        self.run_strata("undo", self.tree, expect=1)
        self.run_strata("undo", self.tree, "first", expect=1)
        (self.folder / "not.patch").write_text("no diff at all\n")
        self.run_strata("review", self.tree, "--patch", self.folder / "not.patch", expect=1)
        self.assertEqual(self.file.read_text(), BEFORE)


if __name__ == "__main__":
    unittest.main()
