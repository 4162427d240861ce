// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/language.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "repo-indexer/terms.h"

extern "C" {
const TSLanguage* tree_sitter_bash();
const TSLanguage* tree_sitter_c();
const TSLanguage* tree_sitter_c_sharp();
const TSLanguage* tree_sitter_cmake();
const TSLanguage* tree_sitter_cpp();
const TSLanguage* tree_sitter_css();
const TSLanguage* tree_sitter_cuda();
const TSLanguage* tree_sitter_dockerfile();
const TSLanguage* tree_sitter_go();
const TSLanguage* tree_sitter_html();
const TSLanguage* tree_sitter_java();
const TSLanguage* tree_sitter_javascript();
const TSLanguage* tree_sitter_json();
const TSLanguage* tree_sitter_kotlin();
const TSLanguage* tree_sitter_lua();
const TSLanguage* tree_sitter_make();
const TSLanguage* tree_sitter_markdown();
const TSLanguage* tree_sitter_php();
const TSLanguage* tree_sitter_proto();
const TSLanguage* tree_sitter_python();
const TSLanguage* tree_sitter_qmljs();
const TSLanguage* tree_sitter_ruby();
const TSLanguage* tree_sitter_rust();
const TSLanguage* tree_sitter_scala();
const TSLanguage* tree_sitter_sql();
const TSLanguage* tree_sitter_swift();
const TSLanguage* tree_sitter_toml();
const TSLanguage* tree_sitter_tsx();
const TSLanguage* tree_sitter_typescript();
const TSLanguage* tree_sitter_xml();
const TSLanguage* tree_sitter_yaml();
}

namespace strata::resources {
extern const std::string_view bash_symbols, bash_references, c_symbols, c_references, c_sharp_symbols,
    c_sharp_references, cmake_symbols, cmake_references, cpp_symbols, cpp_references, css_symbols, css_references,
    dockerfile_symbols, dockerfile_references, go_symbols, go_references, html_symbols, html_references, java_symbols,
    java_references, javascript_symbols, javascript_references, json_symbols, kotlin_symbols, kotlin_references,
    lua_symbols, lua_references, make_symbols, make_references, markdown_symbols, php_symbols, php_references,
    proto_symbols, proto_references, python_symbols, python_references, qmljs_symbols, qmljs_references, ruby_symbols,
    ruby_references, rust_symbols, rust_references, scala_symbols, scala_references, sql_symbols, sql_references,
    swift_symbols, swift_references, toml_symbols, typescript_symbols, typescript_references, words, xml_symbols,
    yaml_symbols;
}

