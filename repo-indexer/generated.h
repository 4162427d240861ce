// SPDX-License-Identifier: Apache-2.0
// Files that a tool has written, told by what the tools write at the top of them. They are indexed (a generated parser
// has callers) but come last where files are ranked.
#pragma once

#include <string_view>

namespace strata::repo {

bool looks_generated(std::string_view path, std::string_view text);

}  // namespace strata::repo
