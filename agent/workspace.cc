// SPDX-License-Identifier: Apache-2.0
#include "agent/workspace.h"

#include <algorithm>
#include <cmath>
#include <format>

#include "agent/cache_limit.h"
#include "agent/prompts.h"
#include "base/user_folders.h"

namespace strata::agent {

namespace {

// A mean over fewer passages than this is mostly the passages themselves.
constexpr size_t kPassagesForMean = 24;

std::vector<TokenId> head_tokens(const Tokenizer& tokenizer) {
  std::vector<TokenId> tokens;
  if (tokenizer.adds_beginning_of_text() && tokenizer.beginning_of_text() >= 0)
    tokens.push_back(tokenizer.beginning_of_text());
  tokenizer.encode(kHead, tokens);
  return tokens;
}

}  // namespace

KvIdentity kv_identity(const Model& model) { return {model.fingerprint(), model.params().kv, model.params().name}; }

Result<Reader> make_reader(std::shared_ptr<Model> model, std::function<void(const std::string&)> notice) {
  // Where it cannot be made, the store says so and goes on without it.
  auto folder = cache_folder("kv").or_else([](const Error&) { return cache_path("kv"); });
  if (!folder) return std::unexpected(folder.error());
  auto limit = cache_limit(*folder);
  if (!limit) return std::unexpected(limit.error());
  Calibration calibration = calibration_of(model->fingerprint(), model->params().name, notice);
  const auto said = notice;
  auto reader = make_reader(std::move(model), *folder, {std::move(notice), *limit});
  if (!reader) return reader;
  // The last layer has no queries for rows without outputs.
  const ModelParams& params = reader->model->params();
  if (std::ranges::any_of(calibration.retrieval_heads, [&](const RetrievalHead& head) {
        return head.layer >= params.layers - 1 || head.head >= params.heads;
      })) {
    if (said) said(std::format("the calibration of {} names heads that it does not have; it is ignored", params.name));
    return reader;
  }
  use_heads(*reader, calibration.retrieval_heads);
  reader->calibration = std::move(calibration);
  return reader;
}

Result<Reader> make_reader(std::shared_ptr<Model> model, const std::filesystem::path& folder,
                           const SnapshotOptions& options) {
  auto store = SnapshotStore::open(folder, kv_identity(*model), options);
  if (!store) return std::unexpected(store.error());
  auto encoder = std::make_shared<SegmentEncoder>(model, head_tokens(model->tokenizer()));
  return Reader{std::move(model), std::move(encoder), std::make_shared<SnapshotStore>(std::move(*store))};
}

void use_heads(Reader& reader, const std::vector<RetrievalHead>& heads) {
  reader.heads = heads.empty() ? nullptr : std::make_shared<RetrievalHeads>(reader.model->params(), heads);
}

namespace {

constexpr std::string_view kQuestionMean = "question-mean-2";

struct GenericQuestions {
  std::vector<float> mean;
  RetrievalHeads::Queries queries;
};

Result<GenericQuestions> read_generic_questions(Reader& reader, const Cancel* cancel) {
  std::vector<std::vector<TokenId>> questions;
  for (const std::string_view question : kGenericQuestions)
    questions.push_back(reader.model->tokenizer().encode(question));
  auto wanted = reader.heads ? reader.heads->wanted() : std::vector<HeadQueries>();
  auto embeddings = reader.encoder->embed(questions, cancel, wanted);
  if (!embeddings) return std::unexpected(embeddings.error());
  GenericQuestions generic;
  generic.mean.resize(static_cast<size_t>(reader.model->params().width));
  for (const std::vector<float>& embedding : *embeddings)
    for (size_t i = 0; i < generic.mean.size(); ++i)
      generic.mean[i] += embedding[i] / static_cast<float>(embeddings->size());
  if (reader.heads) generic.queries = reader.heads->quantize(wanted);
  // Whoever reads them first, the next process's first question need not.
  if (auto stored = reader.snapshots->set_constant(kQuestionMean, generic.mean); !stored)
    return std::unexpected(stored.error());
  return generic;
}

}  // namespace

Result<std::vector<float>> question_mean(Reader& reader, const Cancel* cancel) {
  auto known = reader.snapshots->constant(kQuestionMean);
  if (!known) return std::unexpected(known.error());
  if (*known) return std::move(**known);
  auto generic = read_generic_questions(reader, cancel);
  if (!generic) return std::unexpected(generic.error());
  return std::move(generic->mean);
}

Result<void> prepare_heads(Reader& reader, const Cancel* cancel) {
  if (!reader.heads || reader.heads->ready()) return {};
  auto generic = read_generic_questions(reader, cancel);
  if (!generic) return std::unexpected(generic.error());
  reader.heads->set_generic_questions(std::move(generic->queries));
  return {};
}

std::vector<Segment> cut_segments(std::span<const TokenId> path_line, std::span<const TokenId> tokens,
                                  std::span<const uint32_t> ends, std::span<const repo::Passage> passages,
                                  int segment_tokens) {
  const int heading = static_cast<int>(path_line.size());
  const int room = std::max(1, segment_tokens - heading);
  std::vector<Segment> segments;
  const auto start = [&] {
    segments.emplace_back();
    segments.back().tokens.assign(path_line.begin(), path_line.end());
  };
  size_t next = 0;
  for (const repo::Passage& passage : passages) {
    const size_t first = next;
    while (next < tokens.size() && (next == 0 ? 0 : ends[next - 1]) < passage.last_byte) ++next;
    // A passage is longer than a segment only where a line is (generated data); then it goes on in the next part.
    for (size_t begin = first; begin < next;) {
      const int left = static_cast<int>(next - begin);
      if (segments.empty() || (static_cast<int>(segments.back().tokens.size()) + left > segment_tokens &&
                               static_cast<int>(segments.back().tokens.size()) > heading))
        start();
      const int count = std::min(left, room);
      Segment& segment = segments.back();
      const int at = static_cast<int>(segment.tokens.size());
      segment.spans.push_back({passage.first_line, passage.last_line, at, at + count, {}});
      segment.tokens.insert(segment.tokens.end(), tokens.begin() + begin, tokens.begin() + begin + count);
      begin += count;
    }
  }
  for (size_t i = 0; i < segments.size(); ++i) {
    segments[i].part = static_cast<int>(i);
    segments[i].parts = static_cast<int>(segments.size());
  }
  return segments;
}

Result<std::vector<Segment>> make_segments(const repo::Index& index, const repo::File& file, const Reader& reader) {
  auto text = index.read_text(file);
  if (!text) return std::unexpected(text.error());
  auto passages = index.passages(file.path);
  if (!passages) return std::unexpected(passages.error());
  const Tokenizer& tokenizer = reader.model->tokenizer();
  std::vector<TokenId> tokens;
  std::vector<uint32_t> ends;
  tokenizer.encode(*text, tokens, &ends);
  auto segments = cut_segments(tokenizer.encode("File: " + file.path + "\n"), tokens, ends, *passages, kSegmentTokens);
  for (Segment& segment : segments) {
    segment.blob_id = file.blob_id;
    segment.path = file.path;
    segment.key = segment_key(reader.model->fingerprint(), recipe_of(file), reader.encoder->head(), segment.tokens);
  }
  return segments;
}

Result<void> ReadPassages::refresh(const repo::Index& index, SnapshotStore& store) {
  auto files = index.files();
  if (!files) return std::unexpected(files.error());
  std::map<std::string_view, std::string_view> blobs;
  for (const repo::File& file : *files) blobs[file.path] = file.blob_id;
  bool changed = !loaded_;
  for (auto it = files_.begin(); it != files_.end();) {
    const auto blob = blobs.find(it->first);
    if (blob != blobs.end() && blob->second == it->second.blob_id) {
      ++it;
      continue;
    }
    for (const auto& [number, part] : it->second.parts) count_ -= part.spans.size();
    it = files_.erase(it);
    changed = true;
  }
  if (!changed) return {};
  BlobIds in_use;
  for (const repo::File& file : *files) in_use.insert(file.blob_id);
  store.keep(index.root().string(), std::move(in_use));
  for (const repo::File& file : *files) {
    if (files_.contains(file.path)) continue;
    if (file.secrets > 0) {
      if (auto gone = store.forget_blob(kRecipe, file.blob_id); !gone) return gone;
    }
    auto segments = store.find_blob(recipe_of(file), file.blob_id);
    if (!segments) return std::unexpected(segments.error());
    for (const Segment& segment : *segments)
      if (segment.path == file.path) add(segment);
  }
  loaded_ = true;
  centre_ = {};
  return {};
}

void ReadPassages::add(const Segment& segment) {
  if (segment.spans.empty()) return;
  Entry& entry = files_[segment.path];
  if (entry.blob_id != segment.blob_id) {
    for (const auto& [number, part] : entry.parts) count_ -= part.spans.size();
    entry = Entry{segment.blob_id, {}};
  }
  Part& part = entry.parts[segment.part];
  count_ -= part.spans.size();
  part = {};
  for (const SegmentSpan& span : segment.spans) {
    if (span.embedding.empty() || span.embedding.size() != segment.spans[0].embedding.size()) continue;
    part.spans.push_back({segment.key, span.first_line, span.last_line, span.first_token, span.last_token});
    for (const float value : span.embedding) part.embeddings.push_back(to_f16(value));
  }
  count_ += part.spans.size();
}

const StoredSpan* ReadPassages::find(std::string_view path, int line) const {
  const auto entry = files_.find(path);
  if (entry == files_.end()) return nullptr;
  for (const auto& [number, part] : entry->second.parts)
    for (const StoredSpan& span : part.spans)
      if (span.first_line <= line && line <= span.last_line) return &span;
  return nullptr;
}

const StoredSpan* ReadPassages::find(const repo::Passage& passage) const {
  const StoredSpan* span = find(passage.file, passage.first_line);
  return span && span->first_line == passage.first_line && span->last_line == passage.last_line ? span : nullptr;
}

bool ReadPassages::has_segment(std::string_view path, std::string_view key) const {
  const auto entry = files_.find(path);
  return entry != files_.end() && std::ranges::any_of(entry->second.parts, [&](const auto& part) {
           return !part.second.spans.empty() && part.second.spans[0].segment == key;
         });
}

const ReadPassages::Centre& ReadPassages::centre() const {
  // Grows with what is read; a few new passages do not move it.
  if (centre_.count != 0 && count_ < centre_.count + centre_.count / 16 + 1) return centre_;
  std::vector<double> sum;
  for (const auto& [path, entry] : files_)
    for (const auto& [number, part] : entry.parts) {
      if (part.spans.empty()) continue;
      const size_t width = part.embeddings.size() / part.spans.size();
      sum.resize(std::max(sum.size(), width));
      for (size_t i = 0; i < part.embeddings.size(); ++i) sum[i % width] += to_f32(part.embeddings[i]);
    }
  centre_.count = count_;
  centre_.mean.resize(sum.size());
  for (size_t i = 0; i < sum.size(); ++i) centre_.mean[i] = static_cast<float>(sum[i] / static_cast<double>(count_));
  return centre_;
}

double ReadPassages::cosine(std::span<const float> direction, const Part& part, size_t row) const {
  const size_t width = centre_.mean.size();
  const f16* values = part.embeddings.data() + row * width;
  float dot = 0, norm = 0, length = 0;
  for (size_t i = 0; i < width; ++i) {
    const float value = to_f32(values[i]) - centre_.mean[i];
    dot += value * direction[i];
    norm += value * value;
    length += direction[i] * direction[i];
  }
  return norm > 0 && length > 0 ? dot / std::sqrt(static_cast<double>(norm) * length) : 0.0;
}

std::vector<ReadPassages::Near> ReadPassages::nearest(std::span<const float> direction, size_t limit) const {
  std::vector<Near> all;
  if (count_ < kPassagesForMean || centre().mean.size() != direction.size()) return all;
  all.reserve(count_);
  for (const auto& [path, entry] : files_)
    for (const auto& [number, part] : entry.parts)
      for (size_t row = 0; row < part.spans.size(); ++row)
        all.push_back({path, &part.spans[row], cosine(direction, part, row)});
  const size_t kept = std::min(limit, all.size());
  std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(kept),
                            [](const Near& a, const Near& b) { return a.cosine > b.cosine; });
  all.resize(kept);
  return all;
}

std::optional<double> ReadPassages::cosine(std::span<const float> direction, std::string_view path, int line) const {
  const auto entry = files_.find(path);
  if (entry == files_.end() || count_ < kPassagesForMean || centre().mean.size() != direction.size()) return {};
  for (const auto& [number, part] : entry->second.parts)
    for (size_t row = 0; row < part.spans.size(); ++row)
      if (part.spans[row].first_line <= line && line <= part.spans[row].last_line) return cosine(direction, part, row);
  return {};
}

}  // namespace strata::agent
