// SPDX-License-Identifier: Apache-2.0
#include "agent/run/mechanical.h"

#include <algorithm>
#include <format>
#include <set>

#include "agent/edits/add_parameter.h"
#include "agent/edits/target.h"
#include "repo-indexer/terms.h"

namespace strata::agent {
namespace {

struct Word {
  std::string text;  // without quotes, "()" and trailing punctuation
  bool quoted = false;
  bool ends = false;  // a full stop, comma or semicolon follows
};

constexpr std::string_view kPunctuation = ".,;:?!";

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  for (size_t at = 0; (at = text.find_first_not_of(" \t\n\r", at)) != text.npos;) {
    Word word;
    const char c = text[at];
    const size_t close = c == '`' || c == '"' || c == '\'' ? text.find(c, at + 1) : text.npos;
    if (close != text.npos) {
      word = {std::string(text.substr(at + 1, close - at - 1)), true, false};
      at = close + 1;
    } else {
      const size_t end = std::min(text.find_first_of(" \t\n\r", at), text.size());
      word.text = text.substr(at, end - at);
      at = end;
    }
    // Punctuation behind a quotation is a word of its own by now.
    if (!word.quoted && !words.empty() && words.back().quoted &&
        word.text.find_first_not_of(kPunctuation) == word.text.npos) {
      words.back().ends = true;
      continue;
    }
    while (!word.quoted && word.text.size() > 1 && kPunctuation.contains(word.text.back())) {
      word.text.pop_back();
      word.ends = true;
    }
    while (word.text.ends_with("()")) word.text.resize(word.text.size() - 2);
    if (!word.text.empty()) words.push_back(std::move(word));
  }
  return words;
}

class Reader {
 public:
  Reader(const repo::Index& index, std::vector<Word> words) : index_(index), words_(std::move(words)) {}

  bool at_end() const { return at_ >= words_.size(); }
  size_t at() const { return at_; }
  const std::vector<Word>& words() const { return words_; }

  // One step; false leaves nothing behind.
  bool step(Mechanical& m) {
    const size_t start = at_;
    skip({"please", "now", "also", "then", "and",  "finally", "next", "first", "can",   "could", "would",
          "you",    "i",   "i'd",  "we",   "want", "need",    "like", "to",    "let's", "lets",  "just"});
    for (const auto read : {&Reader::rename, &Reader::move, &Reader::remove, &Reader::add_parameter}) {
      const size_t before = at_;
      Mechanical one = m;
      if ((this->*read)(one) && ends_here()) {
        m = std::move(one);
        return true;
      }
      at_ = before;
    }
    at_ = start;
    return false;
  }

 private:
  static std::string lower(const std::string& text) { return repo::lower_case(text); }
  bool is(std::initializer_list<std::string_view> any) const {
    return !at_end() && !words_[at_].quoted && std::ranges::find(any, lower(words_[at_].text)) != any.end();
  }
  bool take(std::initializer_list<std::string_view> any) {
    if (!is(any)) return false;
    ++at_;
    return true;
  }
  void skip(std::initializer_list<std::string_view> any) {
    while (take(any)) {
    }
  }
  void skip_kind() {
    skip({"the", "a", "an", "unused", "obsolete", "old", "dead", "local", "global", "public", "private", "static"});
    skip({"function", "functions", "method", "methods", "class", "classes", "struct", "variable", "constant", "macro",
          "symbol", "type", "enum", "helper", "helpers", "named", "called"});
  }
  // What a step does anyway: "everywhere it is used", "in the whole repository", ", updating all callers".
  bool skip_tail() {
    if (take({"everywhere", "wherever", "project-wide", "globally", "accordingly"})) {
      skip({"it", "is", "used", "called", "referenced", "appears", "they", "are"});
      return true;
    }
    const size_t before = at_;
    if (take({"in", "across", "throughout"})) {
      skip({"the", "all", "its", "whole", "entire", "of", "other"});
      if (take(
              {"repository", "repo", "codebase", "project", "code", "files", "callers", "places", "tree", "modules"})) {
        skip({"base"});
        return true;
      }
    }
    at_ = before;
    skip({"and", "also", "then"});
    if (take({"update", "updating", "fix", "fixing", "adjust", "adjusting", "change", "changing", "adapt", "adapting",
              "including"})) {
      skip({"all", "its", "the", "of", "every", "each", "any", "their", "affected", "other"});
      if (take({"callers", "caller", "uses", "usages", "references", "places", "importers", "imports", "call", "calls",
                "users"})) {
        skip({"sites", "site", "to", "it", "of", "them"});
        return true;
      }
    }
    at_ = before;
    return false;
  }
  // A step is over where a new one begins, or the text ends.
  bool ends_here() {
    while (!at_end() && skip_tail()) {
    }
    return at_end() || words_[at_ - 1].ends || is({"and", "then"});
  }
  bool symbol(std::string& name) {
    skip_kind();
    if (at_end()) return false;
    const auto found = find_overloads(index_, words_[at_].text);
    if (!found && !renamed_.contains(words_[at_].text)) return false;
    name = words_[at_++].text;
    skip({"function", "method", "class", "struct", "variable", "constant", "macro"});
    return true;
  }

