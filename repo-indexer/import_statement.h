// SPDX-License-Identifier: Apache-2.0
// Import statements that no pattern takes apart, read as text.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strata::repo {

// `import numpy as np`, `from a.b import c as d`. No name: the module itself.
struct Imported {
  std::string path, name, alias;
};

// What a whole statement brings in: use a::{b, c::d as e} -> a::b, a::c::d as e.
std::vector<Imported> names_in_statement(std::string_view statement);

// a::b::c -> a::b and c; without a path only the first is set.
std::pair<std::string, std::string> split_last(const std::string& path);

}  // namespace strata::repo
