// SPDX-License-Identifier: Apache-2.0
// Opening a repository, a model and both together, as several commands do.
#pragma once

#include <string>

#include "agent/changes/run_database.h"
#include "agent/workspace.h"
#include "base/result.h"
#include "base/user_folders.h"
#include "engine/generate/session.h"
#include "repo-indexer/index.h"

namespace strata::app {

// The index of the repository, brought up to date, with progress on stderr.
Result<repo::OpenedIndex> open_index(const std::string& repository);

// The file of this path; an error that says how paths are meant if the index has none.
Result<repo::File> find_file(const repo::Index& index, const std::string& path);

// The top of the work tree, as runs and the journal name it.
Result<std::filesystem::path> top_of(const std::string& repository);

// The record of runs and of what they changed, in the user's data folder.
Result<agent::RunDatabase> open_runs();

struct ModelArguments {
  std::string model;
  std::string scout = {};  // reads the repository and ranks; empty: the model itself
  int threads = 0;
  bool exact = false;  // f32 throughout
};

// Of what `--model` names (see catalogue.h), without its weights.
Result<Tokenizer> open_tokenizer(const std::string& model);

// Contexts of any length: what a long one no longer has near takes up to a quarter of the memory, then disk.
SessionOptions session_options();

// Loads what `--model` names (see catalogue.h).
Result<std::shared_ptr<Model>> open_model(const ModelArguments& arguments);

// An opened repository with the models that read it and answer about it, and their snapshots.
Result<agent::Workspace> open_workspace(repo::Index index, const ModelArguments& arguments);

}  // namespace strata::app
