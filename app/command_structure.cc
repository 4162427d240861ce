// SPDX-License-Identifier: Apache-2.0
// strata symbols, outline, definition, references, callers, callees, subclasses, includes, path, tests: what the index
// knows about structure. No model is needed.
#include <charconv>
#include <format>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <unordered_set>

#include "agent/usages.h"
#include "app/commands.h"
#include "app/console.h"
#include "app/repository_access.h"
#include "repo-indexer/structure.h"

namespace strata::app {
namespace {

using json = nlohmann::ordered_json;

struct Arguments {
  std::string repository, symbol, to, query, kind, file;
  size_t limit = 200;
  bool json = false;
};

json to_json(const repo::Symbol& s) {
  return {{"name", to_utf8(s.name)},  {"qualified_name", to_utf8(s.qualified_name)},
          {"kind", s.kind},           {"file", to_utf8(s.file)},
          {"line", s.name_line},      {"first_line", s.first_line},
          {"last_line", s.last_line}, {"signature", to_utf8(s.signature)},
          {"doc", to_utf8(s.doc)},    {"definition", s.definition}};
}

json to_json(const repo::Reference& r) {
  return {{"file", to_utf8(r.file)},
          {"line", r.line},
          {"kind", r.kind},
          {"in", to_utf8(r.enclosing)},
          {"confidence", r.confidence}};
}

// To the width of a line.
std::string cut(std::string text) {
  constexpr size_t kWidth = 120;
  if (text.size() <= kWidth) return text;
  size_t end = kWidth;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

// Lines of files, for showing.
class Lines {
 public:
  explicit Lines(const repo::Index& index) : index_(index) {}
  // Without the blanks around it; empty if the file has changed meanwhile.
  std::string line(const std::string& path, int number) {
    auto it = files_.find(path);
    if (it == files_.end()) {
      it = files_.emplace(path, std::vector<std::string>()).first;
      const auto file = index_.file(path);
      const auto text = file && *file ? index_.read_text(**file) : Result<std::string>("");
      for (size_t at = 0; text && at < text->size();) {
        const size_t end = std::min(text->find('\n', at), text->size());
        it->second.push_back(text->substr(at, end - at));
        at = end + 1;
      }
    }
    if (number < 1 || number > std::ssize(it->second)) return "";
    const std::string& line = it->second[static_cast<size_t>(number) - 1];
    const size_t first = line.find_first_not_of(" \t\r");
    return first == line.npos ? "" : line.substr(first, line.find_last_not_of(" \t\r") + 1 - first);
  }

 private:
  const repo::Index& index_;
  std::map<std::string, std::vector<std::string>> files_;
};

std::string place(const std::string& file, int line) { return std::format("{}:{}", to_utf8(file), line); }

std::string described(const repo::Symbol& s) {
  return std::format("{}  {} {}", place(s.file, s.name_line), s.kind, to_utf8(s.qualified_name));
}

// What a user means by a name, a qualified name or file:line. Prints why if that is nothing or too much, and returns
// the exit code then.
std::expected<repo::Symbol, int> find_symbol(const repo::Index& index, const std::string& text, bool as_json) {
  const size_t colon = text.rfind(':');
  int line = 0;
  if (colon != text.npos &&
      std::from_chars(text.data() + colon + 1, text.data() + text.size(), line).ptr == text.data() + text.size() &&
      colon + 1 < text.size()) {
    const std::string path = text.substr(0, colon);
    const auto file = find_file(index, path);
    if (file) {
      auto symbol = index.symbol_at(path, line);
      if (!symbol) return std::unexpected(report(symbol.error(), as_json));
      if (*symbol) return std::move(**symbol);
      return std::unexpected(
          report({ErrorKind::kNotFound, std::format("{}: no symbol contains line {}", path, line)}, as_json));
    }
    if (path.find('/') != path.npos || path.find('.') != path.npos) {
      return std::unexpected(report(file.error(), as_json));
    }
  }
  auto found = index.find_symbols(text);
  if (!found) return std::unexpected(report(found.error(), as_json));
  // A definition stands for its declarations, code for the heading that describes it.
  const auto keep_if_any = [&](auto what) {
    if (std::ranges::any_of(*found, what)) std::erase_if(*found, [&](const repo::Symbol& s) { return !what(s); });
  };
  keep_if_any([](const repo::Symbol& s) { return s.kind != "heading"; });
  keep_if_any([](const repo::Symbol& s) { return s.definition; });
  // A class stands for its constructors.
  std::set<std::string> constructors;
  for (const repo::Symbol& s : *found) {
    if (s.kind == "class" || s.kind == "struct") {
      for (const char* separator : {"::", "."}) constructors.insert(s.qualified_name + separator + s.name);
    }
  }
  std::erase_if(*found, [&](const repo::Symbol& s) { return constructors.contains(s.qualified_name); });
  // A whole qualified name is no part of a longer one; that there are others is said.
  const auto whole = [&](const repo::Symbol& s) { return s.qualified_name == text; };
  if (std::ranges::count_if(*found, whole) == 1) {
    std::ranges::partition(*found, whole);
    for (size_t i = 1; i < found->size(); ++i) {
      notice(std::format("{} is also {}", text, described((*found)[i])));
    }
    found->resize(1);
  }
  if (found->size() == 1) return std::move(found->front());
  if (found->empty()) {
    std::string message = std::format("no symbol is called \"{}\"", text);
    if (const auto hits = index.search(text, 3); hits && !hits->empty()) {
      std::string near;
      for (const repo::Hit& hit : *hits) {
        if (!hit.passage.symbol.empty()) near += (near.empty() ? "" : ", ") + hit.passage.symbol;
      }
      if (!near.empty()) message += "; the nearest by its words: " + near;
    }
    return std::unexpected(report({ErrorKind::kNotFound, message}, as_json));
  }
  if (as_json) {
    json candidates = json::array();
    for (const repo::Symbol& s : *found) candidates.push_back(to_json(s));
    print_json({{"error", std::format("\"{}\" is ambiguous", to_utf8(text))}, {"candidates", candidates}});
  }
  std::cerr << std::format("strata: \"{}\" is ambiguous; give one of these as file:line:\n", text);
  for (const repo::Symbol& s : *found) std::cerr << "  " << described(s) << "\n";
  return std::unexpected(kUsage);
}

struct Asked {
  repo::Index index;
  repo::Symbol symbol;
};

std::expected<Asked, int> open_and_find(const Arguments& a, const std::string& symbol) {
  auto opened = open_index(a.repository);
  if (!opened) return std::unexpected(report(opened.error(), a.json));
  auto found = find_symbol(opened->index, symbol, a.json);
  if (!found) return std::unexpected(found.error());
  return Asked{std::move(opened->index), std::move(*found)};
}

// Prints rows, at most `limit` of them on a terminal; JSON has all.
int print_rows(const Arguments& a, json head, const char* name, json rows, const std::vector<std::string>& lines,
               std::string_view nothing) {
  if (a.json) {
    head[name] = std::move(rows);
    print_json(head);
    return kDone;
  }
  if (lines.empty()) std::cerr << "strata: " << nothing << "\n";
  for (size_t i = 0; i < std::min(lines.size(), a.limit); ++i) std::cout << lines[i] << "\n";
  if (lines.size() > a.limit) std::cerr << std::format("... and {} more (--limit)\n", lines.size() - a.limit);
  return kDone;
}

int symbols(const Arguments& a) {
  auto opened = open_index(a.repository);
  if (!opened) return report(opened.error(), a.json);
  if (!a.file.empty()) {
    const auto file = find_file(opened->index, a.file);
    if (!file) return report(file.error(), a.json);
  }
  auto found = opened->index.list_symbols({a.query, a.kind, a.file}, a.json ? SIZE_MAX : a.limit + 1);
  if (!found) return report(found.error(), a.json);
  json rows = json::array();
  std::vector<std::string> lines;
  for (const repo::Symbol& s : *found) {
    if (a.json) rows.push_back(to_json(s));
    lines.push_back(std::format("{:<40} {:<10} {}", place(s.file, s.name_line), s.kind, to_utf8(s.qualified_name)));
  }
  if (a.json || lines.size() <= a.limit)
    return print_rows(a, json::object(), "symbols", std::move(rows), lines, "no such symbol");
  lines.pop_back();
  const int done = print_rows(a, {}, "", {}, lines, "");
  std::cerr << "... and more (--limit)\n";
  return done;
}

int outline(const Arguments& a) {
  auto opened = open_index(a.repository);
  if (!opened) return report(opened.error(), a.json);
  const auto file = find_file(opened->index, a.file);
  if (!file) return report(file.error(), a.json);
  auto found = opened->index.symbols(a.file);
  if (!found) return report(found.error(), a.json);
  json rows = json::array();
  std::vector<std::string> lines;
  std::vector<int> open;  // last lines of what the present symbol stands in
  for (const repo::Symbol& s : *found) {
    while (!open.empty() && (s.first_line > open.back() || s.last_line > open.back())) open.pop_back();
    if (a.json) rows.push_back(to_json(s));
    lines.push_back(std::format("{:>6}-{:<6} {}{}", s.first_line, s.last_line, std::string(open.size() * 2, ' '),
                                cut(to_utf8(s.signature.empty() ? s.kind + " " + s.name : s.signature))));
    open.push_back(s.last_line);
  }
  return print_rows(a, {{"file", to_utf8(a.file)}, {"language", file->language}, {"lines", file->lines}}, "symbols",
                    std::move(rows), lines, a.file + " has no symbols");
}

int definition(const Arguments& a) {
  const auto asked = open_and_find(a, a.symbol);
  if (!asked) return asked.error();
  const repo::Symbol& s = asked->symbol;
  // The other places at which the same thing is declared.
  auto all = asked->index.find_symbols(s.qualified_name);
  if (!all) return report(all.error(), a.json);
  std::erase_if(*all, [](const repo::Symbol& other) { return other.definition; });
  if (a.json) {
    json declarations = json::array();
    for (const repo::Symbol& other : *all) declarations.push_back(to_json(other));
    json row = to_json(s);
    row["declarations"] = declarations;
    print_json(row);
    return kDone;
  }
  std::cout << std::format("{}  {} {}, lines {}-{}\n", place(s.file, s.name_line), s.kind, to_utf8(s.qualified_name),
                           s.first_line, s.last_line);
  if (!s.signature.empty()) std::cout << "    " << to_utf8(s.signature) << "\n";
  if (!s.doc.empty()) std::cout << "    " << to_utf8(s.doc) << "\n";
  for (const repo::Symbol& other : *all) {
    if (other.id != s.id) std::cout << std::format("{}  declared\n", place(other.file, other.name_line));
  }
  return kDone;
}

int references(const Arguments& a) {
  const auto asked = open_and_find(a, a.symbol);
  if (!asked) return asked.error();
  auto found = agent::is_value(asked->symbol) ? agent::usages_of(asked->index, {asked->symbol})
                                              : asked->index.references(asked->symbol);
  if (!found) return report(found.error(), a.json);
  Lines source(asked->index);
  json rows = json::array();
  std::vector<std::string> lines;
  for (const repo::Reference& r : *found) {
    if (a.json) {
      rows.push_back(to_json(r));
    } else {
      lines.push_back(std::format("{}: {}", place(r.file, r.line), source.line(r.file, r.line)));
    }
  }
  return print_rows(a, {{"symbol", to_json(asked->symbol)}}, "references", std::move(rows), lines,
                    "nothing refers to " + asked->symbol.qualified_name);
}

enum class Around { kCallers, kCallees };

int relations(const Arguments& a, Around around) {
  const bool callers = around == Around::kCallers;
  const auto asked = open_and_find(a, a.symbol);
  if (!asked) return asked.error();
  auto found = callers ? asked->index.callers(asked->symbol) : asked->index.callees(asked->symbol);
  if (!found) return report(found.error(), a.json);
  json rows = json::array();
  std::vector<std::string> lines;
  for (const repo::Relation& r : *found) {
    json symbol;
    std::string text;
    if (r.symbol.id != 0) {
      if (a.json) symbol = to_json(r.symbol);
      text = callers
                 ? to_utf8(r.symbol.qualified_name)
                 : std::format("{}  {}", to_utf8(r.symbol.qualified_name), place(r.symbol.file, r.symbol.name_line));
    } else if (callers) {
      symbol = {{"file", to_utf8(r.symbol.file)}};
      text = "(file level)";
    } else {
      symbol = {{"name", to_utf8(r.symbol.name)}};
      text = to_utf8(r.symbol.name) + "  (not in this repository)";
    }
    if (a.json) rows.push_back({{"symbol", symbol}, {"call", to_json(r.reference)}});
    lines.push_back(std::format("{:<40} {}", place(r.reference.file, r.reference.line), text));
  }
  const std::string name = asked->symbol.qualified_name;
  return print_rows(a, {{"symbol", to_json(asked->symbol)}}, callers ? "callers" : "callees", std::move(rows), lines,
                    callers ? "nothing calls " + name : name + " calls nothing");
}

int subclasses(const Arguments& a) {
  const auto asked = open_and_find(a, a.symbol);
  if (!asked) return asked.error();
  json rows = json::array();
  std::vector<std::string> lines;
  std::unordered_set<int64_t> seen = {asked->symbol.id};
  // Those of subclasses too, each below its own.
  std::vector<std::pair<repo::Symbol, int>> waiting = {{asked->symbol, 0}};
  while (!waiting.empty()) {
    auto [symbol, depth] = std::move(waiting.back());
    waiting.pop_back();
    if (depth > 0) {
      if (a.json) {
        rows.push_back({{"symbol", to_json(symbol)}, {"depth", depth}});
      }
      lines.push_back(std::string(static_cast<size_t>(depth - 1) * 2, ' ') + described(symbol));
    }
    auto found = asked->index.subclasses(symbol);
    if (!found) return report(found.error(), a.json);
    for (auto it = found->rbegin(); it != found->rend(); ++it) {
      if (it->symbol.id != 0 && seen.insert(it->symbol.id).second)
        waiting.emplace_back(std::move(it->symbol), depth + 1);
    }
  }
  return print_rows(a, {{"symbol", to_json(asked->symbol)}}, "subclasses", std::move(rows), lines,
                    "nothing inherits from " + asked->symbol.qualified_name);
}

int includes(const Arguments& a) {
  auto opened = open_index(a.repository);
  if (!opened) return report(opened.error(), a.json);
  const auto file = find_file(opened->index, a.file);
  if (!file) return report(file.error(), a.json);
  auto out = opened->index.includes(a.file);
  if (!out) return report(out.error(), a.json);
  auto in = opened->index.included_by(a.file);
  if (!in) return report(in.error(), a.json);
  if (a.json) {
    const auto rows = [](const std::vector<repo::Import>& imports) {
      json all = json::array();
      for (const repo::Import& i : imports) {
        json target = i.target.empty() ? json(nullptr) : json(to_utf8(i.target));
        all.push_back({{"file", to_utf8(i.file)}, {"line", i.line}, {"name", to_utf8(i.name)}, {"target", target}});
      }
      return all;
    };
    print_json({{"file", to_utf8(a.file)}, {"includes", rows(*out)}, {"included_by", rows(*in)}});
    return kDone;
  }
  // "from x import y, z" are three imports on one line.
  Lines source(opened->index);
  std::set<std::pair<int, std::string>> shown;
  for (const repo::Import& i : *out) {
    if (!shown.emplace(i.line, i.target).second) continue;
    std::cout << std::format("{:>6}  {}{}\n", i.line, source.line(i.file, i.line),
                             i.target.empty() ? "" : "  -> " + to_utf8(i.target));
  }
  std::set<std::pair<std::string, int>> places;
  for (const repo::Import& i : *in) places.emplace(i.file, i.line);
  for (const auto& [file_name, line] : places) std::cout << std::format("included by {}\n", place(file_name, line));
  return kDone;
}

int path(const Arguments& a) {
  const auto asked = open_and_find(a, a.symbol);
  if (!asked) return asked.error();
  const auto to = find_symbol(asked->index, a.to, a.json);
  if (!to) return to.error();
  auto found = repo::call_path(asked->index, asked->symbol, *to, &interrupted());
  if (!found) return report(found.error(), a.json);
  if (found->empty()) {
    return report({ErrorKind::kNotFound, std::format("no chain of calls leads from {} to {}",
                                                     asked->symbol.qualified_name, to->qualified_name)},
                  a.json);
  }
  json rows = json::array();
  std::vector<std::string> lines;
  for (size_t i = 0; i < found->size(); ++i) {
    const repo::CallStep& step = (*found)[i];
    if (a.json) rows.push_back({{"symbol", to_json(step.symbol)}, {"call", i ? to_json(step.call) : json(nullptr)}});
    lines.push_back(i == 0 ? described(step.symbol)
                           : std::format("{}calls it at {}: {}", std::string(i * 2, ' '),
                                         place(step.call.file, step.call.line), described(step.symbol)));
  }
  return print_rows(a, json::object(), "path", std::move(rows), lines, "");
}

int tests(const Arguments& a) {
  const auto asked = open_and_find(a, a.symbol);
  if (!asked) return asked.error();
  auto found = repo::tests_of(asked->index, asked->symbol, &interrupted());
  if (!found) return report(found.error(), a.json);
  json rows = json::array();
  std::vector<std::string> lines;
  for (const repo::TouchingTest& t : *found) {
    const bool file = t.test.id == 0;
    if (a.json) {
      rows.push_back({{"test", file ? json{{"file", to_utf8(t.test.file)}} : to_json(t.test)},
                      {"calls", t.calls},
                      {"via", to_utf8(t.via)},
                      {"confidence", t.confidence}});
    }
    const std::string name = file ? to_utf8(t.test.file) + "  (file level)" : described(t.test);
    const std::string how =
        t.calls == 1 ? ""
                     : std::format("  ({} calls away{})", t.calls, t.via.empty() ? "" : ", through " + to_utf8(t.via));
    lines.push_back(name + how);
  }
  return print_rows(a, {{"symbol", to_json(asked->symbol)}}, "tests", std::move(rows), lines,
                    "no test calls " + asked->symbol.qualified_name + " that the index knows of");
}

}  // namespace

void add_structure(CLI::App& app, Run& run) {
  const auto add = [&](const char* name, const char* what, auto work) {
    auto a = std::make_shared<Arguments>();
    auto* command = app.add_subcommand(name, what);
    command->add_option("repository", a->repository, "Folder of the repository")->required();
    command->callback([a, &run, work] { run = [a, work] { return work(*a); }; });
    return std::pair(command, a);
  };
  const auto finish = [](CLI::App* command, Arguments& a) {
    command->add_option("--limit", a.limit, "Most lines to print (JSON has all)")->capture_default_str();
    command->add_flag("--json", a.json, "Print the result as JSON");
  };
  constexpr const char* kSymbol = "Name, qualified name or file:line";
  {
    auto [command, a] = add("symbols", "List symbols: all, or those whose names contain the query", symbols);
    command->add_option("query", a->query, "Part of the name or qualified name");
    command->add_option("--kind", a->kind, "Only this kind")
        ->check(CLI::IsMember(std::vector<std::string>(std::begin(repo::kSymbolKinds), std::end(repo::kSymbolKinds))));
    command->add_option("--file", a->file, "Only in this file");
    finish(command, *a);
  }
  for (const auto& [name, what, work] :
       {std::tuple(
            "definition", "Where a symbol is defined", +[](const Arguments& a) { return definition(a); }),
        std::tuple(
            "references", "Where a symbol is used", +[](const Arguments& a) { return references(a); }),
        std::tuple(
            "callers", "What calls a symbol", +[](const Arguments& a) { return relations(a, Around::kCallers); }),
        std::tuple(
            "callees", "What a symbol calls", +[](const Arguments& a) { return relations(a, Around::kCallees); }),
        std::tuple(
            "subclasses", "What inherits from a class, and from its heirs",
            +[](const Arguments& a) { return subclasses(a); }),
        std::tuple(
            "tests", "Which tests run into a symbol, nearest first", +[](const Arguments& a) { return tests(a); })}) {
    auto [command, a] = add(name, what, work);
    command->add_option("symbol", a->symbol, kSymbol)->required();
    finish(command, *a);
  }
  {
    auto [command, a] = add("path", "How one symbol comes to call another", path);
    command->add_option("from", a->symbol, kSymbol)->required();
    command->add_option("to", a->to, kSymbol)->required();
    finish(command, *a);
  }
  for (const auto& [name, what, work] :
       {std::tuple(
            "outline", "The symbols of a file, in order", +[](const Arguments& a) { return outline(a); }),
        std::tuple(
            "includes", "What a file includes or imports, and what includes it",
            +[](const Arguments& a) { return includes(a); })}) {
    auto [command, a] = add(name, what, work);
    command->add_option("file", a->file, "Path relative to the repository")->required();
    finish(command, *a);
  }
}

}  // namespace strata::app
