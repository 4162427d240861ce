// SPDX-License-Identifier: Apache-2.0
// Errors are values. Every boundary of Strata returns Result<T>; a message is a sentence the user can act on and names
// the thing it is about. The layer that knows the name adds it; the layers above pass the error on unchanged.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace strata {

// What a caller may want to branch on.
enum class ErrorKind {
  kInvalid,      // the input is not what it claims to be
  kNotFound,     // the named thing does not exist
  kDamaged,      // checksums or structure do not hold
  kUnsupported,  // valid, but nothing Strata can use
  kIo,           // the operating system refused (disk full, permissions, ...)
  kCancelled,    // the user asked to stop; what was finished is kept
};

struct Error {
  ErrorKind kind = ErrorKind::kInvalid;
  std::string message;
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return std::unexpected(Error{kind, std::move(message)});
}

}  // namespace strata