  // "X", "X and Y", "X, Y and Z"
  bool symbols(std::vector<std::string>& names) {
    std::string name;
    if (!symbol(name)) return false;
    for (;;) {
      names.push_back(name);
      const size_t behind = at_;
      const bool listed = words_[at_ - 1].ends;
      if ((take({"and"}) || listed) && symbol(name)) continue;
      at_ = behind;
      return true;
    }
  }

  // rename X to Y; change the name of X to Y; give X the name Y; X should be called Y
  bool rename(Mechanical& m) {
    std::string name;
    if (take({"rename"})) {
      if (!symbol(name)) return false;
      if (is({"in", "from"}) && at_ + 1 < words_.size()) {  // "in src/x.c": only to choose
        const auto file = index_.file(words_[at_ + 1].text);
        if (!file || !*file) return false;
        at_ += 2;
      }
      if (!take({"to", "into", "as", "->", "=>", "→"})) return false;
    } else if (take({"change"})) {
      skip({"the"});
      if (!take({"name"}) || !take({"of"}) || !symbol(name) || !take({"to", "into"})) return false;
    } else if (take({"give"})) {
      if (!symbol(name)) return false;
      skip({"the", "a", "new"});
      if (!take({"name"})) return false;
    } else {
      if (!symbol(name) || !take({"should", "must", "shall", "has", "ought", "needs"})) return false;
      skip({"to"});
      if (!take({"be"}) || !take({"renamed", "called", "named"})) return false;
      skip({"to", "into", "as"});
    }
    if (at_end()) return false;
    std::string to = words_[at_++].text;
    skip({"instead"});
    if (const size_t cut = to.find_last_of(".:"); cut != to.npos) to.erase(0, cut + 1);
    if (!is_identifier(to)) return false;
    m.calls.push_back({"", "rename", {{"symbol", name}, {"new_name", to}}});
    m.steps.push_back(std::format("rename {} to {}", name, to));
    renamed_.emplace(to);
    return true;
  }

  bool move(Mechanical& m) {
    std::vector<std::string> names;
    if (!take({"move"}) || !symbols(names)) return false;
    if (take({"from", "out"})) {
      take({"of"});
      if (at_end()) return false;
      ++at_;
    }
    if (!take({"to", "into"})) return false;
    skip({"the", "a", "new", "file", "module", "called", "named"});
    if (at_end()) return false;
    const std::string to = words_[at_].text;
    if (to.find('.') == to.npos || to.find(' ') != to.npos) return false;
    ++at_;
    for (const std::string& name : names) {
      m.calls.push_back({"", "move", {{"symbol", name}, {"to", to}}});
      m.steps.push_back(std::format("move {} to {}", name, to));
    }
    return true;
  }

