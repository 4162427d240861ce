// SPDX-License-Identifier: Apache-2.0
// Secrets in a text: private keys, tokens of cloud services and the like. They are replaced before anything else looks
// at the text, by as many '*' as they have bytes, so that every byte and line number stays what it was: neither the
// index nor what a model has read ever holds one. The rules know what tokens look like (their prefixes, lengths and
// alphabets, as gitleaks and trufflehog do); words such as "password" count only before a quoted value that looks
// random.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace strata::repo {

// Goes up with every change of the rules: what was read under other rules is read anew.
inline constexpr int kSecretRules = 1;

struct SecretRange {
  uint32_t first = 0, last = 0;  // [first, last): what is masked
  int line = 0;                  // 1-based, of `first`
  std::string_view kind;         // "GitHub token", "private key", ...
};

// Ascending, disjoint. Linear in the text.
std::vector<SecretRange> find_secrets(std::string_view text);

// The same text without them; line ends stay.
std::vector<SecretRange> mask_secrets(std::string& text);

}  // namespace strata::repo
