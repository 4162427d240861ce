// SPDX-License-Identifier: Apache-2.0
#include "app/repository_access.h"

#include "app/catalogue.h"
#include "app/console.h"
#include "engine/compute/cpu/machine.h"
#include "engine/format/gguf.h"
#include "repo-indexer/walk.h"

namespace strata::app {

Result<std::filesystem::path> top_of(const std::string& repository) {
  auto tree = repo::WorkTree::open(repository);
  if (!tree) return std::unexpected(tree.error());
  return tree->root();
}

Result<agent::RunDatabase> open_runs() {
  auto file = agent::RunDatabase::default_file();
  if (!file) return std::unexpected(file.error());
  return agent::RunDatabase::open(*file, notice);
}

Result<repo::OpenedIndex> open_index(const std::string& repository) {
  auto folder = cache_path("index");
  if (!folder) return std::unexpected(folder.error());
  ProgressLine line;
  auto opened = repo::open_updated(
      repository, *folder, [&](std::string_view what, int64_t done, int64_t total) { line.show(what, done, total); },
      &interrupted());
  line.clear();
  if (opened && !opened->report.notice.empty()) notice(opened->report.notice);
  return opened;
}

Result<repo::File> find_file(const repo::Index& index, const std::string& path) {
  auto file = index.file(path);
  if (!file) return std::unexpected(file.error());
  if (!*file) {
    return fail(ErrorKind::kNotFound, path + ": no such file in the index (paths are relative to the repository)");
  }
  return std::move(**file);
}

Result<Tokenizer> open_tokenizer(const std::string& model) {
  auto path = resolve_model(model);
  if (!path) return std::unexpected(path.error());
  auto gguf = GgufFile::open(*path);
  if (!gguf) return std::unexpected(gguf.error());
  return Tokenizer::load(*gguf);
}

SessionOptions session_options() {
  SessionOptions options;
  options.tier.ram_bytes = cpu::machine().memory_bytes / 4;
  if (auto folder = cache_folder("context")) options.tier.folder = *folder;
  return options;
}

Result<std::shared_ptr<Model>> open_model(const ModelArguments& arguments) {
  auto path = resolve_model(arguments.model);
  if (!path) return std::unexpected(path.error());
  ModelOptions options;
  options.threads = arguments.threads;
  options.precision = arguments.exact ? Precision::kExact : Precision::kFast;
  return Model::load(*path, options);
}

Result<agent::Workspace> open_workspace(repo::Index index, const ModelArguments& arguments) {
  auto model = open_model(arguments);
  if (!model) return std::unexpected(model.error());
  auto answerer = agent::make_reader(std::move(*model), notice);
  if (!answerer) return std::unexpected(answerer.error());
  agent::Reader scout = *answerer;
  // Two names of one model are one model.
  if (!arguments.scout.empty() &&
      resolve_model(arguments.scout).value_or("") != resolve_model(arguments.model).value_or("")) {
    auto reading = open_model({.model = arguments.scout, .threads = arguments.threads});
    if (!reading) return std::unexpected(reading.error());
    auto made = agent::make_reader(std::move(*reading), notice);
    if (!made) return std::unexpected(made.error());
    scout = std::move(*made);
  }
  return agent::Workspace{std::move(index), std::move(scout), std::move(*answerer)};
}

}  // namespace strata::app
