// SPDX-License-Identifier: Apache-2.0
// llama (SmolLM2 too), qwen2 and qwen3. Per layer, x [tokens, width]:
//
//   x += Wo attend(rope(norm(Wq n + bq)), norm(Wk n) | bk, Wv n + bv)      n = rms_norm(x)
//   x += Wdown (silu(Wgate n) * Wup n)                                     n = rms_norm(x)
//
// with the biases of qwen2 and the norms per head of qwen3.
// Keys are stored before rotation and without their bias: attend() adds and rotates as it reads, so that stored rows
// can be placed anywhere. Sources: arXiv:2302.13971 (llama), 2407.10671 (qwen2), 2505.09388 (qwen3); tensor names are
// GGUF's. Top to bottom: hyper-parameters, tensors, forward.
#include "engine/models/decoder.h"

#include <algorithm>
#include <cmath>
#include <format>

namespace strata {

Result<void> Decoder::read_params(const std::string& architecture) {
  const GgufFile& file = *file_;
  const auto whole = [&](const char* key, int64_t least, int64_t most,
                         std::optional<int64_t> otherwise = {}) -> Result<int> {
    const std::string name = architecture + "." + key;
    const auto value = file.integer(name) ? file.integer(name) : otherwise;
    if (!value || *value < least || *value > most)
      return fail(ErrorKind::kDamaged,
                  std::format("{}: {} is {}", file.path().string(), name,
                              value ? "impossible: " + std::to_string(*value) : std::string("missing")));
    return static_cast<int>(*value);
  };
  auto layers = whole("block_count", 1, 1024);
  auto width = whole("embedding_length", 8, 1 << 17);
  auto heads = whole("attention.head_count", 1, 1024);
  auto feed_forward = whole("feed_forward_length", 8, 1 << 20);
  auto context = whole("context_length", 1, 1 << 30);
  for (const auto* value : {&layers, &width, &heads, &feed_forward, &context})
    if (!*value) return std::unexpected(value->error());
  auto kv_heads = whole("attention.head_count_kv", 1, *heads, *heads);
  auto head_dim = whole("attention.key_length", 8, 1024, *width / *heads);
  if (!kv_heads) return std::unexpected(kv_heads.error());
  if (!head_dim) return std::unexpected(head_dim.error());
  if (*heads % *kv_heads != 0 || *head_dim % 8 != 0)
    return fail(ErrorKind::kDamaged,
                std::format("{}: {} heads, {} key/value heads of {} components do not fit together",
                            file.path().string(), *heads, *kv_heads, *head_dim));
  const GgufTensor* table = file.find("token_embd.weight");
  if (!table) return fail(ErrorKind::kDamaged, file.path().string() + ": tensor token_embd.weight is missing");
  if (table->rows() != static_cast<uint64_t>(tokenizer_->vocabulary_size()))
    return fail(ErrorKind::kDamaged, std::format("{}: the vocabulary has {} tokens, the embedding {} rows",
                                                 file.path().string(), tokenizer_->vocabulary_size(), table->rows()));
  params_.architecture = architecture;
  params_.name = std::string(file.string("general.name").value_or(file.path().stem().string()));
  params_.layers = *layers;
  params_.width = *width;
  params_.heads = *heads;
  params_.kv_heads = *kv_heads;
  params_.head_dim = *head_dim;
  params_.feed_forward = *feed_forward;
  params_.vocabulary = tokenizer_->vocabulary_size();
  params_.trained_context = *context;
  params_.embedding_layer = *layers - 1;  // measured best of all layers, 0.5B and 1.5B alike (architecture 4.5)
  params_.epsilon = static_cast<float>(file.number(architecture + ".attention.layer_norm_rms_epsilon").value_or(1e-5));
  params_.kv = {.layers = *layers, .width = *kv_heads * *head_dim};
  // GGUF permutes llama's query and key rows, so that its pairs lie side by side.
  auto rope = read_rope(file, architecture, *head_dim, architecture == "llama", *context);
  if (!rope) return std::unexpected(rope.error());
  rope_params_ = std::move(*rope);
  return {};
}

Result<void> Decoder::read_tensors() {
  Error error;
  bool failed = false;
  const auto found = [&](const std::string& name, std::vector<uint64_t> shape) -> const GgufTensor* {
    auto tensor = file_->tensor(name, std::move(shape));
    if (tensor) return *tensor;
    if (!failed) error = tensor.error();
    failed = true;
    return nullptr;
  };
  const auto vector = [&](const std::string& name, int64_t size) {
    std::vector<float> values;
    if (const GgufTensor* tensor = found(name, {static_cast<uint64_t>(size)})) {
      values.resize(static_cast<size_t>(size));
      dequantize(tensor->type, tensor->data, values);
    }
    return values;
  };
  const auto matrix = [&](const std::string& name, int64_t rows, int64_t columns) -> std::unique_ptr<Weight> {
    const GgufTensor* tensor = found(name, {static_cast<uint64_t>(columns), static_cast<uint64_t>(rows)});
    if (!tensor) return nullptr;
    auto weight = ops_->prepare(*file_, *tensor);
    if (weight) return std::move(*weight);
    if (!failed) error = weight.error();
    failed = true;
    return nullptr;
  };
  const ModelParams& p = params_;
  const int64_t q_width = static_cast<int64_t>(p.heads) * p.head_dim, kv_width = p.kv.width;
  embedding_ = matrix("token_embd.weight", p.vocabulary, p.width);
  output_norm_ = vector("output_norm.weight", p.width);
  if (file_->find("output.weight")) output_ = matrix("output.weight", p.vocabulary, p.width);
  for (int i = 0; i < p.layers && !failed; ++i) {
    const std::string prefix = std::format("blk.{}.", i);
    Layer& l = layers_.emplace_back();
    l.attention_norm = vector(prefix + "attn_norm.weight", p.width);
    l.feed_forward_norm = vector(prefix + "ffn_norm.weight", p.width);
    l.wq = matrix(prefix + "attn_q.weight", q_width, p.width);
    l.wk = matrix(prefix + "attn_k.weight", kv_width, p.width);
    l.wv = matrix(prefix + "attn_v.weight", kv_width, p.width);
    l.wo = matrix(prefix + "attn_output.weight", p.width, q_width);
    l.gate = matrix(prefix + "ffn_gate.weight", p.feed_forward, p.width);
    l.up = matrix(prefix + "ffn_up.weight", p.feed_forward, p.width);
    l.down = matrix(prefix + "ffn_down.weight", p.width, p.feed_forward);
    if (p.architecture == "qwen2") {
      l.q_bias = vector(prefix + "attn_q.bias", q_width);
      l.k_bias = vector(prefix + "attn_k.bias", kv_width);
      l.v_bias = vector(prefix + "attn_v.bias", kv_width);
    }
    if (p.architecture == "qwen3") {
      l.q_norm = vector(prefix + "attn_q_norm.weight", p.head_dim);
      l.k_norm = vector(prefix + "attn_k_norm.weight", p.head_dim);
    }
  }
  if (failed) return std::unexpected(error);
  // A bias that the family does not have would be left out silently, and every answer would be wrong.
  for (const GgufTensor& tensor : file_->tensors())
    if (tensor.name.ends_with(".bias") &&
        (p.architecture != "qwen2" || tensor.name.find(".attn_output.") != std::string::npos))
      return fail(ErrorKind::kUnsupported, std::format("{}: tensor {} is not part of a {} model as Strata knows it",
                                                       file_->path().string(), tensor.name, p.architecture));
  return {};
}

Result<std::shared_ptr<Model>> Decoder::load(std::shared_ptr<GgufFile> file, const std::string& architecture,
                                             const ModelOptions& options) {
  auto model = std::make_shared<Decoder>();
  model->file_ = std::move(file);
  model->fingerprint_ = model->file_->fingerprint();
  auto tokenizer = Tokenizer::load(*model->file_);
  if (!tokenizer) return std::unexpected(tokenizer.error());
  model->tokenizer_.emplace(std::move(*tokenizer));
  if (auto chat = ChatTemplate::load(*model->file_, *model->tokenizer_))
    model->chat_template_.emplace(std::move(*chat));
  model->ops_ = options.reference ? make_reference_ops()
                                  : make_cpu_ops({.threads = options.threads, .precision = options.precision});
  if (auto read = model->read_params(architecture); !read) return std::unexpected(read.error());
  if (auto read = model->read_tensors(); !read) return std::unexpected(read.error());
  return model;
}

// ---- forward ----

Result<Decoder::Batch> Decoder::make_batch(std::span<const SequenceInput> sequences) const {
  Batch batch;
  size_t total = 0;
  for (const SequenceInput& s : sequences) total += s.tokens.size();
  batch.positions.reserve(total);  // spans below point into it
  for (const SequenceInput& s : sequences) {
    const int first = static_cast<int>(batch.tokens.size()), count = static_cast<int>(s.tokens.size());
    for (int i = 0; i < count; ++i) {
      if (s.tokens[i] < 0 || s.tokens[i] >= params_.vocabulary)
        return fail(ErrorKind::kInvalid,
                    std::format("token {} is not in the vocabulary of {}", s.tokens[i], params_.name));
      batch.tokens.push_back(s.tokens[i]);
      batch.positions.push_back(s.positions.empty() ? s.position + i : s.positions[i]);
      batch.caches.push_back(s.kv);
    }
    if (count == 0) continue;
    const auto positions = std::span<const int>(batch.positions).subspan(first, count);
    const bool selects = s.selector && s.selector->begin(positions);
    batch.visible.push_back(batch.positions.back() + 1);
    batch.sequences.push_back({first, positions, {}});
    batch.selectors.push_back(selects ? s.selector : nullptr);
    batch.rotated = std::max(batch.rotated, selects ? s.selector->rotated_positions() : batch.visible.back());
    for (int i = s.logits == SequenceInput::Logits::kAll ? 0 : count - 1;
         i < count && s.logits != SequenceInput::Logits::kNone; ++i)
      batch.outputs.push_back(first + i);
  }
  return batch;
}

void Decoder::grow_rope(int positions) {
  if (positions <= rope_.positions()) return;
  rope_ = make_rope_table(rope_params_, std::max(positions, std::max(4096, 2 * rope_.positions())));
}

Tensor Decoder::work(Tensor& tensor, int64_t rows, int64_t columns) {
  if (tensor.size() < rows * columns) {
    ops_->release(tensor);
    tensor = ops_->allocate(rows, columns);
  }
  return {tensor.data, rows, columns};
}

Result<ForwardOutput> Decoder::forward(std::span<const SequenceInput> sequences, const Cancel* cancel,
                                       std::span<ResidualSum> residuals, std::span<HeadQueries> queries) {
  auto made = make_batch(sequences);
  if (!made) return std::unexpected(made.error());
  Batch& batch = *made;
  ForwardOutput output;
  if (batch.tokens.empty()) return output;
  grow_rope(batch.rotated);

  Tensor x = work(x_, static_cast<int64_t>(batch.tokens.size()), params_.width);
  ops_->embed(*embedding_, batch.tokens, x);
  for (int layer = 0; layer < params_.layers; ++layer) {
    if (cancel && cancel->requested()) return fail(ErrorKind::kCancelled, "cancelled");
    if (layer == params_.embedding_layer && !residuals.empty()) {
      std::vector<Ops::RowRange> ranges;
      for (ResidualSum& r : residuals) {
        r.sum.assign(static_cast<size_t>(params_.width), 0.0f);
        ranges.push_back({r.begin, r.end, r.sum.data()});
      }
      ops_->sum_rows(x, ranges);
    }
    if (auto done = attention(layer, batch, x, queries); !done) return std::unexpected(done.error());
    if (batch.tokens.empty()) return output;  // no logits wanted: the last keys and values were all that was left to do
    x.rows = static_cast<int64_t>(batch.tokens.size());
    feed_forward(layers_[layer], x);
  }
  ops_->rms_norm(x, output_norm_, params_.epsilon, x);
  Tensor logits = work(logits_, x.rows, params_.vocabulary);
  const Product product{output_ ? output_.get() : embedding_.get(), logits};
  ops_->matmul(x, {&product, 1});
  output.logits.resize(static_cast<size_t>(logits.size()));
  ops_->download(logits, output.logits);
  return output;
}

// In the last layer only the rows whose logits are wanted go on: the batch shrinks to them.
void Decoder::gather(Batch& batch, Tensor& x) {
  Batch kept;
  kept.positions.reserve(batch.outputs.size());
  size_t sequence = 0;
  for (const int row : batch.outputs) {
    while (sequence + 1 < batch.sequences.size() && row >= batch.sequences[sequence + 1].first_row) ++sequence;
    const int at = static_cast<int>(kept.positions.size());
    if (kept.sequences.empty() || kept.visible.size() != sequence + 1) {
      // Sequences without outputs stay in the list, empty, so that `visible` keeps its meaning.
      while (kept.sequences.size() < sequence + 1) {
        kept.visible.push_back(batch.visible[kept.sequences.size()]);
        kept.sequences.push_back({at, {}, {}});
      }
    }
    kept.tokens.push_back(batch.tokens[row]);
    kept.positions.push_back(batch.positions[row]);
    kept.caches.push_back(batch.caches[row]);
    std::copy_n(x.row(row), x.columns, x.row(at));
  }
  for (size_t i = 0; i < kept.sequences.size(); ++i) {
    const int first = kept.sequences[i].first_row;
    const int end =
        i + 1 < kept.sequences.size() ? kept.sequences[i + 1].first_row : static_cast<int>(kept.positions.size());
    kept.sequences[i].positions = std::span<const int>(kept.positions).subspan(first, end - first);
  }
  kept.selectors = std::move(batch.selectors);
  batch = std::move(kept);
  x.rows = static_cast<int64_t>(batch.tokens.size());
}

void Decoder::copy_queries(int layer, Tensor q, std::span<HeadQueries> queries) {
  std::vector<float> all;
  for (HeadQueries& wanted : queries) {
    if (wanted.layer != layer) continue;
    if (all.empty()) {
      all.resize(static_cast<size_t>(q.size()));
      ops_->download(q, all);
    }
    const auto width = static_cast<size_t>(params_.head_dim);
    wanted.rows.resize(static_cast<size_t>(q.rows) * width);
    for (int64_t row = 0; row < q.rows; ++row)
      std::copy_n(all.data() + row * q.columns + wanted.head * params_.head_dim, width,
                  wanted.rows.data() + row * width);
  }
}

// The keys that the rows of each sequence read in this layer. `q`: before rotation.
Result<std::vector<KeySelector::Run>> Decoder::visible_keys(int layer, const Batch& batch,
                                                            const std::vector<KvCache*>& caches, Tensor q) {
  std::vector<KeySelector::Run> all;
  for (size_t i = 0; i < batch.sequences.size(); ++i) {
    const AttendSequence& s = batch.sequences[i];
    if (s.positions.empty()) continue;
    if (!batch.selectors[i]) {
      auto& run = all.emplace_back(-1, 0, static_cast<int>(s.positions.size()));
      if (auto found = caches[i]->blocks(layer, batch.visible[i], run.blocks); !found)
        return std::unexpected(found.error());
      run.sequence = i;
      continue;
    }
    std::vector<float> rows(s.positions.size() * static_cast<size_t>(q.columns));
    ops_->download({q.row(s.first_row), std::ssize(s.positions), q.columns}, rows);
    auto runs = batch.selectors[i]->select(layer, *caches[i], layers_[layer].k_bias, rope_, rows, s.positions);
    if (!runs) return runs;
    for (KeySelector::Run& run : *runs) {
      run.sequence = i;
      all.push_back(std::move(run));
    }
  }
  return all;
}

Result<void> Decoder::attention(int layer, Batch& batch, Tensor x, std::span<HeadQueries> queries) {
  const Layer& l = layers_[layer];
  const int64_t rows = x.rows, q_width = static_cast<int64_t>(params_.heads) * params_.head_dim;
  Tensor n = work(normed_, rows, params_.width);
  Tensor k = work(k_, rows, params_.kv.width), v = work(v_, rows, params_.kv.width);
  ops_->rms_norm(x, l.attention_norm, params_.epsilon, n);
  const bool last = layer == params_.layers - 1;
  Tensor q = work(q_, rows, q_width);
  const Product products[] = {{l.wk.get(), k}, {l.wv.get(), v}, {l.wq.get(), q}};
  const bool shrinks = last && batch.outputs.size() < batch.tokens.size();
  ops_->matmul(n, std::span(products).first(shrinks ? 2 : 3));
  if (!l.k_norm.empty()) ops_->rms_norm(k, l.k_norm, params_.epsilon, k);
  if (!l.v_bias.empty()) ops_->add_bias(v, l.v_bias);
  std::vector<f16*> k_rows(static_cast<size_t>(rows)), v_rows(static_cast<size_t>(rows));
  for (int64_t row = 0; row < rows; ++row) {
    k_rows[row] = batch.caches[row]->k_row(layer, batch.positions[row]);
    v_rows[row] = batch.caches[row]->v_row(layer, batch.positions[row]);
  }
  ops_->store_rows(k, k_rows);
  ops_->store_rows(v, v_rows);
  std::vector<KvCache*> caches;  // of each sequence, before the batch shrinks
  for (const AttendSequence& s : batch.sequences) caches.push_back(batch.caches[s.first_row]);
  if (shrinks) {
    gather(batch, x);
    if (batch.tokens.empty()) return {};
    n.rows = q.rows = x.rows;
    ops_->rms_norm(x, l.attention_norm, params_.epsilon, n);
    const Product query{l.wq.get(), q};
    ops_->matmul(n, {&query, 1});
  }
  if (!l.q_bias.empty()) ops_->add_bias(q, l.q_bias);
  if (!l.q_norm.empty()) ops_->rms_norm(q, l.q_norm, params_.epsilon, q);
  copy_queries(layer, q, queries);
  auto found = visible_keys(layer, batch, caches, q);
  if (!found) return std::unexpected(found.error());
  const std::vector<KeySelector::Run>& runs = *found;
  std::vector<int> rotated = batch.positions;
  std::vector<AttendSequence> sequences;
  for (size_t i = 0, run = 0; i < batch.sequences.size(); ++i) {
    const auto& [first_row, positions, blocks, kv_head] = batch.sequences[i];
    const std::span<int> at = std::span(rotated).subspan(static_cast<size_t>(first_row), positions.size());
    if (batch.selectors[i])
      for (int& position : at) position = batch.selectors[i]->rotated(position);
    for (; run < runs.size() && runs[run].sequence == i; ++run)
      sequences.push_back({first_row + runs[run].first, at.subspan(runs[run].first, runs[run].count), runs[run].blocks,
                           runs[run].kv_head});
  }
  ops_->rope(q, rotated, params_.head_dim, rope_);
  Tensor attended = work(attended_, x.rows, q_width);
  const AttendShape shape{params_.heads, params_.kv_heads, params_.head_dim,
                          1.0f / std::sqrt(static_cast<float>(params_.head_dim))};
  ops_->attend(q, sequences, shape, l.k_bias, rope_, attended);
  n.rows = x.rows;
  const Product out{l.wo.get(), n};
  ops_->matmul(attended, {&out, 1});
  ops_->add(x, n);
  return {};
}

void Decoder::feed_forward(const Layer& l, Tensor x) {
  Tensor n = work(normed_, x.rows, params_.width);
  Tensor gate = work(gate_, x.rows, params_.feed_forward), up = work(up_, x.rows, params_.feed_forward);
  ops_->rms_norm(x, l.feed_forward_norm, params_.epsilon, n);
  const Product products[] = {{l.gate.get(), gate}, {l.up.get(), up}};
  ops_->matmul(n, products);
  ops_->silu_multiply(gate, up);
  const Product down{l.down.get(), n};
  ops_->matmul(gate, {&down, 1});
  ops_->add(x, n);
}

}  // namespace strata
