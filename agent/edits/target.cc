// SPDX-License-Identifier: Apache-2.0
#include "agent/edits/target.h"

#include <algorithm>
#include <charconv>
#include <format>
#include <map>
#include <set>

#include "agent/edits/splice.h"
#include "repo-indexer/language.h"
#include "repo-indexer/names.h"
#include "repo-indexer/structure.h"

namespace strata::agent {
namespace {

constexpr double kCertain = 0.75;  // confidence of a reference from which on it is changed
constexpr double kLikely = 0.3;    // ... if nothing else has the name

std::string described(const repo::Symbol& s) {
  return std::format("{}:{} {} {}", s.file, s.name_line, s.kind, s.qualified_name);
}

std::string plain_name(const repo::Symbol& s) { return s.name.starts_with('~') ? s.name.substr(1) : s.name; }

std::string owner_of(const repo::Symbol& s) {
  std::string_view whole = s.qualified_name;
  if (whole.size() <= s.name.size()) return {};
  whole.remove_suffix(s.name.size());
  while (whole.ends_with(':') || whole.ends_with('.')) whole.remove_suffix(1);
  return std::string(whole);
}

std::string_view family_of(const repo::Index& index, const std::string& path) {
  const auto file = index.file(path);
  return file && *file ? repo::scoping_of((*file)->language).family : std::string_view();
}

// "ends in a name of its own": a word that hardly stands for anything else.
bool is_distinctive(std::string_view name) {
  if (name.size() >= 10) return true;
  if (name.find('_', 1) < name.size() - 1) return true;
  for (size_t i = 1; i < name.size(); ++i) {
    if (name[i] >= 'A' && name[i] <= 'Z' && name[i - 1] >= 'a' && name[i - 1] <= 'z') return true;
  }
  return false;
}

bool internal(const repo::Symbol& s) { return s.signature.starts_with("static ") && s.kind != "method"; }

bool same_parameters(const repo::Symbol& a, const repo::Symbol& b) {
  if (!repo::is_function(a.kind) || !repo::is_function(b.kind)) return true;
  return repo::parameter_count(a.signature, a.name).second == repo::parameter_count(b.signature, b.name).second;
}

bool in_doctest(std::string_view text, size_t at) {
  const size_t line = text.rfind('\n', at) + 1;
  const std::string_view start = text.substr(std::min(text.find_first_not_of(" \t", line), text.size()), 4);
  return start == ">>> " || start == "... ";
}

Error ambiguous(std::string_view text, const std::vector<repo::Symbol>& found) {
  std::string candidates;
  for (size_t i = 0; i < std::min<size_t>(found.size(), 12); ++i) candidates += "\n  " + described(found[i]);
  return {ErrorKind::kInvalid,
          std::format("\"{}\" means {} symbols; say which one as file:line:{}", text, found.size(), candidates)};
}

// Everything that a name, a qualified name or file:line may mean; never nothing.
Result<std::vector<repo::Symbol>> all_targets(const repo::Index& index, std::string_view text) {
  while (text.ends_with("()")) text.remove_suffix(2);
  const size_t colon = text.rfind(':');
  int line = 0;
  if (colon != text.npos && colon + 1 < text.size() &&
      std::from_chars(text.data() + colon + 1, text.data() + text.size(), line).ptr == text.data() + text.size()) {
    const std::string path(text.substr(0, colon));
    const auto file = index.file(path);
    if (file && *file) {
      auto symbols = index.symbols(path);
      if (!symbols) return std::unexpected(symbols.error());
      // The line of a name means that one, any other the innermost symbol around it.
      const auto named = std::ranges::find_if(*symbols, [&](const repo::Symbol& s) { return s.name_line == line; });
      if (named != symbols->end()) return std::vector{*named};
      auto symbol = index.symbol_at(path, line);
      if (!symbol) return std::unexpected(symbol.error());
      if (*symbol) return std::vector{std::move(**symbol)};
      return fail(ErrorKind::kNotFound, std::format("{}: no symbol contains line {}", path, line));
    }
    if (path.find('/') != path.npos || path.find('.') != path.npos) {
      return fail(ErrorKind::kNotFound, std::format("there is no file {} in the repository", path));
    }
  }
  auto found = index.find_symbols(text);
  if (!found) return std::unexpected(found.error());
  if (found->empty()) {  // "Parser.parse" in C++, "Parser::parse" in Python
    const auto parts = repo::split_path(text);
    auto named = index.find_symbols(parts.empty() ? text : parts.back());
    if (!named) return std::unexpected(named.error());
    for (repo::Symbol& s : *named) {
      const auto own = repo::split_path(s.qualified_name);
      if (own.size() >= parts.size() && std::equal(parts.rbegin(), parts.rend(), own.rbegin()))
        found->push_back(std::move(s));
    }
  }
  const std::string_view last = repo::split_path(text).empty() ? text : repo::split_path(text).back();
  std::erase_if(*found, [&](const repo::Symbol& s) { return plain_name(s) != last && s.name != last; });
  const auto keep_if_any = [&](auto what) {
    if (std::ranges::any_of(*found, what)) std::erase_if(*found, [&](const repo::Symbol& s) { return !what(s); });
  };
  keep_if_any([](const repo::Symbol& s) { return s.kind != "heading" && s.kind != "key" && s.kind != "target"; });
  keep_if_any([](const repo::Symbol& s) { return s.definition; });
  keep_if_any([&](const repo::Symbol& s) { return s.qualified_name == text; });
  // A class stands for its constructors.
  keep_if_any([](const repo::Symbol& s) { return repo::is_class(s.kind) && s.kind != "type"; });
  // A stub declares what its module defines.
  std::erase_if(*found, [&](const repo::Symbol& s) {
    return s.file.ends_with(".pyi") &&
           std::ranges::any_of(*found, [&](const repo::Symbol& o) { return o.file + "i" == s.file; });
  });
  if (found->empty()) {
    std::string near;
    if (const auto hits = index.search(text, 5)) {
      for (const repo::Hit& hit : *hits) {
        if (!hit.passage.symbol.empty())
          near += (near.empty() ? "; the nearest by its words: " : ", ") + hit.passage.symbol;
      }
    }
    return fail(ErrorKind::kNotFound, std::format("no symbol is called \"{}\"{}", text, near));
  }
  return found;
}

// Everything a file includes or imports, directly or not.
class Reach {
 public:
  explicit Reach(const repo::Index& index) : index_(index) {}
  bool reaches(const std::string& from, const std::string& to) {
    auto& seen = reached_[from];
    if (seen.empty()) {
      seen = {from};
      std::vector<std::string> next = {from};
      while (!next.empty()) {
        const std::string at = std::move(next.back());
        next.pop_back();
        const auto imports = index_.includes(at);
        if (!imports) break;
        for (const repo::Import& i : *imports) {
          if (!i.target.empty() && seen.insert(i.target).second) next.push_back(i.target);
        }
      }
    }
    return seen.contains(to);
  }

