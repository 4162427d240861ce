// SPDX-License-Identifier: Apache-2.0
#include "agent/tools/permission.h"

#include <algorithm>
#include <format>

#include "agent/tools/workbench.h"

namespace strata::agent {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (size_t at = 0; (at = text.find_first_not_of(" \t", at)) != text.npos;) {
    const size_t end = std::min(text.find_first_of(" \t", at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

bool is_assignment(const std::string& word) {
  const size_t equals = word.find('=');
  return equals != word.npos && equals > 0 &&
         std::all_of(word.begin(), word.begin() + static_cast<ptrdiff_t>(equals), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
         });
}

// What runs what follows it. Their options are skipped as far as they are words that begin with '-' or a number.
bool is_wrapper(const std::string& word) {
  constexpr std::string_view kWrappers[] = {"sudo",   "env",     "nice", "nohup", "time",   "timeout",
                                            "stdbuf", "command", "exec", "xargs", "setsid", "ionice"};
  return std::ranges::find(kWrappers, std::string_view(word)) != std::end(kWrappers);
}

// Those take a whole command as one word, so what runs cannot be told from the first words.
bool hides_a_command(const std::vector<std::string>& words) {
  if (words.empty()) return false;
  const std::string name = words[0].substr(words[0].rfind('/') == std::string::npos ? 0 : words[0].rfind('/') + 1);
  if (name == "eval" || name == "source" || name == ".") return true;
  const bool shell = name == "sh" || name == "bash" || name == "dash" || name == "zsh";
  const bool finds = name == "find";
  return std::ranges::any_of(words, [&](const std::string& w) {
    return (shell && w == "-c") || (finds && (w.starts_with("-exec") || w == "-delete" || w.starts_with("-ok")));
  });
}

std::vector<std::string> without_wrappers(std::vector<std::string> words) {
  size_t at = 0;
  bool wrapped = false;
  while (at < words.size()) {
    const std::string& w = words[at];
    const bool option = wrapped && (w.starts_with('-') || (!w.empty() && w[0] >= '0' && w[0] <= '9'));
    if (!is_assignment(w) && !is_wrapper(w) && !option) break;
    wrapped = wrapped || is_wrapper(w);
    ++at;
  }
  words.erase(words.begin(), words.begin() + static_cast<ptrdiff_t>(at));
  return words;
}

bool fits(const Rule& rule, std::string_view tool, const Arguments& arguments, const std::string& line) {
  if (!rule.tool.empty() && rule.tool != tool) return false;
  if (!rule.path.empty()) {
    const auto matches = [&](const std::string& path) {
      return path == rule.path || (rule.path.ends_with('/') && path.starts_with(rule.path));
    };
    if (!matches(arguments.text("path")) && !matches(arguments.text("to"))) return false;
  }
  if (!rule.command.empty()) {
    const auto commands = simple_commands(line);
    if (line.empty()) return false;
    // What cannot be taken apart is never allowed by a prefix, but refused by one if it stands in it.
    if (!commands) return rule.verdict != Permission::kAllowed && line.find(rule.command) != line.npos;
    const auto prefix = words_of(rule.command);
    const auto begins = [&](const std::vector<std::string>& words) {
      return words.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), words.begin());
    };
    // Allowing needs every command of the line, refusing and asking any.
    const bool fit = rule.verdict == Permission::kAllowed ? std::ranges::all_of(*commands, begins)
                                                          : std::ranges::any_of(*commands, begins);
    if (!fit) return false;
  }
  return true;
}

}  // namespace

std::optional<std::vector<std::vector<std::string>>> simple_commands(std::string_view line) {
  std::vector<std::vector<std::string>> commands(1);
  std::string word;
  bool in_word = false;
  const auto end_word = [&] {
    if (in_word) commands.back().push_back(std::move(word));
    word.clear();
    in_word = false;
  };
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const char next = i + 1 < line.size() ? line[i + 1] : '\0';
    if (c == '\'') {
      const size_t end = line.find('\'', i + 1);
      if (end == line.npos) return std::nullopt;
      word += line.substr(i + 1, end - i - 1);
      in_word = true;
      i = end;
    } else if (c == '"') {
      in_word = true;
      for (++i; i < line.size() && line[i] != '"'; ++i) {
        if (line[i] == '`' || line[i] == '$') return std::nullopt;
        if (line[i] == '\\' && i + 1 < line.size()) ++i;
        word += line[i];
      }
      if (i == line.size()) return std::nullopt;
    } else if (c == '\\') {
      if (i + 1 == line.size()) return std::nullopt;
      word += next;
      in_word = true;
      ++i;
    } else if (c == '$' || c == '`' || c == '(' || c == ')' || c == '{' || c == '}' || c == '<') {
      return std::nullopt;
    } else if (c == '>') {
      // 2>&1 and >/dev/null write nothing.
      const std::string_view rest = line.substr(i);
      if (word == "2" || word == "1") word.clear(), in_word = false;
      end_word();
      if (rest.starts_with(">&1") || rest.starts_with(">&2"))
        i += 2;
      else if (rest.starts_with(">/dev/null"))
        i += 9;
      else if (rest.starts_with("> /dev/null"))
        i += 10;
      else
        return std::nullopt;
    } else if (c == ';' || c == '|' || c == '&' || c == '\n') {
      end_word();
      if (c == next && c != ';' && c != '\n') ++i;
      if (!commands.back().empty()) commands.emplace_back();
    } else if (c == ' ' || c == '\t' || c == '\r') {
      end_word();
    } else if (c == '#' && !in_word) {
      while (i + 1 < line.size() && line[i + 1] != '\n') ++i;
    } else {
      word += c;
      in_word = true;
    }
  }
  end_word();
  if (commands.back().empty()) commands.pop_back();
  for (auto& words : commands) {
    words = without_wrappers(std::move(words));
    if (words.empty() || hides_a_command(words)) return std::nullopt;
  }
  return commands;
}

Decision may(const Policy& policy, std::string_view tool, const Arguments& arguments, const std::string& line) {
  for (const char* name : {"path", "to"}) {
    const bool writes = tool == "edit" || tool == "create" || tool == "delete" || tool == "move";
    if (writes && is_protected_path(arguments.text(name))) {
      return {Permission::kRefused, arguments.text(name) + " is not for agents to write; work on other files"};
    }
  }
  const auto rule = std::ranges::find_if(policy.rules, [&](const Rule& r) { return fits(r, tool, arguments, line); });
  const bool by_rule = rule != policy.rules.end();
  if (by_rule && rule->verdict == Permission::kRefused)
    return {Permission::kRefused, "the user has a rule against this; do without it"};
  const bool runs = tool == "run" || tool == "check";
  if (!runs) {
    if (by_rule && rule->verdict == Permission::kAsk) return {Permission::kAsk, "a rule says to ask about this"};
    return {};  // reads, or writes to the private copy
  }
  if (line.empty()) return {};  // there is nothing to run, and the tool says so
  // Without the sandbox every command asks, whatever was allowed.
  if (!policy.confined)
    return {Permission::kAsk, "the sandbox cannot start here, so this command would run without protection"};
  if (by_rule && rule->verdict == Permission::kAsk) return {Permission::kAsk, "a rule says to ask about this"};
  if (by_rule || policy.yes) return {};
  if (tool == "check" && (policy.check == line || policy.check_agreed)) return {};
  return {Permission::kAsk, "it runs a command in the sandbox"};
}

}  // namespace strata::agent
