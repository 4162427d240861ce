// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/attributes.h"

#include <gtest/gtest.h>

#include <format>

#include "tests/unit/repo-indexer/temporary_tree.h"

namespace strata::repo {
namespace {

constexpr std::string_view kTop = R"([attr]generated linguist-generated=true diff=generated
[attr]foreign linguist-vendored -diff
# *.c binary
*.png binary
*.svg -binary text
  *.pb.c	generated   text
*.ours.pb.c -linguist-generated
/Lib/*.gen linguist-generated=false
docs/** linguist-vendored
docs/ours/*.md -linguist-vendored
docs/other/x.md !linguist-vendored
"with blank.c" foreign
build/ binary
"quo\"ted" generated
*.lock linguist-generated=perhaps
a.lock linguist-generated
*.last binary -binary
[Mm]akefile linguist-generated -linguist-generated linguist-generated
!*.not binary
*.minus binary
x.minus -generated
*.crlf generated
)";
constexpr std::string_view kInside = "*.c generated\n/only.h binary\nsub/*.h linguist-vendored\n*.png !binary\n";
constexpr std::string_view kInfo = "*.info binary\nlib/a.c -linguist-generated\n[attr]mine linguist-vendored\n";

constexpr const char* kPaths[] = {
    "a.c",           "a.png",          "a.svg",     "a.pb.c",      "a.ours.pb.c",    "Lib/a.gen",
    "Lib/sub/a.gen", "x/Lib/a.gen",    "docs/a.md", "docs/x/y.md", "docs/ours/a.md", "docs/other/x.md",
    "with blank.c",  "x/with blank.c", "build",     "build/a.c",   "quo\"ted",       "b.lock",
    "a.lock",        "a.last",         "Makefile",  "makefile",    "a.not",          "x.minus",
    "y.minus",       "a.crlf",         "lib/a.c",   "lib/b.c",     "lib/only.h",     "lib/sub/only.h",
    "lib/x.png",     "deep/lib/b.c",   "lib/a.info"};

std::string shown(const std::optional<bool>& said) { return said ? (*said ? "set" : "unset") : "-"; }

// Asked of git itself, so that nobody has to know its rules by heart.
TEST(Attributes, SayWhatGitSays) {
  TemporaryTree tree;
  tree.git("init");
  tree.write(".gitattributes", kTop);
  tree.write("lib/.gitattributes", kInside);
  tree.write(".git/info/attributes", kInfo);
  AttributeRules rules;
  rules.add_overruling(kInfo);
  rules.add("", kTop);
  rules.add("lib/", kInside);
  for (const std::string path : kPaths) {
    const FileAttributes ours = rules.of(path);
    const auto git_says = [&](const std::string& name) {
      const std::string out = (tree.cache.parent_path() / "said").string();
      tree.git(std::format("check-attr -z {} -- '{}' >'{}' 2>&1 #", name, path, out));
      std::ifstream in(out, std::ios::binary);
      std::string file, attribute, value;
      std::getline(std::getline(std::getline(in, file, '\0'), attribute, '\0'), value, '\0');
      EXPECT_EQ(attribute, name) << path;
      if (value == "true") value = "set";
      if (value == "false") value = "unset";
      return value == "set" || value == "unset" ? value : "-";
    };
    EXPECT_EQ(shown(ours.binary), git_says("binary")) << path;
    EXPECT_EQ(shown(ours.generated), git_says("linguist-generated")) << path;
    EXPECT_EQ(shown(ours.vendored), git_says("linguist-vendored")) << path;
  }
}

}  // namespace
}  // namespace strata::repo
