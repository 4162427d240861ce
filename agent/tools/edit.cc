// SPDX-License-Identifier: Apache-2.0
// edit: changes files. Which way is told from the arguments: a symbol and an action, lines, quoted text, the whole of a
// short file, or a diff. Several edits of one file are made all or none. A way that failed twice on a file is closed
// for it, and another one is named: models repeat what does not work.
#include <format>

#include "agent/edits/file_edit.h"
#include "agent/edits/unified_diff.h"
#include "agent/tools/tool.h"
#include "agent/tools/workbench.h"
#include "repo-indexer/secrets.h"

namespace strata::agent {
namespace {

constexpr int kMostFailures = 2;  // of one way on one file
constexpr int kAround = 3;        // lines shown around a change

using json = nlohmann::ordered_json;

struct Meant {
  Edit edit;
  std::string way;  // "symbol", "lines", "text", "whole"
};

Result<SymbolAction> action_of(const std::string& name) {
  if (name.empty() || name == "replace_body") return SymbolAction::kReplaceBody;
  if (name == "replace") return SymbolAction::kReplace;
  if (name == "insert_before") return SymbolAction::kInsertBefore;
  if (name == "insert_after") return SymbolAction::kInsertAfter;
  if (name == "delete") return SymbolAction::kDelete;
  return fail(
      ErrorKind::kInvalid,
      std::format("there is no action \"{}\"; it is replace_body, replace, insert_before, insert_after or delete",
                  name.substr(0, 40)));
}

Result<Meant> meant_by(const Arguments& a, const std::string& path, const std::string& bytes, const Workbench& bench) {
  if (a.has("symbol")) {
    const auto action = action_of(a.text("action"));
    if (!action) return std::unexpected(action.error());
    return Meant{SymbolEdit{*action, a.text("symbol"), a.text("new"), a.number("first")}, "symbol"};
  }
  if (a.has("old")) return Meant{ReplaceEdit{a.text("old"), a.text("new"), a.number("first"), a.flag("all")}, "text"};
  if (a.has("first")) {
    const int first = a.number("first"), last = a.has("last") ? a.number("last") : first;
    const Lines lines(bytes);
    if (first < 1 || last < first - 1 || last > lines.count() || first > lines.count() + 1) {
      return fail(ErrorKind::kInvalid,
                  std::format("{} has {} lines; there are no lines {}-{}", path, lines.count(), first, last));
    }
    const auto seen = bench.shown(path, first, last);
    if (!seen)
      return fail(
          ErrorKind::kInvalid,
          std::format("you were not shown lines {}-{} of {} as they are now; read them first", first, last, path));
    std::string masked = bytes;
    const auto secrets = repo::mask_secrets(masked);
    for (const repo::SecretRange& s : secrets) {
      if (s.line >= first && lines.line_of(s.last - 1) <= last) {
        return fail(
            ErrorKind::kInvalid,
            std::format("line {} holds a secret ({}), which you were not shown; change other lines", s.line, s.kind));
      }
    }
    return Meant{LineEdit{first, last, a.text("new"), *seen}, "lines"};
  }
  if (a.has("new")) return Meant{WholeEdit{a.text("new")}, "whole"};
  return fail(ErrorKind::kInvalid, "say what to change: symbol and new, or old and new, or first, last and new");
}

std::string other_ways(const std::string& closed, const std::string& bytes) {
  const bool is_short = Lines(bytes).count() <= kWholeFileLines;
  std::string ways;
  const auto add = [&](const char* way, const char* text) {
    if (closed != way) ways += std::string(ways.empty() ? "" : "; or ") + text;
  };
  add("symbol", "name the symbol: symbol, new (its whole new definition)");
  add("lines", "read the lines, then give first, last and new");
  if (is_short) add("whole", "give new alone, the whole new file");
  add("text", "quote the old lines: old, new");
  return ways;
}

// What a file looks like around its changes now; what is shown is what the next edit can be made from.
std::string neighbourhood(Workbench& bench, const std::string& path, const std::string& before,
                          const std::string& after) {
  const Lines was(before), is(after);
  int first = 1;
  while (first <= std::min(was.count(), is.count()) && was.text(first) == is.text(first)) ++first;
  int same_behind = 0;
  while (same_behind < std::min(was.count(), is.count()) - first + 1 &&
         was.text(was.count() - same_behind) == is.text(is.count() - same_behind))
    ++same_behind;
  bench.forget_from(path, first);
  const int last = std::min(is.count() - same_behind + kAround, first + 40);
  return bench.show(path, after, std::max(1, first - kAround), std::max(last, first));
}

ToolResult change_file(Workbench& bench, const std::string& path, const std::string& bytes,
                       const std::vector<Meant>& meant) {
  auto& failures = bench.failures[path];
  for (const Meant& m : meant) {
    if (failures[m.way] >= kMostFailures) {
      // Once another way had its chance, this one may be tried again.
      failures[m.way] = 0;
      return refused(std::format("this way of editing {} has failed {} times; use another one now: {}", path,
                                 kMostFailures, other_ways(m.way, bytes)));
    }
  }
  std::vector<Edit> edits;
  for (const Meant& m : meant) edits.push_back(m.edit);
  const FileEdit edited = edit_file(path, bytes, edits);
  std::string text;
  for (const std::string& report : edited.reports) text += report + "\n";
  if (!edited.applied) {
    for (const Meant& m : meant) ++failures[m.way];
    if (!edited.syntax.empty()) {
      text = "refused: the file would have syntax errors:\n";
      for (const std::string& error : edited.syntax) text += error;
    }
    return refused(path + " is unchanged. " + text);
  }
  failures.clear();
  if (auto done = bench.write(path, edited.text); !done) return refused(done.error().message);
  return {shortened(std::format("{}: {}now:\n{}", path, text, neighbourhood(bench, path, bytes, edited.text))), true,
          false};
}

ToolResult apply_diff(const std::string& diff, Workbench& bench) {
  auto files = parse_diff(diff);
  if (!files) return refused(files.error().message);
  // All files are looked at before one is written.
  Change change;
  std::string text;
  bool good = true;
  for (const DiffFile& file : *files) {
    if (file.created) {
      std::string content;
      for (const DiffHunk& hunk : file.hunks) content += hunk.new_text;
      if (bench.exists(file.path)) {
        good = false;
        text += file.path + ": refused: it exists already\n";
      }
      change.files.push_back({file.path, std::nullopt, content});
      continue;
    }
    const std::string from = file.renamed_from.empty() ? file.path : file.renamed_from;
    auto bytes = bench.read(from);
    if (!bytes) {
      good = false;
      text += std::format("{}: refused: {}\n", from, bytes.error().message);
      continue;
    }
    if (file.deleted) {
      change.files.push_back({from, *bytes, std::nullopt});
      continue;
    }
    FileEdit edited{true, *bytes, {}, {}};
    if (!file.hunks.empty()) {
      std::vector<Edit> edits;
      for (const DiffHunk& h : file.hunks) edits.push_back(ReplaceEdit{h.old_text, h.new_text, h.line, false});
      edited = edit_file(from, *bytes, edits);
    }
    good = good && edited.applied;
    for (size_t i = 0; i < edited.reports.size(); ++i)
      text += std::format("{}, hunk {}: {}\n", from, i + 1, edited.reports[i]);
    for (const std::string& error : edited.syntax) text += std::format("{}: syntax error, {}", from, error);
    if (file.renamed_from.empty()) {
      change.files.push_back({from, *bytes, edited.text});
    } else {
      change.files.push_back({from, *bytes, std::nullopt});
      change.files.push_back({file.path, std::nullopt, edited.text});
    }
  }
  if (!good) return refused("nothing is changed.\n" + text);
  if (auto done = bench.apply(change); !done) return refused(done.error().message);
  return {shortened(text.empty() ? "done\n" : text), true, false};
}

ToolResult run(const Arguments& a, Workbench& bench, const Cancel*) {
  if (a.has("diff")) return apply_diff(a.text("diff"), bench);
  for (const char* name : {"new", "old"}) {
    if (a.has(name) && looks_like_diff(a.text(name)) && !a.has("symbol") &&
        a.text(name).find("+++ ") != std::string::npos && !a.text("path").ends_with(".diff") &&
        !a.text("path").ends_with(".patch")) {
      return apply_diff(a.text(name), bench);  // volunteered
    }
  }
  const std::string path = a.text("path");
  if (path.empty()) return refused("edit needs the path of the file");
  auto bytes = bench.read(path);
  if (!bytes)
    return refused(bytes.error().kind == ErrorKind::kNotFound ? bytes.error().message + "; to make it, use create"
                                                              : bytes.error().message);
  std::vector<Meant> meant;
  std::vector<Arguments> each;
  if (a.values().contains("edits")) {
    ToolSpec one = edit_tool().spec;
    for (const json& e : a.values()["edits"]) {
      auto checked = checked_arguments(one, e);
      if (!checked) return refused(std::format("edit {}: {}", each.size() + 1, checked.error().message));
      each.push_back(std::move(*checked));
    }
    if (each.empty()) return refused("the list of edits is empty");
  } else {
    each.push_back(a);
  }
  for (const Arguments& one : each) {
    auto m = meant_by(one, path, *bytes, bench);
    if (!m) return refused(m.error().message);
    meant.push_back(std::move(*m));
  }
  return change_file(bench, path, *bytes, meant);
}

}  // namespace

Tool edit_tool(std::string_view format) {
  const Parameter path{"path", "string", "file to change", true};
  const Parameter text{"new", "string", "new text", true};
  if (format == "symbol")
    return {make_spec("edit", "Replaces a function or class by its new definition.",
                      {path,
                       {"symbol", "string", "function or class to change", true},
                       {"new", "string", "its whole new definition", true}}),
            true, run};
  if (format == "text")
    return {make_spec("edit", "Replaces lines of a file. To insert, quote a line and write it again with the new ones.",
                      {path,
                       {"old", "string", "lines as they are in the file", true},
                       {"new", "string", "what stands there instead", true}}),
            true, run};
  if (format == "lines")
    return {make_spec("edit", "Replaces lines of a file that you were shown.",
                      {path,
                       {"first", "integer", "first line to replace", true},
                       {"last", "integer", "last line to replace", true},
                       text}),
            true, run};
  if (format == "whole")
    return {make_spec("edit", "Replaces a short file.", {path, {"new", "string", "the whole new file", true}}), true,
            run};
  return {make_spec("edit",
                    "Changes a file. Best: symbol with new, the whole new definition. Or old and new: quoted lines and "
                    "what replaces them. Or first, "
                    "last and new: lines you were shown. Or diff: a unified diff.",
                    {{"path", "string", "file to change"},
                     {"symbol", "string", "function or class to change"},
                     {"action", "string",
                      "with symbol: replace_body (default), replace, insert_before, insert_after or delete"},
                     {"old", "string", "lines as they are in the file"},
                     {"new", "string", "new text"},
                     {"first", "integer", "first line to replace"},
                     {"last", "integer", "last line to replace"},
                     {"all", "boolean", "replace old in every place"},
                     {"edits", "array", "several edits of the file at once, each with the arguments above"},
                     {"diff", "string", "a unified diff"}}),
          true, run};
}

}  // namespace strata::agent
