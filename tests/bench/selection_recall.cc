// SPDX-License-Identifier: Apache-2.0
// selection_recall MODEL TEXT [TOKENS [MASS [MOST]]]: how much of the exact softmax of every head the keys hold that
// are read of a context of TOKENS tokens of TEXT (16384 if none are given), for queries of its end, after the selector
// has read all before it; MASS and MOST are those of SelectorOptions. The gate of engine/attention: median at least
// 0.95, fifth percentile at least 0.8, over all heads and of every layer. Exits with 1 where it is failed.
#include <algorithm>
#include <cmath>
#include <format>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "engine/generate/session.h"

namespace strata {
namespace {

// Hands through what a selector chooses, and compares it with the softmax over all keys once it is told to.
class Probe final : public KeySelector {
 public:
  Probe(const Model& model, const SelectorOptions& options)
      : params_(model.params()), selector_(model.params(), model.threads(), options) {}

  bool begin(std::span<const int> positions) override { return selector_.begin(positions); }
  int rotated(int position) const override { return selector_.rotated(position); }
  int rotated_positions() const override { return selector_.rotated_positions(); }

  Result<std::vector<Run>> select(int layer, KvCache& kv, std::span<const float> k_bias, const RopeTable& table,
                                  std::span<const float> q, std::span<const int> positions) override {
    auto runs = selector_.select(layer, kv, k_bias, table, q, positions);
    if (!runs) return runs;
    for (const Run& run : *runs)
      if (measures && run.first % 128 == 0) measure(layer, kv, k_bias, table, q, positions, run);
    return runs;
  }

  bool measures = false;
  std::map<int, std::vector<double>> recall;  // by layer
  const Selector& selector() const { return selector_; }

 private:
  static void rotate(std::span<float> x, int position, const RopeTable& table) {
    const size_t half = static_cast<size_t>(table.dim) / 2;
    for (size_t i = 0; i < half; ++i) {
      float& a = x[table.interleaved ? 2 * i : i];
      float& b = x[table.interleaved ? 2 * i + 1 : half + i];
      const float c = table.cosine[static_cast<size_t>(position) * half + i];
      const float s = table.sine[static_cast<size_t>(position) * half + i];
      const float first = a * c - b * s;
      b = a * s + b * c;
      a = first;
    }
  }

  void measure(int layer, const KvCache& kv, std::span<const float> k_bias, const RopeTable& table,
               std::span<const float> q, std::span<const int> positions, const Run& run) {
    const auto dim = static_cast<size_t>(params_.head_dim), head = static_cast<size_t>(run.kv_head) * dim;
    const int group = params_.heads / params_.kv_heads, end = positions.back() + 1;
    std::vector<float> keys(static_cast<size_t>(end) * dim);
    for (int row = 0; row < end; ++row) {
      const auto key = std::span(keys).subspan(static_cast<size_t>(row) * dim, dim);
      for (size_t i = 0; i < dim; ++i)
        key[i] = to_f32(kv.k_row(layer, row)[head + i]) + (k_bias.empty() ? 0.0f : k_bias[head + i]);
      rotate(key, row, table);
    }
    for (const int at : {run.first, run.first + run.count / 2 + 1}) {
      for (int h = 0; h < group; ++h) {
        const float* from = q.data() + (static_cast<size_t>(at) * params_.heads + run.kv_head * group + h) * dim;
        std::vector<float> query(from, from + dim);
        rotate(query, positions[at], table);
        std::vector<double> weights(static_cast<size_t>(positions[at]) + 1);
        for (size_t row = 0; row < weights.size(); ++row) {
          double dot = 0;
          for (size_t i = 0; i < dim; ++i) dot += query[i] * keys[row * dim + i];
          weights[row] = dot / std::sqrt(static_cast<double>(dim));
        }
        const double largest = std::ranges::max(weights);
        double total = 0, held = 0;
        for (double& weight : weights) total += weight = std::exp(weight - largest);
        for (const KvBlock& block : run.blocks) {
          if (block.skip >> h & 1) continue;
          for (int row = block.position; row < block.position + block.rows && row <= positions[at]; ++row)
            held += weights[static_cast<size_t>(row)];
        }
        recall[layer].push_back(held / total);
      }
      if (run.count == 1) break;
    }
  }

  ModelParams params_;
  Selector selector_;
};

double percentile(std::vector<double> values, double share) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, at);
  return *at;
}

