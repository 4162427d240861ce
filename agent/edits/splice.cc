// SPDX-License-Identifier: Apache-2.0
#include "agent/edits/splice.h"

#include <algorithm>
#include <format>
#include <tuple>

namespace strata::agent {

Result<std::string> splice(std::string_view text, std::vector<Splice> splices) {
  // An insertion comes before the replacement of what follows it; several at one place keep their order.
  std::ranges::stable_sort(splices, {}, [](const Splice& s) { return std::pair(s.first, s.last); });
  const auto repeated = std::unique(splices.begin(), splices.end(),
                                    [](const Splice& a, const Splice& b) { return a == b && a.first < a.last; });
  splices.erase(repeated, splices.end());
  std::string out;
  size_t at = 0;
  for (const Splice& s : splices) {
    if (s.first < at || s.last < s.first || s.last > text.size()) {
      return fail(ErrorKind::kInvalid,
                  std::format("two edits change line {}; put them into one",
                              1 + std::ranges::count(text.substr(0, std::min(s.first, text.size())), '\n')));
    }
    out += text.substr(at, s.first - at);
    out += s.text;
    at = s.last;
  }
  out += text.substr(at);
  return out;
}

Lines::Lines(std::string_view text) : text_(text) {
  size_t at = 0;
  while (at < text.size()) {
    starts_.push_back(at);
    const size_t end = text.find('\n', at);
    at = end == text.npos ? text.size() : end + 1;
  }
  starts_.push_back(text.size());
}

int Lines::line_of(size_t byte) const {
  const auto after = std::ranges::upper_bound(starts_, byte);
  return std::clamp(static_cast<int>(after - starts_.begin()), 1, std::max(1, count()));
}

std::string_view Lines::text(int line) const {
  if (line < 1 || line > count()) return {};
  std::string_view all = text_.substr(start(line), end(line) - start(line));
  if (line == 1 && all.starts_with(kByteOrderMark)) all.remove_prefix(kByteOrderMark.size());
  if (all.ends_with('\n')) all.remove_suffix(1);
  if (all.ends_with('\r')) all.remove_suffix(1);
  return all;
}

std::string Lines::text(int first, int last) const {
  std::string all;
  for (int line = std::max(first, 1); line <= std::min(last, count()); ++line) all += std::string(text(line)) + '\n';
  return all;
}

bool has_crlf(std::string_view text) {
  size_t crlf = 0, all = 0;
  for (size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) {
    ++all;
    crlf += at > 0 && text[at - 1] == '\r';
  }
  return crlf * 2 > all;
}

std::string with_line_ends_of(std::string_view text, std::string_view added) {
  const bool crlf = has_crlf(text);
  std::string out;
  for (size_t i = 0; i < added.size(); ++i) {
    if (added[i] == '\r' && i + 1 < added.size() && added[i + 1] == '\n') continue;
    if (added[i] == '\n' && crlf) out += '\r';
    out += added[i];
  }
  return out;
}

std::string plain_text(std::string_view bytes) {
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  std::string out;
  out.reserve(bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '\r' && i + 1 < bytes.size() && bytes[i + 1] == '\n') continue;
    out += bytes[i];
  }
  return out;
}

}  // namespace strata::agent
