// SPDX-License-Identifier: Apache-2.0
// Questions and answers of each repository, kept for good. They cannot be recomputed, so they live in the user's data
// folder and every exchange is on disk (full synchronisation) before append() returns.
//   exchange(id, repository, asked_at, question, answer)     answer is JSON: text, citations, passages, timing
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/ask.h"

namespace strata::agent {

struct Exchange {
  int64_t id = 0;
  int64_t asked_at = 0;  // seconds since 1970, UTC
  std::string question;
  Answer answer;
};

class ConversationStore {
 public:
  // Opens or creates the database. A file that is no usable database is moved aside (never deleted) and `notice` told.
  static Result<ConversationStore> open(const std::filesystem::path& file,
                                        const std::function<void(const std::string&)>& notice = {});
  ConversationStore(ConversationStore&&) noexcept;
  ConversationStore& operator=(ConversationStore&&) noexcept;
  ~ConversationStore();

  // Returns the id of the new row. kIo when the disk is full: nothing is then stored.
  Result<int64_t> append(const std::filesystem::path& repository, const Exchange& exchange);
  // The last `limit` exchanges, oldest first. Rows whose answer cannot be read keep their question and an empty answer.
  Result<std::vector<Exchange>> last(const std::filesystem::path& repository, int limit) const;
  Result<void> clear(const std::filesystem::path& repository);

 private:
  struct Impl;
  explicit ConversationStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata::agent
