// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/symbol_maker.h"

#include <algorithm>
#include <cstring>

#include "repo-indexer/c_declarator.h"
#include "repo-indexer/names.h"

namespace strata::repo {
namespace {

constexpr size_t kMaxSignature = 240;
constexpr size_t kMaxDoc = 300;

std::string collapse(std::string_view text, size_t limit) {
  std::string out;
  bool space = false;
  for (char c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      space = !out.empty();
      continue;
    }
    if (space) out += ' ';
    space = false;
    out += c;
  }
  if (out.size() > limit) {
    while (limit > 0 && (static_cast<unsigned char>(out[limit]) & 0xC0) == 0x80) --limit;  // whole UTF-8 sequences
    out.resize(limit);
    out += "...";
  }
  return out;
}

// The words of a comment or docstring without its markers.
std::string clean_doc(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.starts_with("r\"")) line.remove_prefix(1);  // a raw docstring
    line.remove_prefix(std::min(line.find_first_not_of(" \t/*!#\"'<-"), line.size()));
    if (line.ends_with("-->")) line.remove_suffix(3);
    while (!line.empty() && std::strchr(" \t\r*/\"'", line.back())) line.remove_suffix(1);
    (out += line) += ' ';
    at = end + 1;
  }
  out = collapse(out, 4 * kMaxDoc);
  if (out.size() > kMaxDoc) {
    const size_t stop = out.rfind(". ", kMaxDoc);
    out = stop != std::string::npos && stop > 40 ? out.substr(0, stop + 1) : collapse(out, kMaxDoc);
  }
  return out;
}

// Kinds whose names are not identifiers: "." and "<" in them are letters.
bool is_word_kind(std::string_view kind) {
  return kind == "key" || kind == "element" || kind == "selector" || kind == "target" || kind == "test";
}

// What a text that is no good C makes of them is nobody's name.
bool is_c_keyword(std::string_view name) {
  constexpr std::string_view kWords[] = {"if",     "else",   "for",   "while", "do",     "switch", "return",
                                         "sizeof", "struct", "union", "enum",  "void",   "bool",   "char",
                                         "int",    "long",   "short", "float", "double", "const"};
  return std::ranges::find(kWords, name) != std::end(kWords);
}

bool looks_constant(std::string_view name) {
  if (name.size() > 1 && name[0] == 'k' && name[1] >= 'A' && name[1] <= 'Z') return true;
  bool letter = false;
  for (char c : name) {
    if (c >= 'a' && c <= 'z') return false;
    letter |= c >= 'A' && c <= 'Z';
  }
  return letter && name.size() > 1;
}

}  // namespace

void SymbolMaker::note_match(uint16_t pattern, std::span<const Captured> captures) {
  Candidate c;
  c.pattern = pattern;
  bool named = false, defined = false;
  TSNode declaration{}, body{};
  for (const auto& [number, node] : captures) {
    const auto& [capture, kind] = grammar_.captures[number];
    const uint32_t first = ts_node_start_byte(node), last = ts_node_end_byte(node);
    switch (capture) {
      case Capture::kComment:
        leading_.push_back(node);
        comments_.push_back({first, last});
        break;
      case Capture::kAttribute:
        leading_.push_back(node);
        attributes_.insert(first);
        break;
      case Capture::kName:
      case Capture::kDeclarator: {
        const auto [name, function] = capture == Capture::kName ? Declared{node} : inner_declarator(node);
        c.name_first = ts_node_start_byte(name);
        c.name_last = end_of_name(name);
        c.name_row = ts_node_start_point(name).row;
        if (capture == Capture::kDeclarator && c.kind == "declared") {
          c.kind = function ? "function" : "variable";
          c.definition = !function && !is_elsewhere(declaration, text_);
        }
        named = c.name_last > c.name_first;
        break;
      }
      case Capture::kBody: body = node; break;
      case Capture::kOwner:
        c.owner = without_arguments(slice(first, last));
        // JavaScript before classes: what is assigned to a prototype is a method, what is exported is not.
        if (c.owner.ends_with(".prototype")) c.owner.resize(c.owner.size() - std::strlen(".prototype"));
        if (c.owner == "exports" || c.owner == "module.exports" || c.owner == "this") c.owner.clear();
        break;
      case Capture::kDoc:
        c.doc_first = first;
        c.doc_last = last;
        break;
      case Capture::kDefinition:
      case Capture::kDeclaration:
      case Capture::kDeclared:
      case Capture::kScope: {
        if (defined) {  // of two nodes side by side
          c.last = last;
          c.last_row = ts_node_end_point(node).row;
          break;
        }
        defined = true;
        declaration = node;
        c.definition = capture != Capture::kDeclaration;
        c.kind = capture == Capture::kDeclared ? "declared"
                 : capture == Capture::kScope  ? (kind.empty() ? "scope" : "scope.namespace")
                                               : kind;
        c.first = c.signature_first = first;
        c.last = c.signature_last = last;
        c.first_row = ts_node_start_point(node).row;
        const TSPoint end = ts_node_end_point(node);
        c.last_row = end.column == 0 && end.row > c.first_row ? end.row - 1 : end.row;
        break;
      }
      default: break;
    }
  }
  if (!named || !defined) return;
  if (body.id) c.signature_last = std::min(c.signature_last, ts_node_start_byte(body));
  add(std::move(c));
}

