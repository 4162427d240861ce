// SPDX-License-Identifier: Apache-2.0
#include "agent/tools/check.h"

#include <algorithm>
#include <charconv>
#include <format>
#include <set>

namespace strata::agent {
namespace {

constexpr size_t kMostOutput = 4000;
constexpr int kContext = 12;  // lines of a failure

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

// Without the colours of a terminal.
std::string plain(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b' && i + 1 < text.size() && text[i + 1] == '[') {
      i += 2;
      while (i < text.size() && !(text[i] >= '@' && text[i] <= '~')) ++i;
      continue;
    }
    if (text[i] == '\n' || text[i] == '\t' || static_cast<unsigned char>(text[i]) >= 0x20) out += text[i];
  }
  return out;
}

std::string first_word(std::string_view text) { return std::string(text.substr(0, text.find_first_of(" \t"))); }

// The test a line says to have failed; empty if it says nothing of the kind.
std::string failed_test(std::string_view line) {
  const auto behind = [&](std::string_view start) { return line.substr(start.size()); };
  if (line.starts_with("FAILED ")) return first_word(behind("FAILED "));                    // pytest
  if (line.starts_with("ERROR ") && has(line, "::")) return first_word(behind("ERROR "));   // pytest
  if (line.starts_with("ERROR ") && has(line, ".py")) return first_word(behind("ERROR "));  // pytest, collecting
  if (line.starts_with("FAIL: ") || line.starts_with("ERROR: ")) {                          // unittest, automake
    const std::string_view rest = line.substr(line.find(' ') + 1);
    return has(rest, " (") || rest.find(' ') == rest.npos ? std::string(rest.substr(0, rest.find(" (")))
                                                          : std::string();
  }
  if (line.starts_with("[  FAILED  ] ") && !has(line, "listed below") && !has(line, "FAILED TEST"))
    return first_word(behind("[  FAILED  ] ")).substr(0, line.find(','));
  if (line.starts_with("not ok ")) return std::string(line.substr(7, 100));  // TAP
  if (line.starts_with("[fail]")) return std::string(line.substr(6, 100));
  if (const size_t fail = line.find(":FAIL"); fail != line.npos) {  // Unity: file:line:test:FAIL
    const size_t colon = line.rfind(':', fail - 1);
    if (fail > 0 && colon != line.npos) return std::string(line.substr(colon + 1, fail - colon - 1));
  }
  if (line.starts_with("--- FAIL: ")) return first_word(behind("--- FAIL: "));                        // go
  if (line.starts_with("test ") && line.ends_with("... FAILED")) return first_word(behind("test "));  // cargo
  if (has(line, "***Failed") || has(line, "***Exception")) {  // ctest: "1/2 Test #1: name ....***Failed"
    const size_t colon = line.find(": ");
    if (colon != line.npos) return first_word(line.substr(colon + 2));
  }
  return {};
}

bool is_compiler_error(std::string_view line) {
  return has(line, ": error:") || has(line, ": fatal error:") || has(line, "undefined reference to") ||
         line.starts_with("error[E") || line.starts_with("CMake Error") || has(line, "SyntaxError:") ||
         has(line, "IndentationError:") || has(line, ": *** ");
}

// Paths with lines: "a/b.c:12", "File \"a.py\", line 12".
void add_places(std::string_view line, const std::function<bool(const std::string&)>& is_file,
                std::vector<CheckPlace>& places) {
  const auto add = [&](std::string path, std::string_view number) {
    int at = 0;
    std::from_chars(number.data(), number.data() + number.size(), at);
    // Absolute paths end with the one in the repository.
    for (size_t slash = 0; at > 0 && !path.empty();) {
      while (path.starts_with("./")) path.erase(0, 2);
      if (is_file(path)) {
        if (std::ranges::find(places, CheckPlace{path, at}) == places.end() && places.size() < 200)
          places.push_back({path, at});
        return;
      }
      slash = path.find('/');
      if (slash == path.npos) return;
      path.erase(0, slash + 1);
    }
  };
  if (const size_t file = line.find("File \""); file != line.npos) {
    const size_t end = line.find("\", line ", file);
    if (end != line.npos) add(std::string(line.substr(file + 6, end - file - 6)), line.substr(end + 8));
    return;
  }
  for (size_t colon = line.find(':'); colon != line.npos; colon = line.find(':', colon + 1)) {
    if (colon + 1 >= line.size() || line[colon + 1] < '0' || line[colon + 1] > '9') continue;
    const size_t start = line.find_last_of(" \t\"'(<[", colon);
    add(std::string(line.substr(start == line.npos ? 0 : start + 1, colon - (start == line.npos ? 0 : start + 1))),
        line.substr(colon + 1));
  }
}

}  // namespace

