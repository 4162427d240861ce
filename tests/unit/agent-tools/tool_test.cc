// SPDX-License-Identifier: Apache-2.0
#include "agent/tools/tool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/tools/check.h"

namespace strata::agent {
namespace {

using json = nlohmann::ordered_json;
using testing::ElementsAre;
using testing::HasSubstr;

std::string outcome(const ToolSpec& spec, const json& given) {
  const auto checked = checked_arguments(spec, given);
  return checked ? checked->values().dump() : checked.error().message;
}

TEST(Arguments, AreMendedOrRefusedWithWhatIsExpected) {
  const ToolSpec spec = read_tool().spec;
  EXPECT_EQ(outcome(spec, {{"path", "a"}, {"first", "3"}, {"last", nullptr}}), R"({"path":"a","first":3})");
  EXPECT_EQ(outcome(spec, {{"path", 5}}), R"({"path":"5"})");
  EXPECT_EQ(outcome(spec, {{"first", 3}}),
            "read needs the argument \"path\"; it has: path (string, required), first (integer), last (integer)");
  EXPECT_THAT(outcome(spec, {{"path", "a"}, {"first", "x"}}), HasSubstr("must be of type integer"));
  EXPECT_THAT(outcome(spec, {{"path", "a"}, {"first", 1e300}}), HasSubstr("must be of type integer"));
  EXPECT_THAT(outcome(spec, {{"path", "a"}, {"file", "b"}}), HasSubstr("read has no argument \"file\"; it has: path"));
  EXPECT_THAT(outcome(spec, json::array({1})), HasSubstr("must be an object"));
  EXPECT_THAT(outcome(spec, {{"path", std::string(10'000'000, 'x')}}),
              HasSubstr("has 10000000 bytes; make smaller steps"));
  EXPECT_EQ(outcome(edit_tool().spec, {{"path", "a"}, {"all", "true"}, {"edits", {{"old", "x"}}}}),
            R"({"path":"a","all":true,"edits":[{"old":"x"}]})");
}

TEST(Tools, AreFewForSmallModels) {
  EXPECT_EQ(tools().size(), 17u);
  EXPECT_LE(tools({.small = true, .edit_format = {}}).size(), 8u);
  for (const Tool& tool : tools()) {
    EXPECT_FALSE(tool.spec.description.empty()) << tool.spec.name;
    for (const auto& [name, about] : tool.spec.parameters["properties"].items())
      EXPECT_FALSE(about["description"].empty()) << tool.spec.name << " " << name;
  }
  for (const char* name : {"qwen2.5-coder-1.5b", "Qwen2.5-0.5B-Instruct", "smollm2-135m", "org/llama-3.2-3b.gguf"})
    EXPECT_TRUE(is_small_model(name)) << name;
  for (const char* name :
       {"qwen2.5-coder-7b", "gpt-4.1", "qwen3-30b-a3b", "mistral", "scripted:/tmp/run-35yvvg3m/script.json"})
    EXPECT_FALSE(is_small_model(name)) << name;
}

TEST(Shortened, SaysWhatIsMissingAndIsUtf8) {
  EXPECT_EQ(shortened("short"), "short");
  EXPECT_THAT(shortened(std::string(1000, 'x') + "\n" + std::string(1000, 'y'), 1500),
              HasSubstr("1001 bytes more are left out"));
  EXPECT_EQ(shortened("a\xff"), "a\xEF\xBF\xBD");
}

std::string detected(const std::vector<std::string>& paths, const std::string& text = "") {
  return detect_check(paths, [&](const std::string&) { return std::optional(text); }).value_or("none");
}

TEST(Check, IsDetected) {
  EXPECT_THAT(detected({"CMakeLists.txt", "a.cc"}), HasSubstr("ctest"));
  EXPECT_EQ(detected({"Makefile"}, "all:\n\ncheck: all\n\t./t\n"), "make check");
  EXPECT_EQ(detected({"Makefile"}, "all:\n"), "make");
  EXPECT_EQ(detected({"a.py", "tests/test_a.py"}), "python3 -m pytest -q");
  EXPECT_EQ(detected({"Cargo.toml"}), "cargo test --offline");
  EXPECT_EQ(detected({"go.mod"}), "go test ./...");
  EXPECT_EQ(detected({"package.json"}, R"({"scripts": {"test": "jest"}})"), "npm test");
  EXPECT_EQ(detected({"README"}), "none");
}

CheckResult summary(int exit_code, std::string_view output) {
  return summarise_check("x", exit_code, output, [](const std::string& path) {
    return path == "src/a.cc" || path == "t/test_a.py" || path == "a.py";
  });
}

TEST(Check, WhatDidNotStartIsNotAFailingTest) {
  EXPECT_EQ(summary(1, "/usr/bin/python3: No module named pytest\n").not_started(),
            "/usr/bin/python3: No module named pytest");
  EXPECT_EQ(summary(127, "sh: 1: cargo: not found\n").not_started(), "sh: 1: cargo: not found");
  EXPECT_FALSE(summary(1, "a.py:3: assert 1 == 2\n").not_started());
  EXPECT_FALSE(summary(1, "ERROR a.py\nModuleNotFoundError: No module named 'b'\n").not_started());
}

TEST(Check, OutputIsShortenedToWhatMatters) {
  std::string noise;
  for (int i = 0; i < 5000; ++i) noise += "compiling something " + std::to_string(i) + "\n";
  const auto compile = summary(
      2, noise + "/tmp/x/src/a.cc:12:3: error: no y\n   12 | y\n      | ^\n" + noise + "make: *** [all] Error 1\n");
  EXPECT_EQ(compile.errors, 2);
  EXPECT_THAT(compile.places, ElementsAre(CheckPlace{"src/a.cc", 12}));
  EXPECT_THAT(compile.output, HasSubstr("error: no y"));
  EXPECT_LT(compile.output.size(), 5000u);
  const auto pytest = summary(1,
                              "F.\n____ test_b ____\n    def test_b():\n>       assert f() == 2\nE       assert 1 == "
                              "2\n\nt/test_a.py:7: AssertionError\n=== short test summary info ===\nFAILED "
                              "t/test_a.py::test_b - assert 1 == 2\n1 failed, 1 passed in 0.1s\n");
  EXPECT_THAT(pytest.failed, ElementsAre("t/test_a.py::test_b"));
  EXPECT_THAT(pytest.places, ElementsAre(CheckPlace{"t/test_a.py", 7}));
  EXPECT_EQ(pytest.badness(), std::pair(0, 1));
  EXPECT_THAT(summary(1, "FAIL: test_x (t.T.test_x)\n  File \"/w/a.py\", line 3, in f\nFAILED (failures=1)\n").places,
              ElementsAre(CheckPlace{"a.py", 3}));
  EXPECT_THAT(summary(1, "[  FAILED  ] A.B (0 ms)\n[  FAILED  ] 1 test, listed below:\n[  FAILED  ] A.B\n").failed,
              ElementsAre("A.B"));
  EXPECT_THAT(summary(8, "1/2 Test #1: one ....***Failed    0.00 sec\n").failed, ElementsAre("one"));
  EXPECT_THAT(summary(1, "src/a.cc:5:test_hex:FAIL: Expected 1 Was 2\n").failed, ElementsAre("test_hex"));
  EXPECT_THAT(summary(1, "not ok 3 - sums\n").failed, ElementsAre("3 - sums"));
  EXPECT_EQ(summary(0, "FAILED nothing").badness(), std::pair(0, 0));
  EXPECT_EQ(summary(1, "\x1b[31mFAILED\x1b[0m t/test_a.py::x - y\n").failed.size(), 1u);
}

}  // namespace
}  // namespace strata::agent
