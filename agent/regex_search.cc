// SPDX-License-Identifier: Apache-2.0
#define PCRE2_CODE_UNIT_WIDTH 8
#include "agent/regex_search.h"

#include <pcre2.h>

#include <algorithm>
#include <format>
#include <memory>

namespace strata::agent {
namespace {

constexpr size_t kShownBytes = 300;
constexpr uint32_t kMatchLimit = 10'000'000;

template <auto release>
struct Free {
  void operator()(auto* object) const { release(object); }
};

std::string message_of(int code) {
  PCRE2_UCHAR text[256];
  pcre2_get_error_message(code, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

// The line around `at`, in whole characters.
std::string shown(std::string_view line) {
  size_t end = std::min(line.size(), kShownBytes);
  while (end < line.size() && end > 0 && (line[end] & 0xC0) == 0x80) --end;
  return std::string(line.substr(0, end)) + (end < line.size() ? "..." : "");
}

}  // namespace

Result<RegexSearch> regex_search(const repo::Index& index, std::string_view expression, size_t limit,
                                 const Cancel* cancel) {
  int code = 0;
  PCRE2_SIZE offset = 0;
  const std::unique_ptr<pcre2_code, Free<pcre2_code_free>> compiled(
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()), expression.size(),
                    PCRE2_UTF | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &code, &offset, nullptr));
  if (!compiled) {
    return fail(ErrorKind::kInvalid, std::format("\"{}\" is not a regular expression: {} (at character {})", expression,
                                                 message_of(code), offset + 1));
  }
  pcre2_jit_compile(compiled.get(), PCRE2_JIT_COMPLETE);  // without it, matching is slower
  const std::unique_ptr<pcre2_match_data, Free<pcre2_match_data_free>> match(
      pcre2_match_data_create_from_pattern(compiled.get(), nullptr));
  const std::unique_ptr<pcre2_match_context, Free<pcre2_match_context_free>> context(
      pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(context.get(), kMatchLimit);

  auto files = index.files();
  if (!files) return std::unexpected(files.error());
  RegexSearch search;
  for (const repo::File& file : *files) {
    if (cancel && cancel->requested()) return fail(ErrorKind::kCancelled, "cancelled");
    const auto text = index.read_text(file);
    if (!text) {
      search.unread.push_back({file.path, text.error().message});
      continue;
    }
    int line = 1;
    size_t counted = 0;
    for (size_t at = 0; at < text->size();) {
      const int found = pcre2_match(compiled.get(), reinterpret_cast<PCRE2_SPTR>(text->data()), text->size(), at,
                                    PCRE2_NO_UTF_CHECK, match.get(), context.get());
      if (found == PCRE2_ERROR_NOMATCH) break;
      if (found < 0) {
        return fail(ErrorKind::kUnsupported,
                    std::format("\"{}\" takes too long on {}: {}", expression, file.path, message_of(found)));
      }
      const size_t first = pcre2_get_ovector_pointer(match.get())[0];
      const size_t last = std::max(first, pcre2_get_ovector_pointer(match.get())[1]);
      if (first >= text->size()) break;  // the empty end of the text
      if (search.matches.size() == limit) {
        search.more = true;
        return search;
      }
      line += static_cast<int>(std::count(text->begin() + static_cast<std::ptrdiff_t>(counted),
                                          text->begin() + static_cast<std::ptrdiff_t>(first), '\n'));
      counted = first;
      const size_t begin = first == 0 ? 0 : text->rfind('\n', first - 1) + 1;  // npos + 1 is 0
      const size_t end = std::min(text->find('\n', first), text->size());
      search.matches.push_back({file.path, line, static_cast<int>(first - begin) + 1,
                                shown(std::string_view(*text).substr(begin, end - begin))});
      // On from the next line after the match.
      at = std::min(text->find('\n', std::max(first, last > first ? last - 1 : last)), text->size()) + 1;
    }
  }
  return search;
}

}  // namespace strata::agent
