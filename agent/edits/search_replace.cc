// SPDX-License-Identifier: Apache-2.0
#include "agent/edits/search_replace.h"

#include <algorithm>
#include <cstdlib>
#include <format>

namespace strata::agent {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  const Lines all(text);
  for (int line = 1; line <= all.count(); ++line) lines.push_back(all.text(line));
  return lines;
}

std::string_view trimmed(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t\r");
  return first == line.npos ? std::string_view() : line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

std::string_view indentation(std::string_view line) {
  return line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
}

std::string squeezed(std::string_view line) {
  std::string out;
  for (const char c : trimmed(line)) {
    if (c != ' ' && c != '\t') out += c;
  }
  return out;
}

// The place an answer should be made from: the stretch of lines that has most of the wanted ones.
std::string nearest(const Lines& lines, const std::vector<std::string_view>& wanted) {
  constexpr int kMost = 200'000;  // comparisons
  const int height = static_cast<int>(wanted.size());
  if (height == 0 || lines.count() == 0 || static_cast<int64_t>(lines.count()) * height > kMost) return {};
  int best = 0, at = 0;
  for (int first = 1; first <= lines.count(); ++first) {
    int same = 0;
    for (int i = 0; i < height && first + i <= lines.count(); ++i) {
      const std::string_view line = trimmed(lines.text(first + i));
      same += !line.empty() && line == trimmed(wanted[static_cast<size_t>(i)]);
    }
    if (same > best) best = same, at = first;
  }
  if (best == 0) return {};
  const int last = std::min(lines.count(), at + height - 1);
  std::string shown = std::format("; the nearest are lines {}-{}:\n", at, last);
  for (int line = at; line <= std::min(last, at + 11); ++line)
    shown += std::format("{:>5}| {}\n", line, lines.text(line));
  return shown;
}

std::string places(const Lines& lines, const std::vector<int>& at) {
  std::string list;
  for (size_t i = 0; i < std::min<size_t>(at.size(), 6); ++i) {
    list += std::format("\n{:>5}| {}", at[i], lines.text(at[i]));
  }
  if (at.size() > 6) list += std::format("\n  ... and {} more", at.size() - 6);
  return list;
}

// The nearest to `line` if there is one nearest; -1 if not.
int nearest_to(const std::vector<int>& lines, int line) {
  if (line <= 0) return -1;
  int best = -1, ties = 0;
  for (int i = 0; i < static_cast<int>(lines.size()); ++i) {
    const int distance = std::abs(lines[static_cast<size_t>(i)] - line);
    const int known = best < 0 ? 1 << 30 : std::abs(lines[static_cast<size_t>(best)] - line);
    if (distance < known)
      best = i, ties = 1;
    else if (distance == known)
      ++ties;
  }
  return ties == 1 ? best : -1;
}

std::string several(const Lines& lines, const std::vector<int>& at) {
  return std::format("the old text stands in {} places; quote more lines around the one you mean:{}", at.size(),
                     places(lines, at));
}

// `new_lines` in place of the lines from `first` on that `old_lines` fit, indented as they are. Lines that are the same
// at both ends stay what they are in the file.
Splice aligned(const Lines& lines, int first, std::vector<std::string_view> old_lines,
               std::vector<std::string_view> new_lines) {
  std::string_view have, want;  // indentation of the file, and what the model wrote
  for (size_t i = 0; i < old_lines.size(); ++i) {
    if (trimmed(old_lines[i]).empty()) continue;
    have = indentation(lines.text(first + static_cast<int>(i)));
    want = indentation(old_lines[i]);
    break;
  }
  while (!old_lines.empty() && !new_lines.empty() && old_lines.front() == new_lines.front()) {
    old_lines.erase(old_lines.begin());
    new_lines.erase(new_lines.begin());
    ++first;
  }
  while (!old_lines.empty() && !new_lines.empty() && old_lines.back() == new_lines.back()) {
    old_lines.pop_back();
    new_lines.pop_back();
  }
  const int behind = first + static_cast<int>(old_lines.size());
  Splice s{lines.start(first), lines.start(behind), {}};
  for (std::string_view line : new_lines) {
    if (!trimmed(line).empty() && have != want) {
      if (line.starts_with(want)) {
        s.text += have;
        line.remove_prefix(want.size());
      } else if (have.size() < want.size() && want.starts_with(have)) {  // less deep than it should be
        line.remove_prefix(std::min(indentation(line).size(), want.size() - have.size()));
      }
    }
    s.text += line;
    s.text += '\n';
  }
  // The last line may have no end, and then its replacement has none.
  if (s.last == lines.bytes().size() && !lines.bytes().ends_with('\n') && !s.text.empty()) s.text.pop_back();
  s.text = with_line_ends_of(lines.bytes(), s.text);
  if (s.first == 0 && lines.bytes().starts_with(kByteOrderMark) && s.last > 0) s.first = kByteOrderMark.size();
  return s;
}

}  // namespace

