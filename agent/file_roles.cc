// SPDX-License-Identifier: Apache-2.0
#include "agent/file_roles.h"

#include <cctype>

namespace strata::agent {

bool is_test_path(std::string_view path) {
  const auto is_test = [](std::string_view part) {
    for (const std::string_view name : {"test", "tests", "testing", "testdata", "fixtures", "spec", "specs",
                                        "__tests__", "examples", "example", "benchmarks", "benchmark", "conftest.py"})
      if (part == name) return true;
    for (const std::string_view inside :
         {"_test.", ".test.", ".spec.", "Test.java", "Tests.java", "Test.kt", "Tests.cs"})
      if (part.find(inside) != std::string_view::npos) return true;
    return part.starts_with("test_") || part.starts_with("test-");
  };
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    if (is_test(path.substr(begin, end - begin))) return true;
    begin = end + 1;
  }
  return false;
}

bool is_documentation_path(std::string_view path) {
  for (const std::string_view folder : {"doc/", "docs/", "man/", "manual/", "website/", "www/"})
    if (path.starts_with(folder)) return true;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  for (const std::string_view ending :
       {".md",  ".rst", ".txt", ".html", ".css", ".po", ".conf", ".texi", ".tex", ".adoc", ".asciidoc",
        ".pod", ".org", ".svg", ".m4",   ".am",  ".in", ".ac",   ".man",  ".nro", ".roff", ".mdoc"})
    if (name.ends_with(ending)) return true;
  // Manual pages: "ls.1", "printf.3p".
  const size_t dot = name.rfind('.');
  const std::string_view section = dot == std::string_view::npos ? "" : name.substr(dot + 1);
  if (!section.empty() && section[0] >= '1' && section[0] <= '8' &&
      (section.size() == 1 || (section.size() == 2 && std::isalpha(static_cast<unsigned char>(section[1])))))
    return true;
  for (const std::string_view start :
       {"CHANGE", "Change", "README", "NEWS", "COPYING", "LICENSE", "AUTHORS", "INSTALL", "THANKS", "TODO", "configure",
        "config.guess", "config.sub", "depcomp", "ltmain.sh"})
    if (name.starts_with(start)) return true;
  return false;
}

bool beside_the_program(std::string_view path, const Question& question) {
  return (is_test_path(path) && !question.about_tests) || (is_documentation_path(path) && !question.about_docs);
}

}  // namespace strata::agent
