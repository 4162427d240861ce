// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/language.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "repo-indexer/terms.h"

extern "C" {
const TSLanguage* tree_sitter_c();
const TSLanguage* tree_sitter_cpp();
const TSLanguage* tree_sitter_cuda();
const TSLanguage* tree_sitter_python();
const TSLanguage* tree_sitter_rust();
const TSLanguage* tree_sitter_go();
const TSLanguage* tree_sitter_java();
const TSLanguage* tree_sitter_javascript();
const TSLanguage* tree_sitter_typescript();
const TSLanguage* tree_sitter_tsx();
const TSLanguage* tree_sitter_markdown();
}

namespace strata::resources {
extern const std::string_view c_symbols, c_references, cpp_symbols, cpp_references, python_symbols, python_references,
    rust_symbols, rust_references, go_symbols, go_references, java_symbols, java_references, javascript_symbols,
    javascript_references, typescript_symbols, typescript_references, markdown_symbols, words;
}

namespace strata::repo {
namespace {

struct Entry {
  std::string_view name;
  const TSLanguage* (*grammar)();
  const std::string_view* symbols;
  const std::string_view* references;  // may be null
  std::string_view separator;
};

constexpr auto entries() {
  using namespace resources;
  return std::to_array<Entry>({
      {"c", tree_sitter_c, &c_symbols, &c_references, "::"},
      {"cpp", tree_sitter_cpp, &cpp_symbols, &cpp_references, "::"},
      {"cuda", tree_sitter_cuda, &cpp_symbols, &cpp_references, "::"},
      {"python", tree_sitter_python, &python_symbols, &python_references, "."},
      {"rust", tree_sitter_rust, &rust_symbols, &rust_references, "::"},
      {"go", tree_sitter_go, &go_symbols, &go_references, "."},
      {"java", tree_sitter_java, &java_symbols, &java_references, "."},
      {"javascript", tree_sitter_javascript, &javascript_symbols, &javascript_references, "."},
      {"typescript", tree_sitter_typescript, &typescript_symbols, &typescript_references, "."},
      {"tsx", tree_sitter_tsx, &typescript_symbols, &typescript_references, "."},
      {"markdown", tree_sitter_markdown, &markdown_symbols, nullptr, " > "},
  });
}

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
    {"qml", "qml"},
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
  const std::string name = lower_case(path.substr(path.rfind('/') + 1));
  for (const Ending& known : kNames) {
    if (name == known.ending) return known.language;
  }
  if (const size_t dot = name.rfind('.'); dot != std::string::npos && dot > 0) {
    const std::string_view ending = std::string_view(name).substr(dot + 1);
    if (ending == "h") {
      if (text.find("@interface") != std::string_view::npos) return "objc";
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

const Grammar* Grammars::find(std::string_view language) {
  const std::lock_guard lock(mutex_);
  if (const auto known = grammars_.find(language); known != grammars_.end()) return &known->second;
  for (const Entry& entry : entries()) {
    if (entry.name != language) continue;
    Grammar grammar{.language = entry.grammar(), .symbols = {}, .references = {}, .separator = entry.separator};
    const auto compile = [&](const std::string_view* source) -> TSQuery* {
      if (!source) return nullptr;
      uint32_t offset = 0;
      TSQueryError error = TSQueryErrorNone;
      return ts_query_new(grammar.language, source->data(), static_cast<uint32_t>(source->size()), &offset, &error);
    };
    grammar.symbols.reset(compile(entry.symbols));
    grammar.references.reset(compile(entry.references));
    // A mistake in a .scm file leaves no query: the language is then read as text, and the unit tests say so.
    return &grammars_.emplace(std::string(language), std::move(grammar)).first->second;
  }
  return nullptr;
}

}  // namespace strata::repo