void SymbolMaker::finish(ParsedFile& file) {
  finish_comments(file);
  make_symbols(file);
}

bool SymbolMaker::starts_line(uint32_t at) const {
  const size_t line = at == 0 ? 0 : text_.rfind('\n', at - 1) + 1;  // npos + 1 is 0
  return text_.substr(line, at - line).find_first_not_of(" \t") == std::string_view::npos;
}

void SymbolMaker::add(Candidate c) {
  const auto [at, added] = by_name_.try_emplace(c.name_first, candidates_.size());
  if (added) {
    candidates_.push_back(std::move(c));
    return;
  }
  Candidate& known = candidates_[at->second];
  if (c.pattern < known.pattern) {
    known.kind = c.kind;
    known.pattern = c.pattern;
  }
  if (c.first < known.first) std::tie(known.first, known.first_row) = std::pair(c.first, c.first_row);
  if (c.last > known.last) std::tie(known.last, known.last_row) = std::pair(c.last, c.last_row);
  known.signature_first = std::max(known.signature_first, c.signature_first);
  known.signature_last = std::min(known.signature_last, c.signature_last);
  known.definition = known.definition || c.definition;
  if (known.doc_last == 0) std::tie(known.doc_first, known.doc_last) = std::pair(c.doc_first, c.doc_last);
  if (known.owner.empty()) known.owner = std::move(c.owner);
}

void SymbolMaker::finish_comments(ParsedFile& file) {
  std::ranges::sort(comments_, {}, &ByteRange::first);
  for (const ByteRange& c : comments_) {
    if (file.comments.empty() || c.first >= file.comments.back().last) file.comments.push_back(c);
  }
  for (TSNode node : leading_) {
    if (!starts_line(ts_node_start_byte(node))) continue;
    const TSPoint end = ts_node_end_point(node);
    const uint32_t last_row = end.column == 0 && end.row > 0 ? end.row - 1 : end.row;
    leading_by_last_row_.emplace(last_row, node);
  }
}

void SymbolMaker::make_symbols(ParsedFile& file) {
  std::ranges::sort(candidates_, [](const Candidate& a, const Candidate& b) {
    return std::tuple(a.first, b.last, a.name_first) < std::tuple(b.first, a.last, b.name_first);
  });
  // Open scopes: symbols that contain what comes next. Scopes without a symbol of their own have index -1.
  struct Scope {
    uint32_t first, last;
    std::string qualified_name, kind;
    int symbol;
  };
  std::vector<Scope> open;
  // `TEST(Suite, name) {}` also looks like a function named TEST.
  std::unordered_set<uint32_t> tests;
  for (const Candidate& c : candidates_) {
    if (c.kind == "test") tests.insert(c.first);
  }
  for (const Candidate& c : candidates_) {
    if (c.kind == "function" && tests.contains(c.first)) continue;
    while (!open.empty() && open.back().last <= c.first) open.pop_back();
    // `int a, b;` gives two symbols of one range: neither contains the other.
    const auto containing = std::ranges::find_if(
        open.rbegin(), open.rend(), [&](const Scope& s) { return s.first != c.first || s.last != c.last; });
    const Scope* scope = containing == open.rend() ? nullptr : &*containing;
    // A class in a function has members all the same.
    const auto around = std::ranges::find_if(open.rbegin(), open.rend(), [&](const Scope& s) {
      return (is_function(s.kind) || is_class(s.kind)) && (s.first != c.first || s.last != c.last);
    });
    const bool in_function = around != open.rend() && is_function(around->kind);
    // Locals are nobody's landmark, and a "prototype" in a function is a variable with an argument.
    if (in_function && (is_variable(c.kind) || !c.definition)) continue;
    // for_each(x) { in a function of C or C++ looks like another one.
    if (in_function && c.kind == "function" && grammar_.scoping.family == "c") continue;

    ParsedSymbol s;
    const bool heading = c.kind == "heading";
    const bool words = heading || is_word_kind(c.kind);
    std::string full = words ? collapse(slice(c.name_first, c.name_last), kMaxSignature)
                             : without_arguments(slice(c.name_first, c.name_last));
    // Quotes of keys and strings, and the colon of Ruby's symbols, are no part of a name.
    while (!full.empty() && std::strchr(words ? "\"'" : ":", full.front())) full.erase(0, 1);
    while (words && !full.empty() && std::strchr("\"'", full.back())) full.pop_back();
    s.name = words ? full : std::string(last_component(full));
    if (s.name.empty() || (grammar_.scoping.family == "c" && is_c_keyword(s.name))) continue;
    // struct Tag {...} name; and typedef struct Tag {...} Name: the tag is no member of the name, and one symbol with
    // it if a type is called the same.
    if (scope && is_class(c.kind) && scope->symbol >= 0 && (scope->kind == "type" || is_variable(scope->kind))) {
      ParsedSymbol& around_tag = file.symbols[scope->symbol];
      if (scope->kind == "type" && around_tag.name == s.name) {
        around_tag.kind = c.kind;
        name_starts_.insert(c.name_first);
        continue;
      }
      scope = scope > open.data() ? scope - 1 : nullptr;
    }
    const std::string separator(grammar_.scoping.separator);
    std::string prefix = scope ? scope->qualified_name : std::string();
    if (!c.owner.empty()) prefix += (prefix.empty() ? "" : separator) + c.owner;
    // An enumerator of C is visible without its enumeration, and a macro knows no scope at all.
    if (c.kind == "macro") prefix.clear();
    s.qualified_name = prefix.empty() ? full : prefix + separator + full;
    s.kind = c.kind;
    if (s.kind == "function" && ((scope && (is_class(scope->kind) || scope->kind == "scope")) || !c.owner.empty() ||
                                 full.size() > s.name.size())) {
      s.kind = "method";
    }
    if (s.kind == "variable" && looks_constant(s.name)) s.kind = "constant";
    if (c.kind.starts_with("scope")) {
      open.push_back({c.first, c.last, s.qualified_name, c.kind, scope ? scope->symbol : -1});
      scopes_.push_back({{c.first, c.last}, s.qualified_name});
      continue;
    }
    s.parent = scope ? scope->symbol : -1;
    s.first_byte = c.first;
    s.last_byte = c.last;
    s.first_line = s.lead_line = static_cast<int>(c.first_row) + 1;
    s.last_line = static_cast<int>(c.last_row) + 1;
    s.name_line = static_cast<int>(c.name_row) + 1;
    s.definition = c.definition;
    s.signature = collapse(without_comments(c.signature_first, c.signature_last, file.comments), kMaxSignature);
    if (s.signature.ends_with("=>")) s.signature.resize(s.signature.size() - 2);
    while (!s.signature.empty() && std::strchr(" {:;=", s.signature.back())) s.signature.pop_back();
    if (heading) s.signature = s.name;
    lead(s, c);
    open.push_back({c.first, c.last, s.qualified_name, s.kind, static_cast<int>(file.symbols.size())});
    // The name, and in `void Class::method() {}` the class, are not used here.
    name_starts_.insert(c.name_first);
    for (size_t at = full.find("::"); at != full.npos && !words; at = full.find("::", at + 2)) {
      name_starts_.insert(c.name_last -
                          std::min(c.name_last - c.name_first, static_cast<uint32_t>(full.size() - at - 2)));
    }
    file.symbols.push_back(std::move(s));
  }
}

