// SPDX-License-Identifier: Apache-2.0
#include "agent/run/mechanical.h"

#include <gtest/gtest.h>

#include "tests/unit/repo-indexer/temporary_tree.h"

namespace strata::agent {
namespace {

TEST(Mechanical, PlainInstructionsNeedNoModel) {
  repo::TemporaryTree tree;
  tree.write("a.py",
             "class Box:\n    def open(self):\n        pass\n\n\ndef load(x):\n    return send(x)\n\n\ndef send(x):\n  "
             "  return x\n");
  auto index = tree.open();
  ASSERT_TRUE(index.update());
  const auto read = [&](std::string_view instruction) -> std::string {
    const auto steps = mechanical_steps(index, instruction);
    if (!steps) return "no";
    std::string out;
    for (const std::string& step : steps->steps) out += step + ". ";
    return out + (steps->rest.empty() ? "" : "rest: " + steps->rest);
  };
  EXPECT_EQ(read("Rename load to read_it"), "rename load to read_it. ");
  EXPECT_EQ(read("rename the function `load()` to `read_it()` everywhere."), "rename load to read_it. ");
  EXPECT_EQ(read("Please rename class Box to Crate in the whole repository and update all its uses."),
            "rename Box to Crate. ");
  EXPECT_EQ(read("Rename method Box.open to unlock"), "rename Box.open to unlock. ");
  EXPECT_EQ(read("Move load to b.py"), "move load to b.py. ");
  EXPECT_EQ(read("move the function send from a.py into net/send.py"), "move send to net/send.py. ");
  EXPECT_EQ(read("Delete the unused function send"), "delete send. ");
  EXPECT_EQ(read("Add a parameter `timeout=None` to load and pass it on to send"),
            "add parameter timeout=None to load and pass it on to send. ");
  EXPECT_EQ(read("Add parameter depth to send, callers pass 3"), "add parameter depth to send, callers pass 3. ");
  EXPECT_EQ(read("Rename load to fetch, then move fetch to b.py."), "rename load to fetch. move fetch to b.py. ");
  EXPECT_EQ(read("Rename load to fetch and describe it in the README"),
            "rename load to fetch. rest: and describe it in the README");
  for (const char* same :
       {"Can you rename load to read_it?", "Change the name of load to read_it.", "Give load the new name read_it",
        "`load` should be called `read_it` instead", "load must be renamed to read_it, updating all call sites",
        "I'd like to rename load -> read_it everywhere it is used",
        "rename load to read_it across the entire code base and fix its callers"})
    EXPECT_EQ(read(same), "rename load to read_it. ") << same;
  EXPECT_EQ(read("Move load and send to b.py"), "move load to b.py. move send to b.py. ");
  EXPECT_EQ(read("Get rid of the functions load, send"), "delete load. delete send. ");
  // What is not plain, or names nothing here, is left to a model.
  EXPECT_EQ(read("Rename stuff to things"), "no");
  EXPECT_EQ(read("Rename load to something better"), "no");
  EXPECT_EQ(read("Add a parameter to load"), "no");
  EXPECT_EQ(read("Delete the loop in load"), "no");
  EXPECT_EQ(read("Move load somewhere else"), "no");
  EXPECT_EQ(read("Make load faster"), "no");
  EXPECT_EQ(read("load should be faster"), "no");
  EXPECT_EQ(read("Change the name of the file to load"), "no");
  EXPECT_EQ(read(""), "no");
}

TEST(Mechanical, RepairIsAskedForInManyWords) {
  for (const char* yes : {"Make the failing test pass", "fix the failing tests", "Fix the test that fails",
                          "make test_x pass: it fails", "Repair the failing build"})
    EXPECT_TRUE(asks_for_repair(yes)) << yes;
  for (const char* no : {"Rename a to b", "Write a test for load", "Fix the typo"})
    EXPECT_FALSE(asks_for_repair(no)) << no;
}

}  // namespace
}  // namespace strata::agent
