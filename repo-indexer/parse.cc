// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/parse.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace strata::repo {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMaxSignature = 240;
constexpr size_t kMaxDoc = 300;
constexpr uint32_t kMatchesInProgress = 4096;  // bounds the memory of a query over a pathological file

struct TreeDelete {
  void operator()(TSTree* tree) const { ts_tree_delete(tree); }
};

bool is_variable(std::string_view kind) { return kind == "variable" || kind == "constant"; }

// What one match of symbols.scm says; matches of the same name are merged.
struct Candidate {
  uint32_t name_first = 0, name_last = 0, name_row = 0;
  uint32_t first = 0, last = 0, first_row = 0, last_row = 0;  // widest range
  uint32_t signature_first = 0, signature_last = 0;           // innermost definition, up to its body
  uint32_t doc_first = 0, doc_last = 0;
  std::string kind, owner;
  uint32_t pattern = 0;
  bool definition = true;
};

// The name at the inner end of a C declarator, and whether it is declared as a function.
struct Declared {
  TSNode name;
  bool function = false;
};

Declared inner_declarator(TSNode node) {
  bool function = false;
  for (;;) {
    const std::string_view type = ts_node_type(node);
    TSNode next = type == "operator_cast" ? TSNode{} : ts_node_child_by_field_name(node, "declarator", 10);
    if (ts_node_is_null(next) && type.ends_with("_declarator")) next = ts_node_named_child(node, 0);
    if (type == "operator_cast") function = true;
    if (next.id == nullptr || ts_node_is_null(next)) return {node, function};
    if (type != "parenthesized_declarator") function = type == "function_declarator";
    // `char *f(void)`: the pointer stands outside the function; `int (*f)(void)`: inside, so f is a variable.
    node = next;
  }
}

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
    line.remove_prefix(std::min(line.find_first_not_of(" \t/*!#\"'<"), line.size()));
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

// "ns::Foo<int>::bar" -> "ns::Foo::bar"; operators keep their signs.
std::string without_arguments(std::string_view name) {
  std::string out;
  int depth = 0;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name.substr(i).starts_with("operator")) return out.append(collapse(name.substr(i), kMaxSignature));
    if (name[i] == '<') ++depth;
    if (depth == 0 && !std::strchr(" \t\r\n", name[i])) out += name[i];
    if (name[i] == '>' && depth > 0) --depth;
  }
  return out;
}

