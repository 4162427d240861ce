// SPDX-License-Identifier: Apache-2.0
#include "agent/content_questions.h"

#include <algorithm>
#include <cctype>
#include <format>
#include <iterator>
#include <ranges>
#include <set>

#include "agent/structural_parts.h"
#include "repo-indexer/language.h"
#include "repo-indexer/parse.h"

namespace strata::agent {

namespace {

constexpr size_t kContents = 30;  // symbols of a file or class that are listed

// The one file of this path, or of this name; nothing if there are several or none.
Result<std::optional<repo::File>> file_meant(const repo::Index& index, const std::string& path) {
  auto exact = index.file(path);
  if (!exact || *exact) return exact;
  // A module of Python: "requests.cookies".
  std::string module = path;
  std::ranges::replace(module, '.', '/');
  auto files = index.files();
  if (!files) return std::unexpected(files.error());
  std::erase_if(*files, [&](const repo::File& f) {
    const auto is = [&](const std::string& name) { return f.path == name || f.path.ends_with("/" + name); };
    return !is(path) && !is(module + ".py") && !is(module + "/__init__.py");
  });
  if (files->size() != 1) return std::nullopt;
  return std::move(files->front());
}

Citation line_of(const std::string& file, int line) { return {file, line, line, "", true}; }

// "- function `parse` at `src/a.c:12`", each cited as far as places are.
void list(const std::vector<repo::Symbol>& symbols, Answer& answer) {
  for (const repo::Symbol& s : symbols | std::views::take(kContents)) {
    answer.text += std::format("- {} `{}` at {}\n", s.kind, s.qualified_name, place(s.file, s.name_line, s.name_line));
    if (answer.citations.size() < kPlaces) answer.citations.push_back(citation_of(s));
  }
  if (symbols.size() > kContents) answer.text += std::format("- and {} more\n", symbols.size() - kContents);
}

std::string count_of(size_t count, std::string_view one, std::string_view several) {
  return count == 1 ? std::format("one {}", one) : std::format("{} {}", count, several);
}

// As its language has it.
std::string_view includes_word(const repo::File& file) {
  return repo::scoping_of(file.language).family == "c" ? "include" : "import";
}

Result<Answer> includes_of(const repo::Index& index, const repo::File& file) {
  const std::string& path = file.path;
  auto imports = index.includes(path);
  if (!imports) return std::unexpected(imports.error());
  Answer answer;
  std::vector<std::string> outside;
  std::set<std::string> here;
  std::string text;
  for (const repo::Import& i : *imports) {
    if (i.target.empty()) {
      if (!std::ranges::contains(outside, i.name)) outside.push_back(i.name);
    } else if (here.insert(i.target).second) {
      text += std::format("- `{}` at {}\n", i.target, place(i.file, i.line, i.line));
      if (answer.citations.size() < kPlaces) answer.citations.push_back(line_of(i.file, i.line));
    }
  }
  answer.text = here.empty() ? std::format("`{}` {}s nothing of this repository.", path, includes_word(file))
                             : std::format("`{}` {}s {}:\n{}", path, includes_word(file),
                                           count_of(here.size(), "file", "files"), text);
  std::string others;
  for (const std::string& name : outside) others += std::format("{}`{}`", others.empty() ? "" : ", ", name);
  if (!others.empty()) answer.text += std::format("\n\nFrom elsewhere: {}.", others);
  if (answer.citations.empty()) answer.citations.push_back(line_of(path, 1));
  return answer;
}

Result<Answer> includers_of(const repo::Index& index, const repo::File& file) {
  const std::string& path = file.path;
  auto imports = index.included_by(path);
  if (!imports) return std::unexpected(imports.error());
  std::vector<std::pair<std::string, int>> places;
  for (const repo::Import& i : *imports)
    if (places.empty() || places.back().first != i.file) places.emplace_back(i.file, i.line);
  Answer answer;
  if (places.empty()) {
    answer.text =
        std::format("No file of this repository that the index knows of {}s `{}`.", includes_word(file), path);
    answer.citations.push_back(line_of(path, 1));
    return answer;
  }
  answer.text = std::format("`{}` is {} by {}:\n", path, includes_word(file) == "include" ? "included" : "imported",
                            count_of(places.size(), "file", "files"));
  for (const auto& [user, line] : places | std::views::take(kContents)) {
    answer.text += std::format("- {}\n", place(user, line, line));
    if (answer.citations.size() < kPlaces) answer.citations.push_back(line_of(user, line));
  }
  if (places.size() > kContents) answer.text += std::format("- and {} more\n", places.size() - kContents);
  return answer;
}

Result<Answer> outline_of(const repo::Index& index, const std::string& path) {
  auto symbols = index.symbols(path);
  if (!symbols) return std::unexpected(symbols.error());
  Answer answer;
  answer.text = symbols->empty() ? std::format("The index knows no symbols of `{}`.", path)
                                 : std::format("`{}` has {}:\n", path, count_of(symbols->size(), "symbol", "symbols"));
  list(*symbols, answer);
  if (answer.citations.empty()) answer.citations.push_back(line_of(path, 1));
  return answer;
}

bool is_within(const repo::Symbol& member, const repo::Symbol& owner) {
  return member.qualified_name.starts_with(owner.qualified_name) && member.id != owner.id &&
         member.qualified_name.size() > owner.qualified_name.size() &&
         (member.qualified_name[owner.qualified_name.size()] == ':' ||
          member.qualified_name[owner.qualified_name.size()] == '.');
}

Result<Answer> members_of(const repo::Index& index, const Question& question, const repo::Symbol& owner) {
  auto symbols = index.symbols(owner.file);
  if (!symbols) return std::unexpected(symbols.error());
  const bool methods = question.text.contains("methods");
  std::erase_if(*symbols, [&](const repo::Symbol& s) {
    return !is_within(s, owner) || s.first_line < owner.first_line || s.last_line > owner.last_line ||
           (methods && !repo::is_function(s.kind));
  });
  Answer answer;
  const Citation c = citation_of(owner);
  answer.text = std::format(
      "The {} `{}` at {} has {}{}\n", owner.kind, owner.qualified_name, place(c.file, c.start_line, c.end_line),
      methods ? count_of(symbols->size(), "method", "methods") : count_of(symbols->size(), "member", "members"),
      symbols->empty() ? "." : ":");
  answer.citations.push_back(c);
  list(*symbols, answer);
  return answer;
}

Result<Answer> bases_of(const repo::Index& index, const repo::Symbol& heir) {
  Answer answer;
  const Citation c = citation_of(heir);
  answer.citations.push_back(c);
  auto found = index.bases(heir);
  if (!found) return std::unexpected(found.error());
  std::string bases;
  for (const repo::Relation& base : *found) {
    if (base.symbol.id == 0 || bases.contains("`" + base.symbol.qualified_name + "`")) continue;
    const Citation at = citation_of(base.symbol);
    bases += std::format("- `{}` at {}\n", base.symbol.qualified_name, place(at.file, at.start_line, at.end_line));
    answer.citations.push_back(at);
  }
  answer.text = std::format("`{}` is declared at {} as `{}`", heir.qualified_name,
                            place(c.file, c.start_line, c.end_line), heir.signature);
  answer.text += bases.empty() ? "; it inherits from no class of this repository." : ". It inherits from:\n" + bases;
  return answer;
}

Answer signature_of(const std::vector<repo::Symbol>& functions) {
  Answer answer;
  for (const repo::Symbol& s : functions | std::views::take(kPlaces)) {
    const Citation c = citation_of(s);
    answer.text += std::format("{}`{}`, {} at {}\n", functions.size() > 1 ? "- " : "", s.signature,
                               s.definition ? "defined" : "declared", place(c.file, c.start_line, c.end_line));
    answer.citations.push_back(c);
  }
  answer.text += rest_of(functions.size());
  return answer;
}

}  // namespace

Result<std::optional<Answer>> answer_about_file(const repo::Index& index, const Question& question) {
  auto file = file_meant(index, question.subject);
  if (!file) return std::unexpected(file.error());
  if (!*file) return std::nullopt;
  auto answer = question.kind == QuestionKind::kIncludes  ? includes_of(index, **file)
                : question.kind == QuestionKind::kOutline ? outline_of(index, (*file)->path)
                                                          : includers_of(index, **file);
  if (!answer) return std::unexpected(answer.error());
  return std::move(*answer);
}

Result<std::optional<Answer>> answer_about_symbol(const repo::Index& index, const Question& question,
                                                  const std::vector<repo::Symbol>& symbols) {
  if (question.kind == QuestionKind::kSignature) {
    std::vector<repo::Symbol> functions;
    std::ranges::copy_if(symbols, std::back_inserter(functions), [](const repo::Symbol& s) {
      return (repo::is_function(s.kind) || s.kind == "macro") && !s.signature.empty();
    });
    if (functions.empty()) return std::nullopt;
    return signature_of(functions);
  }
  const auto owner = std::ranges::find_if(
      symbols, [](const repo::Symbol& s) { return repo::is_class(s.kind) && s.definition && s.kind != "type"; });
  if (owner == symbols.end()) return std::nullopt;
  auto answer = question.kind == QuestionKind::kMembers ? members_of(index, question, *owner) : bases_of(index, *owner);
  if (!answer) return std::unexpected(answer.error());
  return std::move(*answer);
}

}  // namespace strata::agent
