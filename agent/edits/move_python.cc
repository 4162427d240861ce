// SPDX-License-Identifier: Apache-2.0
// Moving in Python: imports that the definition needs go with it, and whoever imports it follows.
#include <format>
#include <map>
#include <set>

#include "agent/edits/move.h"

namespace strata::agent {
namespace {

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

}  // namespace

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

}  // namespace strata::agent
