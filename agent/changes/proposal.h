// SPDX-License-Identifier: Apache-2.0
// A set of file changes as something to review: files with numbered hunks, each with the symbol it stands in, and marks
// for what only moved and what only a formatter did. Values only; sources.h makes the changes, apply.h writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/changes/private_copy.h"
#include "agent/changes/tree_files.h"
#include "base/result.h"

namespace strata::agent {

enum class HunkState { kPending, kAccepted, kRejected, kEdited };  // edited: accepted, with other lines
std::string_view name_of(HunkState state);                         // "pending", ...

struct Hunk {
  // kText: lines of a file that exists before and after. kMode: the executable bit. kWhole: a file that is created,
  // deleted, renamed, binary, or changes between file and link: it is taken or left as a whole.
  enum class Kind { kText, kMode, kWhole };

  int number = 0;  // 1-based, over the whole proposal
  Kind kind = Kind::kText;
  std::string id;  // of what it says: the same change of the same file has the same id in every proposal
  // Without context. first is 1-based: the first line that is replaced; where lines is 0, the one it is inserted
  // before.
  int old_first = 0, old_lines = 0, new_first = 0, new_lines = 0;
  std::string symbol;     // qualified name of the innermost symbol around its first changed line; may be empty
  std::string signature;  // of that symbol
  std::string diff;       // for people: "@@ -1,7 +1,6 @@ symbol" and lines with three lines of context
  std::string new_text;   // the lines it puts in
  struct Move {           // a block of lines that stands in another place of the other side
    std::string path;
    int line = 0, lines = 0;  // there
    int at = 0;               // here: line of the new file (moved_from) or old file (moved_to)
  };
  std::vector<Move> moved_from, moved_to;
  bool formatting_only = false;
  std::string explanation;  // a sentence, by rule (explain.h)

  HunkState state = HunkState::kPending;
  std::string comment;  // becomes the next instruction
  std::string edited;   // kEdited: lines in the place of new_text, whole, with their line ends
};

struct ProposalFile {
  std::string path, old_path;  // differ for a renamed file
  MaybeFile before, after;     // before: at old_path
  bool binary = false;
  std::vector<Hunk> hunks;
};

struct Proposal {
  std::vector<ProposalFile> files;  // ascending by path

  Hunk* hunk(int number);
  const Hunk* hunk(int number) const;
  size_t hunk_count() const;
};

// A file that is gone and one that is new and has half of its bytes in the same lines become a renamed file.
Result<Proposal> make_proposal(std::vector<FileChange> changes);

// The comments on its hunks as an instruction, "path:line: comment" each on a line; empty without comments.
std::string instruction_of_comments(const Proposal& proposal);

// What a file becomes with the hunks that are accepted or edited: as (path, before, after), none where that is no
// change. A renamed file is two.
std::vector<FileChange> accepted_changes(const ProposalFile& file);

}  // namespace strata::agent
