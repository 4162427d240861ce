// SPDX-License-Identifier: Apache-2.0
#include "agent/edits/move_symbol.h"

#include <algorithm>
#include <format>
#include <map>
#include <set>

#include "agent/edits/splice.h"
#include "agent/edits/symbol_edit.h"
#include "repo-indexer/language.h"

namespace strata::agent {
namespace {

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\n\r");
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(" \t\n\r") - first + 1);
}

// All that a move is made from.
struct Move {
  const Sources& sources;
  repo::Symbol symbol;
  std::string to, from_text, to_text;
  SourceTree tree;                 // of from_text
  const ParsedSymbol* parsed;      // of the symbol
  ByteRange cut;                   // with its comment
  std::string definition;          // the text of `cut`, '\n' only
  std::vector<std::string> words;  // identifiers of the definition
  bool new_file = false;

  std::vector<Splice> here, there;
  std::vector<FileUses> uses;
  Change change;

  bool mentions(std::string_view name) const { return std::ranges::binary_search(words, name); }
  bool inside(size_t byte) const { return byte >= cut.first && byte < cut.last; }
  const FileUses* uses_in(const std::string& path) const {
    const auto at = std::ranges::find(uses, path, &FileUses::path);
    return at == uses.end() ? nullptr : &*at;
  }
  bool still_used_here() const {
    const FileUses* own = uses_in(symbol.file);
    return own && std::ranges::any_of(own->uses, [&](const Use& u) {
             return !inside(u.place.first) && !u.definition && u.certainty != Use::Certainty::kMention &&
                    !u.place.exported;
           });
  }
};

Splice removal(const Move& m) {
  auto cut = edit_symbol(m.tree, m.symbol.file, m.from_text, static_cast<int>(m.parsed - m.tree.symbols().data()),
                         SymbolAction::kDelete, {});
  return std::move(cut->front());
}

// ---- Python ---------------------------------------------------------------------------------------------------------

// The module a file is for whoever imports it, given how some file does it: "pkg.mod" of "src/pkg/mod.py".
std::string module_of(const repo::Index& index, std::string_view path) {
  std::string_view stem = path.substr(0, path.size() - (path.ends_with(".py") ? 3 : 0));
  if (stem.ends_with("/__init__")) stem.remove_suffix(9);
  std::string module(stem);
  // The top is the outermost folder that is a package.
  size_t start = 0;
  for (size_t slash = module.find('/'); slash != module.npos; slash = module.find('/', slash + 1)) {
    const auto package = index.file(module.substr(0, slash) + "/__init__.py");
    if (package && *package) break;
    start = slash + 1;
  }
  module.erase(0, start);
  std::ranges::replace(module, '/', '.');
  return module;
}

std::string folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/') == path.npos ? 0 : path.rfind('/'));
}

// How `path` names the module of `of`: relative in a package, as the rest of the package does it.
std::string import_name(const repo::Index& index, const std::string& path, const std::string& text,
                        const std::string& of) {
  const std::string module = module_of(index, of);
  const Lines lines(text);
  bool relative = false;
  for (int line = 1; line <= lines.count() && !relative; ++line)
    relative = trimmed(lines.text(line)).starts_with("from .");
  if (relative && folder_of(path) == folder_of(of))
    return "." + module.substr(module.rfind('.') == module.npos ? 0 : module.rfind('.') + 1);
  return module;
}

struct PythonImport {
  std::string module;  // of "from module import ..."; empty: "import x"
  std::string name, alias;
  std::string bound() const { return !alias.empty() ? alias : module.empty() ? name.substr(0, name.find('.')) : name; }
  std::string text() const {
    const std::string as = alias.empty() ? "" : " as " + alias;
    return module.empty() ? "import " + name + as : "from " + module + " import " + name + as;
  }
};

