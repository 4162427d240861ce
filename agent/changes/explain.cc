// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/explain.h"

#include <algorithm>
#include <cctype>
#include <format>
#include <map>
#include <set>

#include "agent/changes/code_tokens.h"
#include "agent/changes/source_symbols.h"
#include "agent/changes/symbol_changes.h"
#include "agent/changes/text_lines.h"
#include "repo-indexer/structure.h"

namespace strata::agent {
namespace {

using repo::ParsedSymbol;
using What = SymbolChange::What;

constexpr size_t kMostClauses = 3, kMostNames = 4, kMostQuoted = 60;

std::string quote(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, kMostQuoted)) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  // Not in the middle of a character.
  if (text.size() > kMostQuoted)
    while (!line.empty() && (line.back() & 0xc0) == 0x80) line.pop_back();
  return std::format("`{}{}`", line, text.size() > kMostQuoted ? "..." : "");
}

template <typename Names>
std::string listed(const Names& names) {
  std::string text;
  size_t count = 0;
  for (const auto& name : names) {
    if (count++ >= kMostNames) break;
    text += (text.empty() ? "" : ", ") + quote(name);
  }
  if (names.size() > kMostNames) text += std::format(" and {} more", names.size() - kMostNames);
  return text;
}

std::string counted(int count, std::string_view noun) {
  return std::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// Clauses as one sentence, the first letter capital.
std::string sentence(const std::vector<std::string>& clauses) {
  std::string text;
  const size_t shown = std::min(clauses.size(), kMostClauses);
  for (size_t i = 0; i < shown; ++i) text += (i == 0 ? "" : i + 1 == clauses.size() ? " and " : ", ") + clauses[i];
  if (clauses.size() > shown)
    text += std::format(" and makes {} more", counted(static_cast<int>(clauses.size() - shown), "change"));
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text.empty() ? text : text + ".";
}

bool is_code(const ParsedSymbol& symbol) { return repo::is_function(symbol.kind) || repo::is_class(symbol.kind); }

std::string noun_of(const ParsedSymbol& symbol, const std::string& path) {
  const bool test = symbol.kind == "test" || (repo::is_test_file(path) && repo::is_function(symbol.kind) &&
                                              (symbol.name.starts_with("test") || symbol.name.starts_with("Test")));
  return (symbol.definition ? "" : "the declaration of ") + (test ? std::string("test") : symbol.kind);
}

// Words whose number tells what a changed body does more or less than before.
struct Construct {
  std::string_view noun;
  std::set<std::string_view> words;
};
const Construct kConstructs[] = {{"condition", {"if", "elif", "unless", "switch", "match"}},
                                 {"loop", {"for", "while", "foreach", "loop"}},
                                 {"return", {"return"}},
                                 {"error handler", {"catch", "except", "rescue"}},
                                 {"thrown error", {"throw", "raise", "panic"}},
                                 {"assertion", {"assert", "static_assert"}}};

// Lines of a side of a hunk, and those of them that stand on no line of the other side.
struct Side {
  const repo::ParsedFile& parsed;
  std::string_view bytes;
  int first = 1, count = 0;
  std::vector<std::string_view> lines;
  std::set<int> changed;
  std::vector<CodeToken> code, comments;

  Side(const repo::ParsedFile& file, const MaybeFile& content, int first_line, int line_count)
      : parsed(file),
        bytes(content ? std::string_view(content->bytes) : std::string_view()),
        first(first_line),
        count(line_count) {
    size_t begin = 0, end = 0;
    const auto all = lines_of(bytes);
    for (int i = 1; i < first + count && i <= static_cast<int>(all.size()); ++i) {
      const std::string_view line = all[static_cast<size_t>(i - 1)];
      if (i < first)
        begin += line.size();
      else
        lines.push_back(line), end += line.size();
    }
    const std::string_view text = bytes.substr(begin, end);
    code = code_tokens(text, begin, parsed.comments);
    comments = code_tokens(text, begin, parsed.comments, true);
  }

  void compare(const Side& other) {
    std::map<std::string_view, int> there;
    for (const std::string_view line : other.lines) ++there[line];
    for (size_t i = 0; i < lines.size(); ++i)
      if (const auto found = there.find(lines[i]); found == there.end() || found->second-- <= 0)
        changed.insert(first + static_cast<int>(i));
  }

  bool has(int line) const { return line >= first && line < first + count; }
  // What is used on changed lines, by kind ("call", "import", ...).
  std::set<std::string> names(std::string_view kind) const {
    std::set<std::string> found;
    for (const repo::ParsedReference& reference : parsed.references)
      if (reference.kind == kind && changed.contains(reference.line)) found.insert(reference.name);
    return found;
  }
  // All that changes is on lines with imports (or blank).
  bool imports_only() const {
    return std::ranges::all_of(changed, [&](int line) {
      const std::string_view text = lines[static_cast<size_t>(line - first)];
      return text.find_first_not_of(" \t\r\n") == text.npos ||
             std::ranges::any_of(parsed.references, [&](const repo::ParsedReference& reference) {
               return reference.line == line && reference.kind == "import";
             });
    });
  }
  int words(const std::set<std::string_view>& wanted) const {
    return static_cast<int>(std::ranges::count_if(code, [&](const CodeToken& t) { return wanted.contains(t.text); }));
  }
};

std::set<std::string> without(std::set<std::string> names, const std::set<std::string>& others) {
  std::erase_if(names, [&](const std::string& name) { return others.contains(name); });
  return names;
}

class Explainer {
 public:
  Explainer(Proposal& proposal, const std::vector<ParsedSides>& sides)
      : proposal_(proposal), sides_(sides), changes_(symbol_changes(proposal, sides)) {
    for (const SymbolChange& change : changes_) {
      if (change.what == What::kRenamed) renamed_[change.before->name] = change.after->name;
      if (change.what == What::kSignature) signatures_.insert(change.after->name);
    }
  }

  void run() {
    for (size_t file = 0; file < proposal_.files.size(); ++file)
      for (Hunk& hunk : proposal_.files[file].hunks)
        hunk.explanation = hunk.kind == Hunk::Kind::kText   ? text(file, hunk)
                           : hunk.kind == Hunk::Kind::kMode ? mode(proposal_.files[file])
                                                            : whole(file);
  }

 private:
  static std::string mode(const ProposalFile& file) {
    return (file.after->mode & 0111) ? "Makes the file executable." : "Makes the file no longer executable.";
  }

  std::string whole(size_t index) const {
    const ProposalFile& file = proposal_.files[index];
    if (file.before && file.after && file.path != file.old_path)
      return file.before->bytes == file.after->bytes
                 ? std::format("Renames the file from {}; its content stays.", quote(file.old_path))
                 : std::format("Renames the file from {} and changes its content.", quote(file.old_path));
    const MaybeFile& only = file.after ? file.after : file.before;
    const char* verb = !file.before ? "Adds" : !file.after ? "Removes" : "Changes";
    if (only->mode == kLink) return std::format("{} a link to {}.", verb, quote(only->bytes));
    if (file.binary) return std::format("{} a binary file of {} bytes.", verb, only->bytes.size());
    if (file.before && file.after) return "Replaces the whole file.";
    // What it is made of: functions and classes that stand in nothing but namespaces.
    const auto& symbols = file.after ? sides_[index].after.symbols : sides_[index].before.symbols;
    std::vector<std::string> names;
    for (const ParsedSymbol& symbol : symbols) {
      const bool top = symbol.parent < 0 || symbols[static_cast<size_t>(symbol.parent)].kind == "namespace";
      if (top && symbol.kind != "namespace" && is_code(symbol) && !std::ranges::contains(names, symbol.name))
        names.push_back(symbol.name);
    }
    const int lines = static_cast<int>(lines_of(only->bytes).size());
    return std::format("{} {} of {}{}.", verb, repo::is_test_file(file.path) ? "a test file" : "a file",
                       counted(lines, "line"), names.empty() ? "" : " with " + listed(names));
  }

  std::string text(size_t index, const Hunk& hunk) const {
    const ProposalFile& file = proposal_.files[index];
    if (hunk.formatting_only) return "Changes only layout.";
    Side before(sides_[index].before, file.before, hunk.old_first, hunk.old_lines);
    Side after(sides_[index].after, file.after, hunk.new_first, hunk.new_lines);
    before.compare(after);
    after.compare(before);
    if (before.code == after.code)
      return before.comments == after.comments ? "Changes only indentation or line breaks." : comments(before, after);
    if (!(before.changed.empty() && after.changed.empty()) && before.imports_only() && after.imports_only() &&
        !(before.names("import").empty() && after.names("import").empty()))
      return imports(before, after);
    std::vector<std::string> clauses = symbols(index, before, after);
    if (const auto followed = follows(before, after); !followed.empty())
      clauses.insert(clauses.end(), followed.begin(), followed.end());
    if (!clauses.empty()) return sentence(clauses);
    return body(index, hunk, before, after);
  }

  static std::string comments(const Side& before, const Side& after) {
    if (before.comments.empty()) return "Adds a comment.";
    return after.comments.empty() ? "Removes a comment." : "Changes only a comment.";
  }

  static std::string imports(const Side& before, const Side& after) {
    const auto old = before.names("import"), now = after.names("import");
    std::vector<std::string> clauses;
    if (const auto made = without(now, old); !made.empty()) clauses.push_back("imports " + listed(made));
    if (const auto gone = without(old, now); !gone.empty()) clauses.push_back("no longer imports " + listed(gone));
    return clauses.empty() ? "Changes only imports." : sentence(clauses);
  }

  // What happens to symbols whose names stand in the hunk.
  std::vector<std::string> symbols(size_t index, const Side& before, const Side& after) const {
    std::vector<std::string> clauses;
    std::map<std::string, std::vector<std::string>> plain;  // "adds function": names
    std::vector<std::string> order;
    const auto name = [&](const char* verb, const ParsedSymbol& symbol) {
      std::string what = std::format("{} {}", verb, noun_of(symbol, proposal_.files[index].path));
      if (!plain.contains(what)) order.push_back(what);
      plain[what].push_back(symbol.qualified_name);
    };
    for (const SymbolChange& c : changes_) {
      if (c.file != index) continue;
      const bool made = c.after && c.what != What::kMovedOut && after.has(c.after->name_line);
      const bool gone = c.before && c.what != What::kMovedIn && before.has(c.before->name_line);
      if (c.what == What::kAdded && made) name("adds", *c.after);
      if (c.what == What::kRemoved && gone) name("removes", *c.before);
      if (c.what == What::kMovedIn && made)
        clauses.push_back(std::format("moves {} {} here from {}", c.after->kind, quote(c.after->qualified_name),
                                      proposal_.files[c.other].old_path));
      if (c.what == What::kMovedOut && gone)
        clauses.push_back(std::format("moves {} {} to {}", c.before->kind, quote(c.before->qualified_name),
                                      proposal_.files[c.other].path));
      if (c.what == What::kRenamed && (made || gone))
        clauses.push_back(std::format("renames {} {} to {}", noun_of(*c.before, proposal_.files[index].path),
                                      quote(c.before->qualified_name), quote(c.after->name)));
      if (c.what == What::kSignature && (made || gone))
        clauses.push_back(signature_change(*c.before, *c.after) + " " + quote(c.after->qualified_name));
    }
    for (const std::string& what : order) clauses.push_back(what + " " + listed(plain[what]));
    return clauses;
  }

  // Uses of what is renamed or has another signature.
  std::vector<std::string> follows(const Side& before, const Side& after) const {
    std::vector<std::string> clauses;
    for (const auto& [old, now] : renamed_) {
      const auto uses = [](const Side& side, const std::string& name) {
        return std::ranges::count_if(side.parsed.references, [&](const repo::ParsedReference& reference) {
          return reference.name == name && side.changed.contains(reference.line);
        });
      };
      const auto count = static_cast<int>(uses(after, now));
      if (count > 0 && uses(before, old) > 0)
        clauses.push_back(
            std::format("follows the renaming of {} to {} in {}", quote(old), quote(now), counted(count, "place")));
    }
    const auto old_calls = before.names("call");
    for (const std::string& name : after.names("call"))
      if (signatures_.contains(name) && old_calls.contains(name))
        clauses.push_back(std::format("adapts a call of {} to its new signature", quote(name)));
    return clauses;
  }

  std::string body(size_t index, const Hunk& hunk, const Side& before, const Side& after) const {
    const std::string place = hunk.symbol.empty() ? "" : " in " + quote(hunk.symbol);
    const auto swaps = token_swaps(before.code, after.code);
    if (!swaps.empty() && swaps.size() <= kMostClauses) {
      std::vector<std::string> clauses;
      for (const TokenSwap& swap : swaps) {
        const std::string places = swap.times > 1 ? std::format(" in {} places", swap.times) : "";
        clauses.push_back(
            swap.before.kind == CodeToken::Kind::kName
                ? std::format("uses {} in place of {}{}", quote(swap.after.text), quote(swap.before.text), places)
                : std::format("changes {} to {}{}", quote(swap.before.text), quote(swap.after.text), places));
      }
      clauses.back() += place;
      return sentence(clauses);
    }
    std::vector<std::string> clauses;
    // "For" and "if" are words elsewhere.
    const bool program =
        std::ranges::any_of(before.parsed.symbols, is_code) || std::ranges::any_of(after.parsed.symbols, is_code);
    for (const Construct& construct : kConstructs) {
      if (!program) break;
      const int more = after.words(construct.words) - before.words(construct.words);
      if (more != 0)
        clauses.push_back(std::format("{} {}", more > 0 ? "adds" : "removes", counted(std::abs(more), construct.noun)));
    }
    const auto old = before.names("call"), now = after.names("call");
    if (const auto made = without(now, old); !made.empty()) clauses.push_back("calls " + listed(made));
    if (const auto gone = without(old, now); !gone.empty()) clauses.push_back("no longer calls " + listed(gone));
    if (!clauses.empty()) {
      clauses[std::min(clauses.size(), kMostClauses) - 1] += place;
      return sentence(clauses);
    }
    const bool code = !sides_[index].after.symbols.empty() || !sides_[index].before.symbols.empty();
    const char* what = code ? "" : " of text";
    if (hunk.old_lines == 0) return std::format("Adds {}{}{}.", counted(hunk.new_lines, "line"), what, place);
    if (hunk.new_lines == 0) return std::format("Removes {}{}{}.", counted(hunk.old_lines, "line"), what, place);
    return std::format("Rewrites {}{}{}.", counted(hunk.old_lines, "line"), what, place);
  }

  Proposal& proposal_;
  const std::vector<ParsedSides>& sides_;
  std::vector<SymbolChange> changes_;
  std::map<std::string, std::string> renamed_;
  std::set<std::string> signatures_;
};

}  // namespace

void explain(Proposal& proposal, const std::vector<ParsedSides>& sides) { Explainer(proposal, sides).run(); }

}  // namespace strata::agent