 private:
  const repo::Index& index_;
  std::map<std::string, std::set<std::string>> reached_;
};

}  // namespace

Result<repo::Symbol> find_target(const repo::Index& index, std::string_view text) {
  auto found = all_targets(index, text);
  if (!found) return std::unexpected(found.error());
  if (found->size() > 1) return std::unexpected(ambiguous(text, *found));
  return std::move(found->front());
}

Result<std::vector<repo::Symbol>> find_overloads(const repo::Index& index, std::string_view text) {
  auto found = all_targets(index, text);
  if (!found) return std::unexpected(found.error());
  const repo::Symbol& first = found->front();
  const bool one = std::ranges::all_of(*found, [&](const repo::Symbol& s) {
    return s.qualified_name == first.qualified_name && (s.file == first.file || !owner_of(s).empty());
  });
  if (!one) return std::unexpected(ambiguous(text, *found));
  return found;
}

Result<std::vector<repo::Symbol>> same_thing(const repo::Index& index, const repo::Symbol& symbol) {
  auto named = index.find_symbols(plain_name(symbol));
  if (!named) return std::unexpected(named.error());
  if (repo::is_class(symbol.kind)) {
    auto destructors = index.find_symbols("~" + symbol.name);
    if (!destructors) return std::unexpected(destructors.error());
    named->insert(named->end(), destructors->begin(), destructors->end());
  }
  const std::string_view family = family_of(index, symbol.file);
  std::erase_if(*named, [&](const repo::Symbol& s) {
    return plain_name(s) != plain_name(symbol) || family_of(index, s.file) != family;
  });
  const std::string owner = owner_of(symbol);
  std::set<std::string> relatives;  // classes whose method of the name is the same
  if (symbol.kind == "method" && !owner.empty() && symbol.name != repo::split_path(owner).back()) {
    auto below = repo::classes_below(index, owner);
    if (!below) return std::unexpected(below.error());
    relatives = *below;
    // Up: the topmost class with such a method, and everything below it.
    for (const repo::Symbol& s : *named) {
      const std::string other = owner_of(s);
      if (s.kind != "method" || other.empty() || relatives.contains(other)) continue;
      auto others = repo::classes_below(index, other);
      if (!others) return std::unexpected(others.error());
      if (std::ranges::any_of(*below, [&](const std::string& c) { return others->contains(c); }))
        relatives.insert(others->begin(), others->end());
    }
  }
  std::vector<repo::Symbol> all = {symbol};
  for (const repo::Symbol& s : *named) {
    if (s.id == symbol.id) continue;
    const bool same_name = s.qualified_name == symbol.qualified_name;
    bool same = false;
    if (repo::is_class(symbol.kind)) {
      same = (same_name && repo::is_class(s.kind)) || owner_of(s) == symbol.qualified_name;  // constructors
      same = same || (same_name && s.kind == "type");                                        // typedef struct x x;
    } else if (same_name && (s.file + "i" == symbol.file || symbol.file + "i" == s.file)) {
      same = true;  // module and stub
    } else if (same_name) {
      // Overloads and the static functions of other files are other things.
      const bool two_bodies = s.definition && symbol.definition;
      same = !two_bodies && same_parameters(s, symbol) && !((internal(s) || internal(symbol)) && s.file != symbol.file);
      // A redefinition in one class: @property and its setter, typing.overload.
      same = same || (two_bodies && s.file == symbol.file && family == "python");
      // Behind #if and #else.
      same = same || (two_bodies && s.file == symbol.file && family == "c" && s.signature == symbol.signature);
    } else if (!relatives.empty() && s.kind == "method") {
      same = relatives.contains(owner_of(s)) && same_parameters(s, symbol);
    }
    if (same) all.push_back(s);
  }
  return all;
}

Result<std::vector<FileUses>> uses_of(const Sources& sources, const std::vector<repo::Symbol>& symbols) {
  const repo::Index& index = sources.index;
  const repo::Symbol& symbol = symbols.front();
  const std::string name = plain_name(symbol);
  const std::string_view family = family_of(index, symbol.file);
  const bool is_member = symbol.kind == "method" ||
                         (!owner_of(symbol).empty() &&
                          (symbol.kind == "variable" || symbol.kind == "constant" || symbol.kind == "enumerator"));
  using At = std::pair<std::string, int>;
  std::map<At, std::vector<double>> mine;
  std::map<At, int> all;
  std::set<At> own_names, other_names;
  std::set<std::string> own_files, importing;
  std::set<int64_t> ids;
  for (const repo::Symbol& s : symbols) {
    ids.insert(s.id);
    own_names.emplace(s.file, s.name_line);
    own_files.insert(s.file);
  }
  // A reference that may mean several things shares its confidence among them: what is ours is added up. A declaration
  // and its definition are one thing.
  std::map<std::pair<std::string, int>, std::map<At, std::vector<double>>> things;
  for (const repo::Symbol& s : symbols) {
    auto references = index.references(s);
    if (!references) return std::unexpected(references.error());
    auto& thing = things[{s.qualified_name, repo::parameter_count(s.signature, s.name).second}];
    std::map<At, std::vector<double>> here;
    for (const repo::Reference& r : *references) {
      here[{r.file, r.line}].push_back(r.confidence);
      if (r.kind == "import") importing.insert(r.file);
    }
    for (auto& [at, confidences] : here) {
      auto& known = thing[at];
      known.resize(std::max(known.size(), confidences.size()), 0);
      for (size_t i = 0; i < confidences.size(); ++i) known[i] = std::max(known[i], confidences[i]);
    }
  }
  for (const auto& [key, thing] : things) {
    for (const auto& [at, confidences] : thing) {
      auto& known = mine[at];
      known.resize(std::max(known.size(), confidences.size()), 0);
      for (size_t i = 0; i < confidences.size(); ++i) known[i] = std::min(1.0, known[i] + confidences[i]);
    }
  }
  auto named = index.references(name);
  if (!named) return std::unexpected(named.error());
  for (const repo::Reference& r : *named) ++all[{r.file, r.line}];
  auto others = index.find_symbols(name);
  if (!others) return std::unexpected(others.error());
  bool unique = true;
  for (const repo::Symbol& s : *others) {
    if (s.name != name || ids.contains(s.id) || s.kind == "heading" || s.kind == "key") continue;
    if (family_of(index, s.file) != family) continue;
    unique = false;
    other_names.emplace(s.file, s.name_line);
  }
  const bool by_name = unique && is_distinctive(name);
  const bool file_local = internal(symbol);

  auto files = index.files();
  if (!files) return std::unexpected(files.error());
  Reach reach(index);
  std::vector<FileUses> found;
  for (const repo::File& file : *files) {
    auto bytes = sources.read(file.path);
    if (!bytes) continue;  // gone since: the next update of the index sees it
    if (bytes->find(name) == std::string::npos) continue;
    FileUses uses{file.path, std::move(*bytes), {}};
    const bool same_family = repo::scoping_of(file.language).family == family;
    const auto tree = same_family ? SourceTree::parse(file.path, uses.text) : std::nullopt;
    if (!tree) {  // documents, build files, other languages
      const Lines lines(uses.text);
      for (size_t at = uses.text.find(name); at != std::string::npos; at = uses.text.find(name, at + 1)) {
        const auto word = [&](size_t i) {
          return i < uses.text.size() &&
                 (is_identifier(std::string(1, uses.text[i])) || (uses.text[i] >= '0' && uses.text[i] <= '9'));
        };
        if ((at > 0 && word(at - 1)) || word(at + name.size())) continue;
        uses.uses.push_back({{at, at + name.size(), lines.line_of(at), Occurrence::Kind::kOther, false, {}},
                             Use::Certainty::kMention,
                             false,
                             file.language.empty() ? "text" : file.language});
      }
      if (!uses.uses.empty() && is_distinctive(name)) found.push_back(std::move(uses));
      continue;
    }
    const bool own_file = own_files.contains(file.path);
    const auto visible = [&] {
      if (own_file) return true;
      if (file_local) return false;
      if (importing.contains(file.path)) return true;
      return family == "c" &&
             std::ranges::any_of(own_files, [&](const std::string& f) { return reach.reaches(file.path, f); });
    };
    // The names of definitions and declarations themselves, by their byte.
    std::map<size_t, bool> defined;  // is it one of ours?
    const auto occurrences = tree->occurrences(name);
    for (const ParsedSymbol& s : tree->symbols()) {
      if (s.name != name && s.name != "~" + name) continue;
      const auto body = tree->body(s);
      const auto at = std::ranges::find_if(occurrences, [&](const Occurrence& o) {
        return o.line == s.name_line && o.first >= s.first_byte && o.first < (body ? body->first : s.last_byte);
      });
      if (at == occurrences.end()) continue;
      // "Widget::Widget() {}": the second is the name.
      const bool twice = std::next(at) != occurrences.end() && uses.text.compare(at->last, 2, "::") == 0 &&
                         std::next(at)->first <= at->last + 3;
      defined.emplace(twice ? std::next(at)->first : at->first, own_names.contains({file.path, s.name_line}));
    }
    for (const Occurrence& o : occurrences) {
      using Kind = Occurrence::Kind;
      using Certainty = Use::Certainty;
      const At at{file.path, o.line};
      Use use{.place = o, .certainty = Certainty::kCertain, .definition = false, .why = {}};
      const auto uncertain = [&](const char* why) {
        use.certainty = Certainty::kUncertain;
        use.why = why;
      };
      if (o.kind == Kind::kComment || o.kind == Kind::kString) {
        // Examples in a docstring are code that doctest runs.
        const bool example =
            o.kind == Kind::kString && family == "python" && own_file && in_doctest(uses.text, o.first);
        if (example) use.certainty = Certainty::kByName;
        const bool exported = o.exported && (own_file || importing.contains(file.path));  // __all__
        if (!example && !exported) {
          use.certainty = Certainty::kMention;
          use.why = o.kind == Kind::kComment ? "comment" : "string";
        }
        uses.uses.push_back(std::move(use));
        continue;
      }
      if (o.kind == Kind::kLocal) continue;
      if (o.kind == Kind::kKeyword) {
        if (!(symbol.kind == "variable" && is_member)) continue;
        uncertain("a keyword argument of this name");
        uses.uses.push_back(std::move(use));
        continue;
      }
      if (const auto definition = defined.find(o.first); definition != defined.end()) {
        if (!definition->second) continue;
        use.definition = true;
      } else if (own_names.contains(at) && !mine.contains(at)) {
        // "struct node { node* next; };" and the class of "Widget::Widget() {}"
      } else if (other_names.contains(at) && !mine.contains(at)) {
        continue;
      } else if (const auto known = mine.find(at); known != mine.end()) {
        const double least = *std::ranges::min_element(known->second);
        const auto total = all.find(at);
        if (total != all.end() && total->second > static_cast<int>(known->second.size())) {
          uncertain("another use of the name on this line means something else");
        } else if (least < kCertain) {
          if (by_name && least >= kLikely)
            use.certainty = Certainty::kByName;
          else
            uncertain(o.kind == Kind::kMember ? "what this is a member of is not known"
                                              : "it may mean another symbol of this name");
        }
      } else if (all.contains(at)) {
        if (!by_name || (o.kind == Kind::kMember) != is_member) continue;  // the index knows it to mean something else
        uncertain("it seems to mean something outside of the repository");
      } else if (o.kind == Kind::kMember) {
        if (!is_member && family == "c") continue;
        if (!unique)
          uncertain("what this is a member of is not known");
        else if (by_name)
          use.certainty = Certainty::kByName;
        else
          uncertain("what this is a member of is not known");
      } else if (is_member && family != "c" && !own_file) {
        continue;  // a plain word is no member
      } else if (is_member && family == "python") {
        // Inside of its class a plain name is the member, elsewhere it is not.
        const auto around = index.symbol_at(file.path, o.line);
        if (!around || !*around || (*around)->qualified_name != owner_of(symbol)) continue;
      } else if (!visible()) {
        if (file_local) continue;
        if (!by_name) continue;
        uncertain("its definition is not included or imported here");
      } else if (o.kind == Kind::kOther) {
        if (by_name)
          use.certainty = Certainty::kByName;
        else
          uncertain("the body of a macro, or text the parser does not understand");
      } else if (!unique && !own_file) {
        uncertain("it may mean another symbol of this name");
      }
      uses.uses.push_back(std::move(use));
    }
    if (!uses.uses.empty()) found.push_back(std::move(uses));
  }
  return found;
}

Place place_of(const FileUses& file, const Use& use) {
  const Lines lines(file.text);
  std::string_view text = lines.text(use.place.line);
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return {file.path, use.place.line, std::string(text.substr(0, 120)), use.why};
}

}  // namespace strata::agent
