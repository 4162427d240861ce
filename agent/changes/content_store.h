// SPDX-License-Identifier: Apache-2.0
// File contents under the id git would give them, outside of any repository: FOLDER/ab/cdef... A content is written
// under another name, flushed and renamed, so an id that exists is whole; get() checks it all the same.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace strata::agent {

class ContentStore {
 public:
  explicit ContentStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Durable when it returns. The id is git's blob id, hex.
  Result<std::string> put(std::string_view bytes) const;
  // kNotFound; kDamaged if the bytes do not have this id any more.
  Result<std::string> get(const std::string& id) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace strata::agent
