// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/indexed_files.h"

#include <algorithm>

namespace strata::repo {

Result<Files> load_files(Database& database) {
  Files files;
  std::vector<std::string> paths;
  auto done =
      database.query("SELECT id, path, language FROM file WHERE skipped = '' ORDER BY path", [&](const Row& row) {
        files.by_id.emplace(row.integer(0), static_cast<int>(paths.size()));
        files.ids.push_back(row.integer(0));
        paths.push_back(row.text(1));
        files.languages.push_back(row.text(2));
      });
  if (!done) return std::unexpected(done.error());
  files.imports = std::make_unique<ImportPaths>(std::move(paths));
  return files;
}

Result<void> resolve_imports(Database& database, bool paths_changed, std::span<const std::string> changed) {
  auto files = load_files(database);
  if (!files) return std::unexpected(files.error());
  const auto resolve = [&](int only) -> Result<void> {
    struct Edge {
      int64_t reference, file;
      std::vector<int> targets;
    };
    std::vector<Edge> edges;
    const int64_t id = only < 0 ? 0 : files->ids[only];
    auto read = database.query(
        only < 0 ? "SELECT id, file_id, name, qualifier FROM reference WHERE kind = 'import' AND ?1 = 0"
                 : "SELECT id, file_id, name, qualifier FROM reference WHERE kind = 'import' AND file_id = ?1",
        [&](const Row& row) {
          const auto from = files->by_id.find(row.integer(1));
          if (from == files->by_id.end()) return;
          auto targets = files->imports->find(files->languages[from->second], from->second, row.text(2), row.text(3));
          if (!targets.empty()) edges.push_back({row.integer(0), row.integer(1), std::move(targets)});
        },
        id);
    if (!read) return read;
    if (auto done = database.run(
            only < 0 ? "DELETE FROM import_edge WHERE ?1 = 0" : "DELETE FROM import_edge WHERE file_id = ?1", id);
        !done) {
      return done;
    }
    for (const Edge& edge : edges) {
      for (const int target : edge.targets) {
        if (auto done = database.run("INSERT INTO import_edge(reference_id, file_id, target_id) VALUES(?1, ?2, ?3)",
                                     edge.reference, edge.file, files->ids[target]);
            !done) {
          return done;
        }
      }
    }
    return {};
  };
  if (paths_changed) return resolve(-1);
  for (const std::string& path : changed) {
    const auto& paths = files->imports->paths();
    const auto at = std::ranges::lower_bound(paths, path);
    if (at == paths.end() || *at != path) continue;
    if (auto done = resolve(static_cast<int>(at - paths.begin())); !done) return done;
  }
  return {};
}
}  // namespace strata::repo
