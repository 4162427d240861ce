// SPDX-License-Identifier: Apache-2.0
// Every family against Hugging Face transformers on tiny random models (make_tiny_models.py), and the ways of computing
// the same thing against each other: at once, in chunks, token by token, in a batch, placed from a segment, restored
// from disk.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>

#include "engine/engine.h"

namespace strata {
namespace {

namespace fs = std::filesystem;

template <typename T>
std::vector<T> read_values(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

double root_mean_square(std::span<const float> a, std::span<const float> b = {}) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::pow(static_cast<double>(a[i]) - (b.empty() ? 0.0 : b[i]), 2);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

double relative_error(std::span<const float> a, std::span<const float> b) {
  return root_mean_square(a, b) / root_mean_square(b);
}

// Keys and values are stored as f16 (11 bits): about 3e-4 of each; three layers of it stay well below 2e-3.
constexpr double kF16Tolerance = 2e-3;
// int8 activations and weights add about 1 % of noise per product.
constexpr double kFastTolerance = 5e-2;

class TinyModel : public testing::TestWithParam<const char*> {
 protected:
  static fs::path fixture(const std::string& extension) {
    return fs::path(STRATA_FIXTURES) / (std::string(GetParam()) + extension);
  }
  static std::shared_ptr<Model> load(const ModelOptions& options) {
    auto model = Model::load(fixture(".gguf"), options);
    EXPECT_TRUE(model.has_value()) << model.error().message;
    return *model;
  }
  static std::shared_ptr<Model> exact() {
    return load({.threads = 2, .precision = Precision::kExact, .reference = false});
  }

  static std::vector<float> logits(Model& model, std::span<const TokenId> tokens, KvCache& kv, int position) {
    kv.resize(position + static_cast<int>(tokens.size()));
    const SequenceInput input{
        .tokens = tokens, .kv = &kv, .position = position, .positions = {}, .logits = SequenceInput::Logits::kAll};
    return model.forward({&input, 1}).value().logits;
  }

  void SetUp() override {
    tokens_ = read_values<TokenId>(fixture(".tokens"));
    expected_ = read_values<float>(fixture(".logits"));
    ASSERT_FALSE(tokens_.empty());
  }
  std::span<const TokenId> first(size_t count) const { return std::span<const TokenId>(tokens_).first(count); }

  std::vector<TokenId> tokens_;
  std::vector<float> expected_;
};

TEST_P(TinyModel, ReferenceAndCpuGiveTheLogitsOfTransformers) {
  for (const auto& [options, tolerance] :
       {std::pair<ModelOptions, double>{{.threads = 1, .precision = Precision::kExact, .reference = true},
                                        kF16Tolerance},
        {{.threads = 2, .precision = Precision::kExact, .reference = false}, kF16Tolerance},
        {{.threads = 2, .precision = Precision::kFast, .reference = false}, kFastTolerance}}) {
    auto model = load(options);
    KvCache kv(model->params().kv);
    const auto actual = logits(*model, tokens_, kv, 0);
    ASSERT_EQ(actual.size(), expected_.size());
    EXPECT_LT(relative_error(actual, expected_), tolerance) << model->ops().description();
  }
}

TEST_P(TinyModel, ChunksAndSingleTokensGiveWhatOneRunGives) {
  auto model = exact();
  KvCache whole_kv(model->params().kv);
  const auto whole = logits(*model, tokens_, whole_kv, 0);
  for (const size_t chunk : {1u, 7u, 16u}) {
    KvCache kv(model->params().kv);
    std::vector<float> pieces;
    for (size_t at = 0; at < tokens_.size(); at += chunk) {
      const auto part = std::span<const TokenId>(tokens_).subspan(at, std::min(chunk, tokens_.size() - at));
      const auto more = logits(*model, part, kv, static_cast<int>(at));
      pieces.insert(pieces.end(), more.begin(), more.end());
    }
    EXPECT_LT(relative_error(pieces, whole), 1e-4) << "chunks of " << chunk;
  }
}

// Choosing keys is a matter of which; what is read is read as without a choice, whether many rows ask or one.
TEST_P(TinyModel, ChoosingAllKeysGivesWhatReadingAllKeysGives) {
  const auto model = exact();
  std::vector<TokenId> tokens;
  for (size_t i = 0; i < 300; ++i) tokens.push_back(tokens_[i * i % tokens_.size()]);
  KvCache whole(model->params().kv);
  const std::vector<float> all = logits(*model, tokens, whole, 0);
  Selector selector(model->params(), model->threads(),
                    {.dense = 64, .sinks = 16, .window = 16, .least = 0, .most = 4096, .mass = 2, .run = 8});
  KvCache kv(model->params().kv);
  kv.resize(300);
  const auto width = static_cast<size_t>(model->params().vocabulary);
  for (const auto& [first, count] : {std::pair(0, 100), {100, 150}, {250, 1}, {251, 1}, {252, 48}}) {
    const SequenceInput input{.tokens = std::span<const TokenId>(tokens).subspan(first, count),
                              .kv = &kv,
                              .position = first,
                              .positions = {},
                              .selector = &selector,
                              .logits = SequenceInput::Logits::kAll};
    const auto output = model->forward({&input, 1});
    ASSERT_TRUE(output.has_value());
    EXPECT_LT(relative_error(output->logits, std::span(all).subspan(first * width, count * width)), 1e-4) << first;
  }
  EXPECT_GT(selector.counters().runs, 0);
  EXPECT_EQ(selector.counters().keys, selector.counters().of);
}

// Far rows are rounded to a byte, which costs little, and put on disk, which costs nothing.
TEST_P(TinyModel, ALongContextGivesTheSameWhereverItsRowsAre) {
  const auto model = exact();
  std::vector<TokenId> tokens;
  for (size_t i = 0; i < 500; ++i) tokens.push_back(tokens_[i * i % tokens_.size()]);
  SessionOptions plain;
  plain.selection = {.dense = 64, .sinks = 16, .window = 16, .least = 0, .most = 4096, .mass = 2, .run = 8};
  plain.rounds = false;
  SessionOptions rounding = plain, on_disk = plain;
  rounding.rounds = on_disk.rounds = true;
  on_disk.tier.ram_bytes = 0;
  Session exactly(model, plain), rounded(model, rounding), stored(model, on_disk);
  const auto read = [&](size_t begin, size_t count) {
    for (Session* session : {&exactly, &rounded, &stored})
      ASSERT_TRUE(session->append(std::span(tokens).subspan(begin, count)).has_value());
    EXPECT_LT(relative_error(rounded.logits(), exactly.logits()), 2e-2) << begin;
    EXPECT_EQ(std::vector(stored.logits().begin(), stored.logits().end()),
              std::vector(rounded.logits().begin(), rounded.logits().end()))
        << begin;
  };
  read(0, 480);
  read(480, 1);
  EXPECT_LT(rounded.kv().bytes(), exactly.kv().bytes());
  EXPECT_LT(stored.kv().bytes(), rounded.kv().bytes());
  EXPECT_GT(stored.kv().tier_counters().misses, 0);
  EXPECT_EQ(rounded.kv().tier_counters().misses, 0);
  // Back into what has been rounded, in the middle of a page, and on from there.
  for (Session* session : {&exactly, &rounded, &stored}) session->truncate(105);
  read(105, 395);
  // Placed rows are like computed ones.
  Session again(model, on_disk);
  ASSERT_TRUE(again.place(exactly.kv(), 0, std::span(tokens).first(490)).has_value());
  ASSERT_TRUE(again.append(std::span(tokens).subspan(490, 10)).has_value());
  EXPECT_LT(relative_error(again.logits(), exactly.logits()), 2e-2);
}

TEST_P(TinyModel, ABatchOfSequencesGivesWhatEachGivesAlone) {
  auto model = exact();
  const std::vector<std::span<const TokenId>> parts{first(9), std::span<const TokenId>(tokens_).subspan(9, 20),
                                                    first(1)};
  std::vector<KvCache> caches;
  for (const auto& part : parts) caches.emplace_back(model->params().kv).resize(static_cast<int>(part.size()));
  std::vector<SequenceInput> inputs;
  for (size_t i = 0; i < parts.size(); ++i)
    inputs.push_back({.tokens = parts[i],
                      .kv = &caches[i],
                      .position = 0,
                      .positions = {},
                      .logits = i == 1 ? SequenceInput::Logits::kNone : SequenceInput::Logits::kLast});
  std::vector<ResidualSum> sums{{9, 29, {}}};
  const auto output = model->forward(inputs, nullptr, sums).value();
  const auto vocabulary = static_cast<size_t>(model->params().vocabulary);
  ASSERT_EQ(output.logits.size(), 2 * vocabulary) << "the second sequence wants none";
  size_t at = 0;
  for (const size_t i : {0u, 2u}) {
    KvCache kv(model->params().kv);
    const auto alone = logits(*model, parts[i], kv, 0);
    EXPECT_LT(relative_error(std::span(output.logits).subspan(vocabulary * at++, vocabulary),
                             std::span(alone).last(vocabulary)),
              1e-4);
  }
  KvCache kv(model->params().kv);
  kv.resize(20);
  const SequenceInput alone{
      .tokens = parts[1], .kv = &kv, .position = 0, .positions = {}, .logits = SequenceInput::Logits::kNone};
  std::vector<ResidualSum> alone_sums{{0, 20, {}}};
  ASSERT_TRUE(model->forward({&alone, 1}, nullptr, alone_sums).has_value());
  EXPECT_LT(relative_error(sums[0].sum, alone_sums[0].sum), 1e-4);
}

TEST_P(TinyModel, AStoredSegmentPlacedBehindItsHeadGivesWhatComputingGives) {
  auto model = exact();
  const auto head = first(6), text = std::span<const TokenId>(tokens_).subspan(6, 30),
             tail = std::span<const TokenId>(tokens_).last(4);
  SegmentEncoder encoder(model, {head.begin(), head.end()});
  Segment segment;
  segment.tokens.assign(text.begin(), text.end());
  segment.key = segment_key(model->fingerprint(), "test", head, text);
  segment.spans.push_back({1, 3, 0, 12, {}});
  segment.spans.push_back({4, 9, 12, 30, {}});

  const fs::path folder = fs::path(testing::TempDir()) / ("strata-oracle-" + std::to_string(getpid()) + GetParam());
  fs::create_directories(folder);
  ASSERT_TRUE(encoder
                  .encode({segment}, nullptr,
                          [&](SegmentEncoder::Encoded encoded) -> Result<void> {
                            auto store =
                                SnapshotStore::open(folder, {model->fingerprint(), model->params().kv, "tiny"}).value();
                            return store.put(encoded.segment, "test", encoded.kv, encoder.head_tokens());
                          })
                  .has_value());
  auto store = SnapshotStore::open(folder, {model->fingerprint(), model->params().kv, "tiny"}).value();
  KvCache restored(model->params().kv);
  restored.resize(30);
  ASSERT_TRUE(store.load_rows(segment.key, 0, 30, restored, 0).has_value());

  // Stored rows have a byte per component: off by 1/254 of the largest value of a channel or token, 1 % of a typical
  // one.
  constexpr double kInt8Tolerance = 2e-2;
  Session fresh(model), placed(model);
  ASSERT_TRUE(fresh.append(first(36)).has_value());
  ASSERT_TRUE(placed.append(head).has_value());
  ASSERT_TRUE(placed.place(restored, 0, text).has_value());
  for (int layer = 0; layer < model->params().layers; ++layer)
    for (int row = 0; row < 36; ++row) {
      ASSERT_LT(relative_error(std::vector<float>(placed.kv().k_row(layer, row), placed.kv().k_row(layer, row) + 8),
                               std::vector<float>(fresh.kv().k_row(layer, row), fresh.kv().k_row(layer, row) + 8)),
                kInt8Tolerance);
    }
  ASSERT_TRUE(fresh.append(tail).has_value());
  ASSERT_TRUE(placed.append(tail).has_value());
  EXPECT_LT(relative_error(placed.logits(), fresh.logits()), kInt8Tolerance);
  EXPECT_EQ(placed.counters().placed, 30);
  EXPECT_EQ(placed.counters().computed, 10);

  // The embeddings are means over the span's tokens, whatever the batch they were computed in.
  const auto found = store.find(segment.key).value().value();
  const std::vector<TokenId> words(text.begin(), text.end());
  const auto whole = encoder.embed({&words, 1}).value().front();
  // An encoder that has not read its head yet reads it with the first question.
  SegmentEncoder new_encoder(model, {head.begin(), head.end()});
  std::vector<HeadQueries> queries{{0, 0}, {0, 1}};
  ASSERT_TRUE(encoder.embed({&words, 1}, nullptr, queries).has_value());
  for (int time = 0; time < 2; ++time) {
    std::vector<HeadQueries> again{{0, 0}, {0, 1}};
    EXPECT_LT(relative_error(new_encoder.embed({&words, 1}, nullptr, again).value().front(), whole), 1e-4);
    for (size_t h = 0; h < queries.size(); ++h) EXPECT_LT(relative_error(again[h].rows, queries[h].rows), 1e-4);
  }
  // Several texts are each read behind the head, and their rows lie one behind the other.
  const std::vector<std::vector<TokenId>> texts{{text.begin(), text.begin() + 5}, {text.begin(), text.end()}};
  std::vector<HeadQueries> several{{0, 1}};
  const auto embedded = encoder.embed(texts, nullptr, several).value();
  EXPECT_LT(relative_error(embedded[1], whole), 1e-4);
  const size_t of_first = 5 * static_cast<size_t>(model->params().head_dim);
  EXPECT_LT(relative_error(std::span(several[0].rows).subspan(of_first), queries[1].rows), 1e-4);
  EXPECT_LT(relative_error(std::span(several[0].rows).first(of_first), std::span(queries[1].rows).first(of_first)),
            1e-4);
  std::vector<float> joined(whole.size());
  for (size_t i = 0; i < joined.size(); ++i)
    joined[i] = (12 * found.spans[0].embedding[i] + 18 * found.spans[1].embedding[i]) / 30;
  EXPECT_LT(relative_error(joined, whole), kF16Tolerance);
  fs::remove_all(folder);
}

TEST_P(TinyModel, RecomputingAMovedSegmentGivesWhatReadingItThereGives) {
  auto model = exact();
  const auto head = first(6), text = std::span<const TokenId>(tokens_).subspan(6, 30),
             tail = std::span<const TokenId>(tokens_).last(4);
  SegmentEncoder encoder(model, {head.begin(), head.end()});
  Segment segment;
  segment.tokens.assign(text.begin(), text.end());
  KvCache rows(model->params().kv);
  ASSERT_TRUE(encoder
                  .encode({segment}, nullptr,
                          [&](SegmentEncoder::Encoded encoded) -> Result<void> {
                            rows = std::move(encoded.kv);
                            return {};
                          })
                  .has_value());
  // Behind another beginning, at other positions: all of it computed again must equal plain reading.
  Session fresh(model), moved(model);
  const std::vector<TokenId> beginning{9, 8, 7, 6, 5, 4, 3, 2, 1};
  ASSERT_TRUE(fresh.append(beginning).has_value());
  ASSERT_TRUE(fresh.append(text).has_value());
  ASSERT_TRUE(fresh.append(tail).has_value());
  ASSERT_TRUE(moved.append(beginning).has_value());
  ASSERT_TRUE(moved.place(rows, encoder.head_tokens(), text).has_value());
  const Session::Range ranges[] = {{9, 12}, {21, 18}};
  ASSERT_TRUE(moved.recompute(ranges).has_value());
  ASSERT_TRUE(moved.append(tail).has_value());
  EXPECT_LT(relative_error(moved.logits(), fresh.logits()), 1e-3);
  EXPECT_EQ(moved.counters().recomputed, 30);
}

TEST_P(TinyModel, HowLikelyRowsMakeWordsIsWhatReadingAllOfItGives) {
  auto model = exact();
  const auto head = first(6), text = std::span<const TokenId>(tokens_).subspan(6, 20),
             prompt = std::span<const TokenId>(tokens_).subspan(26, 4),
             words = std::span<const TokenId>(tokens_).subspan(30, 8);
  SegmentEncoder encoder(model, {head.begin(), head.end()});
  // Two contexts of different length: the text's first 12 tokens, and all of it.
  std::vector<KvCache> contexts;
  std::vector<double> expected;
  for (const size_t length : {12, 20}) {
    Segment segment;
    segment.tokens.assign(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(length));
    ASSERT_TRUE(encoder
                    .encode({segment}, nullptr,
                            [&](SegmentEncoder::Encoded encoded) -> Result<void> {
                              contexts.push_back(std::move(encoded.kv));
                              return {};
                            })
                    .has_value());
    std::vector<TokenId> all(head.begin(), head.end());
    for (const auto part : {text.first(length), prompt, words}) all.insert(all.end(), part.begin(), part.end());
    KvCache kv(model->params().kv);
    kv.resize(static_cast<int>(all.size()));
    const SequenceInput input{
        .tokens = all, .kv = &kv, .position = 0, .positions = {}, .logits = SequenceInput::Logits::kAll};
    const auto output = model->forward({&input, 1}).value();
    const auto vocabulary = static_cast<size_t>(model->params().vocabulary);
    double sum = 0;
    for (size_t i = all.size() - words.size(); i < all.size(); ++i) {
      double total = 0;
      for (size_t t = 0; t < vocabulary; ++t) total += std::exp(output.logits[(i - 1) * vocabulary + t]);
      sum += output.logits[(i - 1) * vocabulary + static_cast<size_t>(all[i])] - std::log(total);
    }
    expected.push_back(sum / static_cast<double>(words.size()));
  }
  const auto likely = encoder.likelihood(contexts, prompt, words).value();
  ASSERT_EQ(likely.size(), 2u);
  for (size_t i = 0; i < 2; ++i) EXPECT_NEAR(likely[i], expected[i], 2e-3);
  EXPECT_GT(std::abs(likely[0] - likely[1]), 2e-2);  // or the test could not tell them apart
}

TEST_P(TinyModel, CancellingKeepsWhatWasThere) {
  auto model = exact();
  Session session(model);
  ASSERT_TRUE(session.append(first(10)).has_value());
  const std::vector<float> before(session.logits().begin(), session.logits().end());
  Cancel cancel;
  cancel.request();
  const auto appended = session.append(std::span<const TokenId>(tokens_).subspan(10, 5), &cancel);
  ASSERT_FALSE(appended.has_value());
  EXPECT_EQ(appended.error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(session.tokens().size(), 10u);
  ASSERT_TRUE(session.append(std::span<const TokenId>(tokens_).subspan(10, 5)).has_value());
  Session fresh(model);
  ASSERT_TRUE(fresh.append(first(15)).has_value());
  EXPECT_LT(relative_error(session.logits(), fresh.logits()), 1e-4);
}

// Allows two tokens at a time, in turns of three: a text that can often, but not always, be guessed.
class TwoInTurn : public TokenMask {
 public:
  void restrict(std::span<float> logits) override {
    for (size_t i = 0; i < logits.size(); ++i)
      if (i != turn_ && i != turn_ + 3) logits[i] = -INFINITY;
  }
  void accept(TokenId token) override {
    EXPECT_EQ(static_cast<size_t>(token) % 3, turn_);
    turn_ = (turn_ + 1) % 3;
  }

 private:
  size_t turn_ = 0;
};

TEST_P(TinyModel, GuessingTokensChangesNothing) {
  int accepted = 0;
  for (const Precision precision : {Precision::kExact, Precision::kFast})
    for (const float temperature : {0.0f, 0.7f})
      for (const bool masked : {false, true}) {
        auto model = load({.threads = 2, .precision = precision, .reference = false});
        GenerateOptions options;
        options.max_tokens = 90;
        options.sampler.temperature = temperature;
        options.sampler.repetition_penalty = 1.02f;
        Session plain(model), guessing(model);
        std::vector<Generation> generations;
        for (Session* session : {&plain, &guessing}) {
          TwoInTurn mask;
          options.mask = masked ? &mask : nullptr;
          options.speculate = session == &guessing;
          // A text that repeats itself, so that there is something to guess from.
          for (int i = 0; i < 3; ++i) ASSERT_TRUE(session->append(first(12)).has_value());
          generations.push_back(session->generate(options).value());
          ASSERT_EQ(session->kv().tokens(), static_cast<int>(session->tokens().size()));
          ASSERT_TRUE(session->append(first(3)).has_value());
        }
        EXPECT_EQ(guessing.tokens(), plain.tokens()) << temperature << masked;
        EXPECT_EQ(generations[1].text, generations[0].text);
        EXPECT_EQ(generations[0].passes, generations[0].tokens);
        EXPECT_EQ(generations[1].passes + generations[1].accepted, generations[1].tokens);
        // Rows of rejected guesses leave nothing behind.
        EXPECT_LT(relative_error(guessing.logits(), plain.logits()), 1e-4);
        accepted += generations[1].accepted;
      }
  EXPECT_GT(accepted, 0) << "or the test could not tell them apart";
}

INSTANTIATE_TEST_SUITE_P(Families, TinyModel, testing::Values("llama", "llama3", "qwen2", "qwen2-yarn", "qwen3"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace strata
