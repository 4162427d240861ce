// SPDX-License-Identifier: Apache-2.0
#include "agent/citations.h"

#include <algorithm>
#include <charconv>
#include <format>
#include <optional>
#include <ranges>
#include <unordered_set>

#include "agent/structural.h"
#include "agent/value_lines.h"
#include "repo-indexer/terms.h"

namespace strata::agent {

namespace {

constexpr size_t kCitations = 3;
constexpr int kCitedLines = 40;  // of one place

bool is_path_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.' || c == '/' || c == '+';
}

// The number at `at`, which moves behind it; 0 if there is none.
int read_number(std::string_view text, size_t& at) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
  if (error != std::errc{} || value < 0) return 0;
  at = static_cast<size_t>(end - text.data());
  return value;
}

bool skip(std::string_view text, size_t& at, std::string_view what) {
  if (!text.substr(at).starts_with(what)) return false;
  at += what.size();
  return true;
}

// Calls on_line(number, stems that are wanted) for the lines [first, last] of a text.
template <typename OnLine>
void each_line(const std::string& text, int first, int last, const TermWeights& wanted, OnLine on_line) {
  size_t begin = 0;
  for (int line = 1; begin < text.size() && line <= last; ++line) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    if (line >= first) {
      std::unordered_set<std::string> found;
      for (std::string& stem : repo::stems_of(std::string_view(text).substr(begin, end - begin)))
        if (wanted.contains(stem)) found.insert(std::move(stem));
      on_line(line, std::move(found));
    }
    begin = end + 1;
  }
}

// The lines of an excerpt that say most of what the answer and the question say: what the reader should look at.
Citation narrow(const Excerpt& e, const TermWeights& wanted, TextCache& texts) {
  Citation c{e.file, e.first_line, e.last_line, e.symbol, false};
  if (e.last_line - e.first_line < kCitedLines) return c;
  const std::string* text = texts.text(e.file);
  if (!text) return c;
  int best_line = e.first_line;
  double best = -1;
  each_line(*text, e.first_line, e.last_line, wanted, [&](int line, const std::unordered_set<std::string>& found) {
    double score = 0;
    for (const std::string& stem : found) score += wanted.at(stem);
    if (score > best) best = score, best_line = line;
  });
  c.start_line = std::max(e.first_line, best_line - kCitedLines / 2);
  c.end_line = std::min(e.last_line, c.start_line + kCitedLines - 1);
  return c;
}

// Is a number or string of this line in the answer, as a word? 0 and 1 stand in too many lines to tell.
bool gives(std::string_view answer, const ValueLine& value) {
  const auto word = [&](size_t i) { return i < answer.size() && std::isalnum(static_cast<unsigned char>(answer[i])); };
  return std::ranges::any_of(literals(value.text), [&](const std::string& literal) {
    if (literal == "0" || literal == "1") return false;
    for (size_t at = answer.find(literal); at != answer.npos; at = answer.find(literal, at + 1))
      if (!(at > 0 && word(at - 1)) && !word(at + literal.size())) return true;
    return false;
  });
}

// Between a name and a path: "` function in `".
bool is_put_into(std::string_view between) {
  constexpr size_t kNear = 40;
  while (between.ends_with('`') || between.ends_with(' ')) between.remove_suffix(1);
  return between.size() < kNear && (between.ends_with(" in") || between.ends_with(" in the") ||
                                    between.ends_with(" in the file") || between.ends_with(" from"));
}

// "the `onsig` function", "calls onsig()"
bool is_called_code(std::string_view answer, const std::string& name) {
  if (answer.contains(name + "(")) return true;
  for (const std::string_view kind : {"function", "method", "macro", "class", "struct"})
    if (answer.contains(std::format("`{}` {}", name, kind)) || answer.contains(std::format("{} `{}`", kind, name)))
      return true;
  return false;
}

