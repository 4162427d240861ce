// SPDX-License-Identifier: Apache-2.0
// A language model ready to run: weights, tokenizer, chat template and the forward pass of its family.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "engine/compute/ops.h"
#include "engine/memory/kv_cache.h"
#include "engine/models/key_selector.h"
#include "engine/text/chat_template.h"
#include "engine/text/tokenizer.h"

namespace strata {

struct ModelOptions {
  int threads = 0;  // 0: physical cores
  Precision precision = Precision::kFast;
  bool reference = false;  // the slow, plain implementation
};

struct ModelParams {
  std::string architecture;  // "qwen2"
  std::string name;          // general.name, or the file's stem
  int layers = 0, width = 0, heads = 0, kv_heads = 0, head_dim = 0, feed_forward = 0, vocabulary = 0;
  int trained_context = 0;
  int embedding_layer = 0;  // span embeddings are the residual stream at the input of this layer
  float epsilon = 1e-5f;
  KvLayout kv;
};

// Tokens of one sequence to run through the model. Rows go to positions [position, position + tokens.size()) of `kv`,
// which must have been resized to hold them, unless `positions` is given (ascending, same length): then row i is
// written to positions[i] and everything already in `kv` up to that position is visible to it (re-encoding parts of an
// assembled context).
struct SequenceInput {
  std::span<const TokenId> tokens;
  KvCache* kv = nullptr;
  int position = 0;
  std::span<const int> positions;
  KeySelector* selector = nullptr;  // none: all keys are read
  enum class Logits { kNone, kLast, kAll } logits = Logits::kNone;
};

struct ForwardOutput {
  // [outputs, vocabulary]: for every sequence in order, its last token or all tokens, as asked. Host memory.
  std::vector<float> logits;
};

// Sums of the residual stream at the input of the embedding layer over rows of the batch (all sequences one after the
// other).
struct ResidualSum {
  int begin = 0, end = 0;  // rows of the batch
  std::vector<float> sum;  // [width], filled by forward()
};

// Queries of one head for every row of the batch, bias and norm included, before rotation: what retrieval heads are
// asked with. The layer is not the last one, where only rows with outputs go on.
struct HeadQueries {
  int layer = 0, head = 0;
  std::vector<float> rows = {};  // [batch rows, head_dim], filled by forward()
};

class Model {
 public:
  // Path of a GGUF file. Errors name the file and what is wrong with it.
  static Result<std::shared_ptr<Model>> load(const std::filesystem::path& path, const ModelOptions& options = {});
  virtual ~Model() = default;

  const ModelParams& params() const { return params_; }
  const Tokenizer& tokenizer() const { return *tokenizer_; }
  const ChatTemplate* chat_template() const { return chat_template_ ? &*chat_template_ : nullptr; }
  const std::string& fingerprint() const { return fingerprint_; }
  const std::filesystem::path& path() const { return file_->path(); }
  Ops& ops() { return *ops_; }
  int threads() const { return ops_->threads(); }

  // Runs a batch of independent sequences through the model in one go; prefill with many rows, decode with few. Rows
  // are processed in chunks of at most max_batch_rows() of work memory by the caller. kCancelled between layers. One
  // thread at a time.
  virtual Result<ForwardOutput> forward(std::span<const SequenceInput> sequences, const Cancel* cancel = nullptr,
                                        std::span<ResidualSum> residuals = {}, std::span<HeadQueries> queries = {}) = 0;
  static constexpr int kMaxBatchRows = 2048;

 protected:
  ModelParams params_;
  std::shared_ptr<GgufFile> file_;
  std::unique_ptr<Ops> ops_;
  std::optional<Tokenizer> tokenizer_;
  std::optional<ChatTemplate> chat_template_;
  std::string fingerprint_;
};

}  // namespace strata
