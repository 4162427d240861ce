// SPDX-License-Identifier: Apache-2.0
// Names that run words together without a sign between them: "openredirect", "changepath", "logfile". Older C is full
// of them, and nobody asks about code in such words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace strata::repo {

// The words of resources/words.txt that `name` (lower case) is made of; nothing if it is one of them itself, or is not
// made of such words alone. Of several ways the one with the fewest words counts, then the one whose shortest word is
// longest.
std::vector<std::string_view> split_compound(std::string_view name);

}  // namespace strata::repo