// The one definition of this name, or the one of them that was read. A plain word (`edge`) that is not said to be code
// means what was read only.
Result<std::optional<repo::Symbol>> definition_of(const repo::Index& index, std::string_view answer,
                                                  const std::string& name, const std::vector<Excerpt>& excerpts) {
  auto symbols = index.find_symbols(name);
  if (!symbols) return std::unexpected(symbols.error());
  std::erase_if(*symbols, [&](const repo::Symbol& s) { return s.name != name || !s.definition; });
  const auto read = [&](const repo::Symbol& s) {
    return std::ranges::any_of(excerpts, [&](const Excerpt& e) {
      return e.file == s.file && e.first_line <= s.last_line && s.first_line <= e.last_line;
    });
  };
  if (symbols->size() > 1 || !(looks_like_identifier(name) || is_called_code(answer, name)))
    std::erase_if(*symbols, [&](const repo::Symbol& s) { return !read(s); });
  if (symbols->size() != 1) return std::nullopt;
  return std::move(symbols->front());
}

}  // namespace

std::vector<Mention> find_mentions(std::string_view text) {
  std::vector<Mention> mentions;
  for (size_t i = 0; i < text.size();) {
    if (!is_path_char(text[i])) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < text.size() && is_path_char(text[end])) ++end;
    std::string_view word = text.substr(i, end - i);
    while (word.ends_with('.') || word.ends_with('-')) word.remove_suffix(1);
    const size_t dot = word.find_last_of('.');
    const bool path = (dot != std::string_view::npos && dot > 0 && word.size() - dot <= 6) ||
                      word.find('/') != std::string_view::npos;
    size_t at = i + word.size();
    i = end;
    if (!path || word.starts_with('/') || word.find("..") != std::string_view::npos) continue;
    Mention m{std::string(word), 0, 0, at - word.size()};
    skip(text, at, "`");
    if (skip(text, at, ":") || skip(text, at, ", lines ") || skip(text, at, ", line ") || skip(text, at, " lines ") ||
        skip(text, at, " line ")) {
      m.first_line = m.last_line = read_number(text, at);
      if (m.first_line > 0 && (skip(text, at, "-") || skip(text, at, "–")))
        m.last_line = std::max(m.first_line, read_number(text, at));
    }
    i = std::max(i, at);
    mentions.push_back(std::move(m));
  }
  return mentions;
}

std::vector<std::string> find_names(std::string_view text) {
  std::vector<std::string> names;
  const auto word_char = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  for (size_t i = 0; i < text.size();) {
    if (!word_char(text[i])) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < text.size() && word_char(text[end])) ++end;
    std::string name(text.substr(i, end - i));
    const bool in_path =
        (i > 0 && (text[i - 1] == '/' || text[i - 1] == '-')) || (end < text.size() && text[end] == '/');
    const bool quoted = (i > 0 && text[i - 1] == '`') && end < text.size() && (text[end] == '`' || text[end] == '(');
    const bool call = text.substr(end, 1) == "(";
    if (!in_path && !std::isdigit(static_cast<unsigned char>(name[0])) &&
        (quoted || call || looks_like_identifier(name)) && std::ranges::find(names, name) == names.end())
      names.push_back(std::move(name));
    i = end;
  }
  return names;
}

