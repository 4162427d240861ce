# SPDX-License-Identifier: Apache-2.0
"""strata agent with a scripted model: exit codes, what is written, killing and resuming."""
import json
import os
import signal
import unittest

from strata_process import StrataTest, git


def call(name, **arguments):
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


DONE = call("done", summary="mended add")
MEND = call("edit", path="calc.py", old="a - b", new="a + b")


class AgentTest(StrataTest):
    def setUp(self):
        super().setUp()
        self.tree = self.folder / "calc"
        self.tree.mkdir()
        (self.tree / "calc.py").write_text("def add(a, b):\n    return a - b\n\n\nprint(add(1, 2))\n")
        git(self.folder, "init", "-q", str(self.tree))
        git(self.tree, "add", "-A")
        git(self.tree, "commit", "-qm", "one")

    def script(self, *turns):
        path = self.folder / "script.json"
        path.write_text(json.dumps(turns))
        return f"scripted:{path}"

    def agent(self, instruction, *turns, expect=0, check="grep -q 'a + b' calc.py", flags=("--yes",)):
        return self.json("agent", self.tree, instruction, "--model", self.script(*turns), "--check", check, *flags, expect=expect)

    def source(self):
        return (self.tree / "calc.py").read_text()

    def test_applies_with_yes_and_only_then(self):
        before = self.source()
        result = self.agent("Mend add", "1. Mend it\n" + MEND, DONE, flags=())
        self.assertEqual((result["status"], result["hunks"], self.source()), ("proposed", 1, before))
        result = self.agent("Mend add", MEND, DONE)
        self.assertEqual((result["status"], result["files"]), ("applied", ["calc.py"]))
        self.assertTrue(result["checks"][-1]["good"])
        self.assertEqual([step["step"] for step in result["step_seconds"]], ["edit", "done"])
        self.assertTrue(all(step["seconds"] > 0 for step in result["step_seconds"]))
        self.assertEqual(self.json("runs", self.tree)["runs"][0]["status"], "applied")
        self.assertIn("a + b", self.source())

    def test_exit_codes_say_what_happened(self):
        read = call("read", path="calc.py")
        self.assertEqual(self.agent("Mend add", DONE, DONE, DONE, expect=1)["status"], "not done")
        self.assertEqual(self.agent("Mend add", read, read, read, expect=3)["status"], "guard")
        self.assertEqual(self.agent("Mend add", read, MEND, DONE, expect=3, flags=("--yes", "--max-steps", "1"))["status"], "budget")
        # Nobody is at a terminal to agree to the detected check.
        (self.tree / "Makefile").write_text("check:\n\ttrue\n")
        refused = self.json("agent", self.tree, "Mend add", "--model", self.script(MEND, DONE), expect=4)
        self.assertEqual(refused["status"], "refused")
        self.run_strata("agent", self.tree, expect=2)
        self.run_strata("agent", expect=2)
        self.assertNotIn("a + b", self.source())

    def test_mechanical_instructions_need_no_model(self):
        result = self.json("agent", self.tree, "Rename add to minus", "--check", "python3 calc.py", "--yes")
        self.assertEqual((result["status"], result["tokens"]["out"]), ("applied", 0))
        self.assertEqual(self.source(), "def minus(a, b):\n    return a - b\n\n\nprint(minus(1, 2))\n")

    def test_a_killed_run_is_resumed(self):
        arguments = ("agent", self.tree, "Mend add", "--model", self.script(MEND, call("run", command="sleep 30"), DONE), "--check",
                     "grep -q 'a + b' calc.py", "--yes", "--json=events")
        process = self.start(*arguments, start_new_session=True)
        run = None
        for line in process.stdout:
            if json.loads(line)["event"] == "result":
                break
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        (self.folder / "script.json").write_text(json.dumps([MEND, call("run", command="sleep 30"), DONE]))
        run = self.run_strata("agent", "--resume", 1, "--model", self.script(MEND, DONE, DONE), "--json=events", "--max-seconds", "60")
        events = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertEqual(events[0]["event"], "resume")
        self.assertEqual(events[-1]["status"], "applied")
        self.assertIn("a + b", self.source())

    def test_instructions_of_the_repository_need_trust(self):
        (self.tree / "AGENTS.md").write_text("Use tabs.\n")
        done = self.run_strata("agent", self.tree, "Mend add", "--model", self.script(MEND, DONE), "--check", "true")
        self.assertIn("AGENTS.md is not followed", done.stderr)
        done = self.run_strata("agent", self.tree, "Mend add", "--model", self.script(MEND, DONE), "--check", "true", "--trust-instructions", "--json=events")
        start = json.loads(done.stdout.splitlines()[0])
        self.assertEqual(start["data"]["instructions"], [{"path": "AGENTS.md", "text": "Use tabs.\n"}])


if __name__ == "__main__":
    unittest.main()
