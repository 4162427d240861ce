// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/reference_maker.h"

#include <algorithm>
#include <cstring>

#include "repo-indexer/c_declarator.h"
#include "repo-indexer/names.h"

namespace strata::repo {
namespace {

constexpr size_t kMaxName = 240;

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

std::string without_quotes(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return std::strchr("\"'<>`\n", c) != nullptr; });
  return out;
}

// The class that `self` means in symbol `i`.
std::string class_around(int i, const ParsedFile& file) {
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

bool is_self(std::string_view word) {
  return word == "self" || word == "this" || word == "Self" || word == "cls" || word == "$this" || word == "static";
}

// Variables are known by the function they stand in, members of a class by its name.
std::string key(int function, std::string_view variable) {
  return std::to_string(function) + " " + std::string(variable);
}

std::string key(std::string_view owner, std::string_view variable) {
  return std::string(owner) + "." + std::string(variable);
}

// The function around symbol `i`, or itself; -1: none.
int function_around(int i, const ParsedFile& file) {
  while (i >= 0 && !is_function(file.symbols[i].kind)) i = file.symbols[i].parent;
  return i;
}

}  // namespace

void ReferenceMaker::note_match(std::span<const Captured> captures) {
  Use use;
  for (const auto& [number, node] : captures) {
    const auto& [capture, kind] = grammar_.captures[number];
    const uint32_t first = ts_node_start_byte(node), last = ts_node_end_byte(node);
    switch (capture) {
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
      case Capture::kDeclaredOnly: not_used_.insert(first); break;
      case Capture::kQualifier: use.qualifier = {first, last}; break;
      case Capture::kFrom: use.from = {first, last}; break;
      case Capture::kAlias:
        use.alias = {first, last};
        not_used_.insert(first);
        break;
      case Capture::kMadeBy: use.made_by = true; [[fallthrough]];
      case Capture::kOf: use.of = {first, last}; break;
      case Capture::kArguments: use.arguments = count_arguments(node); break;
      default: break;
    }
  }
  if (use.what != Capture::kOther) uses_.push_back(use);
}

void ReferenceMaker::finish(const SymbolMaker& symbols, ParsedFile& file) {
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
    if (use.what >= Capture::kLocal || use.first == previous || not_used_.contains(use.first) ||
        symbols.name_starts().contains(use.first))
      continue;
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
        if (!reference.name.empty() && reference.name.size() <= kMaxName) file.references.push_back(reference);
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
    if (reference.name.empty() || reference.name.size() > kMaxName) continue;
    if (use.what == Capture::kInherit) adopt(reference, use.first, symbols.scopes(), file);
    file.references.push_back(std::move(reference));
  }
}

void ReferenceMaker::place_uses(const ParsedFile& file) {
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

void ReferenceMaker::note_variable(const Use& use, const ParsedFile& file) {
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

void ReferenceMaker::note_local(const Use& use, const ParsedFile& file) {
  int i = use.inside;
  while (i >= 0 && is_variable(file.symbols[i].kind)) i = file.symbols[i].parent;
  if (i >= 0 && is_function(file.symbols[i].kind)) locals_.insert(key(i, slice(use.first, use.last)));
}

bool ReferenceMaker::is_local(int inside, std::string_view name, const ParsedFile& file) const {
  for (int i = function_around(inside, file); i >= 0; i = function_around(file.symbols[i].parent, file)) {
    if (locals_.contains(key(i, name))) return true;
  }
  return false;
}

const std::string* ReferenceMaker::type_of_variable(int i, std::string_view name, const ParsedFile& file) const {
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

std::vector<Imported> ReferenceMaker::imports_of(const Use& use) const {
  const std::string_view text = slice(use.first, use.last);
  const std::string alias(slice(use.alias.first, use.alias.last));
  if (use.kind == "tree") return names_in_statement(text);
  if (use.from.last == 0) return {{without_quotes(text), "", alias}};
  return {{without_quotes(slice(use.from.first, use.from.last)), without_quotes(text), alias}};
}

void ReferenceMaker::note_import(const Use& use) {
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

void ReferenceMaker::describe(ParsedReference& reference, std::string_view text, const Use& use,
                              const ParsedFile& file) const {
  const std::string name = without_arguments(text);
  std::string_view before;
  std::string owned;
  // Names of programs, targets and files may have a dot.
  const std::string_view family = grammar_.scoping.family;
  if (family == "make" || family == "cmake" || family == "dockerfile" || family == "bash") {
    reference.name = text;
    return;
  }
  if (const auto [path, last] = split_last(name); !last.empty() && name.find("operator") == name.npos) {
    reference.name = last;
    owned = path;
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

std::string ReferenceMaker::qualifier_of(std::string_view before, bool is_path, int inside,
                                         const ParsedFile& file) const {
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

std::string ReferenceMaker::member_of(const std::string& owner, std::string_view name) const {
  const auto known = variables_.find(key(owner, name));
  return known == variables_.end() ? ">?" + std::string(name) : ">" + known->second;
}

void ReferenceMaker::adopt(ParsedReference& reference, uint32_t at, const std::vector<NamedScope>& scopes,
                           const ParsedFile& file) const {
  for (const auto& [range, name] : scopes) {
    if (at < range.first || at >= range.last) continue;
    const auto type = std::ranges::find(file.symbols, name, &ParsedSymbol::qualified_name);
    if (type != file.symbols.end()) reference.enclosing = static_cast<int>(type - file.symbols.begin());
  }
}

}  // namespace strata::repo
