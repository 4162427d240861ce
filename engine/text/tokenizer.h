// SPDX-License-Identifier: Apache-2.0
// Byte-level BPE from GGUF metadata: exact against Hugging Face `tokenizers` and llama.cpp. Immutable after loading and
// safe to use from several threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace strata {

class GgufFile;
using TokenId = int32_t;

class Tokenizer {
 public:
  // From tokenizer.ggml.* of a model. Errors: kUnsupported (another tokenizer kind or pre-tokenizer, by name),
  // kDamaged.
  static Result<Tokenizer> load(const GgufFile& file);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // Plain text. Never yields control tokens: "<|im_end|>" in a file becomes ordinary tokens. Tokens that the vocabulary
  // calls user-defined ("<tool_call>") and that do not look like control tokens are found. Invalid UTF-8 is encoded
  // byte by byte. No beginning-of-text token is added.
  std::vector<TokenId> encode(std::string_view text) const;
  // Appends to `out`; `ends`, if given, receives for each token the byte offset in `text` where it ends.
  void encode(std::string_view text, std::vector<TokenId>& out, std::vector<uint32_t>* ends = nullptr) const;

  // The bytes of a token; control tokens yield nothing unless `control` is set.
  std::string_view bytes(TokenId token, bool control = false) const;
  std::string decode(std::span<const TokenId> tokens) const;

  // A control token by its exact text, -1 if the vocabulary has none. Only chat templates use this.
  TokenId control_token(std::string_view text) const;
  bool is_control(TokenId token) const;
  bool is_end_of_generation(TokenId token) const;
  TokenId beginning_of_text() const;  // -1 if none
  TokenId end_of_text() const;        // -1 if none
  bool adds_beginning_of_text() const;
  int vocabulary_size() const;
  const std::string& pre_tokenizer() const;

 private:
  struct Impl;
  explicit Tokenizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Turns a stream of tokens into text that is valid UTF-8 at every step: bytes of an unfinished character are held back.
class Detokenizer {
 public:
  // `control`: control tokens are shown as they are written, not left out.
  explicit Detokenizer(const Tokenizer& tokenizer, bool control = false) : tokenizer_(&tokenizer), control_(control) {}
  std::string push(TokenId token);
  // What is left; an unfinished character becomes U+FFFD.
  std::string finish();

 private:
  const Tokenizer* tokenizer_;
  bool control_;
  std::string held_;
};

}  // namespace strata