// The imports of one statement.
std::vector<PythonImport> imports_of(std::string_view statement) {
  std::string flat(statement);
  for (size_t hash = flat.find('#'); hash != flat.npos; hash = flat.find('#')) {
    flat.erase(hash, std::min(flat.find('\n', hash), flat.size()) - hash);
  }
  std::ranges::replace_if(
      flat, [](char c) { return c == '\n' || c == '\r' || c == '(' || c == ')' || c == '\\' || c == '\t'; }, ' ');
  std::vector<PythonImport> all;
  std::string module;
  std::string_view rest = trimmed(flat);
  if (rest.starts_with("from ")) {
    const size_t import = rest.find(" import ");
    if (import == rest.npos) return all;
    module = trimmed(rest.substr(5, import - 5));
    rest = rest.substr(import + 8);
  } else if (rest.starts_with("import ")) {
    rest = rest.substr(7);
  } else {
    return all;
  }
  while (!trimmed(rest).empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    std::string_view item = trimmed(rest.substr(0, comma));
    rest = rest.substr(std::min(comma + 1, rest.size()));
    if (item.empty()) continue;
    const size_t as = item.find(" as ");
    all.push_back({module, std::string(trimmed(item.substr(0, as))),
                   as == item.npos ? "" : std::string(trimmed(item.substr(as + 4)))});
  }
  return all;
}

// An import statement without one of its names, looked for from `from` on; everything else as it is written.
std::string without_item(const std::string& statement, size_t from, const std::string& name, const std::string& alias) {
  const auto word = [&](size_t i) {
    return i < statement.size() &&
           (is_identifier(statement.substr(i, 1)) || (statement[i] >= '0' && statement[i] <= '9'));
  };
  for (size_t at = statement.find(name, from); at != statement.npos; at = statement.find(name, at + 1)) {
    if (word(at - 1) || word(at + name.size())) continue;
    size_t end = at + name.size();
    if (!alias.empty()) end = statement.find(alias, end) + alias.size();
    const size_t comma = statement.find_first_not_of(" \t", end);
    if (comma != statement.npos && statement[comma] == ',') {
      const size_t next = std::min(statement.find_first_not_of(" \t", comma + 1), statement.size());
      const size_t line = statement.rfind('\n', at);
      const bool own_line = line != statement.npos &&
                            trimmed(std::string_view(statement).substr(line, at - line)).empty() &&
                            next < statement.size() && statement[next] == '\n';
      return statement.substr(0, own_line ? line : at) + statement.substr(next);
    }
    const size_t before = statement.rfind(',', at);  // the last one: the comma before it goes
    return before == statement.npos || before < from ? statement : statement.substr(0, before) + statement.substr(end);
  }
  return statement;
}

// Behind the imports at the top, or behind the docstring.
size_t import_place(const SourceTree& tree, const Lines& lines, std::string_view text) {
  size_t at = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  bool first = true;
  for (const auto& s : tree.top_level()) {
    const bool import = s.type.starts_with("import") || s.type == "future_import_statement";
    const bool docstring = first && (s.type == "expression_statement" || s.type == "string") &&
                           text.substr(s.bytes.first, 4).find_first_of("\"'") < 2;
    if (s.type != "comment") first = false;
    if (import || docstring ||
        (s.type == "comment" && at == 0 && s.first_line <= 2 && text.substr(s.bytes.first, 2) == "#!"))
      at = lines.end(s.last_line);
    else if (s.type != "comment")
      break;
  }
  return at;
}

