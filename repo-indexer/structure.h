// SPDX-License-Identifier: Apache-2.0
// Questions about structure that take more than one look-up: what inherits from a class, how one symbol comes to call
// another, and which tests run into a symbol. The last two follow calls that are likely meant (see
// Reference::confidence), breadth first.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "repo-indexer/index.h"

namespace strata::repo {

// The qualified names of a class and of all that inherit from it, directly or not.
Result<std::set<std::string>> classes_below(const Index& index, const std::string& qualified_name);

// The definitions of methods that override this one, in classes below its own. Of anything else, nothing.
Result<std::vector<Symbol>> overriding(const Index& index, const Symbol& method);

struct CallStep {
  Symbol symbol;
  Reference call;  // in the step before, of this symbol; empty for the first
};

// The shortest chain of calls, both ends included; empty if there is none. Members of a class count for the class, and
// the call of a method may run those that override it.
Result<std::vector<CallStep>> call_path(const Index& index, const Symbol& from, const Symbol& to,
                                        const Cancel* cancel = nullptr);

struct TouchingTest {
  Symbol test;      // id 0: the file itself, at its top level
  int calls = 0;    // from the test to the symbol
  std::string via;  // what the test calls
  double confidence = 0;
};

// Nearest first, of the same distance the likeliest. The call of a method counts for those that override it. Code in
// test files that nothing calls counts as a test.
Result<std::vector<TouchingTest>> tests_of(const Index& index, const Symbol& symbol, const Cancel* cancel = nullptr);

// By the names of folders and files: "tests/x.py", "x_test.go", "test_x.py", "XTest.java", "x.spec.ts".
bool is_test_file(std::string_view path);

}  // namespace strata::repo
