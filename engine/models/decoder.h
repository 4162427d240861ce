// SPDX-License-Identifier: Apache-2.0
// The dense decoder-only transformer that llama, qwen2 and qwen3 share; the families differ in what is in their files.
#pragma once

#include "engine/models/model.h"
#include "engine/models/rope.h"

namespace strata {

class Decoder final : public Model {
 public:
  static Result<std::shared_ptr<Model>> load(std::shared_ptr<GgufFile> file, const std::string& architecture,
                                             const ModelOptions& options);
  Result<ForwardOutput> forward(std::span<const SequenceInput> sequences, const Cancel* cancel,
                                std::span<ResidualSum> residuals, std::span<HeadQueries> queries) override;

 private:
  struct Layer {
    std::vector<float> attention_norm, feed_forward_norm;
    std::vector<float> q_bias, k_bias, v_bias;  // qwen2
    std::vector<float> q_norm, k_norm;          // qwen3, per head
    std::unique_ptr<Weight> wq, wk, wv, wo, gate, up, down;
  };
  // One batch on its way through the layers.
  struct Batch {
    std::vector<TokenId> tokens;
    std::vector<int> positions;
    std::vector<KvCache*> caches;  // of each row
    std::vector<int> outputs;      // rows whose logits are wanted
    std::vector<AttendSequence> sequences;
    std::vector<int> visible;             // rows of its cache that a sequence may see
    std::vector<KeySelector*> selectors;  // of each sequence; null: it reads all keys
    int rotated = 0;                      // positions that are rotated to are below this
  };
  Result<void> read_params(const std::string& architecture);
  Result<void> read_tensors();
  Result<Batch> make_batch(std::span<const SequenceInput> sequences) const;
  void grow_rope(int positions);
  Result<void> attention(int layer, Batch& batch, Tensor x, std::span<HeadQueries> queries);
  Result<std::vector<KeySelector::Run>> visible_keys(int layer, const Batch& batch, const std::vector<KvCache*>& caches,
                                                     Tensor q);
  void copy_queries(int layer, Tensor q, std::span<HeadQueries> queries);
  void feed_forward(const Layer& layer, Tensor x);
  Tensor work(Tensor& tensor, int64_t rows, int64_t columns);
  void gather(Batch& batch, Tensor& x);

  RopeParams rope_params_;
  RopeTable rope_;
  std::vector<Layer> layers_;
  std::vector<float> output_norm_;
  std::unique_ptr<Weight> embedding_, output_;  // output_ empty: tied to the embedding
  // Work memory, grown as needed and kept between calls.
  Tensor x_, normed_, q_, k_, v_, attended_, gate_, up_, logits_;
};

}  // namespace strata