int run(const std::string& path, const std::string& text_path, int tokens, const SelectorOptions& options) {
  auto model = Model::load(path);
  if (!model) return std::cerr << model.error().message << "\n", 1;
  std::ifstream in(text_path);
  std::stringstream text;
  text << in.rdbuf();
  std::vector<TokenId> ids = (*model)->tokenizer().encode(text.str());
  if (std::ssize(ids) < tokens) return std::cerr << text_path << " has only " << ids.size() << " tokens\n", 1;
  ids.resize(static_cast<size_t>(tokens));
  constexpr int kPrefill = 512, kDecode = 32;
  KvCache kv((*model)->params().kv);
  kv.resize(tokens);
  const auto table = [&](const char* what, const Probe& probe, const Selector::Counters& before) {
    std::vector<double> all;
    for (const auto& [layer, values] : probe.recall) all.insert(all.end(), values.begin(), values.end());
    double worst = 1;
    int worst_layer = 0;
    for (const auto& [layer, values] : probe.recall)
      if (const double low = percentile(values, 0.05); low < worst) worst = low, worst_layer = layer;
    const auto counters = probe.selector().counters();
    const int64_t runs = counters.runs - before.runs;
    std::cout << std::format(
        "{:8} {:6} tokens: median {:.3f}, fifth percentile {:.3f}, of the worst layer ({}) {:.3f}; a head reads {} "
        "keys "
        "of {}\n",
        what, tokens, percentile(all, 0.5), percentile(all, 0.05), worst_layer, worst,
        (counters.keys - before.keys) / runs, (counters.of - before.of) / runs);
    for (const auto& [layer, values] : probe.recall)
      std::cout << std::format("  layer {:2}: median {:.3f}, fifth percentile {:.3f}\n", layer, percentile(values, 0.5),
                               percentile(values, 0.05));
    const bool median =
        std::ranges::all_of(probe.recall, [](const auto& of) { return percentile(of.second, 0.5) >= 0.95; });
    return worst >= 0.8 && median;
  };
  const auto forward = [&](Probe& probe, int first, int count, SequenceInput::Logits logits) {
    const SequenceInput input{.tokens = std::span<const TokenId>(ids).subspan(static_cast<size_t>(first), count),
                              .kv = &kv,
                              .position = first,
                              .positions = {},
                              .selector = &probe,
                              .logits = logits};
    return (*model)->forward({&input, 1}).has_value();
  };
  Probe probe(**model, options);
  const int read = tokens - kPrefill - kDecode;
  // All logits are asked for at the end, so that the last layer has as many queries as the others.
  const int whole = std::max(0, read - 4096);
  for (int first = 0; first < whole; first += Model::kMaxBatchRows)
    if (!forward(probe, first, std::min(Model::kMaxBatchRows, whole - first), SequenceInput::Logits::kNone)) return 1;
  for (int first = whole; first < read; first += kPrefill)
    if (!forward(probe, first, std::min(kPrefill, read - first), SequenceInput::Logits::kAll)) return 1;
  probe.measures = true;
  Selector::Counters before = probe.selector().counters();
  if (!forward(probe, read, kPrefill, SequenceInput::Logits::kAll)) return 1;
  bool passed = table("prefill", probe, before);
  before = probe.selector().counters();
  probe.recall.clear();
  for (int i = 0; i < kDecode; ++i)
    if (!forward(probe, read + kPrefill + i, 1, SequenceInput::Logits::kAll)) return 1;
  passed &= table("decode", probe, before);
  for (const auto& [layer, heads, share] : probe.selector().raised())
    std::cout << std::format("layer {:2} reads more: {} heads, up to {:.3f}\n", layer, heads, share);
  std::cout << std::format("{} of {} checked queries held less than .8\n", probe.selector().counters().low,
                           probe.selector().counters().checked);
  return passed ? 0 : 1;
}

}  // namespace
}  // namespace strata

int main(int argc, char** argv) {
  if (argc < 3) return std::cerr << "selection_recall MODEL TEXT [TOKENS [MASS [MOST]]]\n", 2;
  strata::SelectorOptions options;
  if (argc > 4) options.mass = std::stod(argv[4]);
  if (argc > 5) options.most = std::stoi(argv[5]);
  if (argc > 6) options.run = std::stoi(argv[6]);
  if (argc > 7) options.fine = std::stoi(argv[7]);
  return strata::run(argv[1], argv[2], argc > 3 ? std::stoi(argv[3]) : 16384, options);
}
