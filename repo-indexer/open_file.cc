// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/open_file.h"

#include <algorithm>
#include <format>

#include "repo-indexer/language.h"
#include "repo-indexer/parse.h"

namespace strata::repo {
namespace {

TSPoint point_at(std::string_view text, size_t at) {
  const auto before = text.substr(0, at);
  const size_t line = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<uint32_t>(std::ranges::count(before, '\n')), static_cast<uint32_t>(at - line)};
}

// What differs, as one edit. Blanking macros may change more than what was typed, so it is found by comparing.
TSInputEdit difference(std::string_view before, std::string_view after) {
  const size_t shorter = std::min(before.size(), after.size());
  size_t first = std::ranges::mismatch(before, after).in1 - before.begin();
  while (first > 0 && (static_cast<unsigned char>(before[first - 1]) & 0x80) != 0) --first;  // whole characters
  size_t same = 0;
  while (same < shorter - first && before[before.size() - 1 - same] == after[after.size() - 1 - same]) ++same;
  const size_t old_end = before.size() - same, new_end = after.size() - same;
  return {static_cast<uint32_t>(first), static_cast<uint32_t>(old_end), static_cast<uint32_t>(new_end),
          point_at(before, first),      point_at(before, old_end),      point_at(after, new_end)};
}

}  // namespace

struct OpenFile::Impl {
  std::string path, text;
  std::string_view language;
  Grammars grammars;
  ParserPointer parser{ts_parser_new()};
  Matcher matcher;
  std::string parsed;  // what `tree` is of
  TreePointer tree;    // null: not parsed

  void parse() {
    const std::string_view now = detect_language(path, text);
    if (now != language) tree.reset();  // a header that has become C++
    language = now;
    const TSLanguage* grammar = grammar_of(language);
    if (!grammar) return;
    std::string next = text_to_parse(scoping_of(language).family, text);
    if (next.empty()) next = text;
    if (tree) {
      const TSInputEdit edit = difference(parsed, next);
      ts_tree_edit(tree.get(), &edit);
    }
    parsed = std::move(next);
    const TreePointer before = std::move(tree);
    tree = parse_tree(parser.get(), grammar, parsed, before.get(), deadline_after(kParseBudgetS));
    // Where a text is broken, what the parser makes of it depends on what it could keep.
    if (before && tree && ts_node_has_error(ts_tree_root_node(tree.get()))) {
      tree = parse_tree(parser.get(), grammar, parsed, nullptr, deadline_after(kParseBudgetS));
    }
  }
};

OpenFile::OpenFile(std::string_view path, std::string text) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  impl_->text = std::move(text);
  impl_->parse();
}
OpenFile::OpenFile(OpenFile&&) noexcept = default;
OpenFile& OpenFile::operator=(OpenFile&&) noexcept = default;
OpenFile::~OpenFile() = default;

const std::string& OpenFile::text() const { return impl_->text; }

Result<void> OpenFile::edit(size_t first, size_t last, std::string_view replacement) {
  if (first > last || last > impl_->text.size()) {
    return fail(ErrorKind::kInvalid, std::format("{}: there are no bytes {} to {}, the text has {}", impl_->path, first,
                                                 last, impl_->text.size()));
  }
  impl_->text.replace(first, last - first, replacement);
  impl_->parse();
  return {};
}

std::optional<std::vector<SyntaxError>> OpenFile::errors() const {
  if (!impl_->tree) return std::nullopt;
  return errors_below(ts_tree_root_node(impl_->tree.get()));
}

std::vector<Symbol> OpenFile::symbols() const {
  const Grammar* grammar = impl_->tree ? impl_->grammars.find(impl_->language) : nullptr;
  ParsedFile file;
  if (!grammar || !extract(*grammar, impl_->text, ts_tree_root_node(impl_->tree.get()), impl_->matcher,
                           deadline_after(kParseBudgetS), file)) {
    return {};
  }
  std::vector<Symbol> symbols;
  for (ParsedSymbol& s : file.symbols) {
    symbols.push_back({0, 0, impl_->path, std::move(s.name), std::move(s.qualified_name), std::move(s.kind),
                       std::move(s.signature), std::move(s.doc), s.name_line, s.first_line, s.last_line, s.definition});
  }
  return symbols;
}

}  // namespace strata::repo
