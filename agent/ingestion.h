// SPDX-License-Identifier: Apache-2.0
// Reads a repository into the scout's snapshots, a batch of files at a time. What is finished is kept whatever happens:
// each segment is one transaction, so cancelling, killing or a full disk loses at most the batch in flight.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/workspace.h"

namespace strata::agent {

enum class FileState { kWaiting, kReading, kRead, kFailed };

struct IngestionProgress {
  int files = 0, files_done = 0;
  int64_t tokens = 0, tokens_done = 0;  // of the whole repository; tokens_done includes what was known before
  int64_t computed_tokens = 0, reused_tokens = 0;
  double seconds = 0;       // spent computing
  double tokens_per_s = 0;  // of the last batches
  double eta_s = 0;
};

class Ingestion {
 public:
  // Plans what is left: tokenises every file in packing order and asks the store which segments it has.
  static Result<Ingestion> plan(Workspace& workspace, const std::vector<std::string>& near = {},
                                const repo::Progress& progress = {}, const Cancel* cancel = nullptr);

  bool finished() const { return waiting_.empty(); }
  // Reads one batch (at most about 2,048 tokens or one long segment) and stores it. kCancelled keeps what is finished;
  // an error (disk full) leaves what is not stored waiting, so calling again goes on.
  Result<void> step(const Cancel* cancel = nullptr);
  // These files next (the ones a question needs or the user looks at).
  void prefer(const std::vector<std::string>& paths);

  const IngestionProgress& progress() const { return progress_; }
  FileState state(const std::string& path) const;
  const std::vector<repo::Skipped>& skipped() const { return skipped_; }
  // Called whenever a file's state changes.
  std::function<void(const std::string& path, FileState)> on_state;

 private:
  explicit Ingestion(Workspace& workspace) : workspace_(&workspace) {}
  // Adds the file's segments that the store lacks to `to`. A file that cannot be read is skipped with its reason.
  Result<void> add_file(const repo::File& file, std::deque<Segment>& to);
  // The next segments to compute, taken from waiting_; files that changed since they were planned are planned again.
  Result<std::vector<Segment>> next_batch();
  void set_state(const std::string& path, FileState state);
  void part_done(const Segment& segment);
  void note_rate(int64_t tokens, double seconds);

  struct Batch {
    int64_t tokens;
    double seconds;
  };
  Workspace* workspace_;
  std::deque<Segment> waiting_;
  std::unordered_map<std::string, int> parts_left_;
  std::unordered_map<std::string, std::string_view> recipes_;  // of the files that are waiting
  std::unordered_map<std::string, FileState> states_;
  std::vector<repo::Skipped> skipped_;
  std::deque<Batch> recent_;
  IngestionProgress progress_;
};

}  // namespace strata::agent
