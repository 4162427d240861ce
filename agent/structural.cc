// SPDX-License-Identifier: Apache-2.0
#include "agent/structural.h"

#include <algorithm>
#include <format>
#include <map>
#include <set>
#include <utility>

#include "agent/call_questions.h"
#include "agent/content_questions.h"
#include "agent/file_roles.h"
#include "agent/ranker.h"
#include "agent/structural_parts.h"
#include "agent/usages.h"
#include "agent/use_lines.h"
#include "repo-indexer/parse.h"
#include "repo-indexer/structure.h"

namespace strata::agent {

namespace {

constexpr int kLongestCitation = 60;  // lines of a definition
constexpr int kValueLines = 12;
constexpr size_t kFewReferences = 300;
constexpr size_t kMostDescendants = 1000;
// How certain a reference is to mean a symbol before it is listed: a member of an object whose type is not known is, if
// its name is no usual one and, where it is not the only one of its name, reached by an include or import.
constexpr double kLikely = 0.4, kLikelyAlone = 0.25;

// Program before tests, definitions before declarations; otherwise as the index orders them.
void order(std::vector<repo::Symbol>& symbols) {
  std::ranges::stable_sort(symbols, {}, [](const repo::Symbol& s) {
    return std::pair(!s.definition, is_test_path(s.file) || is_documentation_path(s.file));
  });
}

Result<std::vector<repo::Symbol>> symbols_named(const repo::Index& index, std::string_view name) {
  std::string dotted(name);
  for (size_t at; (at = dotted.find("->")) != std::string::npos;) dotted.replace(at, 2, ".");
  auto symbols = index.find_symbols(dotted);
  if (symbols && symbols->empty() && dotted.contains('.')) {
    // "Subprocess.Start" for Subprocess::Start
    std::string other = dotted;
    for (size_t at; (at = other.find('.')) != std::string::npos;) other.replace(at, 1, "::");
    symbols = index.find_symbols(other);
  }
  if (symbols && symbols->empty() && last_component(name) != name) {
    // "app.run" for Flask.run: a method asked for through a variable.
    symbols = index.find_symbols(last_component(name));
    if (symbols) {
      const std::string owner = dotted.substr(0, dotted.size() - last_component(dotted).size());
      const auto owned = [&](const repo::Symbol& s) { return s.qualified_name.find(owner) != std::string::npos; };
      if (std::ranges::any_of(*symbols, owned)) std::erase_if(*symbols, [&](const auto& s) { return !owned(s); });
    }
  }
  if (symbols) order(*symbols);
  return symbols;
}

Answer defined(const Question& q, const std::vector<repo::Symbol>& symbols) {
  Answer answer;
  if (symbols.size() == 1) {
    const Citation c = citation_of(symbols[0]);
    answer.text = std::format("The {} `{}` is {} at {}.", symbols[0].kind, symbols[0].qualified_name,
                              symbols[0].definition ? "defined" : "declared", place(c.file, c.start_line, c.end_line));
    answer.citations.push_back(c);
    return answer;
  }
  answer.text = std::format("`{}` is defined in {} places:\n", q.subject, symbols.size());
  for (const repo::Symbol& s : symbols) {
    if (answer.citations.size() == kPlaces) break;
    const Citation c = citation_of(s);
    answer.text += std::format("- {} `{}`{} at {}\n", s.kind, s.qualified_name, s.definition ? "" : " (declaration)",
                               place(c.file, c.start_line, c.end_line));
    answer.citations.push_back(c);
  }
  answer.text += rest_of(symbols.size());
  return answer;
}

// Where the subject is used; what may as well be something else of its name apart. A name without a symbol stands for
// itself.
struct Uses {
  std::vector<repo::Reference> likely, possible;
  std::vector<repo::Reference> others;  // likely too, but not what was asked for
};

// Leaves the uses of the kind that is asked for, if there are any.
bool narrow(const repo::Index& index, const Question& q, Uses& uses) {
  if (q.use == UseOf::kAny) return false;
  const std::string name(last_component(q.subject));
  TextCache texts(index);
  std::vector<repo::Reference> asked_for;
  for (const repo::Reference& r : uses.likely) {
    const std::string* text = texts.text(r.file);
    const bool does = text && line_does(lines_of(*text, r.line, r.line), name, q.use);
    (does ? asked_for : uses.others).push_back(r);
  }
  if (asked_for.empty()) {
    uses.others.clear();
    return false;
  }
  uses.likely = std::move(asked_for);
  uses.possible.clear();
  return true;
}

std::string_view done(const Question& q, bool made, bool narrowed) {
  if (q.kind == QuestionKind::kCallers) return made ? "made" : "called";
  if (!narrowed) return "used";
  switch (q.use) {
    case UseOf::kWritten: return "set";
    case UseOf::kRaised: return "raised";
    case UseOf::kCaught: return "caught";
    case UseOf::kReturned: return "returned";
    case UseOf::kAny: break;
  }
  return "used";
}

// Calls that mean one of the symbols. Several definitions, one for each system, share a call.
Result<Uses> calls_of(const repo::Index& index, std::string_view name, const std::vector<repo::Symbol>& symbols) {
  std::map<std::pair<std::string, int>, repo::Reference> places;
  for (const repo::Symbol& symbol : symbols) {
    auto references = index.references(symbol);
    if (!references) return std::unexpected(references.error());
    for (repo::Reference& r : *references) {
      if (r.kind != "call") continue;
      const auto [at, added] = places.try_emplace({r.file, r.line}, r);
      if (!added) at->second.confidence = std::min(1.0, at->second.confidence + r.confidence);
    }
  }
  auto named = index.find_symbols(name);
  if (!named) return std::unexpected(named.error());
  const bool alone = std::ranges::all_of(
      *named, [&](const repo::Symbol& s) { return std::ranges::contains(symbols, s.id, &repo::Symbol::id); });
  Uses uses;
  for (auto& [place, reference] : places)
    (reference.confidence >= (alone ? kLikelyAlone : kLikely) ? uses.likely : uses.possible)
        .push_back(std::move(reference));
  return uses;
}

Result<Uses> uses_of(const repo::Index& index, const Question& q, const std::vector<repo::Symbol>& symbols) {
  Uses uses;
  const bool calls = q.kind == QuestionKind::kCallers;
  if (!symbols.empty() && calls) {
    auto called = calls_of(index, last_component(q.subject), symbols);
    if (!called || !q.and_more) return called;
    auto all = usages_of(index, symbols);
    if (!all) return std::unexpected(all.error());
    for (repo::Reference& r : *all)
      if (r.confidence >= kLikelyUse && std::ranges::none_of(called->likely, [&](const repo::Reference& c) {
            return c.file == r.file && c.line == r.line;
          }))
        called->others.push_back(std::move(r));
    return called;
  }
  auto places = symbols.empty()             ? index.references(last_component(q.subject))
                : is_value(symbols.front()) ? usages_of(index, symbols)
                                            : index.references(symbols.front());
  // Looking at the sources finds more, and takes seconds for what stands everywhere in a large repository.
  if (places && !symbols.empty() && !is_value(symbols.front()) && places->size() < kFewReferences)
    places = usages_of(index, symbols);
  if (!places) return std::unexpected(places.error());
  for (repo::Reference& r : *places) {
    if (calls && r.kind != "call") continue;
    (symbols.empty() || r.confidence >= kLikelyUse ? uses.likely : uses.possible).push_back(std::move(r));
  }
  return uses;
}

struct User {
  std::string file, name;
  std::set<int> lines;
};
std::vector<User> users_of(const std::vector<repo::Reference>& uses) {
  std::vector<User> users;
  for (const repo::Reference& r : uses) {
    auto it = std::ranges::find_if(users, [&](const User& u) { return u.file == r.file && u.name == r.enclosing; });
    if (it == users.end()) it = users.insert(users.end(), User{r.file, r.enclosing, {}});
    it->lines.insert(r.line);
  }
  std::ranges::stable_sort(users, {},
                           [](const User& u) { return is_test_path(u.file) || is_documentation_path(u.file); });
  return users;
}

void list(const std::vector<User>& users, Answer& answer) {
  size_t listed = 0;
  for (const User& u : users) {
    if (answer.citations.size() == kPlaces) break;
    answer.text += std::format("- {} at {}", u.name.empty() ? "file level" : "`" + u.name + "`",
                               place(u.file, *u.lines.begin(), *u.lines.begin()));
    if (u.lines.size() > 1)
      answer.text += std::format(" and {} more time{}", u.lines.size() - 1, u.lines.size() > 2 ? "s" : "");
    answer.text += "\n";
    answer.citations.push_back({u.file, *u.lines.begin(), *u.lines.begin(), "", true});
    ++listed;
  }
  if (listed < users.size()) answer.text += std::format("- and {} more\n", users.size() - listed);
}

Answer used(const Question& q, const std::vector<repo::Symbol>& symbols, const Uses& uses, bool narrowed) {
  const bool certain = !uses.likely.empty();
  const std::vector<User> users = users_of(certain ? uses.likely : uses.possible);
  const bool made = !symbols.empty() && repo::is_class(symbols.front().kind);
  const std::string_view verb = done(q, made, narrowed);
  Answer answer;
  if (users.empty()) {
    answer.text = std::format("`{}` is never {} in this repository.", q.subject, verb);
    if (!symbols.empty()) {
      const Citation c = citation_of(symbols[0]);
      answer.text += std::format(" It is defined at {}.", place(c.file, c.start_line, c.end_line));
      answer.citations.push_back(c);
    }
    return answer;
  }
  const std::string places =
      users.size() == 1 ? std::string("in one place") : std::format("in {} places", users.size());
  answer.text = certain ? std::format("`{}` is {} {}:\n", q.subject, verb, places)
                        : std::format("Something called `{}` is {} {}, and which is not certain:\n",
                                      last_component(q.subject), verb, places);
  list(users, answer);
  if (!uses.others.empty() && q.and_more) {
    answer.text += "\nOtherwise it is used here:\n";
    list(users_of(uses.others), answer);
  } else if (!uses.others.empty()) {
    answer.text += std::format("\nIt is used in {} more {} in other ways.", uses.others.size(),
                               uses.others.size() == 1 ? "line" : "lines");
  }
  if (certain && !uses.possible.empty())
    answer.text += std::format("\nIn {} more {} it may be this one or another `{}`.", uses.possible.size(),
                               uses.possible.size() == 1 ? "place" : "places", last_component(q.subject));
  return answer;
}

// What derives from the children, from theirs, and so on.
struct Descendant {
  repo::Symbol symbol;
  std::string through;  // its own base
};
Result<std::vector<Descendant>> descendants_of(const repo::Index& index, const std::vector<repo::Symbol>& children) {
  std::set<int64_t> seen;
  for (const repo::Symbol& child : children) seen.insert(child.id);
  std::vector<Descendant> found;
  std::vector<repo::Symbol> generation = children;
  while (!generation.empty() && found.size() < kMostDescendants) {
    std::vector<repo::Symbol> next;
    for (const repo::Symbol& parent : generation) {
      auto relations = index.subclasses(parent);
      if (!relations) return std::unexpected(relations.error());
      for (const repo::Relation& relation : *relations) {
        if (relation.symbol.id == 0 || relation.reference.confidence < kLikely) continue;
        if (!seen.insert(relation.symbol.id).second) continue;
        found.push_back({relation.symbol, parent.name});
        next.push_back(relation.symbol);
      }
    }
    generation = std::move(next);
  }
  return found;
}

Answer derived(const Question& q, const std::vector<repo::Symbol>& symbols, std::vector<repo::Symbol> children,
               const std::vector<Descendant>& descendants) {
  order(children);
  Answer answer;
  if (children.empty()) {
    answer.text = std::format("Nothing in this repository derives from `{}`.", q.subject);
    if (!symbols.empty()) {
      const Citation c = citation_of(symbols[0]);
      answer.text += std::format(" It is defined at {}.", place(c.file, c.start_line, c.end_line));
      answer.citations.push_back(c);
    }
    return answer;
  }
  answer.text = children.size() == 1 ? std::format("One {} derives from `{}`", children[0].kind, q.subject)
                                     : std::format("{} derive from `{}`", children.size(), q.subject);
  if (!descendants.empty())
    answer.text +=
        std::format(" directly, {} more through {}", descendants.size(), children.size() == 1 ? "it" : "them");
  answer.text += ":\n";
  const auto list = [&](const repo::Symbol& s, std::string_view through) {
    if (answer.citations.size() == kPlaces) return;
    const Citation c = citation_of(s);
    answer.text += std::format("- `{}` at {}{}\n", s.qualified_name, place(c.file, c.start_line, c.end_line),
                               through.empty() ? "" : std::format(", through `{}`", through));
    answer.citations.push_back(c);
  };
  for (const repo::Symbol& s : children) list(s, "");
  for (const auto& [symbol, through] : descendants) list(symbol, through);
  answer.text += rest_of(children.size() + descendants.size());
  return answer;
}

// The methods of this name in classes below those of `methods`.
Result<std::vector<repo::Symbol>> overriding(const repo::Index& index, const std::vector<repo::Symbol>& methods) {
  std::map<int64_t, repo::Symbol> found;
  for (const repo::Symbol& method : methods) {
    auto below = repo::overriding(index, method);
    if (!below) return below;
    for (repo::Symbol& s : *below) found.emplace(s.id, std::move(s));
  }
  std::vector<repo::Symbol> all;
  all.reserve(found.size());
  for (auto& [id, symbol] : found) all.push_back(std::move(symbol));
  order(all);
  return all;
}

Answer overridden(const Question& q, const std::vector<repo::Symbol>& methods, const std::vector<repo::Symbol>& by) {
  Answer answer;
  answer.text = by.empty() ? std::format("Nothing in this repository overrides `{}`. It is defined at {}.", q.subject,
                                         place(methods[0].file, methods[0].name_line, methods[0].name_line))
                           : std::format("`{}` is overridden in {} {}:\n", q.subject, by.size(),
                                         by.size() == 1 ? "class" : "classes");
  if (by.empty()) answer.citations.push_back(citation_of(methods[0]));
  for (const repo::Symbol& s : by) {
    if (answer.citations.size() == kPlaces) break;
    const Citation c = citation_of(s);
    answer.text += std::format("- `{}` at {}\n", s.qualified_name, place(c.file, c.start_line, c.end_line));
    answer.citations.push_back(c);
  }
  answer.text += rest_of(by.size());
  return answer;
}

Result<std::optional<Answer>> value_of(const repo::Index& index, const Question& q, std::vector<repo::Symbol> symbols) {
  std::erase_if(symbols, [](const repo::Symbol& s) { return !is_value(s); });
  if (symbols.empty() || symbols.size() > 3) return std::nullopt;
  Answer answer;
  for (const repo::Symbol& s : symbols) {
    auto file = index.file(s.file);
    if (!file) return std::unexpected(file.error());
    if (!*file) return std::nullopt;
    auto text = index.read_text(**file);
    if (!text) return std::nullopt;  // changed on disk: the model's way says so
    const int first = s.name_line, last = std::min(s.last_line, s.name_line + kValueLines - 1);
    answer.text += std::format("`{}` is given at {}:\n```\n{}```\n", q.subject, place(s.file, first, last),
                               lines_of(*text, first, last));
    answer.citations.push_back({s.file, first, last, s.qualified_name, true});
  }
  return answer;
}

// A name that stands nowhere needs no model to be found missing; a file's may be told in part.
Result<std::optional<Answer>> nowhere(const repo::Index& index, const Question& q) {
  using enum QuestionKind;
  if (q.kind == kIncludes || q.kind == kIncludedBy || q.kind == kOutline) return std::nullopt;
  for (const Identifier& identifier : q.identifiers) {
    if (!identifier.certain) continue;
    auto known = index.knows_word(last_component(identifier.text));
    if (!known) return std::unexpected(known.error());
    if (*known) continue;
    Answer answer;
    answer.found = false;
    answer.evidence.unknown.push_back(identifier.text);
    answer.text = not_contained(answer.evidence.unknown);
    return answer;
  }
  return std::nullopt;
}

}  // namespace

std::string place(std::string_view file, int first, int last) {
  return first == last ? std::format("`{}:{}`", file, first) : std::format("`{}:{}-{}`", file, first, last);
}

Citation citation_of(const repo::Symbol& s) {
  const bool whole = s.last_line - s.first_line < kLongestCitation;
  return {s.file, whole ? s.first_line : s.name_line, whole ? s.last_line : s.name_line, s.qualified_name, true};
}

std::string not_contained(const std::vector<std::string>& names) {
  std::string listed;
  for (const std::string& name : names) listed += (listed.empty() ? "`" : ", `") + name + "`";
  return std::format("The repository does not contain {}: no symbol, reference or word of any file has this name.",
                     listed);
}

std::string rest_of(size_t count) { return count > kPlaces ? std::format("- and {} more\n", count - kPlaces) : ""; }

std::string lines_of(const std::string& text, int first, int last) {
  size_t begin = 0;
  for (int line = 1; line < first && begin != std::string::npos; ++line)
    if (begin = text.find('\n', begin); begin != std::string::npos) ++begin;
  if (begin == std::string::npos) return {};
  size_t end = begin;
  for (int line = first; line <= last && end != std::string::npos; ++line)
    if (end = text.find('\n', end); end != std::string::npos) ++end;
  return text.substr(begin, end == std::string::npos ? std::string::npos : end - begin);
}

Result<std::optional<Answer>> structural_answer(const repo::Index& index, const Question& question,
                                                const Cancel* cancel) {
  if (question.kind == QuestionKind::kDescription) return std::nullopt;
  auto symbols = symbols_named(index, question.subject);
  if (!symbols) return std::unexpected(symbols.error());
  std::optional<Answer> answer;
  switch (question.kind) {
    case QuestionKind::kDefinition:
      if (!symbols->empty()) answer = defined(question, *symbols);
      break;
    case QuestionKind::kIncludedBy: {
      auto about = answer_about_file(index, question);
      if (!about) return about;
      if (answer = std::move(*about); answer) break;
      [[fallthrough]];  // a symbol that is imported
    }
    case QuestionKind::kCallers:
    case QuestionKind::kUsers: {
      auto uses = uses_of(index, question, *symbols);
      if (!uses) return std::unexpected(uses.error());
      const bool narrowed = narrow(index, question, *uses);
      if (!symbols->empty() || !uses->likely.empty()) answer = used(question, *symbols, *uses, narrowed);
      break;
    }
    case QuestionKind::kSubclasses: {
      if (!symbols->empty() && symbols->front().kind == "method") {
        auto by = overriding(index, *symbols);
        if (!by) return std::unexpected(by.error());
        answer = overridden(question, *symbols, *by);
        break;
      }
      auto children = index.subclasses(last_component(question.subject));
      if (!children) return std::unexpected(children.error());
      auto descendants = descendants_of(index, *children);
      if (!descendants) return std::unexpected(descendants.error());
      if (!symbols->empty() || !children->empty())
        answer = derived(question, *symbols, std::move(*children), *descendants);
      break;
    }
    case QuestionKind::kCallees: {
      if (symbols->empty()) break;
      auto callees = callees_of(index, question, *symbols);
      if (!callees) return std::unexpected(callees.error());
      answer = std::move(*callees);
      break;
    }
    case QuestionKind::kTests: {
      if (symbols->empty()) break;
      auto touching = tests_touching(index, question, *symbols, cancel);
      if (!touching) return std::unexpected(touching.error());
      answer = std::move(*touching);
      break;
    }
    case QuestionKind::kCallPath: {
      auto to = symbols_named(index, question.object);
      if (!to) return std::unexpected(to.error());
      if (symbols->empty() || to->empty()) break;
      auto chain = call_chain(index, question, *symbols, *to, cancel);
      if (!chain) return std::unexpected(chain.error());
      answer = std::move(*chain);
      break;
    }
    case QuestionKind::kValue: {
      auto value = value_of(index, question, *symbols);
      if (!value) return value;
      answer = std::move(*value);
      break;
    }
    case QuestionKind::kIncludes:
    case QuestionKind::kOutline: {
      auto about = answer_about_file(index, question);
      if (!about) return about;
      answer = std::move(*about);
      break;
    }
    case QuestionKind::kMembers:
    case QuestionKind::kBases:
    case QuestionKind::kSignature: {
      auto about = answer_about_symbol(index, question, *symbols);
      if (!about) return about;
      answer = std::move(*about);
      break;
    }
    case QuestionKind::kComparison:  // the model reads both
    case QuestionKind::kDescription: break;
  }
  if (!answer) {
    auto missing = nowhere(index, question);
    if (!missing || !*missing) return missing;
    answer = std::move(**missing);
  }
  answer->structural = true;
  while (answer->text.ends_with('\n')) answer->text.pop_back();
  return answer;
}

}  // namespace strata::agent
