# SPDX-License-Identifier: Apache-2.0
"""Asking: answers with citations that hold, before and after the repository has been read."""
import json
import unittest

from strata_process import StrataTest, model

FOLDERS = ("base", "engine/generate")


class Ask(StrataTest):
    def ask(self, top, question, *arguments):
        return self.json("ask", top, question, "--model", model(), "--max-tokens", 48, *arguments)

    def check_citations(self, top, answer):
        self.assertTrue(answer["citations"])
        for citation in answer["citations"]:
            if not citation["verified"]:
                continue
            lines = (top / citation["file"]).read_text().splitlines()
            self.assertLessEqual(1, citation["start_line"])
            self.assertLessEqual(citation["start_line"], citation["end_line"])
            self.assertLessEqual(citation["end_line"], len(lines))
            if citation["symbol"]:
                name = citation["symbol"].replace("::", ".").split(".")[-1]
                self.assertIn(name, "\n".join(lines[citation["start_line"] - 1:citation["end_line"]]))

    def test_where_is_a_definition_comes_from_the_index(self):
        top = self.repository(*FOLDERS)
        answer = self.ask(top, "Where is to_bf16 defined?")
        self.check_citations(top, answer)
        self.assertEqual(answer["citations"][0]["file"], "base/half.h")
        self.assertTrue(answer["citations"][0]["verified"])
        self.assertEqual(answer["timing"]["generated_tokens"], 0)

    def test_a_question_is_answered_before_and_after_reading(self):
        top = self.repository(*FOLDERS)
        question = "How does the sampler apply the repetition penalty?"
        before = self.ask(top, question)
        self.check_citations(top, before)
        self.assertEqual(before["timing"]["reused_tokens"], 0)
        self.json("ingest", top, "--model", model())
        after = self.ask(top, question)
        self.check_citations(top, after)
        self.assertGreater(after["timing"]["reused_tokens"], 0)
        self.assertIn("engine/generate/sampler.cc", [s["file"] for s in after["context"]["spans"]])

    def test_what_another_model_than_the_scout_reads_is_kept(self):
        top = self.repository(*FOLDERS)
        question = "How does the sampler apply the repetition penalty?"
        scout = ("--scout", model("qwen2.5-coder-0.5b.gguf"))
        first, second = self.ask(top, question, *scout), self.ask(top, question, *scout)
        self.assertEqual(first["timing"]["reused_tokens"], 0)
        self.assertGreater(second["timing"]["reused_tokens"], 0)
        self.assertLess(second["timing"]["computed_tokens"], first["timing"]["computed_tokens"])
        self.assertEqual(second["answer"], first["answer"])

    def test_verify_reads_the_passages_densely(self):
        top = self.repository("base")
        self.json("ingest", top, "--model", model())
        answer = self.ask(top, "How are half precision numbers rounded?", "--verify")
        self.assertEqual(answer["timing"]["reused_tokens"], 0)

    def test_a_question_may_lean_on_the_one_before(self):
        top = self.repository("base")
        lines = self.run_strata("ask", top, "--model", model(), "--json",
                            input="Where is to_bf16 defined?\nWho calls it?\nIs nonsense_q called?\n").stdout.splitlines()
        first, second, third = map(json.loads, lines)
        self.assertEqual(second["question"], "Who calls `to_bf16`?")
        self.check_citations(top, second)
        self.assertFalse(third["found"])

    def test_what_is_not_there_is_said_to_be_absent(self):
        top = self.repository(*FOLDERS)
        answer = self.ask(top, "Where is the function reticulate_splines defined?")
        self.assertFalse(answer["found"])
        self.assertEqual(answer["timing"]["generated_tokens"], 0)


if __name__ == "__main__":
    unittest.main()
