// SPDX-License-Identifier: Apache-2.0
#include "agent/edits/add_parameter.h"

#include <algorithm>
#include <format>
#include <map>
#include <set>

#include "agent/edits/splice.h"
#include "repo-indexer/language.h"

namespace strata::agent {
namespace {

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\n\r");
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(" \t\n\r") - first + 1);
}

std::string without_default(std::string_view text) { return std::string(trimmed(text.substr(0, text.find('=')))); }

// Where a further item goes into a list in parentheses, and with what before and behind it.
Splice appended(std::string_view text, ByteRange list, const std::string& item, bool python_parameters) {
  size_t end = list.last - 1;  // the closing parenthesis
  const std::string_view inner = text.substr(list.first + 1, end - list.first - 1);
  if (trimmed(inner).empty()) return {list.first + 1, end, item};
  if (trimmed(inner) == "void") return {list.first + 1, end, item};
  if (python_parameters) {
    // Behind **kwargs nothing may stand.
    int depth = 0;
    for (size_t i = 0; i + 1 < inner.size(); ++i) {
      depth += (inner[i] == '(' || inner[i] == '[' || inner[i] == '{') -
               (inner[i] == ')' || inner[i] == ']' || inner[i] == '}');
      const size_t before = inner.find_last_not_of(" \t\n\r", i == 0 ? 0 : i - 1);
      if (depth == 0 && inner[i] == '*' && inner[i + 1] == '*' &&
          (i == 0 || before == inner.npos || inner[before] == ',')) {
        return {list.first + 1 + i, list.first + 1 + i, item + ", "};
      }
    }
  }
  size_t at = list.first + 1 + inner.find_last_not_of(" \t\n\r") + 1;
  if (text[at - 1] == ',') {  // a trailing comma: a line of its own, like the others
    const size_t line = text.rfind('\n', at - 2);
    if (line != text.npos && line > list.first) {
      const size_t word = text.find_first_not_of(" \t", line + 1);
      return {at, at, "\n" + std::string(text.substr(line + 1, word - line - 1)) + item + ","};
    }
    return {at, at, " " + item + ","};
  }
  return {at, at, ", " + item};
}

bool has_parameter(std::string_view list, std::string_view name) {
  for (size_t at = list.find(name); at != list.npos; at = list.find(name, at + 1)) {
    const bool left = at == 0 || !is_identifier(list.substr(at - 1, 1));
    const char behind = at + name.size() < list.size() ? list[at + name.size()] : ' ';
    if (left && !is_identifier(std::string_view(&behind, 1)) && !(behind >= '0' && behind <= '9')) return true;
  }
  return false;
}

// The texts of a change in the making: several operations on the same files.
class Draft {
 public:
  explicit Draft(const Sources& sources) : sources_(sources) {}
  Result<std::string> text(const std::string& path) {
    if (const auto known = before_.find(path); known != before_.end()) return known->second;
    auto bytes = sources_.read(path);
    if (bytes) before_[path] = *bytes;
    return bytes;
  }
  void add(const std::string& path, Splice s) {
    auto& all = splices_[path];
    if (std::ranges::find(all, s) == all.end()) all.push_back(std::move(s));
  }
  Result<std::vector<TextChange>> changes() {
    std::vector<TextChange> all;
    for (auto& [path, splices] : splices_) {
      auto after = splice(before_[path], splices);
      if (!after) return std::unexpected(after.error());
      auto changed = changed_file(path, before_[path], *after);
      if (!changed) return std::unexpected(changed.error());
      all.push_back(std::move(*changed));
    }
    return all;
  }

 private:
  const Sources& sources_;
  std::map<std::string, std::string> before_;
  std::map<std::string, std::vector<Splice>> splices_;
};

struct Operation {
  const Sources& sources;
  Draft draft;
  Change change;
  std::vector<std::string> done;  // qualified names of functions that got the parameter