Result<void> move_python(Move& m) {
  const repo::Index& index = m.sources.index;
  if (!m.to.ends_with(".py")) return fail(ErrorKind::kInvalid, m.to + " is no Python file");
  // What the definition needs there: imports of the old file, and names the old file defines.
  std::vector<PythonImport> needed;
  for (const auto& s : m.tree.top_level()) {
    if (s.type == "future_import_statement") {
      needed.push_back({"__future__", "annotations", ""});
      if (m.from_text.substr(s.bytes.first, s.bytes.last - s.bytes.first).find("annotations") == std::string::npos)
        needed.pop_back();
      continue;
    }
    if (!s.type.starts_with("import")) continue;
    for (PythonImport& i :
         imports_of(std::string_view(m.from_text).substr(s.bytes.first, s.bytes.last - s.bytes.first))) {
      if (i.name == "*")
        return fail(ErrorKind::kUnsupported,
                    std::format("{} imports everything from {}; what {} needs of it is not known", m.symbol.file,
                                i.module, m.symbol.name));
      if (!m.mentions(i.bound())) continue;
      if (i.module.starts_with('.') && folder_of(m.to) != folder_of(m.symbol.file)) {
        return fail(ErrorKind::kUnsupported,
                    std::format("{} needs \"{}\", a relative import that means something else in another folder",
                                m.symbol.name, i.text()));
      }
      needed.push_back(std::move(i));
    }
  }
  std::vector<std::string> own;  // top-level names of the old file that it uses
  for (const ParsedSymbol& s : m.tree.symbols()) {
    if (s.parent < 0 && &s != m.parsed && m.mentions(s.name) && s.name != m.symbol.name && s.kind != "heading")
      own.push_back(s.name);
  }
  std::ranges::sort(own);
  own.erase(std::unique(own.begin(), own.end()), own.end());
  const bool back = m.still_used_here();
  const auto tree = m.new_file ? std::nullopt : SourceTree::parse(m.to, m.to_text);
  std::set<std::string> bound;  // there
  bool imports_here = false;    // does the new place import the old one?
  if (tree) {
    for (const auto& s : tree->top_level()) {
      if (!s.type.starts_with("import")) continue;
      for (const PythonImport& i :
           imports_of(std::string_view(m.to_text).substr(s.bytes.first, s.bytes.last - s.bytes.first)))
        bound.insert(i.bound());
    }
    for (const ParsedSymbol& s : tree->symbols()) {
      if (s.parent < 0 && s.name == m.symbol.name)
        return fail(ErrorKind::kInvalid, std::format("{} defines {} already, at line {}", m.to, s.name, s.name_line));
      if (s.parent < 0) bound.insert(s.name);
    }
    const auto includes = index.includes(m.to);
    imports_here =
        includes && std::ranges::any_of(*includes, [&](const repo::Import& i) { return i.target == m.symbol.file; });
    // It may import the moved symbol itself; that ends.
    std::erase_if(own, [&](const std::string& name) { return bound.contains(name); });
  }
  if (back && !own.empty()) {
    std::string names;
    for (const auto& n : own) names += (names.empty() ? "" : ", ") + n;
    return fail(
        ErrorKind::kInvalid,
        std::format(
            "{} uses {} of {}, which uses {} in turn: the two files would import each other; move {} too, or first",
            m.symbol.name, names, m.symbol.file, m.symbol.name, names));
  }
  if (back && imports_here) {
    const FileUses* there = m.uses_in(m.to);
    const bool only_it =
        there && std::ranges::any_of(there->uses, [](const Use& u) { return u.certainty == Use::Certainty::kCertain; });
    if (!only_it) {
      return fail(ErrorKind::kInvalid,
                  std::format("{} imports {}, which still uses {}: the two files would import each other", m.to,
                              m.symbol.file, m.symbol.name));
    }
  }
  const std::string new_module_here = import_name(index, m.symbol.file, m.from_text, m.to);
  // The new place.
  std::string imports;
  for (const PythonImport& i : needed) {
    if (!bound.contains(i.bound())) imports += i.text() + "\n";
  }
  if (!own.empty()) {
    std::string names;
    for (const auto& n : own) names += (names.empty() ? "" : ", ") + n;
    imports += std::format("from {} import {}\n",
                           import_name(index, m.to, m.new_file ? m.from_text : m.to_text, m.symbol.file), names);
  }
  if (m.new_file) {
    m.there.push_back({0, 0, imports + (imports.empty() ? "" : "\n\n") + m.definition});
  } else {
    const Lines lines(m.to_text);
    if (!imports.empty()) {
      const size_t at = import_place(*tree, lines, m.to_text);
      m.there.push_back({at, at, with_line_ends_of(m.to_text, imports)});
    }
    const bool open = !m.to_text.empty() && !m.to_text.ends_with('\n');
    const std::string gap = trimmed(m.to_text).empty() ? "" : "\n\n";
    m.there.push_back(
        {m.to_text.size(), m.to_text.size(), with_line_ends_of(m.to_text, (open ? "\n" : "") + gap + m.definition)});
  }
  // The old place.
  m.here.push_back(removal(m));
  if (back) {
    const Lines lines(m.from_text);
    const size_t at = import_place(m.tree, lines, m.from_text);
    m.here.push_back(
        {at, at, with_line_ends_of(m.from_text, std::format("from {} import {}\n", new_module_here, m.symbol.name))});
  }
  // Importers follow: "from old import name" is split.
  std::map<std::string, std::vector<Splice>> others;
  for (const FileUses& file : m.uses) {
    if (!file.path.ends_with(".py")) {
      for (const Use& u : file.uses) m.change.mentions.push_back(place_of(file, u));
      continue;
    }
    const Lines lines(file.text);
    for (const Use& use : file.uses) {
      if (file.path == m.symbol.file && m.inside(use.place.first)) continue;
      if (use.certainty == Use::Certainty::kMention) {
        m.change.mentions.push_back(place_of(file, use));
        continue;
      }
      if (use.place.exported && file.path == m.symbol.file && !back) {
        Place p = place_of(file, use);
        p.why = "__all__ of the old module";
        m.change.uncertain.push_back(std::move(p));
      }
      if (use.place.kind == Occurrence::Kind::kMember) {
        Place p = place_of(file, use);
        // module.name: the module does not have it any more.
        p.why = "reached through the old module";
        if (!back) m.change.uncertain.push_back(std::move(p));
        continue;
      }
      // Imports may stand inside of functions and conditions too: take the statement's lines by hand.
      int first = use.place.line;
      while (first > 1 && lines.text(first).find("import") == std::string_view::npos && use.place.line - first < 40)
        --first;
      std::string_view head = trimmed(lines.text(first));
      if (!head.starts_with("from ")) continue;
      int last = first;
      while (last < lines.count() && lines.text(first, last).find('(') != std::string::npos &&
             lines.text(first, last).find(')') == std::string::npos)
        ++last;
      if (use.place.line > last) continue;
      const std::string statement = lines.text(first, last);
      auto imports_there = imports_of(statement);
      const auto it = std::ranges::find(imports_there, m.symbol.name, &PythonImport::name);
      if (it == imports_there.end()) continue;
      const std::string indentation(lines.text(first).substr(0, lines.text(first).find_first_not_of(" \t")));
      PythonImport moved = *it;
      moved.module = import_name(index, file.path, file.text, m.to);
      std::string replacement;
      if (imports_there.size() > 1)
        replacement = without_item(statement, statement.find("import"), m.symbol.name, moved.alias);
      const bool itself = file.path == m.to;
      if (!itself) replacement += indentation + moved.text() + "\n";
      Splice s{lines.start(first), lines.end(last), with_line_ends_of(file.text, replacement)};
      auto& list = file.path == m.symbol.file ? m.here : itself ? m.there : others[file.path];
      if (std::ranges::find(list, s) == list.end()) list.push_back(std::move(s));
    }
  }
  for (auto& [path, splices] : others) {
    const FileUses* file = m.uses_in(path);
    auto after = splice(file->text, std::move(splices));
    if (!after) return std::unexpected(after.error());
    auto changed = changed_file(path, file->text, *after);
    if (!changed) return std::unexpected(changed.error());
    m.change.files.push_back(std::move(*changed));
  }
  return {};
}

