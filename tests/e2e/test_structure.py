# SPDX-License-Identifier: Apache-2.0
"""Questions about structure, without a model: what a user or a program gets from each command."""
import unittest

from strata_process import StrataTest, git

SHAPE = '''class Shape:
    def area(self):
        return 0


class Square(Shape):
    def area(self):
        return side_squared(self.side)


class Cube(Square):
    pass


def side_squared(side):
    """Multiplies a side with itself."""
    return side * side
'''
USER = '''from shape import Square, side_squared


def total(squares):
    return sum_of(squares)


def sum_of(squares):
    return side_squared(len(squares))


def area():
    return 1
'''
TEST = "from user import total\n\n\ndef test_total():\n    assert total([]) == 0\n"


class Structure(StrataTest):
    def setUp(self):
        super().setUp()
        self.top = self.folder / "shapes"
        self.top.mkdir()
        git(self.folder, "init", "-q", str(self.top))
        for name, text in {"shape.py": SHAPE, "user.py": USER, "test_user.py": TEST, "README.md": "# Shapes\n"}.items():
            (self.top / name).write_text(text)
        git(self.top, "add", "-A")
        git(self.top, "commit", "-qm", "all")

    def places(self, command, *arguments, row=lambda r: r):
        return [(r["file"], r["line"]) for r in map(row, self.json(command, self.top, *arguments)[command])]

    def test_symbols_by_part_of_the_name_kind_and_file(self):
        names = {s["qualified_name"] for s in self.json("symbols", self.top, "AREA")["symbols"]}
        self.assertEqual(names, {"Shape.area", "Square.area", "area"})
        self.assertEqual(self.places("symbols", "--kind", "class", "--file", "shape.py"),
                         [("shape.py", 1), ("shape.py", 6), ("shape.py", 11)])

    def test_a_kind_that_does_not_exist_is_a_usage_error_that_lists_the_kinds(self):
        done = self.run_strata("symbols", self.top, "--kind", "nonsense", expect=2)
        self.assertEqual(done.stdout, "")
        for word in ("nonsense", "function", "enumerator"):
            self.assertIn(word, done.stderr)
        self.assertIn("nonsense", self.json("symbols", self.top, "--kind", "nonsense", expect=2)["error"])
        self.json("symbols", self.top, "--file", "no.py", expect=1)

    def test_definition_by_name_qualified_name_and_place(self):
        for symbol in "side_squared", "shape.py:17":
            found = self.json("definition", self.top, symbol)
            self.assertEqual((found["file"], found["line"], found["last_line"]), ("shape.py", 15, 17))
            self.assertEqual(found["doc"], "Multiplies a side with itself.")
        self.assertEqual(self.json("definition", self.top, "Square.area")["line"], 7)

    def test_an_ambiguous_symbol_lists_the_candidates_and_exits_with_2(self):
        (self.top / "other.py").write_text("def side_squared(x):\n    return x\n\n\ndef other():\n    return 1\n")
        failure = self.json("references", self.top, "side_squared", expect=2)
        self.assertEqual({c["file"] for c in failure["candidates"]}, {"shape.py", "other.py"})
        self.json("references", self.top, "other.py:1")

    def test_a_whole_qualified_name_is_not_ambiguous(self):
        found = self.run_strata("definition", self.top, "area")
        self.assertIn("user.py:12", found.stdout)
        self.assertIn("area is also shape.py:2", found.stderr)

    def test_unknown_symbols_and_files_are_told(self):
        self.assertIn("nothing_here", self.json("callers", self.top, "nothing_here", expect=1)["error"])
        self.assertIn("no.py", self.json("outline", self.top, "no.py", expect=1)["error"])
        self.assertIn("no.py", self.json("definition", self.top, "no.py:3", expect=1)["error"])
        self.run_strata("callers", self.top, expect=2)

    def test_references_to_a_constant(self):
        (self.top / "limits.py").write_text("LIMIT = 3  # LIMIT of what is kept\n\n\ndef full(n):\n    return n > LIMIT\n")
        self.assertEqual(self.places("references", "LIMIT"), [("limits.py", 5)])

    def test_references_callers_and_callees(self):
        self.assertEqual(set(self.places("references", "side_squared")),
                         {("shape.py", 8), ("user.py", 1), ("user.py", 9)})
        callers = self.json("callers", self.top, "side_squared")["callers"]
        self.assertEqual({c["symbol"]["qualified_name"] for c in callers}, {"Square.area", "sum_of"})
        callees = self.json("callees", self.top, "sum_of")["callees"]
        self.assertIn("side_squared", {c["symbol"]["name"] for c in callees})

    def test_subclasses_of_subclasses(self):
        found = self.json("subclasses", self.top, "Shape")["subclasses"]
        self.assertEqual([(s["symbol"]["name"], s["depth"]) for s in found], [("Square", 1), ("Cube", 2)])

    def test_path_of_calls(self):
        steps = self.json("path", self.top, "total", "side_squared")["path"]
        self.assertEqual([s["symbol"]["name"] for s in steps], ["total", "sum_of", "side_squared"])
        self.assertEqual(steps[1]["call"]["line"], 5)
        self.assertIn("no chain", self.json("path", self.top, "side_squared", "total", expect=1)["error"])

    def test_tests_that_touch_a_symbol(self):
        tests = self.json("tests", self.top, "side_squared")["tests"]
        self.assertEqual([(t["test"]["name"], t["calls"]) for t in tests], [("test_total", 3)])

    def test_outline_and_includes(self):
        outline = self.json("outline", self.top, "shape.py")
        self.assertEqual([s["name"] for s in outline["symbols"]],
                         ["Shape", "area", "Square", "area", "Cube", "side_squared"])
        includes = self.json("includes", self.top, "user.py")
        self.assertIn("shape.py", {i["target"] for i in includes["includes"]})
        self.assertEqual({i["file"] for i in includes["included_by"]}, {"test_user.py"})

    def test_search_by_words_and_by_regular_expression(self):
        self.assertEqual(self.json("search", self.top, "multiply sides")["passages"][0]["symbol"], "side_squared")
        lines = self.json("search", self.top, r"^def \w+\(s", "--regex")["matches"]
        self.assertEqual([(m["file"], m["line"], m["column"]) for m in lines],
                         [("shape.py", 15, 1), ("user.py", 4, 1), ("user.py", 8, 1)])
        self.assertIn("[", self.json("search", self.top, "[a-", "--regex", expect=2)["error"])
        # An expression that would try for ever.
        (self.top / "long.txt").write_text("a" * 5000 + "!\n")
        self.json("search", self.top, "^(a+)+$", "--regex", expect=1)
        self.assertTrue(self.json("search", self.top, "a", "--regex", "--limit", 1)["more"])

    def test_plan_fits_the_budget_and_accounts_for_every_file(self):
        for tokens in 1, 50, 200, 5000:
            plan = self.json("plan", self.top, "--tokens", tokens)
            self.assertLessEqual(plan["tokens"], tokens)
            whole = {s["file"] for s in plan["segments"] if s["kind"] == "file"}
            self.assertEqual(whole | {f["file"] for f in plan["left_out"]},
                             {"shape.py", "user.py", "test_user.py", "README.md"})
        self.assertEqual(plan["segments"][0]["kind"], "preamble")
        self.run_strata("plan", self.top, expect=2)
        self.json("plan", self.top, "--tokens", 100, "--near", "no.py", expect=1)

    def test_map(self):
        found = self.json("map", self.top, "--tokens", 60)
        self.assertLessEqual(found["tokens"], 60)
        self.assertIn("│def side_squared(side)", found["map"])

    def test_secrets_are_reported_and_never_printed(self):
        token = "gh" + "p_q8Zr2KdX7mWc4Tn9YbVf3Lh6PsJg1Ua5RxEo"
        (self.top / "deploy.py").write_text(f"KEY = '{token}'\n\n\ndef deploy():\n    return KEY\n")
        self.assertEqual(self.json("index", self.top)["secrets"],
                         [{"file": "deploy.py", "line": 1, "kind": "GitHub token"}])
        for command in (["symbols"], ["outline", "deploy.py"], ["search", "KEY", "--regex"], ["references", "KEY"]):
            self.assertNotIn(token, self.run_strata(command[0], self.top, *command[1:]).stdout)


if __name__ == "__main__":
    unittest.main()
