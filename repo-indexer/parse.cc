// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/parse.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "repo-indexer/names.h"

namespace strata::repo {
namespace {

constexpr size_t kMaxSignature = 240;
constexpr size_t kMaxDoc = 300;

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

// Where the name of a declarator ends: operator bool() const is called "operator bool".
uint32_t end_of_name(TSNode name) {
  if (std::string_view(ts_node_type(name)) != "operator_cast") return ts_node_end_byte(name);
  TSNode parameters{};
  for (TSNode at = ts_node_child_by_field_name(name, "declarator", 10); !ts_node_is_null(at);
       at = ts_node_child_by_field_name(at, "declarator", 10)) {
    const TSNode found = ts_node_child_by_field_name(at, "parameters", 10);
    if (!ts_node_is_null(found)) parameters = found;
  }
  return parameters.id ? ts_node_start_byte(parameters) : ts_node_end_byte(name);
}

// extern int x; and no value.
bool is_elsewhere(TSNode declaration, std::string_view text) {
  bool elsewhere = false;
  const uint32_t children = ts_node_named_child_count(declaration);
  for (uint32_t i = 0; i < children; ++i) {
    const TSNode child = ts_node_named_child(declaration, i);
    const std::string_view type = ts_node_type(child);
    if (type == "init_declarator") return false;
    const uint32_t first = ts_node_start_byte(child), last = ts_node_end_byte(child);
    elsewhere |= type == "storage_class_specifier" && text.substr(first, last - first) == "extern";
  }
  return elsewhere;
}

// The node of `name` in a::b::name.
TSNode last_name(TSNode node) {
  for (;;) {
    const std::string_view type = ts_node_type(node);
    if (type != "qualified_identifier" && type != "scoped_identifier" && type != "scoped_type_identifier") return node;
    const TSNode name = ts_node_child_by_field_name(node, "name", 4);
    if (ts_node_is_null(name)) return node;
    node = name;
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

// What one match of references.scm says.
struct Use {
  Capture what =
      Capture::kOther;    // kInherit, kCall, kImport, kType, kUse (the first of these counts), kLocal, kVariable
  std::string_view kind;  // of an import
  uint32_t first = 0, last = 0, row = 0;  // the name
  uint32_t whole = 0;                     // where it starts with what is written before it, as in a::b::name
  ByteRange qualifier, from, alias, of;
  bool made_by = false;  // `of` is the function that made the variable
  int arguments = -1;
  int inside = -1;  // the innermost symbol around it
};

// What an import makes of a word of this file: `import numpy as np`, `from a.b import c as d`.
struct Binding {
  std::string path, name;  // no name: the module itself
};

// How many arguments a list has, -1 if that cannot be told from it.
int count_arguments(TSNode list) {
  int count = 0;
  const uint32_t children = ts_node_named_child_count(list);
  for (uint32_t i = 0; i < children; ++i) {
    const std::string_view type = ts_node_type(ts_node_named_child(list, i));
    if (type.find("splat") != std::string_view::npos || type.find("spread") != std::string_view::npos ||
        type.find("expansion") != std::string_view::npos || type.find("variadic") != std::string_view::npos) {
      return -1;
    }
    count += type.find("comment") == std::string_view::npos;
  }
  return count;
}

bool is_plain_path(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$.:\\@") ==
             std::string_view::npos;
}

class Extraction {
 public:
  Extraction(const Grammar& grammar, std::string_view text) : grammar_(grammar), text_(text) {}

  bool run(TSNode root, Matcher& matcher, Deadline deadline, ParsedFile& file) {
    const auto note = [&](uint16_t pattern, std::span<const Captured> captures) { note_match(pattern, captures); };
    if (!matcher.run(grammar_.query, text_, root, deadline, note)) return false;
    finish_comments(file);
    make_symbols(file);
    make_references(file);
    return true;
  }

 private:
  std::string_view slice(uint32_t first, uint32_t last) const { return text_.substr(first, last - first); }
  std::string_view slice(TSNode node) const { return slice(ts_node_start_byte(node), ts_node_end_byte(node)); }

  bool starts_line(uint32_t at) const {
    const size_t line = at == 0 ? 0 : text_.rfind('\n', at - 1) + 1;  // npos + 1 is 0
    return text_.substr(line, at - line).find_first_not_of(" \t") == std::string_view::npos;
  }

  void note_match(uint16_t pattern, std::span<const Captured> captures) {
    Candidate c;
    Use use;
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
          c.owner = without_arguments(slice(node));
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
        case Capture::kInherit:
        case Capture::kCall:
        case Capture::kImport:
        case Capture::kType:
        case Capture::kUse:
          use.what = capture;
          use.kind = kind;
          use.whole = first;
          use.first = ts_node_start_byte(last_name(node));
          use.last = last;
          use.row = ts_node_start_point(node).row;
          break;
        case Capture::kLocal:
        case Capture::kVariable: {
          const TSNode name = inner_declarator(node).name;
          use.what = capture;
          use.first = ts_node_start_byte(name);
          use.last = ts_node_end_byte(name);
          break;
        }
        case Capture::kDeclaredOnly: name_starts_.insert(first); break;
        case Capture::kQualifier: use.qualifier = {first, last}; break;
        case Capture::kFrom: use.from = {first, last}; break;
        case Capture::kAlias:
          use.alias = {first, last};
          name_starts_.insert(first);
          break;
        case Capture::kMadeBy: use.made_by = true; [[fallthrough]];
        case Capture::kOf: use.of = {first, last}; break;
        case Capture::kArguments: use.arguments = count_arguments(node); break;
        case Capture::kOther: break;
      }
    }
    if (use.what != Capture::kOther) uses_.push_back(use);
    if (!named || !defined) return;
    if (body.id) c.signature_last = std::min(c.signature_last, ts_node_start_byte(body));
    add(std::move(c));
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

  // Beyond this point the symbols are known, so uses can be told from definitions and be put into their places.
  void make_references(ParsedFile& file) {
    // Of what several patterns say of one name, the first counts that says most; of variables, the last.
    std::ranges::sort(uses_, {}, [](const Use& u) {
      return std::tuple(u.first, u.what, u.qualifier.last == 0, u.arguments < 0, !u.made_by);
    });
    place_uses(file);
    for (const Use& use : uses_) {
      if (use.what == Capture::kVariable) note_variable(use, file);
      if (use.what == Capture::kLocal) note_local(use, file);
      if (use.what == Capture::kImport) note_import(use);
    }
    for (const ParsedSymbol& s : file.symbols) {
      if (!is_variable(s.kind) && s.kind != "method" && s.kind != "enumerator") own_names_.insert(s.name);
    }
    uint32_t previous = UINT32_MAX;
    for (const Use& use : uses_) {
      if (use.what >= Capture::kLocal || use.first == previous || name_starts_.contains(use.first)) continue;
      previous = use.first;
      ParsedReference reference;
      reference.line = static_cast<int>(use.row) + 1;
      reference.arguments = use.arguments;
      // The function or class it stands in; a variable only at file level.
      for (int i = use.inside; i >= 0; i = file.symbols[i].parent) {
        reference.enclosing = i;
        if (!is_variable(file.symbols[i].kind) && file.symbols[i].kind != "enumerator") break;
      }
      const std::string_view text = slice(use.whole, use.last);
      if (use.what == Capture::kImport) {
        reference.kind = "import";
        for (const Imported& imported : imports_of(use)) {
          reference.name = imported.name.empty() ? imported.path : imported.name;
          reference.qualifier = imported.name.empty() ? "" : imported.path;
          if (text.starts_with('<')) reference.qualifier = "<";
          if (!reference.name.empty() && reference.name.size() <= kMaxSignature) file.references.push_back(reference);
        }
        continue;
      }
      if (use.what == Capture::kUse) {
        // Of all the identifiers that stand somewhere, those count of which this file says what they are.
        const std::string_view head = use.qualifier.last > 0 ? slice(use.qualifier.first, use.qualifier.last) : text;
        if (is_local(use.inside, head, file)) continue;
        const bool imported = imports_.contains(std::string(head));
        if (!imported && (use.qualifier.last > 0 || !own_names_.contains(std::string(text)))) continue;
        reference.kind = "use";
        describe(reference, text, use, file);
        if (reference.qualifier.starts_with('>') && imported) continue;  // hidden by a variable
      } else {
        reference.kind = use.what == Capture::kInherit ? "inherit" : use.what == Capture::kCall ? "call" : "type";
        describe(reference, text, use, file);
      }
      if (reference.name.empty() || reference.name.size() > kMaxSignature) continue;
      if (use.what == Capture::kInherit) adopt(reference, use.first, file);
      file.references.push_back(std::move(reference));
    }
  }

  // The innermost symbol around each use.
  void place_uses(const ParsedFile& file) {
    size_t next_symbol = 0;
    std::vector<int> open;
    for (Use& use : uses_) {
      for (; next_symbol < file.symbols.size() && file.symbols[next_symbol].first_byte <= use.first; ++next_symbol) {
        open.push_back(static_cast<int>(next_symbol));
      }
      while (!open.empty() && file.symbols[open.back()].last_byte <= use.first) open.pop_back();
      // Symbols of one range (`int a, b;`) lie above what contains them both.
      for (auto i = open.rbegin(); i != open.rend() && use.inside < 0; ++i) {
        if (file.symbols[*i].last_byte > use.first) use.inside = *i;
      }
    }
  }

  static std::string without_quotes(std::string_view text) {
    std::string out(text);
    std::erase_if(out, [](char c) { return std::strchr("\"'<>`\n", c) != nullptr; });
    return out;
  }

  // The class that `self` means in symbol `i`.
  static std::string class_around(int i, const ParsedFile& file) {
    for (; i >= 0; i = file.symbols[i].parent) {
      const ParsedSymbol& s = file.symbols[i];
      if (is_class(s.kind)) return s.qualified_name;
      if (s.kind == "method" && s.qualified_name.size() > s.name.size()) {
        std::string owner = s.qualified_name.substr(0, s.qualified_name.size() - s.name.size());
        while (!owner.empty() && std::strchr(".:", owner.back())) owner.pop_back();
        return owner;
      }
    }
    return {};
  }

  static bool is_self(std::string_view word) {
    return word == "self" || word == "this" || word == "Self" || word == "cls" || word == "$this" || word == "static";
  }

  // Variables are known by the function they stand in, members of a class by its name.
  static std::string key(int function, std::string_view variable) {
    return std::to_string(function) + " " + std::string(variable);
  }
  static std::string key(std::string_view owner, std::string_view variable) {
    return std::string(owner) + "." + std::string(variable);
  }

  void note_variable(const Use& use, const ParsedFile& file) {
    std::string type = without_arguments(slice(use.of.first, use.of.last));
    if (!use.made_by) {
      const std::string_view whole = slice(use.of.first, use.of.last);
      // What an iterator leads to.
      const size_t open = whole.ends_with("iterator") ? whole.find('<') : whole.npos;
      const size_t close = whole.rfind('>');
      type = open < close && close != whole.npos
                 ? plain_type(whole.substr(whole.find_last_of("<,", close - 1) + 1,
                                           close - whole.find_last_of("<,", close - 1) - 1))
                 : plain_type(whole);
    } else if (const std::string_view call = slice(use.of.first, use.of.last); call.find("make_") != call.npos) {
      const size_t open = call.find('<');  // make_unique<Foo>()
      type = open == call.npos ? "" : plain_type(call.substr(open + 1, call.rfind('>') - open - 1));
    } else if (!is_plain_path(type)) {
      return;
    } else if (!type.empty()) {
      type = "()" + type;
    }
    if (type.empty()) return;
    std::string_view name = slice(use.first, use.last);
    int i = use.inside;
    if (name.starts_with("self.") || name.starts_with("this.")) {
      variables_[key(class_around(i, file), name.substr(5))] = type;
      return;
    }
    while (i >= 0 && !is_function(file.symbols[i].kind) && !is_class(file.symbols[i].kind)) i = file.symbols[i].parent;
    if (i >= 0 && is_class(file.symbols[i].kind)) {
      variables_[key(file.symbols[i].qualified_name, name)] = type;
    } else {
      variables_[key(i, name)] = type;
    }
  }

  // The function around symbol `i`, or itself; -1: none.
  static int function_around(int i, const ParsedFile& file) {
    while (i >= 0 && !is_function(file.symbols[i].kind)) i = file.symbols[i].parent;
    return i;
  }

  void note_local(const Use& use, const ParsedFile& file) {
    int i = use.inside;
    while (i >= 0 && is_variable(file.symbols[i].kind)) i = file.symbols[i].parent;
    if (i >= 0 && is_function(file.symbols[i].kind)) locals_.insert(key(i, slice(use.first, use.last)));
  }

  bool is_local(int inside, std::string_view name, const ParsedFile& file) const {
    for (int i = function_around(inside, file); i >= 0; i = function_around(file.symbols[i].parent, file)) {
      if (locals_.contains(key(i, name))) return true;
    }
    return false;
  }

  const std::string* type_of_variable(int i, std::string_view name, const ParsedFile& file) const {
    const auto find = [&](const std::string& at) {
      const auto known = variables_.find(at);
      return known == variables_.end() ? nullptr : &known->second;
    };
    for (int at = i;; at = file.symbols[at].parent) {
      if (at >= 0 && !is_function(file.symbols[at].kind)) continue;
      if (const std::string* type = find(key(at, name))) return type;
      if (at < 0) break;
    }
    return find(key(class_around(i, file), name));
  }

  struct Imported {
    std::string path, name, alias;  // no name: the whole module
  };

  // What an import statement brings in, piece by piece.
  std::vector<Imported> imports_of(const Use& use) const {
    const std::string_view text = slice(use.first, use.last);
    const std::string alias(slice(use.alias.first, use.alias.last));
    if (use.kind != "tree") {
      if (use.from.last == 0) return {{without_quotes(text), "", alias}};
      return {{without_quotes(slice(use.from.first, use.from.last)), without_quotes(text), alias}};
    }
    std::string_view rest = text;
    for (const std::string_view word : {"import ", "use ", "static ", "function ", "const "}) {
      if (rest.starts_with(word)) rest.remove_prefix(word.size());
    }
    while (!rest.empty() && std::strchr("; \n", rest.back())) rest.remove_suffix(1);
    std::vector<Imported> all;
    expand("", rest, all);
    return all;
  }

  // "a::{b, c::d as e}" -> a::b, a::c::d as e.
  void expand(const std::string& prefix, std::string_view tree, std::vector<Imported>& all) const {
    const size_t open = tree.find('{');
    if (open == tree.npos) {
      std::string path(tree);
      std::string alias;
      for (const std::string_view word : {" as ", "=>"}) {
        if (const size_t at = path.find(word); at != path.npos) {
          alias = path.substr(at + word.size());
          path.resize(at);
        }
      }
      std::erase_if(path, [](char c) { return std::strchr(" \t\r\n", c) != nullptr; });
      std::erase_if(alias, [](char c) { return std::strchr(" \t\r\n", c) != nullptr; });
      if (path == "self" && !prefix.empty()) path.clear();
      path = prefix + path;
      const bool all_of_it = path.ends_with('*') || path.ends_with("._");
      while (!path.empty() && std::strchr("*.:_\\", path.back())) path.pop_back();
      const Binding parts = all_of_it ? Binding{path, ""} : split_last(path);
      if (!path.empty()) all.push_back({parts.path, parts.name, alias});
      return;
    }
    std::string inner = prefix;
    for (const char c : tree.substr(0, open)) {
      if (!std::strchr(" \t\r\n", c)) inner += c;
    }
    tree.remove_prefix(open + 1);
    int depth = 0;
    size_t first = 0;
    for (size_t at = 0; at < tree.size(); ++at) {
      const bool end = depth == 0 && (tree[at] == ',' || tree[at] == '}');
      if (end && at > first) expand(inner, tree.substr(first, at - first), all);
      if (end) first = at + 1;
      if (tree[at] == '{') ++depth;
      if (tree[at] == '}' && depth-- == 0) break;
    }
  }

  void note_import(const Use& use) {
    if (use.kind == "module" || use.kind == "file") return;
    for (auto& [path, name, alias] : imports_of(use)) {
      if (!name.empty() || !alias.empty()) {
        imports_[alias.empty() ? name : alias] = {path, name};
        continue;
      }
      const auto parts = split_path(path);
      if (parts.empty() || std::strchr("\"<", text_[use.first])) {
        // Go writes its folders as strings.
        if (!parts.empty() && grammar_.scoping.by_folder) imports_[std::string(parts.back())] = {path, ""};
        continue;
      }
      if (grammar_.scoping.binds == Scoping::kFirst) imports_[std::string(parts[0])] = {std::string(parts[0]), ""};
    }
  }

  static Binding split_last(const std::string& path) {
    size_t cut = path.find_last_of(".:\\");
    if (cut == path.npos) return {path, ""};
    const std::string name = path.substr(cut + 1);
    while (cut > 0 && std::strchr(".:\\", path[cut - 1])) --cut;
    return {path.substr(0, cut), name};
  }

  // Name and qualifier of what is used.
  void describe(ParsedReference& reference, std::string_view text, const Use& use, const ParsedFile& file) const {
    const std::string name = without_arguments(text);
    std::string_view before;
    std::string owned;
    // Names of programs, targets and files may have a dot.
    const std::string_view family = grammar_.scoping.family;
    if (family == "make" || family == "cmake" || family == "dockerfile" || family == "bash") {
      reference.name = text;
      return;
    }
    if (const Binding parts = split_last(name); !parts.name.empty() && name.find("operator") == name.npos) {
      reference.name = parts.name;
      owned = parts.path;
      before = owned;
    } else {
      reference.name = last_component(name);
      before = slice(use.qualifier.first, use.qualifier.last);
    }
    if (before.empty() && use.what == Capture::kCall && is_local(use.inside, reference.name, file)) {
      reference.qualifier = ">!";  // a variable that is called
      return;
    }
    if (before.empty()) {
      const auto bound = imports_.find(reference.name);
      if (bound != imports_.end() && !bound->second.name.empty()) {
        reference.name = bound->second.name;
        reference.qualifier = bound->second.path;
      }
      return;
    }
    const bool path = reference.kind != "call" || name.find("::") != name.npos || name.find('\\') != name.npos;
    reference.qualifier = qualifier_of(before, path, use.inside, file);
  }

  std::string qualifier_of(std::string_view before, bool is_path, int inside, const ParsedFile& file) const {
    const std::string text = without_arguments(before);
    if (text.empty() || std::strchr("\"'`0123456789[{", text[0])) return ">!";
    const std::string_view family = grammar_.scoping.family;
    if (text == "super" || text == "super()" || (text == "base" && family == "c_sharp") ||
        (text == "parent" && family == "php")) {
      return ">^" + class_around(inside, file);
    }
    if (is_self(text)) return ">" + class_around(inside, file);
    if (text.ends_with(')')) {  // what a call returns
      size_t open = text.size();
      for (int depth = 0; open-- > 0;) {
        depth += text[open] == ')' ? 1 : text[open] == '(' ? -1 : 0;
        if (depth == 0) break;
      }
      std::string_view callee = std::string_view(text).substr(0, std::min(open, text.size()));
      if (callee.empty()) {  // (*x)
        std::string_view inner = std::string_view(text).substr(1, text.size() - 2);
        while (!inner.empty() && std::strchr("*&", inner.front())) inner.remove_prefix(1);
        return is_plain_path(inner) ? qualifier_of(inner, is_path, inside, file) : ">?";
      }
      if (before.starts_with("new ")) callee.remove_prefix(3);  // the space is gone
      if (is_plain_path(callee)) return ">()" + std::string(callee);
      size_t word = callee.size();
      while (word > 0 && is_plain_path(callee.substr(word - 1, 1)) && !std::strchr(".:", callee[word - 1])) --word;
      return word < callee.size() ? ">()" + std::string(callee.substr(word)) : ">?";
    }
    std::string_view path = text;
    const size_t arrow = path.rfind("->");
    if (arrow != path.npos) {
      if (!is_self(path.substr(0, arrow))) return ">?" + std::string(path.substr(arrow + 2));
      path.remove_prefix(arrow + 2);
      return member_of(class_around(inside, file), path);
    }
    if (!is_plain_path(path)) return ">?";
    const size_t cut = std::min(path.find_first_of(".:\\"), path.size());
    const std::string_view head = path.substr(0, cut);
    if (const auto bound = imports_.find(std::string(head)); bound != imports_.end()) {
      const auto& [from, name] = bound->second;
      std::string whole =
          name.empty() ? from : from + (from.ends_with('.') ? "" : std::string(grammar_.scoping.separator)) + name;
      return whole += path.substr(cut);
    }
    if (cut == path.size()) {
      if (is_path) return std::string(path);
      const std::string* type = type_of_variable(inside, path, file);
      return type ? ">" + *type : ">?" + std::string(path);
    }
    if (is_self(head)) {
      const std::string_view rest = path.substr(path.find_first_not_of(".:", cut));
      if (path[cut] == ':') return ">" + class_around(inside, file);  // Self::Item::f
      return rest.find('.') == rest.npos ? member_of(class_around(inside, file), rest)
                                         : ">?" + std::string(rest.substr(rest.rfind('.') + 1));
    }
    if (is_path || path.find(':') != path.npos || path.find('\\') != path.npos) return std::string(path);
    const std::string_view last = path.substr(path.rfind('.') + 1);
    return last.empty() ? ".?" : ">?" + std::string(last);
  }

  std::string member_of(const std::string& owner, std::string_view name) const {
    const auto known = variables_.find(key(owner, name));
    return known == variables_.end() ? ">?" + std::string(name) : ">" + known->second;
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
  std::vector<Candidate> candidates_;
  std::unordered_map<uint32_t, size_t> by_name_;
  std::vector<TSNode> leading_;
  std::unordered_set<uint32_t> attributes_;  // where they start
  std::vector<ByteRange> comments_;
  std::map<uint32_t, TSNode> leading_by_last_row_;
  std::unordered_set<uint32_t> name_starts_;
  std::vector<std::pair<ByteRange, std::string>> scopes_;  // without a symbol of their own
  std::vector<Use> uses_;
  std::unordered_map<std::string, std::string> variables_;  // key() -> type, or "()" and the function that made it
  std::unordered_map<std::string, Binding> imports_;        // by the word that is used in this file
  std::unordered_set<std::string> locals_;                  // key()
  std::unordered_set<std::string> own_names_;               // of functions, classes and the like
};

}  // namespace

bool is_function(std::string_view kind) { return kind == "function" || kind == "method" || kind == "test"; }

bool is_class(std::string_view kind) {
  return kind == "class" || kind == "struct" || kind == "interface" || kind == "trait" || kind == "enum" ||
         kind == "type";
}

bool extract(const Grammar& grammar, std::string_view text, TSNode root, Matcher& matcher, Deadline deadline,
             ParsedFile& file) {
  return Extraction(grammar, text).run(root, matcher, deadline, file);
}

ParsedFile Parser::parse(const Grammar& grammar, std::string_view text) {
  ParsedFile file;
  const Deadline deadline = deadline_after(budget_s_);
  // Symbols are cut out of the text as it is.
  const std::string blanked = text_to_parse(grammar.scoping.family, text);
  const TreePointer tree = parse_tree(parser_.get(), grammar.language,
                                      blanked.empty() ? text : std::string_view(blanked), nullptr, deadline);
  if (!tree || !extract(grammar, text, ts_tree_root_node(tree.get()), matcher_, deadline, file)) {
    return {.symbols = {}, .references = {}, .comments = {}, .timed_out = true};
  }
  return file;
}

}  // namespace strata::repo