namespace strata::repo {
namespace {

struct Entry {
  std::string_view name;
  const TSLanguage* (*grammar)();
  const std::string_view* symbols;
  const std::string_view* references;  // may be null
  Scoping scoping;
};

constexpr auto entries() {
  using namespace resources;
  return std::to_array<Entry>({
      {"bash", tree_sitter_bash, &bash_symbols, &bash_references, {"bash", "."}},
      {"c", tree_sitter_c, &c_symbols, &c_references, {"c", "::"}},
      {"c_sharp",
       tree_sitter_c_sharp,
       &c_sharp_symbols,
       &c_sharp_references,
       {"c_sharp", ".", Scoping::kNothing, true}},
      {"cmake", tree_sitter_cmake, &cmake_symbols, &cmake_references, {"cmake", "."}},
      {"cpp", tree_sitter_cpp, &cpp_symbols, &cpp_references, {"c", "::", Scoping::kLast, true}},
      {"css", tree_sitter_css, &css_symbols, &css_references, {"css", " "}},
      {"cuda", tree_sitter_cuda, &cpp_symbols, &cpp_references, {"c", "::", Scoping::kLast, true}},
      {"dockerfile", tree_sitter_dockerfile, &dockerfile_symbols, &dockerfile_references, {"dockerfile", "."}},
      {"go", tree_sitter_go, &go_symbols, &go_references, {"go", ".", Scoping::kLast, false, true, true}},
      {"html", tree_sitter_html, &html_symbols, &html_references, {"html", "."}},
      {"java", tree_sitter_java, &java_symbols, &java_references, {"jvm", ".", Scoping::kLast, true, true, true}},
      {"javascript",
       tree_sitter_javascript,
       &javascript_symbols,
       &javascript_references,
       {"javascript", ".", Scoping::kNothing, false, true}},
      {"json", tree_sitter_json, &json_symbols, nullptr, {"json", "."}},
      {"kotlin", tree_sitter_kotlin, &kotlin_symbols, &kotlin_references, {"jvm", ".", Scoping::kLast, true}},
      {"lua", tree_sitter_lua, &lua_symbols, &lua_references, {"lua", "."}},
      {"make", tree_sitter_make, &make_symbols, &make_references, {"make", "."}},
      {"markdown", tree_sitter_markdown, &markdown_symbols, nullptr, {"markdown", " > "}},
      {"php", tree_sitter_php, &php_symbols, &php_references, {"php", "::", Scoping::kLast}},
      {"proto", tree_sitter_proto, &proto_symbols, &proto_references, {"proto", ".", Scoping::kNothing, true}},
      {"python",
       tree_sitter_python,
       &python_symbols,
       &python_references,
       {"python", ".", Scoping::kFirst, false, true}},
      {"qmljs", tree_sitter_qmljs, &qmljs_symbols, &qmljs_references, {"javascript", ".", Scoping::kNothing, true}},
      {"ruby", tree_sitter_ruby, &ruby_symbols, &ruby_references, {"ruby", "::", Scoping::kNothing, true}},
      {"rust", tree_sitter_rust, &rust_symbols, &rust_references, {"rust", "::", Scoping::kLast, false, true}},
      {"scala", tree_sitter_scala, &scala_symbols, &scala_references, {"jvm", ".", Scoping::kLast, true}},
      {"sql", tree_sitter_sql, &sql_symbols, &sql_references, {"sql", "."}},
      {"swift", tree_sitter_swift, &swift_symbols, &swift_references, {"swift", ".", Scoping::kNothing, true}},
      {"toml", tree_sitter_toml, &toml_symbols, nullptr, {"toml", "."}},
      {"tsx",
       tree_sitter_tsx,
       &typescript_symbols,
       &typescript_references,
       {"javascript", ".", Scoping::kNothing, false, true}},
      {"typescript",
       tree_sitter_typescript,
       &typescript_symbols,
       &typescript_references,
       {"javascript", ".", Scoping::kNothing, false, true}},
      {"xml", tree_sitter_xml, &xml_symbols, nullptr, {"xml", "."}},
      {"yaml", tree_sitter_yaml, &yaml_symbols, nullptr, {"yaml", "."}},
  });
}

constexpr std::pair<std::string_view, Capture> kCaptures[] = {{"comment", Capture::kComment},
                                                              {"attribute", Capture::kAttribute},
                                                              {"name", Capture::kName},
                                                              {"declarator", Capture::kDeclarator},
                                                              {"body", Capture::kBody},
                                                              {"owner", Capture::kOwner},
                                                              {"doc", Capture::kDoc},
                                                              {"definition", Capture::kDefinition},
                                                              {"declaration", Capture::kDeclaration},
                                                              {"declared", Capture::kDeclared},
                                                              {"scope", Capture::kScope},
                                                              {"inherit", Capture::kInherit},
                                                              {"call", Capture::kCall},
                                                              {"import", Capture::kImport},
                                                              {"type", Capture::kType},
                                                              {"qualifier", Capture::kQualifier},
                                                              {"arguments", Capture::kArguments},
                                                              {"from", Capture::kFrom},
                                                              {"alias", Capture::kAlias},
                                                              {"variable", Capture::kVariable},
                                                              {"of", Capture::kOf},
                                                              {"made_by", Capture::kMadeBy},
                                                              {"use", Capture::kUse},
                                                              {"local", Capture::kLocal},
                                                              {"declared_only", Capture::kDeclaredOnly}};

struct Ending {
  std::string_view ending, language;
};

constexpr Ending kEndings[] = {
    {"c", "c"},
    {"h", "c"},
    {"cc", "cpp"},
    {"cpp", "cpp"},
    {"cxx", "cpp"},
    {"c++", "cpp"},
    {"hh", "cpp"},
    {"hpp", "cpp"},
    {"hxx", "cpp"},
    {"ipp", "cpp"},
    {"inl", "cpp"},
    {"tcc", "cpp"},
    {"cu", "cuda"},
    {"cuh", "cuda"},
    {"py", "python"},
    {"pyi", "python"},
    {"pyw", "python"},
    {"rs", "rust"},
    {"go", "go"},
    {"java", "java"},
    {"js", "javascript"},
    {"mjs", "javascript"},
    {"cjs", "javascript"},
    {"jsx", "javascript"},
    {"ts", "typescript"},
    {"mts", "typescript"},
    {"cts", "typescript"},
    {"tsx", "tsx"},
    {"md", "markdown"},
    {"markdown", "markdown"},
    {"cs", "c_sharp"},
    {"rb", "ruby"},
    {"php", "php"},
    {"sh", "bash"},
    {"bash", "bash"},
    {"kt", "kotlin"},
    {"kts", "kotlin"},
    {"scala", "scala"},
    {"swift", "swift"},
    {"lua", "lua"},
    {"cmake", "cmake"},
    {"proto", "proto"},
    {"sql", "sql"},
    {"json", "json"},
    {"yaml", "yaml"},
    {"yml", "yaml"},
    {"toml", "toml"},
    {"xml", "xml"},
    {"html", "html"},
    {"htm", "html"},
    {"css", "css"},
    {"qml", "qmljs"},
    {"mk", "make"},
    {"rst", "rst"},
    {"pl", "perl"},
    {"m", "objc"},
    {"mm", "objc"},
    {"hs", "haskell"},
    {"ml", "ocaml"},
    {"zig", "zig"},
};

constexpr Ending kNames[] = {{"cmakelists.txt", "cmake"},  {"makefile", "make"}, {"gnumakefile", "make"},
                             {"dockerfile", "dockerfile"}, {"rakefile", "ruby"}, {"gemfile", "ruby"},
                             {"sconstruct", "python"}};

constexpr Ending kInterpreters[] = {{"python", "python"},   {"bash", "bash"}, {"/sh", "bash"},  {" sh", "bash"},
                                    {"node", "javascript"}, {"ruby", "ruby"}, {"perl", "perl"}, {"php", "php"}};

// A header is C++ if it says something C cannot say at the start of a line.
bool is_cpp_header(std::string_view text) {
  constexpr std::string_view kStarts[] = {
      "class ",     "namespace ", "template",  "public:", "private:",    "protected:",       "using ",
      "constexpr ", "virtual ",   "explicit ", "friend ", "enum class ", "inline namespace "};
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (std::ranges::any_of(kStarts, [&](std::string_view start) { return line.starts_with(start); })) return true;
    if (const size_t mark = line.find_first_of(":;{(*/=");
        line.starts_with("struct ") && mark != line.npos && line.substr(0, mark).ends_with(' ') && line[mark] == ':') {
      return true;  // struct A : B
    }
    if (line.starts_with("#include <") && line.find('.') == std::string_view::npos &&
        line.find('/') == std::string_view::npos) {
      return true;  // <vector>
    }
    if (!line.starts_with("//") && !line.starts_with("*") && !line.starts_with("/*") &&
        line.find("std::") != std::string_view::npos) {
      return true;
    }
    at = end + 1;
  }
  return false;
}

}  // namespace

