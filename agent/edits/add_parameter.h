// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/edits/target.h"

namespace strata::agent {

struct NewParameter {
  std::string text;      // as the language writes it: "timeout=None", "int depth = 0", "timeout: float"
  std::string argument;  // what callers pass; empty: nothing, the parameter has a default
  // Functions that are called in the body and get it passed on; they have a parameter of this name, or get one.
  std::vector<std::string> pass_to;
  bool pass_on = false;  // to every function called in the body that has a parameter of this name already
};

// Adds a last parameter to a function, its declarations and overrides, and passes it. Python and the C family. Refused
// (kInvalid) if a caller would have to pass a value and none is given.
Result<Change> add_parameter(const Sources& sources, const std::string& target, const NewParameter& parameter);

// "depth" of "const int depth = 0".
std::string parameter_name(std::string_view text);

}  // namespace strata::agent