Result<std::vector<Citation>> cite(const repo::Index& index, const Answer& answer, const std::vector<Excerpt>& excerpts,
                                   const TermWeights& asked, TextCache& texts) {
  std::vector<Citation> citations;
  const auto add = [&](Citation c) {
    const bool known = std::ranges::any_of(citations, [&](const Citation& o) {
      return o.file == c.file && c.start_line <= o.end_line && o.start_line <= c.end_line;
    });
    if (!known && citations.size() < kCitations) citations.push_back(std::move(c));
  };
  TermWeights wanted = asked;
  if (auto done = weigh(index, repo::stems_of(answer.text), wanted); !done) return std::unexpected(done.error());

  // 1. The line whose value the answer gives.
  for (const ValueLine& value : answer.values) {
    if (!gives(answer.text, value)) continue;
    auto symbol = index.symbol_at(value.file, value.line);
    if (!symbol) return std::unexpected(symbol.error());
    add({value.file, value.line, value.line, *symbol ? (*symbol)->qualified_name : "", true});
    break;
  }
  // 2. Names of the answer that are defined in one place, or in one that was read: the symbol's own lines.
  for (const std::string& name : find_names(answer.text)) {
    auto symbol = definition_of(index, answer.text, name, excerpts);
    if (!symbol) return std::unexpected(symbol.error());
    if (!*symbol) continue;
    const repo::Symbol& s = **symbol;
    const auto inside = std::ranges::find_if(excerpts, [&](const Excerpt& e) {
      return e.file == s.file && s.first_line <= e.first_line && e.last_line <= s.last_line;
    });
    if (s.last_line - s.first_line < kCitedLines) {
      add({s.file, s.first_line, s.last_line, s.qualified_name, true});
    } else if (inside != excerpts.end()) {
      Citation c = narrow(*inside, wanted, texts);
      c.verified = true;
      add(std::move(c));
    } else {
      add({s.file, s.name_line, s.name_line, s.qualified_name, true});
    }
  }
  // 3. The excerpt that shares most with the answer; the best-ranked if none does. Where a name led there, it is known.
  const Excerpt* used = nullptr;
  double most = -1;
  for (size_t i = 0; i < excerpts.size(); ++i) {
    const std::string* text = texts.text(excerpts[i].file);
    if (!text) continue;
    std::unordered_set<std::string> said;
    each_line(*text, excerpts[i].first_line, excerpts[i].last_line, wanted,
              [&](int, std::unordered_set<std::string> found) { said.merge(found); });
    double score = 0;
    for (const std::string& stem : said) score += wanted.at(stem);
    score /= 1.0 + 0.15 * static_cast<double>(i);
    if (answer.passages[excerpts[i].ranked].aside) score /= 2;
    if (score > most) most = score, used = &excerpts[i];
  }
  const auto add_excerpt = [&](const Excerpt& e) {
    Citation c = narrow(e, wanted, texts);
    c.verified = texts.text(e.file) != nullptr;
    add(std::move(c));
  };
  if (used) add_excerpt(*used);
  if (!excerpts.empty() && (citations.empty() || !answer.passages[excerpts.front().ranked].aside))
    add_excerpt(excerpts.front());
  // 4. Places the model wrote down itself, as far as they exist and lines were given.
  for (const Mention& m : find_mentions(answer.text)) {
    if (m.first_line == 0) continue;
    auto file = index.file(m.file);
    if (!file) return std::unexpected(file.error());
    const bool exists = *file && m.last_line <= (*file)->lines;
    if (exists) add({m.file, m.first_line, m.last_line, "", false});
  }
  return citations;
}

Result<void> repair_files(const repo::Index& index, const std::vector<Excerpt>& excerpts, TextCache& texts,
                          std::string& answer) {
  std::vector<Mention> mentions = find_mentions(answer);
  for (const Mention& m : mentions | std::views::reverse) {  // so that places before it stay where they are
    const std::string_view before = std::string_view(answer).substr(0, m.at);
    const size_t sentence = std::max(before.rfind(". ") + 1, before.rfind('\n') + 1);  // npos + 1 is the beginning
    const std::vector<std::string> names = find_names(before.substr(sentence));
    if (names.empty() || !is_put_into(before.substr(before.rfind(names.back()) + names.back().size()))) continue;
    auto symbol = definition_of(index, answer, names.back(), excerpts);
    if (!symbol) return std::unexpected(symbol.error());
    if (!*symbol) continue;
    if (m.first_line > 0 || (*symbol)->file == m.file || (*symbol)->file.ends_with("/" + m.file)) continue;
    const std::string* text = texts.text(m.file);
    if (text ? text->contains((*symbol)->name) : !m.file.contains('/')) continue;  // "Session.get" is no file
    answer.replace(m.at, m.file.size(), (*symbol)->file);
  }
  return {};
}

Result<std::vector<std::string>> invented_names(const repo::Index& index, std::string_view answer,
                                                const Question& question) {
  std::vector<std::string> invented;
  for (const std::string& name : find_names(answer)) {
    if (question.text.find(name) != std::string::npos) continue;
    auto known = index.knows_word(name);
    if (!known) return std::unexpected(known.error());
    if (!*known) invented.push_back(name);
  }
  return invented;
}

}  // namespace strata::agent
