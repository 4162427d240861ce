// SPDX-License-Identifier: Apache-2.0
// The one way in which a text is changed: ranges of its bytes are replaced. All positions are those of the text as it
// was, so the order of the splices does not matter, and what no splice names stays byte for byte: byte order mark, line
// ends, the final newline. Text that is put in takes the line ends of the file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace strata::agent {

struct Splice {
  size_t first = 0, last = 0;  // [first, last) of the text as it was
  std::string text;

  bool operator==(const Splice&) const = default;
};

// Error kInvalid if two splices overlap (the same one twice counts once), with the line of the text where they do.
Result<std::string> splice(std::string_view text, std::vector<Splice> splices);

// Where lines start and end. Lines are numbered from 1, and end with '\n'; what follows the last '\n' is a line of its
// own if there is anything.
class Lines {
 public:
  explicit Lines(std::string_view text);
  int count() const { return static_cast<int>(starts_.size()) - 1; }
  size_t start(int line) const { return starts_[static_cast<size_t>(line) - 1]; }  // 1 <= line <= count() + 1
  size_t end(int line) const { return starts_[static_cast<size_t>(line)]; }        // behind its '\n'
  int line_of(size_t byte) const;
  std::string_view text(int line) const;        // without its line end and without a byte order mark
  std::string text(int first, int last) const;  // lines joined by '\n', each with its end
  std::string_view bytes() const { return text_; }

 private:
  std::string_view text_;
  std::vector<size_t> starts_;  // and the size of the text
};

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Do most of its lines end with "\r\n"?
bool has_crlf(std::string_view text);
// `added` with the line ends of `text`.
std::string with_line_ends_of(std::string_view text, std::string_view added);
// A text as a model is shown it: '\n' only, no byte order mark.
std::string plain_text(std::string_view bytes);

}  // namespace strata::agent