std::optional<std::string> detect_check(const std::vector<std::string>& paths,
                                        const std::function<std::optional<std::string>(const std::string&)>& read) {
  const std::set<std::string_view> names(paths.begin(), paths.end());
  const auto text = [&](const char* name) { return names.contains(name) ? read(name).value_or("") : std::string(); };
  if (names.contains("CMakeLists.txt")) {
    return "cmake -S . -B /tmp/build && cmake --build /tmp/build --parallel && ctest --test-dir /tmp/build "
           "--output-on-failure";
  }
  if (names.contains("Cargo.toml")) return "cargo test --offline";
  if (names.contains("go.mod")) return "go test ./...";
  for (const char* makefile : {"Makefile", "makefile", "GNUmakefile"}) {
    if (!names.contains(makefile)) continue;
    const std::string rules = "\n" + text(makefile);
    for (const char* target : {"check", "test"}) {
      if (has(rules, std::format("\n{}:", target)) || has(rules, std::format("\n{} :", target)))
        return std::format("make {}", target);
    }
  }
  const bool python_tests = std::ranges::any_of(paths, [](const std::string& path) {
    const std::string name = path.substr(path.rfind('/') == path.npos ? 0 : path.rfind('/') + 1);
    return name.ends_with(".py") && (name.starts_with("test_") || name.ends_with("_test.py"));
  });
  if (python_tests) return "python3 -m pytest -q";
  if (has(text("package.json"), "\"test\"")) return "npm test";
  for (const char* makefile : {"Makefile", "makefile", "GNUmakefile"}) {
    if (names.contains(makefile)) return "make";
  }
  return std::nullopt;
}

std::pair<int, int> CheckResult::badness() const {
  if (good) return {0, 0};
  return {errors, std::max<int>(1, static_cast<int>(failed.size()))};
}

std::optional<std::string> CheckResult::not_started() const {
  constexpr int kNotExecutable = 126, kNotFound = 127;  // of the shell
  if (good || errors > 0 || !failed.empty()) return std::nullopt;
  for (const std::string_view line : lines_of(output))
    if (has(line, "python") && has(line, ": No module named ")) return std::string(line);
  if (exit_code != kNotExecutable && exit_code != kNotFound) return std::nullopt;
  const auto lines = lines_of(output);
  return lines.empty() ? std::format("exit code {}", exit_code) : std::string(lines.back());
}

CheckResult summarise_check(std::string command, int exit_code, std::string_view output,
                            const std::function<bool(const std::string&)>& is_file) {
  CheckResult result{.command = std::move(command),
                     .good = exit_code == 0,
                     .exit_code = exit_code,
                     .failed = {},
                     .places = {},
                     .output = {}};
  const std::string text = plain(output);
  const auto lines = lines_of(text);
  std::vector<bool> keep(lines.size(), false);
  int failures_shown = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (is_compiler_error(lines[i])) {
      ++result.errors;
      if (result.errors <= 3) {
        for (size_t j = i; j < std::min(lines.size(), i + 4); ++j) keep[j] = true;
      }
    }
    if (std::string test = failed_test(lines[i]);
        !test.empty() && std::ranges::find(result.failed, test) == result.failed.end()) {
      if (result.failed.size() < 1000) result.failed.push_back(std::move(test));
      if (result.failed.size() <= 20) keep[i] = true;
    }
    // What a failing assertion says, with some lines before it.
    const bool said = lines[i].starts_with("E  ") || lines[i].starts_with(">  ") ||
                      lines[i].starts_with("AssertionError") || has(lines[i], "Assertion") ||
                      has(lines[i], ": Failure") || has(lines[i], "Error: ") || has(lines[i], "panicked at") ||
                      has(lines[i], "Traceback (most recent");
    if (said && !result.good && failures_shown < 40) {
      ++failures_shown;
      for (size_t j = i >= 3 ? i - 3 : 0; j < std::min<size_t>(lines.size(), i + kContext / 2); ++j) keep[j] = true;
    }
    if (!result.good) add_places(lines[i], is_file, result.places);
  }
  for (size_t i = lines.size() >= 8 ? lines.size() - 8 : 0; i < lines.size(); ++i) keep[i] = true;
  std::string end;  // the last lines always stay
  for (size_t i = lines.size() >= 8 ? lines.size() - 8 : 0; i < lines.size(); ++i)
    end += std::string(lines[i].substr(0, 300)) + "\n";
  bool gap = false;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!keep[i]) {
      gap = true;
      continue;
    }
    if (gap && !result.output.empty()) result.output += "...\n";
    gap = false;
    result.output += std::string(lines[i].substr(0, 300)) + "\n";
    if (result.output.size() > kMostOutput) {
      result.output += "...\n" + end;
      break;
    }
  }
  return result;
}

}  // namespace strata::agent
