// SPDX-License-Identifier: Apache-2.0
#include "agent/edits/unified_diff.h"

#include <algorithm>
#include <charconv>
#include <format>

#include "agent/edits/splice.h"

namespace strata::agent {
namespace {

// "a/src/x.cc\t2024-01-01" -> "src/x.cc"
std::string path_of(std::string_view text) {
  text = text.substr(0, text.find('\t'));
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"')) text = text.substr(1, text.size() - 2);
  if (text.starts_with("a/") || text.starts_with("b/")) text.remove_prefix(2);
  return std::string(text);
}

// The 12 of "@@ -12,3 +12,4 @@"
int line_of(std::string_view head) {
  const size_t minus = head.find('-');
  int line = 0;
  if (minus != head.npos) std::from_chars(head.data() + minus + 1, head.data() + head.size(), line);
  return std::max(line, 0);
}

bool is_file_head(std::string_view line) {
  return line.starts_with("--- ") || line.starts_with("diff --git ") || line.starts_with("*** ");
}

}  // namespace

bool looks_like_diff(std::string_view text) {
  return text.starts_with("--- ") || text.starts_with("diff --git ") || text.starts_with("@@ ") ||
         text.starts_with("*** Begin Patch") || text.find("\n@@ ") != text.npos || text.find("\n--- a/") != text.npos;
}

Result<std::vector<DiffFile>> parse_diff(std::string_view text) {
  std::vector<DiffFile> files;
  const std::string plain = plain_text(text);
  const Lines lines(plain);
  DiffHunk hunk;
  bool in_hunk = false;
  const auto end_hunk = [&] {
    if (in_hunk && (!hunk.old_text.empty() || !hunk.new_text.empty())) files.back().hunks.push_back(std::move(hunk));
    hunk = {};
    in_hunk = false;
  };
  for (int number = 1; number <= lines.count(); ++number) {
    const std::string_view line = lines.text(number);
    const std::string_view next = number < lines.count() ? lines.text(number + 1) : std::string_view();
    if (line.starts_with("```")) continue;
    if (line.starts_with("--- ") && next.starts_with("+++ ")) {  // a removed line "-- x" has no such second line
      end_hunk();
      DiffFile file{.path = path_of(next.substr(4)), .renamed_from = {}, .hunks = {}};
      const std::string before = path_of(line.substr(4));
      file.created = before == "/dev/null";
      file.deleted = file.path == "/dev/null";
      if (file.deleted) file.path = before;
      if (!file.created && !file.deleted && before != file.path) file.renamed_from = before;
      files.push_back(std::move(file));
      ++number;
    } else if (line.starts_with("*** Update File: ") || line.starts_with("*** Add File: ") ||
               line.starts_with("*** Delete File: ")) {
      end_hunk();
      files.push_back({.path = path_of(line.substr(line.find(": ") + 2)),
                       .renamed_from = {},
                       .created = line.starts_with("*** Add"),
                       .deleted = line.starts_with("*** Delete"),
                       .hunks = {}});
      in_hunk = files.back().created;
    } else if (line.starts_with("*** Move to: ") && !files.empty()) {
      files.back().renamed_from = files.back().path;
      files.back().path = path_of(line.substr(13));
    } else if (line.starts_with("@@")) {
      if (files.empty()) {
        return fail(
            ErrorKind::kInvalid,
            std::format("line {} of the diff: a hunk before any file; begin with \"--- a/PATH\" and \"+++ b/PATH\"",
                        number));
      }
      end_hunk();
      in_hunk = true;
      hunk.line = line_of(line);
    } else if (in_hunk && (line.starts_with("diff --git ") || line.starts_with("*** End"))) {
      end_hunk();
    } else if (in_hunk) {
      if (line.starts_with('\\')) continue;  // no newline at end of file
      if (line.starts_with('+')) {
        hunk.new_text += std::string(line.substr(1)) + '\n';
      } else if (line.starts_with('-')) {
        hunk.old_text += std::string(line.substr(1)) + '\n';
      } else {
        const std::string_view context = line.starts_with(' ') ? line.substr(1) : line;
        hunk.old_text += std::string(context) + '\n';
        hunk.new_text += std::string(context) + '\n';
      }
    } else if (!files.empty() && !is_file_head(line) && (line.starts_with('+') || line.starts_with('-'))) {
      in_hunk = true;  // the hunk's head is missing
      --number;
    }
  }
  if (!files.empty()) end_hunk();
  if (files.empty()) {
    return fail(ErrorKind::kInvalid,
                "this is no unified diff: it needs \"--- a/PATH\", \"+++ b/PATH\" and hunks that begin with \"@@\"");
  }
  for (const DiffFile& file : files) {
    if (file.path.empty())
      return fail(ErrorKind::kInvalid, "a file of the diff has no name; write \"--- a/PATH\" and \"+++ b/PATH\"");
    if (file.hunks.empty() && !file.deleted && file.renamed_from.empty()) {
      return fail(ErrorKind::kInvalid, file.path + ": the diff has no hunk for it; hunks begin with \"@@\"");
    }
  }
  return files;
}

}  // namespace strata::agent