std::string SymbolMaker::without_comments(uint32_t first, uint32_t last, const std::vector<ByteRange>& comments) const {
  std::string out;
  for (auto c = std::ranges::lower_bound(comments, first, {}, &ByteRange::last); first < last; ++c) {
    const uint32_t stop = c == comments.end() ? last : std::clamp(c->first, first, last);
    out += slice(first, stop);
    if (stop == last) break;
    first = c->last;
  }
  return out;
}

std::map<uint32_t, TSNode>::const_iterator SymbolMaker::leading_above(int line, bool may_stand_off) const {
  auto above = leading_by_last_row_.find(static_cast<uint32_t>(line) - 2);
  if (above != leading_by_last_row_.end() || !may_stand_off || line < 4) return above;
  above = leading_by_last_row_.find(static_cast<uint32_t>(line) - 3);
  if (above == leading_by_last_row_.end()) return above;
  const uint32_t end = ts_node_end_byte(above->second);
  const size_t next_line = text_.find('\n', end), next_word = text_.find_first_not_of(" \t\r\n", end);
  const bool empty_line = next_line != std::string_view::npos && next_word > text_.find('\n', next_line + 1);
  const bool of_the_file = ts_node_start_point(above->second).row == 0;
  return empty_line && !of_the_file && text_[ts_node_start_byte(above->second)] == '/' ? above
                                                                                       : leading_by_last_row_.end();
}

void SymbolMaker::lead(ParsedSymbol& s, const Candidate& c) {
  uint32_t doc_first = 0, doc_last = 0;
  while (starts_line(c.first)) {
    const auto above = leading_above(s.lead_line, s.lead_line == s.first_line && is_function(s.kind) && s.definition);
    if (s.lead_line < 2 || above == leading_by_last_row_.end()) break;
    s.lead_line = static_cast<int>(ts_node_start_point(above->second).row) + 1;
    if (attributes_.contains(ts_node_start_byte(above->second))) continue;
    doc_first = ts_node_start_byte(above->second);
    if (doc_last == 0) doc_last = ts_node_end_byte(above->second);
  }
  if (c.doc_last > 0) std::tie(doc_first, doc_last) = std::pair(c.doc_first, c.doc_last);
  if (doc_last > doc_first) s.doc = clean_doc(slice(doc_first, doc_last));
}

}  // namespace strata::repo
