// SPDX-License-Identifier: Apache-2.0
// Moving in C and C++: includes and the namespace go with the definition, and the old place keeps a declaration or
// includes the new header.
#include <format>
#include <set>

#include "agent/edits/move.h"

namespace strata::agent {
namespace {

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

}  // namespace

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

}  // namespace strata::agent