  Result<void> add(const std::string& target, const NewParameter& parameter);
  Result<void> pass_on(const repo::Symbol& symbol, const SourceTree& tree, const std::string& text, ByteRange body,
                       const NewParameter& parameter, const std::string& name);
};

Result<void> Operation::add(const std::string& target, const NewParameter& parameter) {
  auto symbol = find_target(sources.index, target);
  if (!symbol) return std::unexpected(symbol.error());
  if (!repo::is_function(symbol->kind)) {
    return fail(ErrorKind::kInvalid,
                std::format("{} is a {}, and parameters belong to functions", symbol->qualified_name, symbol->kind));
  }
  if (std::ranges::find(done, symbol->qualified_name) != done.end()) return {};
  done.push_back(symbol->qualified_name);
  const auto file = sources.index.file(symbol->file);
  const std::string language = file && *file ? (*file)->language : "";
  const bool python = language == "python", c_family = repo::scoping_of(language).family == "c";
  if (!python && !c_family)
    return fail(ErrorKind::kUnsupported,
                "parameters are added to functions of Python, C and C++ only; edit the function instead");
  const std::string name = parameter_name(parameter.text);
  if (!is_identifier(name))
    return fail(ErrorKind::kInvalid,
                std::format("\"{}\" is no parameter; write it as the language does, with a default if it has one",
                            parameter.text));
  const bool has_default = parameter.text.find('=') != std::string::npos && language != "c";
  auto symbols = same_thing(sources.index, *symbol);
  if (!symbols) return std::unexpected(symbols.error());
  const bool declared_elsewhere = std::ranges::any_of(*symbols, [](const repo::Symbol& s) { return !s.definition; });
  for (const repo::Symbol& s : *symbols) {
    auto text = draft.text(s.file);
    if (!text) return std::unexpected(text.error());
    const auto tree = SourceTree::parse(s.file, *text);
    if (!tree) return fail(ErrorKind::kUnsupported, s.file + " is not parsed");
    const auto at = std::ranges::find_if(
        tree->symbols(), [&](const ParsedSymbol& p) { return p.name_line == s.name_line && p.name == s.name; });
    const auto list = at == tree->symbols().end() ? std::nullopt : tree->parameters(*at);
    if (!list)
      return fail(ErrorKind::kInvalid, std::format("{}:{}: no parameter list is found here", s.file, s.name_line));
    if (has_parameter(std::string_view(*text).substr(list->first, list->last - list->first), name)) {
      return fail(ErrorKind::kInvalid, std::format("{} has a parameter called {} already, at {}:{}", s.qualified_name,
                                                   name, s.file, s.name_line));
    }
    // C++ says a default once: where the function is declared.
    const bool plain = !has_default || (c_family && s.definition && declared_elsewhere);
    draft.add(s.file, appended(*text, *list, plain ? without_default(parameter.text) : parameter.text, python));
    if (s.id != symbol->id || !s.definition) continue;
    const auto body = tree->body(*at);
    if (!body || (parameter.pass_to.empty() && !parameter.pass_on)) continue;
    if (auto passed = pass_on(*symbol, *tree, *text, *body, parameter, name); !passed) return passed;
  }
  // Callers.
  auto files = uses_of(sources, *symbols);
  if (!files) return std::unexpected(files.error());
  std::vector<Place> must_pass;
  for (const FileUses& uses : *files) {
    const auto tree = SourceTree::parse(uses.path, uses.text);
    if (!tree) continue;
    auto text = draft.text(uses.path);
    if (!text) return std::unexpected(text.error());
    const auto calls = tree->arguments_of_calls(symbol->name, {0, static_cast<uint32_t>(uses.text.size())});
    for (const Use& use : uses.uses) {
      if (use.definition || use.certainty == Use::Certainty::kMention) continue;
      const auto call = std::ranges::find_if(calls, [&](const ByteRange& c) {
        return c.first >= use.place.last &&
               trimmed(std::string_view(uses.text).substr(use.place.last, c.first - use.place.last)).empty();
      });
      if (call == calls.end()) continue;  // imported, or passed on
      if (!parameter.argument.empty() && use.certainty != Use::Certainty::kUncertain) {
        draft.add(uses.path,
                  appended(*text, *call, python ? name + "=" + parameter.argument : parameter.argument, false));
      } else if (!has_default) {
        (use.certainty == Use::Certainty::kUncertain ? change.uncertain : must_pass).push_back(place_of(uses, use));
      }
    }
  }
  if (!must_pass.empty()) {
    Change refusal;
    refusal.summary = std::format("callers of {} have to pass a value for {}: give it a default, or say what they pass",
                                  symbol->qualified_name, name);
    for (Place& p : must_pass) p.why = "calls it";
    refusal.uncertain = std::move(must_pass);
    return fail(ErrorKind::kInvalid, describe(refusal, 8));
  }
  return {};
}

