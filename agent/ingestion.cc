// SPDX-License-Identifier: Apache-2.0
#include "agent/ingestion.h"

#include <algorithm>
#include <chrono>
#include <unordered_set>

namespace strata::agent {

namespace {
constexpr size_t kRecentBatches = 8;
}

Result<Ingestion> Ingestion::plan(Workspace& workspace, const std::vector<std::string>& near,
                                  const repo::Progress& progress, const Cancel* cancel) {
  auto order = workspace.index.reading_order(near);
  if (!order) return std::unexpected(order.error());
  auto report = workspace.index.report();
  if (!report) return std::unexpected(report.error());
  Ingestion ingestion(workspace);
  ingestion.skipped_ = report->skipped;
  if (auto done = workspace.read->refresh(workspace.index, *workspace.scout.snapshots); !done)
    return std::unexpected(done.error());
  int64_t planned = 0;
  for (const repo::File& file : *order) {
    if (cancel && cancel->requested()) return fail(ErrorKind::kCancelled, "planning was cancelled");
    if (auto added = ingestion.add_file(file, ingestion.waiting_); !added) return std::unexpected(added.error());
    if (progress) progress("planning", ++planned, static_cast<int64_t>(order->size()));
  }
  return ingestion;
}

Result<void> Ingestion::add_file(const repo::File& file, std::deque<Segment>& to) {
  auto segments = make_segments(workspace_->index, file, workspace_->scout);
  if (!segments) {
    skipped_.push_back({file.path, segments.error().message});
    set_state(file.path, FileState::kFailed);
    return {};
  }
  ++progress_.files;
  recipes_[file.path] = recipe_of(file);
  int missing = 0;
  for (Segment& segment : *segments) {
    const auto tokens = static_cast<int64_t>(segment.tokens.size());
    progress_.tokens += tokens;
    if (workspace_->read->has_segment(segment.path, segment.key)) {
      progress_.tokens_done += tokens;
      progress_.reused_tokens += tokens;
    } else {
      ++missing;
      to.push_back(std::move(segment));
    }
  }
  if (missing == 0) ++progress_.files_done;
  parts_left_[file.path] = missing;
  set_state(file.path, missing == 0 ? FileState::kRead : FileState::kWaiting);
  return {};
}

Result<std::vector<Segment>> Ingestion::next_batch() {
  std::vector<Segment> batch;
  size_t tokens = 0;
  while (!waiting_.empty() && (batch.empty() || tokens + waiting_.front().tokens.size() <= Model::kMaxBatchRows)) {
    const std::string path = waiting_.front().path;
    auto file = workspace_->index.file(path);
    if (!file) return std::unexpected(file.error());
    if (*file && (*file)->blob_id == waiting_.front().blob_id) {
      tokens += waiting_.front().tokens.size();
      batch.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
      continue;
    }
    // The file changed since it was planned, or is gone: what was planned of it is dropped.
    for (const Segment& segment : waiting_)
      if (segment.path == path) progress_.tokens -= static_cast<int64_t>(segment.tokens.size());
    std::erase_if(waiting_, [&](const Segment& segment) { return segment.path == path; });
    --progress_.files;
    parts_left_.erase(path);
    if (!*file) {
      skipped_.push_back({path, "it was removed while the repository was being read"});
      set_state(path, FileState::kFailed);
      continue;
    }
    std::deque<Segment> fresh;
    if (auto added = add_file(**file, fresh); !added) return std::unexpected(added.error());
    for (; !fresh.empty(); fresh.pop_back()) waiting_.push_front(std::move(fresh.back()));
  }
  return batch;
}

Result<void> Ingestion::step(const Cancel* cancel) {
  auto batch = next_batch();
  if (!batch) return std::unexpected(batch.error());
  if (batch->empty()) return {};
  for (const Segment& segment : *batch) set_state(segment.path, FileState::kReading);
  const auto started = std::chrono::steady_clock::now();
  if (auto done = prepare_heads(workspace_->scout, cancel); !done) return done;
  std::unordered_set<std::string> stored;
  int64_t computed = 0;
  const int head = workspace_->scout.encoder->head_tokens();
  auto outcome =
      workspace_->scout.encoder->encode(*batch, cancel, [&](SegmentEncoder::Encoded encoded) -> Result<void> {
        if (const auto& heads = workspace_->scout.heads)
          for (SegmentSpan& span : encoded.segment.spans)
            if (span.last_token > span.first_token)
              span.ranking_keys = heads->pack(heads->keys(encoded.kv, head + span.first_token, head + span.last_token));
        auto put =
            workspace_->scout.snapshots->put(encoded.segment, recipes_.at(encoded.segment.path), encoded.kv, head);
        if (!put) return put;
        computed += static_cast<int64_t>(encoded.segment.tokens.size());
        stored.insert(encoded.segment.key);
        workspace_->read->add(encoded.segment);
        part_done(encoded.segment);
        return {};
      });
  note_rate(computed, std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
  // Whatever was not stored goes back to where it came from.
  for (size_t i = batch->size(); i-- > 0;) {
    Segment& segment = (*batch)[i];
    if (stored.contains(segment.key)) continue;
    set_state(segment.path, FileState::kWaiting);
    waiting_.push_front(std::move(segment));
  }
  return outcome;
}

void Ingestion::prefer(const std::vector<std::string>& paths) {
  const std::unordered_set<std::string> first(paths.begin(), paths.end());
  std::ranges::stable_partition(waiting_, [&](const Segment& segment) { return first.contains(segment.path); });
}

FileState Ingestion::state(const std::string& path) const {
  const auto it = states_.find(path);
  return it == states_.end() ? FileState::kWaiting : it->second;
}

void Ingestion::set_state(const std::string& path, FileState state) {
  const auto [it, inserted] = states_.try_emplace(path, state);
  if (!inserted && it->second == state) return;
  it->second = state;
  if (on_state) on_state(path, state);
}

void Ingestion::part_done(const Segment& segment) {
  const auto tokens = static_cast<int64_t>(segment.tokens.size());
  progress_.tokens_done += tokens;
  progress_.computed_tokens += tokens;
  if (--parts_left_[segment.path] > 0) return;
  ++progress_.files_done;
  set_state(segment.path, FileState::kRead);
}

void Ingestion::note_rate(int64_t tokens, double seconds) {
  progress_.seconds += seconds;
  if (tokens == 0) return;  // cancelled, by a question for example: that says nothing about the rate
  recent_.push_back({tokens, seconds});
  if (recent_.size() > kRecentBatches) recent_.pop_front();
  double recent_tokens = 0, recent_seconds = 0;
  for (const Batch& batch : recent_)
    recent_tokens += static_cast<double>(batch.tokens), recent_seconds += batch.seconds;
  progress_.tokens_per_s = recent_seconds > 0 ? recent_tokens / recent_seconds : 0;
  const auto left = static_cast<double>(progress_.tokens - progress_.tokens_done);
  progress_.eta_s = progress_.tokens_per_s > 0 ? left / progress_.tokens_per_s : 0;
}

}  // namespace strata::agent