std::string_view detect_language(std::string_view path, std::string_view text) {
  std::string name = lower_case(path.substr(path.rfind('/') + 1));
  if (name.ends_with(".in")) name.resize(name.size() - 3);  // config.h.in: what configuring makes it
  for (const Ending& known : kNames) {
    if (name == known.ending) return known.language;
  }
  if (const size_t dot = name.rfind('.'); dot != std::string::npos && dot > 0) {
    const std::string_view ending = std::string_view(name).substr(dot + 1);
    if (ending == "h") {
      if (text.find("\n@interface") != std::string_view::npos) return "objc";
      return is_cpp_header(text) ? "cpp" : "c";
    }
    for (const Ending& known : kEndings) {
      if (ending == known.ending) return known.language;
    }
    return "text";
  }
  if (text.starts_with("#!")) {
    const std::string_view line = text.substr(0, std::min<size_t>(text.find('\n'), 200));
    for (const Ending& known : kInterpreters) {
      if (line.find(known.ending) != std::string_view::npos) return known.language;
    }
  }
  return "text";
}

uint32_t queries_fingerprint() {
  uint32_t hash = 2166136261u;  // FNV-1a
  const auto add = [&](std::string_view text) {
    for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619u;
  };
  for (const Entry& entry : entries()) {
    for (const std::string_view* text : {entry.symbols, entry.references})
      if (text) add(*text);
  }
  add(resources::words);
  return hash;
}

namespace {

// A mistake in a .scm file leaves the language to be read as text, and the unit tests say so.
void read_queries(const Entry& entry, Grammar& grammar) {
  grammar.language = entry.grammar();
  grammar.scoping = entry.scoping;
  grammar.error = grammar.query.add(grammar.language, *entry.symbols);
  if (entry.references && grammar.error.empty()) grammar.error = grammar.query.add(grammar.language, *entry.references);
  for (const std::string_view name : grammar.query.captures()) {
    const size_t dot = std::min(name.find('.'), name.size());
    const auto known = std::ranges::find(kCaptures, name.substr(0, dot), &std::pair<std::string_view, Capture>::first);
    grammar.captures.push_back({known == std::end(kCaptures) ? Capture::kOther : known->second,
                                dot < name.size() ? name.substr(dot + 1) : std::string_view()});
  }
}

}  // namespace

const Scoping& scoping_of(std::string_view language) {
  static constexpr auto kEntries = entries();
  static constexpr Scoping kNone{"text", "."};
  const auto entry = std::ranges::find(kEntries, language, &Entry::name);
  return entry == kEntries.end() ? kNone : entry->scoping;
}

const TSLanguage* grammar_of(std::string_view language) {
  static constexpr auto kEntries = entries();
  const auto entry = std::ranges::find(kEntries, language, &Entry::name);
  return entry == kEntries.end() ? nullptr : entry->grammar();
}

const Grammar* Grammars::find(std::string_view language) {
  static constexpr auto kEntries = entries();
  const auto entry = std::ranges::find(kEntries, language, &Entry::name);
  if (entry == kEntries.end()) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto [known, added] = known_.try_emplace(std::string(language));
  if (added) read_queries(*entry, known->second);
  return &known->second;
}

}  // namespace strata::repo