std::string_view last_component(std::string_view name) {
  const size_t op = name.find("operator");
  const size_t colon = name.rfind("::", op == std::string_view::npos ? op : op + 1);
  return colon == std::string_view::npos ? name : name.substr(colon + 2);
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

// Runs a query and hands each match to on_match; false if the deadline passed.
template <typename OnMatch>
bool run_query(TSQueryCursor* cursor, const TSQuery* query, TSNode root, Clock::time_point deadline, OnMatch on_match) {
  const TSQueryCursorOptions options{.payload = &deadline, .progress_callback = [](TSQueryCursorState* state) {
                                       return Clock::now() > *static_cast<Clock::time_point*>(state->payload);
                                     }};
  ts_query_cursor_set_match_limit(cursor, kMatchesInProgress);
  ts_query_cursor_exec_with_options(cursor, query, root, &options);
  TSQueryMatch match;
  while (ts_query_cursor_next_match(cursor, &match)) on_match(match);
  return Clock::now() <= deadline;
}

std::vector<std::string_view> capture_names(const TSQuery* query) {
  std::vector<std::string_view> names;
  for (uint32_t i = 0; i < ts_query_capture_count(query); ++i) {
    uint32_t length = 0;
    const char* name = ts_query_capture_name_for_id(query, i, &length);
    names.emplace_back(name, length);
  }
  return names;
}

class Extraction {
 public:
  Extraction(const Grammar& grammar, std::string_view text, TSQueryCursor* cursor, Clock::time_point deadline)
      : grammar_(grammar), text_(text), cursor_(cursor), deadline_(deadline) {}

  bool run(TSNode root, ParsedFile& file) {
    if (!collect_candidates(root)) return false;
    finish_comments(file);
    make_symbols(file);
    return !grammar_.references || collect_references(root, file);
  }

 private:
  std::string_view slice(uint32_t first, uint32_t last) const { return text_.substr(first, last - first); }
  std::string_view slice(TSNode node) const { return slice(ts_node_start_byte(node), ts_node_end_byte(node)); }

  bool starts_line(uint32_t at) const {
    const size_t line = at == 0 ? 0 : text_.rfind('\n', at - 1) + 1;  // npos + 1 is 0
    return text_.substr(line, at - line).find_first_not_of(" \t") == std::string_view::npos;
  }

  bool collect_candidates(TSNode root) {
    const auto names = capture_names(grammar_.symbols.get());
    return run_query(cursor_, grammar_.symbols.get(), root, deadline_, [&](const TSQueryMatch& match) {
      Candidate c;
      c.pattern = match.pattern_index;
      bool named = false, defined = false;
      TSNode body{};
      for (uint16_t i = 0; i < match.capture_count; ++i) {
        const TSNode node = match.captures[i].node;
        const std::string_view capture = names[match.captures[i].index];
        if (capture == "comment" || capture == "attribute") {
          leading_.push_back(node);
          if (capture == "comment") {
            comments_.push_back({ts_node_start_byte(node), ts_node_end_byte(node)});
          } else {
            attributes_.insert(ts_node_start_byte(node));
          }
        }
        if (capture == "name" || capture == "declarator") {
          const auto [name, function] = capture == "name" ? Declared{node} : inner_declarator(node);
          c.name_first = ts_node_start_byte(name);
          c.name_last = ts_node_end_byte(name);
          c.name_row = ts_node_start_point(name).row;
          if (capture == "declarator" && c.kind == "declared") {
            c.kind = function ? "function" : "variable";
            c.definition = !function;
          }
          named = c.name_last > c.name_first;
        } else if (capture == "body") {
          body = node;
        } else if (capture == "owner") {
          c.owner = without_arguments(slice(node));
          // JavaScript before classes: what is assigned to a prototype is a method, what is exported is not.
          if (c.owner.ends_with(".prototype")) c.owner.resize(c.owner.size() - std::strlen(".prototype"));
          if (c.owner == "exports" || c.owner == "module.exports" || c.owner == "this") c.owner.clear();
        } else if (capture == "doc") {
          c.doc_first = ts_node_start_byte(node);
          c.doc_last = ts_node_end_byte(node);
        } else if (capture == "declared" || capture == "scope" || capture.starts_with("definition.") ||
                   capture.starts_with("declaration.")) {
          defined = true;
          c.definition = !capture.starts_with("declaration.");
          const size_t dot = capture.find('.');
          c.kind = dot == std::string_view::npos ? capture : capture.substr(dot + 1);
          c.first = c.signature_first = ts_node_start_byte(node);
          c.last = c.signature_last = ts_node_end_byte(node);
          c.first_row = ts_node_start_point(node).row;
          const TSPoint end = ts_node_end_point(node);
          c.last_row = end.column == 0 && end.row > c.first_row ? end.row - 1 : end.row;
        }
      }
      if (!named || !defined) return;
      if (body.id) c.signature_last = std::min(c.signature_last, ts_node_start_byte(body));
      add(std::move(c));
    });
  }

  void add(Candidate c) {
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

  // Comments and attributes that have their lines for themselves can belong to the symbol below.
  void finish_comments(ParsedFile& file) {
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

  void make_symbols(ParsedFile& file) {
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
    for (const Candidate& c : candidates_) {
      while (!open.empty() && open.back().last <= c.first) open.pop_back();
      // `int a, b;` gives two symbols of one range: neither contains the other.
      const auto containing = std::ranges::find_if(
          open.rbegin(), open.rend(), [&](const Scope& s) { return s.first != c.first || s.last != c.last; });
      const Scope* scope = containing == open.rend() ? nullptr : &*containing;
      const bool in_function = std::ranges::any_of(open, [](const Scope& s) { return is_function(s.kind); });
      // Locals are nobody's landmark, and a "prototype" in a function is a variable with an argument.
      if (in_function && (is_variable(c.kind) || !c.definition)) continue;

      ParsedSymbol s;
      const bool heading = c.kind == "heading";
      const std::string full = heading ? collapse(slice(c.name_first, c.name_last), kMaxSignature)
                                       : without_arguments(slice(c.name_first, c.name_last));
      s.name = heading ? full : last_component(full);
      if (s.name.empty()) continue;
      // typedef struct Tag {...} Name: the tag is no member of Name, and one symbol if they are the same.
      const bool in_typedef = scope && scope->kind == "type" && is_class(c.kind);
      if (in_typedef && scope->symbol >= 0) {
        ParsedSymbol& type = file.symbols[scope->symbol];
        if (type.name == s.name) {
          type.kind = c.kind;
          name_starts_.insert(c.name_first);
          continue;
        }
        scope = scope > open.data() ? scope - 1 : nullptr;
      }
      const std::string separator(grammar_.separator);
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
      if (c.kind == "scope") {
        open.push_back({c.first, c.last, s.qualified_name, "scope", scope ? scope->symbol : -1});
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
      name_starts_.insert(c.name_first);
      file.symbols.push_back(std::move(s));
    }
  }

  std::string without_comments(uint32_t first, uint32_t last, const std::vector<ByteRange>& comments) const {
    std::string out;
    for (auto c = std::ranges::lower_bound(comments, first, {}, &ByteRange::last); first < last; ++c) {
      const uint32_t stop = c == comments.end() ? last : std::clamp(c->first, first, last);
      out += slice(first, stop);
      if (stop == last) break;
      first = c->last;
    }
    return out;
  }

  // The comment or attribute that ends above line `line` (1-based). Older C leaves an empty line between a comment and
  // its function; what stands at the top of the file then belongs to the file.
  std::map<uint32_t, TSNode>::const_iterator leading_above(int line, bool may_stand_off) const {
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

  // Finds the comment above the symbol.
  void lead(ParsedSymbol& s, const Candidate& c) {
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

  bool collect_references(TSNode root, ParsedFile& file) {
    struct Found {
      uint32_t first, last, row;
      int rank;
      std::string_view kind;
    };
    static constexpr std::string_view kKinds[] = {"inherit", "call", "import", "type"};  // the first that fits counts
    std::vector<Found> found;
    const auto names = capture_names(grammar_.references.get());
    const bool finished =
        run_query(cursor_, grammar_.references.get(), root, deadline_, [&](const TSQueryMatch& match) {
          for (uint16_t i = 0; i < match.capture_count; ++i) {
            const TSNode node = match.captures[i].node;
            const std::string_view kind = names[match.captures[i].index];
            const auto rank = std::ranges::find(kKinds, kind) - std::begin(kKinds);
            found.push_back({ts_node_start_byte(node), ts_node_end_byte(node), ts_node_start_point(node).row,
                             static_cast<int>(rank), kind});
          }
        });
    std::ranges::sort(found, {}, [](const Found& f) { return std::pair(f.first, f.rank); });
    size_t next_symbol = 0;
    std::vector<int> open;
    uint32_t previous = UINT32_MAX;
    for (const Found& f : found) {
      if (f.first == previous || name_starts_.contains(f.first)) continue;
      previous = f.first;
      for (; next_symbol < file.symbols.size() && file.symbols[next_symbol].first_byte <= f.first; ++next_symbol) {
        open.push_back(static_cast<int>(next_symbol));
      }
      std::erase_if(open, [&](int i) { return file.symbols[i].last_byte <= f.first; });
      ParsedReference reference;
      if (f.kind == "import") {
        reference.name = slice(f.first, f.last);
        std::erase_if(reference.name, [](char c) { return std::strchr("\"'<>`", c) != nullptr; });
      } else {
        reference.name = last_component(without_arguments(slice(f.first, f.last)));
      }
      if (reference.name.empty() || reference.name.size() > kMaxSignature) continue;
      reference.kind = f.kind;
      reference.line = static_cast<int>(f.row) + 1;
      // The function or class it stands in; a variable only at file level.
      for (auto i = open.rbegin(); i != open.rend(); ++i) {
        reference.enclosing = *i;
        if (!is_variable(file.symbols[*i].kind) && file.symbols[*i].kind != "enumerator") break;
      }
      if (f.kind == "inherit") adopt(reference, f.first, file);
      file.references.push_back(std::move(reference));
    }
    return finished;
  }

  // `impl Trait for Type`: it is the type that inherits, if it stands in this file.
  void adopt(ParsedReference& reference, uint32_t at, const ParsedFile& file) const {
    for (const auto& [range, name] : scopes_) {
      if (at < range.first || at >= range.last) continue;
      const auto type = std::ranges::find(file.symbols, name, &ParsedSymbol::qualified_name);
      if (type != file.symbols.end()) reference.enclosing = static_cast<int>(type - file.symbols.begin());
    }
  }

  const Grammar& grammar_;
  std::string_view text_;
  TSQueryCursor* cursor_;
  Clock::time_point deadline_;
  std::vector<Candidate> candidates_;
  std::unordered_map<uint32_t, size_t> by_name_;
  std::vector<TSNode> leading_;
  std::unordered_set<uint32_t> attributes_;  // where they start
  std::vector<ByteRange> comments_;
  std::map<uint32_t, TSNode> leading_by_last_row_;
  std::unordered_set<uint32_t> name_starts_;
  std::vector<std::pair<ByteRange, std::string>> scopes_;  // without a symbol of their own
};

}  // namespace

bool is_function(std::string_view kind) { return kind == "function" || kind == "method"; }

bool is_class(std::string_view kind) {
  return kind == "class" || kind == "struct" || kind == "interface" || kind == "trait" || kind == "enum" ||
         kind == "type";
}

ParsedFile Parser::parse(const Grammar& grammar, std::string_view text) {
  ParsedFile file;
  auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(budget_s_));
  ts_parser_set_language(parser_.get(), grammar.language);
  ts_parser_reset(parser_.get());
  const TSInput input{.payload = &text,
                      .read = [](void* payload, uint32_t at, TSPoint, uint32_t* bytes) -> const char* {
                        const auto& all = *static_cast<std::string_view*>(payload);
                        *bytes = at < all.size() ? static_cast<uint32_t>(all.size()) - at : 0;
                        return all.data() + std::min<size_t>(at, all.size());
                      },
                      .encoding = TSInputEncodingUTF8,
                      .decode = nullptr};
  const TSParseOptions options{.payload = &deadline, .progress_callback = [](TSParseState* state) {
                                 return Clock::now() > *static_cast<Clock::time_point*>(state->payload);
                               }};
  const std::unique_ptr<TSTree, TreeDelete> tree(ts_parser_parse_with_options(parser_.get(), nullptr, input, options));
  if (!tree || !Extraction(grammar, text, cursor_.get(), deadline).run(ts_tree_root_node(tree.get()), file)) {
    return {.symbols = {}, .references = {}, .comments = {}, .timed_out = true};
  }
  return file;
}

}  // namespace strata::repo