Result<void> Operation::pass_on(const repo::Symbol& symbol, const SourceTree& tree, const std::string& text,
                                ByteRange body, const NewParameter& parameter, const std::string& name) {
  const bool python = tree.language() == "python";
  std::vector<std::string> receivers = parameter.pass_to;
  if (receivers.empty()) {
    auto callees = sources.index.callees(symbol);
    if (!callees) return std::unexpected(callees.error());
    for (const repo::Relation& r : *callees) {
      if (r.symbol.id == 0 || r.reference.confidence < 0.4 || !repo::is_function(r.symbol.kind)) continue;
      if (has_parameter(r.symbol.signature, name)) receivers.push_back(r.symbol.name);
    }
    if (receivers.empty()) {
      return fail(ErrorKind::kInvalid,
                  std::format("nothing that {} calls has a parameter called {}; say to which function it is passed on",
                              symbol.qualified_name, name));
    }
  }
  for (const std::string& receiver : receivers) {
    const auto calls = tree.arguments_of_calls(receiver.substr(receiver.find_last_of(".:") + 1), body);
    if (calls.empty())
      return fail(ErrorKind::kInvalid, std::format("{} does not call {}", symbol.qualified_name, receiver));
    for (const ByteRange& call : calls) {
      if (has_parameter(std::string_view(text).substr(call.first, call.last - call.first), name)) continue;
      draft.add(symbol.file, appended(text, call, python ? name + "=" + name : name, false));
    }
    // It takes it only if it has such a parameter.
    auto target = find_target(sources.index, receiver);
    if (!target) return std::unexpected(target.error());
    if (has_parameter(target->signature, name)) continue;
    NewParameter same = parameter;
    same.pass_to.clear();
    same.pass_on = false;
    if (auto added = add(receiver, same); !added) return added;
  }
  return {};
}

}  // namespace

std::string parameter_name(std::string_view text) {
  std::string_view head = trimmed(text.substr(0, text.find('=')));
  if (const size_t colon = head.find(':'); colon != head.npos && !head.substr(colon).starts_with("::"))
    head = trimmed(head.substr(0, colon));
  while (head.ends_with("[]")) head = trimmed(head.substr(0, head.size() - 2));
  const size_t start = head.find_last_of(" \t*&");
  return std::string(start == head.npos ? head : head.substr(start + 1));
}

Result<Change> add_parameter(const Sources& sources, const std::string& target, const NewParameter& parameter) {
  Operation operation{sources, Draft(sources), {}, {}};
  if (auto added = operation.add(target, parameter); !added) return std::unexpected(added.error());
  auto files = operation.draft.changes();
  if (!files) return std::unexpected(files.error());
  operation.change.files = std::move(*files);
  std::string functions;
  for (const std::string& f : operation.done) functions += (functions.empty() ? "" : " and ") + f;
  operation.change.summary =
      std::format("added parameter {} to {}, in {} file{}", parameter_name(parameter.text), functions,
                  operation.change.files.size(), operation.change.files.size() == 1 ? "" : "s");
  return std::move(operation.change);
}

}  // namespace strata::agent