// ---- C and C++ ------------------------------------------------------------------------------------------------------

bool is_header(std::string_view path) {
  return path.ends_with(".h") || path.ends_with(".hpp") || path.ends_with(".hh") || path.ends_with(".hxx") ||
         path.ends_with(".cuh");
}

std::string prototype(const Move& m) {
  const auto body = m.tree.body(*m.parsed);
  std::string head(
      trimmed(std::string_view(m.from_text).substr(m.parsed->first_byte, body->first - m.parsed->first_byte)));
  if (head.starts_with("static ")) head.erase(0, 7);
  if (head.starts_with("inline ")) head.erase(0, 7);
  return plain_text(head) + ";\n";
}

Result<void> move_c(Move& m) {
  const repo::Index& index = m.sources.index;
  if (m.tree.in_anonymous_namespace(m.parsed->first_byte)) {
    if (m.still_used_here())
      return fail(ErrorKind::kInvalid,
                  std::format("{} is in an anonymous namespace and {} still uses it; declare it in a header first",
                              m.symbol.name, m.symbol.file));
  }
  const bool is_function = repo::is_function(m.symbol.kind);
  auto symbols = same_thing(index, m.symbol);
  if (!symbols) return std::unexpected(symbols.error());
  const auto header =
      std::ranges::find_if(*symbols, [&](const repo::Symbol& s) { return !s.definition && is_header(s.file); });
  const bool declared = header != symbols->end();
  const bool used_here = m.still_used_here();
  std::set<std::string> users;
  for (const FileUses& file : m.uses) {
    for (const Use& u : file.uses) {
      if (u.certainty == Use::Certainty::kMention || u.definition ||
          (file.path == m.symbol.file && m.inside(u.place.first)))
        continue;
      if (file.path != m.symbol.file && file.path != m.to) users.insert(file.path);
    }
  }
  // Names of the old file that nobody else can see.
  std::string hidden;
  std::set<std::string> from_header;
  for (const ParsedSymbol& s : m.tree.symbols()) {
    if (&s == m.parsed || s.name == m.symbol.name || !m.mentions(s.name)) continue;
    if (s.first_byte >= m.cut.first && s.last_byte <= m.cut.last) continue;
    if (s.kind == "namespace" || s.kind == "method" || s.kind == "enumerator" ||
        (s.parent >= 0 && m.tree.symbols()[static_cast<size_t>(s.parent)].kind != "namespace"))
      continue;
    if (is_header(m.symbol.file)) {
      from_header.insert(m.symbol.file);
      continue;
    }
    // Declared in a header that can be included?
    auto named = index.find_symbols(s.qualified_name);
    const bool reachable = named && std::ranges::any_of(*named, [&](const repo::Symbol& o) {
                             return o.file != m.symbol.file && is_header(o.file);
                           });
    if (!reachable) hidden += (hidden.empty() ? "" : ", ") + s.name;
  }
  if (!hidden.empty() && m.to != m.symbol.file) {
    return fail(ErrorKind::kInvalid,
                std::format("{} uses {}, which only {} can see; move {} too, or declare it in a header first",
                            m.symbol.name, hidden, m.symbol.file, hidden));
  }
  // Includes the new place lacks. Which header a name is from is known for the repository's own; of the others all come
  // along.
  std::set<std::string> included;  // as written
  std::set<std::string> reached;   // files
  if (!m.new_file) {
    std::vector<std::string> next = {m.to};
    while (!next.empty()) {
      const std::string at = std::move(next.back());
      next.pop_back();
      const auto imports = index.includes(at);
      if (!imports) return std::unexpected(imports.error());
      for (const repo::Import& i : *imports) {
        included.insert(i.name);
        if (!i.target.empty() && reached.insert(i.target).second) next.push_back(i.target);
      }
    }
  }
  std::string includes;
  const Lines from_lines(m.from_text);
  const auto own_includes = index.includes(m.symbol.file);
  if (!own_includes) return std::unexpected(own_includes.error());
  for (const repo::Import& i : *own_includes) {
    if (included.contains(i.name) || (!i.target.empty() && reached.contains(i.target)) || i.target == m.to) continue;
    if (!i.target.empty()) {
      auto there = index.symbols(i.target);
      const bool needed =
          there && std::ranges::any_of(*there, [&](const repo::Symbol& s) { return m.mentions(s.name); });
      const bool declares = declared && i.target == header->file;
      if (!needed && !declares) continue;
    }
    included.insert(i.name);
    includes += std::string(from_lines.text(i.line)) + "\n";
  }
  if (!from_header.empty() && !reached.contains(m.symbol.file))
    includes += std::format(
        "#include \"{}\"\n",
        m.symbol.file.substr(m.symbol.file.rfind('/') == std::string::npos ? 0 : m.symbol.file.rfind('/') + 1));
  // Whoever used it has to see it at the new place.
  if (is_header(m.symbol.file) && !is_header(m.to) && (used_here || !users.empty())) {
    return fail(ErrorKind::kInvalid,
                std::format("{} is used outside of {}; a header is the place for it", m.symbol.name, m.to));
  }
  if (!is_function && used_here && !is_header(m.to)) {
    return fail(ErrorKind::kInvalid,
                std::format("{} still uses {}; move it to a header", m.symbol.file, m.symbol.name));
  }
  // The definition at its new place, in its namespace.
  std::string definition = m.definition;
  const bool was_static = m.symbol.signature.starts_with("static ");
  if (was_static && used_here && !is_header(m.to)) {
    const size_t at = definition.find("static ");
    if (at != std::string::npos) definition.erase(at, 7);
  }
  std::string scope;
  if (m.symbol.qualified_name.size() > m.symbol.name.size() + 2)
    scope = m.symbol.qualified_name.substr(0, m.symbol.qualified_name.size() - m.symbol.name.size() - 2);
  const bool member = m.symbol.kind == "method";
  if (member) scope = scope.rfind("::") == std::string::npos ? "" : scope.substr(0, scope.rfind("::"));
  std::string wrapped = scope.empty()
                            ? definition
                            : std::format("namespace {} {{\n\n{}\n}}  // namespace {}\n", scope, definition, scope);
  if (m.new_file) {
    std::string head = is_header(m.to) ? "#pragma once\n\n" : "";
    m.there.push_back({0, 0, head + includes + (includes.empty() ? "" : "\n") + wrapped});
  } else {
    const auto tree = SourceTree::parse(m.to, m.to_text);
    if (!tree) return fail(ErrorKind::kUnsupported, m.to + " is not parsed");
    const Lines lines(m.to_text);
    size_t include_at = 0, end = m.to_text.size();
    for (const auto& s : tree->top_level()) {
      if (s.type == "preproc_include") include_at = lines.end(s.last_line);
    }
    if (include_at == 0) {  // inside of include guards, behind the comment at the top
      for (int line = 1; line <= lines.count(); ++line) {
        if (lines.text(line).starts_with("#define ") || lines.text(line).starts_with("#pragma once"))
          include_at = lines.end(line);
        if (lines.text(line).starts_with("#include")) include_at = lines.end(line);
      }
    }
    bool inside_scope = false;
    for (const ParsedSymbol& s : tree->symbols()) {
      if (!scope.empty() && s.kind == "namespace" && s.qualified_name == scope) {
        inside_scope = true;
        size_t brace = s.last_byte;
        while (brace > s.first_byte && m.to_text[brace - 1] != '}') --brace;
        end = lines.start(lines.line_of(brace - 1));
      }
    }
    if (!inside_scope) {
      // Before the #endif of an include guard.
      int line = lines.count();
      while (line > 1 && trimmed(lines.text(line)).empty()) --line;
      if (is_header(m.to) && lines.text(line).starts_with("#endif") &&
          m.to_text.find("#pragma once") == std::string::npos)
        end = lines.start(line);
    }
    if (!includes.empty()) m.there.push_back({include_at, include_at, with_line_ends_of(m.to_text, includes)});
    const bool at_end = end == m.to_text.size();
    const bool open = at_end && !m.to_text.empty() && !m.to_text.ends_with('\n');
    m.there.push_back({end, end,
                       with_line_ends_of(m.to_text, (open ? "\n" : "") + std::string("\n") +
                                                        (inside_scope ? definition : wrapped) + (at_end ? "" : "\n"))});
  }
  // The old place keeps a declaration, or includes the new header.
  Splice out = removal(m);
  if (is_header(m.to)) {
    std::vector<std::string> need(users.begin(), users.end());
    if (used_here) need.push_back(m.symbol.file);
    for (const std::string& path : need) {
      const FileUses* file = m.uses_in(path);
      const std::string& text = path == m.symbol.file ? m.from_text : file->text;
      const auto imports = index.includes(path);
      if (!imports || std::ranges::any_of(*imports, [&](const repo::Import& i) { return i.target == m.to; })) continue;
      const Lines lines(text);
      size_t at = 0;
      std::string style = m.to;
      for (const repo::Import& i : *imports) {
        if (text[lines.start(i.line)] != '#') continue;
        at = std::max(at, lines.end(i.line));
        // Named as its neighbours are.
        if (!i.target.empty() && folder_of(i.target) == folder_of(m.to))
          style = i.name.substr(0, i.name.rfind('/') == std::string::npos ? 0 : i.name.rfind('/') + 1) +
                  m.to.substr(m.to.rfind('/') == std::string::npos ? 0 : m.to.rfind('/') + 1);
      }
      if (style == m.to && folder_of(path) == folder_of(m.to) && !folder_of(path).empty())
        style = m.to.substr(m.to.rfind('/') + 1);
      Splice add{at, at, with_line_ends_of(text, std::format("#include \"{}\"\n", style))};
      if (path == m.symbol.file) {
        m.here.push_back(std::move(add));
        continue;
      }
      auto after = splice(text, {add});
      if (!after) return std::unexpected(after.error());
      auto changed = changed_file(path, text, *after);
      if (!changed) return std::unexpected(changed.error());
      m.change.files.push_back(std::move(*changed));
    }
  } else if (used_here && is_function && !declared && !member) {
    const bool gap = from_lines.line_of(out.last - 1) > m.symbol.last_line;  // the empty lines went with it
    out.text = with_line_ends_of(m.from_text, prototype(m) + (gap ? "\n" : ""));
  }
  m.here.push_back(std::move(out));
  if (m.new_file && !is_header(m.to))
    m.change.uncertain.push_back({m.to, 1, "", "a new source file; the build may have to name it"});
  for (const FileUses& file : m.uses) {
    for (const Use& u : file.uses) {
      if (u.certainty == Use::Certainty::kMention && !(file.path == m.symbol.file && m.inside(u.place.first)))
        m.change.mentions.push_back(place_of(file, u));
    }
  }
  return {};
}

}  // namespace

