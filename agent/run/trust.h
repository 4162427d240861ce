// SPDX-License-Identifier: Apache-2.0
// What a repository says to agents (AGENTS.md, .strata/instructions.md) is used only after the user has trusted this
// very content. What the user said is kept as a list in the user's data folder, "ID PATH" or "no ID PATH" a line, ID
// being that of the content; the last line about it counts. It never grants a permission.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace strata::agent {

enum class Trust {
  kNotAsked,
  kTrusted,
  kDeclined,
  kTooLong,  // to be used: more than 16 KiB, which would fill a small model's context
};

struct Instructions {
  std::string path, text;
  std::string id;  // of the content
  Trust trust = Trust::kNotAsked;
};

// The user's list; it need not exist.
Result<std::filesystem::path> trust_file();
// Those the work tree at `root` has. Links are not followed.
Result<std::vector<Instructions>> find_instructions(const std::filesystem::path& root,
                                                    const std::filesystem::path& file);
// Keeps what the user said of them.
Result<void> decide(Instructions& instructions, bool trusted, const std::filesystem::path& file);

}  // namespace strata::agent
