// SPDX-License-Identifier: Apache-2.0
#include "agent/edits/file_edit.h"

#include <algorithm>
#include <format>
#include <optional>

#include "agent/edits/search_replace.h"
#include "repo-indexer/syntax.h"
#include "repo-indexer/text_encoding.h"

namespace strata::agent {
namespace {

struct Placed {
  std::vector<Splice> splices;
  std::string remark;
};

Result<Placed> place(const LineEdit& edit, std::string_view text) {
  const Lines lines(text);
  if (edit.first < 1 || edit.last < edit.first - 1 || edit.last > lines.count() || edit.first > lines.count() + 1) {
    return fail(ErrorKind::kInvalid,
                std::format("there are no lines {}-{}; the file has {} lines", edit.first, edit.last, lines.count()));
  }
  if (plain_text(lines.text(edit.first, edit.last)) != edit.seen) {
    return fail(ErrorKind::kInvalid,
                std::format("lines {}-{} are not what you were shown; read them again", edit.first, edit.last));
  }
  std::string added = without_line_numbers(plain_text(edit.text));
  if (!added.empty() && !added.ends_with('\n')) added += '\n';
  size_t first = lines.start(edit.first), last = lines.start(edit.last + 1);
  if (first == 0 && text.starts_with(kByteOrderMark)) first = kByteOrderMark.size(), last = std::max(last, first);
  if (!text.empty() && !text.ends_with('\n') && last == text.size()) {
    if (first == last) added = "\n" + added;  // behind a last line without an end
    if (added.ends_with('\n')) added.pop_back();
  }
  return Placed{{{first, last, with_line_ends_of(text, added)}}, {}};
}

Result<Placed> place(const ReplaceEdit& edit, std::string_view text) {
  auto found = find_and_replace(text, edit.old_text, edit.new_text, edit.line, edit.all);
  if (!found) return std::unexpected(found.error());
  return Placed{std::move(found->splices), found->tolerant ? " (white space differed)" : ""};
}

// Models that are lazy leave out what they do not change.
std::optional<std::string> elision(std::string_view before, std::string_view after) {
  constexpr std::string_view kMarks[] = {"rest of the file", "rest of file",   "rest of the code",
                                         "rest of code",     "existing code",  "remains unchanged",
                                         "remaining code",   "unchanged code", "code omitted"};
  const Lines lines(after);
  for (int line = 1; line <= lines.count(); ++line) {
    const std::string_view text = lines.text(line);
    if (before.find(text) != before.npos) continue;
    for (const std::string_view mark : kMarks) {
      if (text.find(mark) != text.npos)
        return std::format("line {}, \"{}\", stands for something left out", line, text);
    }
  }
  return std::nullopt;
}

Result<Placed> place(const WholeEdit& edit, std::string_view text) {
  const Lines lines(text);
  if (lines.count() > kWholeFileLines) {
    return fail(
        ErrorKind::kInvalid,
        std::format("the file has {} lines, too many to be written as a whole; change a symbol, lines or quoted text",
                    lines.count()));
  }
  if (const auto left_out = elision(text, edit.text))
    return fail(ErrorKind::kInvalid, *left_out + "; write the whole file");
  std::string added = plain_text(edit.text);
  if (added.find_first_not_of(" \t\n") == added.npos && !text.empty()) {
    return fail(ErrorKind::kInvalid, "the new text is empty; to remove the file, delete it");
  }
  // The final newline is as it was.
  const bool ended = text.empty() || text.ends_with('\n');
  while (!ended && added.ends_with('\n')) added.pop_back();
  if (ended && !added.empty() && !added.ends_with('\n')) added += '\n';
  const size_t first = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  return Placed{{{first, text.size(), with_line_ends_of(text, added)}}, {}};
}

Result<Placed> place(const SymbolEdit& edit, std::string_view path, std::string_view text, const SourceTree* tree) {
  if (!tree)
    return fail(ErrorKind::kUnsupported, "symbols of this kind of file are not known; change lines or quoted text");
  const auto symbol = symbol_in_file(*tree, path, edit.symbol, edit.line);
  if (!symbol) return std::unexpected(symbol.error());
  auto splices = edit_symbol(*tree, path, text, *symbol, edit.action, edit.text);
  if (!splices) return std::unexpected(splices.error());
  return Placed{std::move(*splices),
                std::format(" ({})", tree->symbols()[static_cast<size_t>(*symbol)].qualified_name)};
}

std::string where(const Placed& placed, std::string_view text) {
  const Lines lines(text);
  if (placed.splices.size() > 1) return std::format("{} places replaced", placed.splices.size());
  const Splice& s = placed.splices.front();
  if (s.first == s.last)
    return std::format("text put in before line {}",
                       s.first == text.size() ? lines.count() + 1 : lines.line_of(s.first));
  const int first = lines.line_of(s.first), last = lines.line_of(s.last - 1);
  const char* what = s.text.empty() ? "removed" : "replaced";
  return first == last ? std::format("line {} {}", first, what) : std::format("lines {}-{} {}", first, last, what);
}

}  // namespace

std::vector<std::string> new_syntax_errors(std::string_view path, std::string_view before, std::string_view after) {
  const auto now = repo::syntax_errors(path, after);
  if (!now || now->empty()) return {};
  // A header that looks like C may be C++.
  if (path.ends_with(".h")) {
    if (const auto cpp = repo::syntax_errors("x.hpp", after); cpp && cpp->empty()) return {};
  }
  std::vector<std::string> old;  // texts of the lines with errors: line numbers move
  if (const auto then = repo::syntax_errors(path, before)) {
    const Lines lines(before);
    for (const auto& error : *then) old.emplace_back(lines.text(error.first_line));
  }
  std::vector<std::string> added;
  const Lines lines(after);
  for (const repo::SyntaxError& error : *now) {
    const int at = error.first_line;
    if (const auto known = std::ranges::find(old, lines.text(at)); known != old.end()) {
      old.erase(known);
      continue;
    }
    if (added.size() == 5) break;
    std::string shown = std::format("line {}: {}\n", at,
                                    error.missing.empty() ? "syntax error" : "\"" + error.missing + "\" is missing");
    for (int line = std::max(1, at - 2); line <= std::min(lines.count(), at + 2); ++line) {
      shown += std::format("{}{:>5}| {}\n", line == at ? ">" : " ", line, lines.text(line));
    }
    added.push_back(std::move(shown));
  }
  return added;
}

FileEdit edit_file(std::string_view path, std::string_view bytes, const std::vector<Edit>& edits) {
  FileEdit result{.text = std::string(bytes), .reports = {}, .syntax = {}};
  const auto decoded = repo::decode_text(std::string(bytes));
  const bool utf16 = decoded && decoded->encoding == "UTF-16";
  if (!decoded || utf16 || bytes.find('\0') != bytes.npos) {
    result.reports.assign(edits.size(),
                          std::format("{} is {}, which is not edited as text", path, utf16 ? "UTF-16" : "binary"));
    return result;
  }
  const bool ascii_only = decoded->encoding != "UTF-8" || decoded->replaced > 0;
  std::optional<SourceTree> tree;
  std::vector<Splice> all;
  bool good = !edits.empty();
  for (const Edit& edit : edits) {
    Result<Placed> placed = std::visit(
        [&](const auto& e) -> Result<Placed> {
          if constexpr (std::is_same_v<std::decay_t<decltype(e)>, SymbolEdit>) {
            if (!tree) tree = SourceTree::parse(path, bytes);
            return place(e, path, bytes, tree ? &*tree : nullptr);
          } else {
            return place(e, bytes);
          }
        },
        edit);
    if (placed && ascii_only && std::ranges::any_of(placed->splices, [](const Splice& s) {
          return std::ranges::any_of(s.text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
        })) {
      placed = fail(ErrorKind::kUnsupported, "the file is not UTF-8; only ASCII text can be put in");
    }
    if (!placed) {
      good = false;
      result.reports.push_back("refused: " + placed.error().message);
      continue;
    }
    result.reports.push_back(where(*placed, bytes) + placed->remark);
    all.insert(all.end(), placed->splices.begin(), placed->splices.end());
  }
  if (!good) return result;
  auto text = splice(bytes, std::move(all));
  if (!text) {
    result.reports.push_back("refused: " + text.error().message);
    return result;
  }
  if (*text == bytes) {
    result.reports.push_back("refused: the file would be the same as before");
    return result;
  }
  result.syntax = new_syntax_errors(path, bytes, *text);
  if (!result.syntax.empty()) return result;
  result.applied = true;
  result.text = std::move(*text);
  return result;
}

}  // namespace strata::agent