Result<Change> move_symbol(const Sources& sources, const std::string& target, const std::string& to) {
  auto symbol = find_target(sources.index, target);
  if (!symbol) return std::unexpected(symbol.error());
  if (to == symbol->file)
    return fail(ErrorKind::kInvalid, std::format("{} is in {} already", symbol->qualified_name, to));
  const auto file = sources.index.file(symbol->file);
  if (!file || !*file) return fail(ErrorKind::kNotFound, symbol->file + " is not in the index");
  const std::string_view family = repo::scoping_of((*file)->language).family;
  if (family != "python" && family != "c") {
    return fail(
        ErrorKind::kUnsupported,
        std::format("moving symbols is known for Python, C and C++, not for {}; insert it there and delete it here",
                    (*file)->language));
  }
  auto text = sources.read(symbol->file);
  if (!text) return std::unexpected(text.error());
  auto tree = SourceTree::parse(symbol->file, *text);
  if (!tree) return fail(ErrorKind::kUnsupported, symbol->file + " is not parsed");
  auto there = sources.read(to);
  if (!there && there.error().kind != ErrorKind::kNotFound) return std::unexpected(there.error());
  // The tree refers to the text: both move together into `m`, whose text is the one that is parsed.
  Move m{.sources = sources,
         .symbol = *symbol,
         .to = to,
         .from_text = *text,
         .to_text = there.value_or(""),
         .tree = std::move(*tree),
         .parsed = nullptr,
         .cut = {},
         .definition = {},
         .words = {},
         .new_file = !there,
         .here = {},
         .there = {},
         .uses = {},
         .change = {}};
  m.tree = std::move(*SourceTree::parse(symbol->file, m.from_text));
  const auto at = std::ranges::find_if(m.tree.symbols(), [&](const ParsedSymbol& s) {
    return s.name_line == symbol->name_line && s.name == symbol->name;
  });
  if (at == m.tree.symbols().end())
    return fail(ErrorKind::kInvalid, symbol->file + " has changed since it was indexed");
  m.parsed = &*at;
  if (at->parent >= 0 && m.tree.symbols()[static_cast<size_t>(at->parent)].kind != "namespace") {
    return fail(ErrorKind::kInvalid, std::format("{} is a member of {}, and members stay in their class", symbol->name,
                                                 m.tree.symbols()[static_cast<size_t>(at->parent)].qualified_name));
  }
  m.cut = m.tree.lines_of(*at, true);
  m.definition = plain_text(std::string_view(m.from_text).substr(m.cut.first, m.cut.last - m.cut.first));
  if (!m.definition.ends_with('\n')) m.definition += '\n';
  m.words = m.tree.identifiers({m.cut.first, m.cut.last});
  auto symbols = same_thing(sources.index, *symbol);
  if (!symbols) return std::unexpected(symbols.error());
  auto uses = uses_of(sources, *symbols);
  if (!uses) return std::unexpected(uses.error());
  m.uses = std::move(*uses);
  if (auto done = family == "python" ? move_python(m) : move_c(m); !done) return std::unexpected(done.error());
  auto here_after = splice(m.from_text, std::move(m.here));
  if (!here_after) return std::unexpected(here_after.error());
  auto here = changed_file(symbol->file, m.from_text, *here_after);
  if (!here) return std::unexpected(here.error());
  auto there_after = splice(m.to_text, std::move(m.there));
  if (!there_after) return std::unexpected(there_after.error());
  auto arrived = changed_file(to, m.to_text, *there_after);
  if (!arrived) return std::unexpected(arrived.error());
  if (m.new_file) arrived->before = std::nullopt;
  m.change.files.push_back(std::move(*here));
  m.change.files.push_back(std::move(*arrived));
  m.change.summary = std::format("moved {} from {} to {}", symbol->qualified_name, symbol->file, to);
  return std::move(m.change);
}

}  // namespace strata::agent
