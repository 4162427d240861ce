// SPDX-License-Identifier: Apache-2.0
// What a repository says to agents (AGENTS.md, .strata/instructions.md) is used only after the user has trusted this
// very content: a list of content ids in the user's data folder. It never grants a permission.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace strata::agent {

struct Instructions {
  std::string path, text;
  std::string id;  // of the content
  bool trusted = false;
};

// Those the work tree at `root` has, `file` being the list of what is trusted (it need not exist). Links are not
// followed.
Result<std::vector<Instructions>> find_instructions(const std::filesystem::path& root,
                                                    const std::filesystem::path& file);
Result<void> trust(const Instructions& instructions, const std::filesystem::path& file);

}  // namespace strata::agent