  bool remove(Mechanical& m) {
    std::vector<std::string> names;
    const bool rid = is({"get"}) && at_ + 2 < words_.size() && words_[at_ + 1].text == "rid";
    if (rid) at_ += 3;  // "get rid of"
    if ((!rid && !take({"delete", "remove", "drop"})) || !symbols(names)) return false;
    for (const std::string& name : names) {
      m.calls.push_back({"", "delete", {{"symbol", name}}});
      m.steps.push_back(std::format("delete {}", name));
    }
    return true;
  }

  // add [a] parameter P [with default D] to F [and pass it [on] [to G]] [, callers pass V]
  bool add_parameter(Mechanical& m) {
    if (!take({"add"})) return false;
    skip({"a", "an", "the", "new", "optional"});
    if (!take({"parameter", "argument"})) return false;
    skip({"named", "called"});
    std::string parameter;
    // Up to "to", unless quoted: "int depth = 0" is three words.
    while (!at_end() && (words_[at_].quoted || !is({"to"})))
      parameter += (parameter.empty() ? "" : " ") + words_[at_++].text;
    if (const size_t with = parameter.find(" with default "); with != parameter.npos) parameter.replace(with, 14, "=");
    if (const size_t with = parameter.find(" with the default "); with != parameter.npos)
      parameter.replace(with, 18, "=");
    if (!is_identifier(parameter_name(parameter)) || !take({"to"})) return false;
    std::string name;
    if (!symbol(name)) return false;
    nlohmann::ordered_json arguments = {{"symbol", name}, {"parameter", parameter}};
    std::string step = std::format("add parameter {} to {}", parameter, name);
    const size_t before = at_;
    take({"and"});
    if (take({"pass", "thread", "hand"})) {
      if (!take({"it", "through"})) return false;
      skip({"on", "through", "down", "along"});
      if (take({"to"})) {
        std::string receiver;
        if (!symbol(receiver)) return false;
        arguments["pass_to"] = receiver;
        step += " and pass it on to " + receiver;
      } else {
        arguments["pass_to"] = "*";
        step += " and pass it on";
      }
    } else {
      at_ = before;
    }
    const size_t behind = at_;
    take({"and"});
    if (take({"callers", "caller"}) || (take({"all"}) && take({"callers"}))) {
      if (take({"pass", "passes"}) && !at_end()) {
        arguments["argument"] = words_[at_++].text;
        step += ", callers pass " + arguments["argument"].get<std::string>();
      } else {
        at_ = behind;
      }
    } else {
      at_ = behind;
    }
    m.calls.push_back({"", "add_parameter", arguments});
    m.steps.push_back(step);
    return true;
  }

  const repo::Index& index_;
  std::vector<Word> words_;
  size_t at_ = 0;
  std::set<std::string> renamed_;  // names there will be by then
};

}  // namespace

std::optional<Mechanical> mechanical_steps(const repo::Index& index, std::string_view instruction) {
  if (instruction.size() > 4000) return std::nullopt;
  Reader reader(index, words_of(instruction));
  Mechanical m;
  while (!reader.at_end() && reader.step(m)) {
  }
  if (m.calls.empty()) return std::nullopt;
  for (size_t i = reader.at(); i < reader.words().size(); ++i)
    m.rest += (m.rest.empty() ? "" : " ") + reader.words()[i].text;
  return m;
}

bool asks_for_repair(std::string_view instruction) {
  const std::string text = repo::lower_case(instruction);
  const auto has = [&](std::string_view part) { return text.find(part) != text.npos; };
  const bool tests = has("test") || has("check") || has("build") || has("compile");
  return tests &&
         ((has("fail") && (has("fix") || has("make") || has("repair") || has("mend") || has("get"))) ||
          has("test pass") || has("tests pass") || has("build again") || has("check pass") || has("it compile"));
}

}  // namespace strata::agent