std::string without_line_numbers(std::string_view text) {
  std::string out;
  for (const std::string_view line : lines_of(text)) {
    const size_t digit = line.find_first_not_of(' ');
    size_t end = digit == line.npos ? 0 : digit;
    while (end < line.size() && line[end] >= '0' && line[end] <= '9') ++end;
    if (digit == line.npos || end == digit || end >= line.size() || line[end] != '|') return std::string(text);
    std::string_view rest = line.substr(end + 1);
    if (rest.starts_with(' ')) rest.remove_prefix(1);
    out += rest;
    out += '\n';
  }
  if (!text.ends_with('\n') && !out.empty()) out.pop_back();
  return out;
}

Result<Replacement> find_and_replace(std::string_view text, std::string_view old_text, std::string_view new_text,
                                     int line, bool all) {
  const std::string plain_old = without_line_numbers(plain_text(old_text));
  const std::string plain_new =
      plain_old == plain_text(old_text) ? plain_text(new_text) : without_line_numbers(plain_text(new_text));
  const Lines lines(text);
  if (trimmed(plain_old).find_first_not_of('\n') == std::string_view::npos) {
    return fail(ErrorKind::kInvalid,
                "the old text is empty; quote the lines that are to be replaced, or insert by line number");
  }
  if (plain_old == plain_new) return fail(ErrorKind::kInvalid, "old and new text are the same; nothing would change");
  // Exactly. A quotation of whole lines is not looked for inside of lines if it stands in whole ones.
  const std::string wanted = with_line_ends_of(text, plain_old);
  std::vector<size_t> found, whole;
  for (size_t at = text.find(wanted); at != text.npos; at = text.find(wanted, at + wanted.size())) {
    found.push_back(at);
    const size_t end = at + wanted.size();
    const bool starts = at == 0 || text[at - 1] == '\n';
    const bool ends = wanted.ends_with('\n') || end == text.size() || text[end] == '\n' || text[end] == '\r';
    if (starts && ends) whole.push_back(at);
  }
  if (!whole.empty()) found = whole;
  if (!found.empty()) {
    std::vector<int> at;
    for (const size_t byte : found) at.push_back(lines.line_of(byte));
    int chosen = found.size() == 1 ? 0 : nearest_to(at, line);
    if (chosen < 0 && !all) return fail(ErrorKind::kInvalid, several(lines, at));
    Replacement replacement;
    const std::string added = with_line_ends_of(text, plain_new);
    for (size_t i = 0; i < found.size(); ++i) {
      if (!all && static_cast<int>(i) != chosen) continue;
      Splice s{found[i], found[i] + wanted.size(), added};
      // Text that ended with its line is replaced by text that does, and a quotation without the end keeps it.
      if (wanted.ends_with('\n') && !added.empty() && !added.ends_with('\n')) s.text += has_crlf(text) ? "\r\n" : "\n";
      replacement.splices.push_back(std::move(s));
    }
    return replacement;
  }
  // Line by line: trailing white space, then indentation, then any white space may differ.
  std::vector<std::string_view> old_lines = lines_of(plain_old), new_lines = lines_of(plain_new);
  while (!old_lines.empty() && trimmed(old_lines.front()).empty()) {
    old_lines.erase(old_lines.begin());
    if (!new_lines.empty() && trimmed(new_lines.front()).empty()) new_lines.erase(new_lines.begin());
  }
  while (!old_lines.empty() && trimmed(old_lines.back()).empty()) {
    old_lines.pop_back();
    if (!new_lines.empty() && trimmed(new_lines.back()).empty()) new_lines.pop_back();
  }
  const int height = static_cast<int>(old_lines.size());
  std::vector<std::string> wanted_lines, have_lines;
  for (const std::string_view l : old_lines) wanted_lines.push_back(squeezed(l));
  for (int i = 1; i <= lines.count(); ++i) have_lines.push_back(squeezed(lines.text(i)));
  std::vector<int> candidates;
  for (int first = 1; first + height - 1 <= lines.count(); ++first) {
    if (std::equal(wanted_lines.begin(), wanted_lines.end(), have_lines.begin() + first - 1))
      candidates.push_back(first);
  }
  if (candidates.size() > 1) {
    // Of places that differ in white space only, the ones that have it as it was quoted.
    auto same = candidates;
    std::erase_if(same, [&](int first) {
      for (int i = 0; i < height; ++i) {
        if (trimmed(lines.text(first + i)) != trimmed(old_lines[static_cast<size_t>(i)])) return true;
      }
      return false;
    });
    if (!same.empty()) candidates = same;
  }
  if (candidates.empty()) {
    return fail(ErrorKind::kNotFound,
                "the old text does not stand in the file" + nearest(lines, old_lines) +
                    (lines.count() > 0 ? "\nQuote the lines as they are, or read the file again" : ""));
  }
  const int chosen = candidates.size() == 1 ? 0 : nearest_to(candidates, line);
  if (chosen < 0) return fail(ErrorKind::kInvalid, several(lines, candidates));
  return Replacement{{aligned(lines, candidates[static_cast<size_t>(chosen)], old_lines, new_lines)}, true};
}

}  // namespace strata::agent
