// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/packing_plan.h"

#include <algorithm>
#include <format>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "repo-indexer/terms.h"

namespace strata::repo {
namespace {

constexpr size_t kReadmeBytes = 3000, kTreeBytes = 3000, kSignatureBytes = 5000;
constexpr size_t kAmbiguous = 8;  // a name defined in more files than this says nothing about which one is meant
constexpr double kDamping = 0.85;
constexpr int kRounds = 30;

bool has_part(std::string_view path, std::initializer_list<std::string_view> words) {
  const auto parts = split_identifier([&] {
    std::string flat(path);
    std::ranges::replace_if(flat, [](char c) { return c == '/' || c == '.' || c == '-'; }, '_');
    return flat;
  }());
  return std::ranges::any_of(parts,
                             [&](const std::string& part) { return std::ranges::find(words, part) != words.end(); });
}

// Sources first, then what describes them, then what checks them.
int reading_class(const File& file) {
  if (has_part(file.path, {"test", "tests", "testing", "spec", "bench", "benchmarks", "fixtures", "testdata"}))
    return 3;
  if (file.language == "markdown" || file.language == "rst" ||
      has_part(file.path, {"doc", "docs", "changelog", "changes"})) {
    return 2;
  }
  if (has_part(file.path, {"example", "examples", "vendor", "third", "thirdparty"})) return 2;
  const std::string_view l = file.language;
  return l == "text" || l == "json" || l == "yaml" || l == "toml" || l == "xml" || l == "html" || l == "css" ? 1 : 0;
}

// PageRank over "a file uses a name that another file defines".
Result<std::unordered_map<int64_t, double>> file_ranks(Database& database, const std::vector<File>& files) {
  std::unordered_map<std::string, std::vector<int64_t>> definers;
  if (auto done = database.query("SELECT DISTINCT name, file_id FROM symbol WHERE definition AND kind <> 'heading'",
                                 [&](const Row& row) { definers[row.text(0)].push_back(row.integer(1)); });
      !done) {
    return std::unexpected(done.error());
  }
  std::unordered_map<int64_t, std::unordered_map<int64_t, double>> links;
  if (auto done = database.query("SELECT DISTINCT file_id, name FROM reference WHERE kind <> 'import'",
                                 [&](const Row& row) {
                                   const auto found = definers.find(row.text(1));
                                   if (found == definers.end() || found->second.size() > kAmbiguous) return;
                                   const int64_t from = row.integer(0);
                                   if (std::ranges::contains(found->second, from)) return;  // its own
                                   for (int64_t to : found->second)
                                     links[from][to] += 1.0 / static_cast<double>(found->second.size());
                                 });
      !done) {
    return std::unexpected(done.error());
  }
  std::unordered_map<int64_t, double> ranks;
  const double even = files.empty() ? 0 : 1.0 / static_cast<double>(files.size());
  for (const File& file : files) ranks[file.id] = even;
  for (int round = 0; round < kRounds; ++round) {
    std::unordered_map<int64_t, double> next;
    double spread = 0;  // of files that use nothing: to everyone
    for (const auto& [from, rank] : ranks) {
      const auto out = links.find(from);
      if (out == links.end()) {
        spread += rank;
        continue;
      }
      double total = 0;
      for (const auto& [to, weight] : out->second) total += weight;
      for (const auto& [to, weight] : out->second) next[to] += rank * weight / total;
    }
    for (auto& [file, rank] : ranks) rank = (1 - kDamping) * even + kDamping * (next[file] + spread * even);
  }
  return ranks;
}

std::string whole_lines(std::string_view text, size_t limit) {
  if (text.size() <= limit) return std::string(text);
  const size_t end = text.rfind('\n', limit);
  return std::string(text.substr(0, end == std::string_view::npos ? 0 : end + 1)) + "...\n";
}

// Folders with their lines; files too, as long as the tree stays short.
std::string tree_text(const std::vector<File>& files) {
  std::map<std::string, std::pair<int, int64_t>> folders;  // files, lines
  std::string full;
  for (const File& file : files) {
    full += std::format("{} ({} lines)\n", file.path, file.lines);
    for (size_t slash = file.path.find('/'); slash != std::string::npos; slash = file.path.find('/', slash + 1)) {
      auto& [count, lines] = folders[file.path.substr(0, slash + 1)];
      ++count;
      lines += file.lines;
    }
  }
  if (full.size() <= kTreeBytes) return full;
  // As deep as fits.
  for (int depth = 6; depth > 1; --depth) {
    std::string text;
    for (const auto& [folder, total] : folders) {
      if (std::ranges::count(folder, '/') <= depth) {
        text += std::format("{} ({} files, {} lines)\n", folder, total.first, total.second);
      }
    }
    if (text.size() <= kTreeBytes) return text;
  }
  std::string text;
  for (const auto& [folder, total] : folders) {
    if (std::ranges::count(folder, '/') == 1)
      text += std::format("{} ({} files, {} lines)\n", folder, total.first, total.second);
  }
  return whole_lines(text, kTreeBytes);
}

// Signatures of what most other files use, grouped by file.
Result<std::string> central_signatures(Database& database) {
  std::map<std::string, std::vector<std::string>> by_file;
  size_t bytes = 0;
  auto done = database.query(
      "WITH used AS (SELECT name, count(DISTINCT file_id) AS users FROM reference WHERE kind <> 'import' GROUP BY name)"
      " SELECT file.path, symbol.signature FROM symbol JOIN used USING(name) JOIN file ON file.id = symbol.file_id"
      " WHERE definition AND symbol.kind IN ('function', 'method', 'class', 'struct', 'interface', 'trait', 'type', "
      "'enum')"
      " AND (SELECT count(*) FROM symbol other WHERE other.name = symbol.name COLLATE NOCASE AND other.definition) <= 2"
      " AND used.users > 1 AND file.path NOT LIKE '%test%' ORDER BY used.users DESC, symbol.id LIMIT 200",
      [&](const Row& row) {
        const std::string path = row.text(0), signature = row.text(1);
        if (std::ranges::contains(by_file[path], signature)) return;
        bytes += signature.size() + 3 + (by_file[path].empty() ? path.size() + 2 : 0);
        if (bytes <= kSignatureBytes) by_file[path].push_back(signature);
      });
  if (!done) return std::unexpected(done.error());
  std::string text;
  for (const auto& [path, signatures] : by_file) {
    if (signatures.empty()) continue;
    text += path + ":\n";
    for (const std::string& signature : signatures) text += "  " + signature + "\n";
  }
  return text;
}

}  // namespace

const File* find_readme(const std::vector<File>& files) {
  const auto found = std::ranges::find_if(files, [](const File& file) {
    return file.path.find('/') == std::string::npos && lower_case(file.path).starts_with("readme");
  });
  return found == files.end() ? nullptr : &*found;
}

Result<PackingPlan> make_plan(Database& database, std::vector<File> files, std::string_view repository_name,
                              std::string_view readme, const std::vector<std::string>& near) {
  auto ranks = file_ranks(database, files);
  if (!ranks) return std::unexpected(ranks.error());
  auto signatures = central_signatures(database);
  if (!signatures) return std::unexpected(signatures.error());

  PackingPlan plan;
  plan.preamble = std::format("Repository: {}\n", repository_name);
  if (!readme.empty()) plan.preamble += "\nREADME:\n" + whole_lines(readme, kReadmeBytes);
  if (!files.empty()) plan.preamble += "\nFiles:\n" + tree_text(files);
  if (!signatures->empty()) plan.preamble += "\nUsed in many places:\n" + *signatures;

  const auto nearness = [&](const File& file) { return std::ranges::find(near, file.path) - near.begin(); };
  std::ranges::sort(files, [&](const File& a, const File& b) {
    return std::tuple(nearness(a), reading_class(a), -(*ranks)[a.id], std::string_view(a.path)) <
           std::tuple(nearness(b), reading_class(b), -(*ranks)[b.id], std::string_view(b.path));
  });
  plan.files = std::move(files);
  return plan;
}

}  // namespace strata::repo
