// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/packing_plan.h"

#include <algorithm>
#include <format>
#include <iterator>
#include <map>
#include <ranges>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "repo-indexer/history.h"
#include "repo-indexer/ranking.h"
#include "repo-indexer/structure.h"
#include "repo-indexer/terms.h"

namespace strata::repo {
namespace {

constexpr double kBytesPerToken = 3.5;  // to guess with; what is packed is counted
constexpr int64_t kPreambleTokens = 8000;
constexpr int64_t kPreambleShare = 8;  // and at most this part of the budget
constexpr int64_t kOutlineShare = 5;   // of what is left, where not everything fits

bool has_part(std::string_view path, std::initializer_list<std::string_view> words) {
  const auto parts = split_identifier([&] {
    std::string flat(path);
    std::ranges::replace_if(flat, [](char c) { return c == '/' || c == '.' || c == '-'; }, '_');
    return flat;
  }());
  return std::ranges::any_of(parts,
                             [&](const std::string& part) { return std::ranges::find(words, part) != words.end(); });
}

// Sources first, then what describes them, then what checks them, then what nobody here has written.
int reading_class(const File& file) {
  if (file.generated) return 5;
  if (file.vendored) return 4;
  if (is_test_file(file.path)) return 3;
  if (file.language == "markdown" || file.language == "rst" ||
      has_part(file.path, {"doc", "docs", "changelog", "changes"})) {
    return 2;
  }
  if (has_part(file.path, {"example", "examples"})) return 2;
  const std::string_view l = file.language;
  return l == "text" || l == "json" || l == "yaml" || l == "toml" || l == "xml" || l == "html" || l == "css" ? 1 : 0;
}

bool is_build_file(const File& file) {
  static const std::unordered_set<std::string_view> kNames = {
      "CMakeLists.txt", "Makefile",       "GNUmakefile", "meson.build",      "configure.ac",
      "BUILD.bazel",    "pyproject.toml", "setup.cfg",   "setup.py",         "package.json",
      "Cargo.toml",     "go.mod",         "pom.xml",     "build.gradle",     "Gemfile",
      "composer.json",  "build.sbt",      "mix.exs",     "build.gradle.kts", "Package.swift"};
  return kNames.contains(file.path) ||
         (file.path.find('/') == file.path.npos && (file.path.ends_with(".gemspec") || file.path.ends_with(".csproj")));
}

std::string whole_lines(std::string_view text, size_t limit) {
  if (text.size() <= limit) return std::string(text);
  const size_t end = text.rfind('\n', limit);
  return std::string(text.substr(0, end == std::string_view::npos ? 0 : end + 1)) + "...\n";
}

// Folders with their lines; files too, as long as the tree stays short.
std::string tree_text(const std::vector<File>& files, size_t limit) {
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
  if (full.size() <= limit) return full;
  // As deep as fits.
  for (int depth = 6; depth > 1; --depth) {
    std::string text;
    for (const auto& [folder, total] : folders) {
      if (std::ranges::count(folder, '/') <= depth) {
        text += std::format("{} ({} files, {} lines)\n", folder, total.first, total.second);
      }
    }
    if (text.size() <= limit) return text;
  }
  std::string text;
  for (const auto& [folder, total] : folders) {
    if (std::ranges::count(folder, '/') == 1)
      text += std::format("{} ({} files, {} lines)\n", folder, total.first, total.second);
  }
  return whole_lines(text, limit);
}

struct OutlineLine {
  int64_t symbol = 0, parent = 0;
  int line = 0, depth = 0;
  std::string kind, signature;
};

// The symbols of a file that an outline shows: what is defined, without what stands inside functions.
using Outlines = std::unordered_map<int64_t, std::vector<OutlineLine>>;

Result<Outlines> outlines_of_all(Database& database) {
  Outlines outlines;
  std::unordered_map<int64_t, int> depths;
  auto done = database.query(
      "SELECT file_id, id, coalesce(parent_id, 0), name_line, kind, signature FROM symbol WHERE definition ORDER BY "
      "file_id, id",
      [&](const Row& row) {
        OutlineLine line{row.integer(1), row.integer(2), static_cast<int>(row.integer(3)), 0, row.text(4), row.text(5)};
        const auto parent = depths.find(line.parent);
        line.depth = parent == depths.end() ? 0 : parent->second + 1;
        depths[line.symbol] = line.depth;
        outlines[row.integer(0)].push_back(std::move(line));
      });
  if (!done) return std::unexpected(done.error());
  return outlines;
}

// Of a signature, as much as says what it is.
std::string_view cut(std::string_view signature, size_t limit) {
  if (signature.size() <= limit) return signature;
  while (limit > 0 && (signature[limit] & 0xC0) == 0x80) --limit;
  return signature.substr(0, limit);
}

std::string outline_text(const File& file, const std::vector<OutlineLine>& lines) {
  std::string text = std::format("Outline of {} ({} lines):\n", file.path, file.lines);
  for (const OutlineLine& line : lines) {
    text += std::format("{:>5}  {}{}\n", line.line, std::string(static_cast<size_t>(line.depth) * 2, ' '),
                        cut(line.signature, 200));
  }
  return text;
}

bool is_worth_mapping(std::string_view kind) {
  return kind != "heading" && kind != "variable" && kind != "enumerator" && kind != "test";
}

// The chosen symbols inside what they stand in, as in aider: "⋮" where something is left out.
std::string map_text(const std::vector<File>& files, const Outlines& outlines,
                     const std::unordered_set<int64_t>& chosen) {
  std::string text;
  for (const File& file : files) {
    const auto lines = outlines.find(file.id);
    if (lines == outlines.end()) continue;
    std::unordered_set<int64_t> shown;
    for (const OutlineLine& line : std::views::reverse(lines->second)) {  // children before their parents
      if (chosen.contains(line.symbol) || shown.contains(line.symbol)) {
        shown.insert(line.symbol);
        if (line.parent) shown.insert(line.parent);
      }
    }
    if (shown.empty()) continue;
    text += (text.empty() ? "" : "\n") + file.path + ":\n";
    bool gap = true;  // is "⋮" due before the next line?
    for (const OutlineLine& line : lines->second) {
      if (!shown.contains(line.symbol)) {
        gap = true;
        continue;
      }
      if (gap) text += "⋮\n";
      gap = false;
      text += std::format("│{}{}\n", std::string(static_cast<size_t>(line.depth) * 4, ' '), cut(line.signature, 100));
    }
    text += "⋮\n";
  }
  return text;
}

struct Reading {
  std::vector<File> order;
  Ranking ranking;
};

Result<Reading> read_in_order(PackingSources& sources, const std::vector<std::string>& near) {
  auto ranking = rank_symbols(sources.database, sources.files, near);
  if (!ranking) return std::unexpected(ranking.error());
  std::unordered_map<std::string_view, size_t> nearness;
  for (size_t i = 0; i < near.size(); ++i) nearness.try_emplace(near[i], i);
  Reading reading{std::move(sources.files), std::move(*ranking)};
  const auto key = [&](const File& file) {
    const auto found = nearness.find(file.path);
    return std::tuple(found == nearness.end() ? near.size() : found->second, reading_class(file),
                      -reading.ranking.files.at(file.id), std::string_view(file.path));
  };
  std::ranges::sort(reading.order, [&](const File& a, const File& b) { return key(a) < key(b); });
  return reading;
}

// What each symbol of `order` is worth showing for, best first: those that other files use, then the rest by file.
std::vector<int64_t> symbols_to_show(const Reading& reading, const Outlines& outlines) {
  std::unordered_set<int64_t> worthy;
  for (const File& file : reading.order) {
    if (reading_class(file) > 2) continue;
    const auto lines = outlines.find(file.id);
    if (lines == outlines.end()) continue;
    for (const OutlineLine& line : lines->second) {
      if (is_worth_mapping(line.kind)) worthy.insert(line.symbol);
    }
  }
  std::vector<int64_t> symbols;
  for (const SymbolRank& ranked : reading.ranking.symbols) {
    if (worthy.erase(ranked.symbol)) symbols.push_back(ranked.symbol);
  }
  for (const File& file : reading.order) {
    const auto lines = outlines.find(file.id);
    if (lines == outlines.end()) continue;
    for (const OutlineLine& line : lines->second) {
      if (worthy.erase(line.symbol)) symbols.push_back(line.symbol);
    }
  }
  return symbols;
}

// The longest prefix of `symbols` whose map fits.
std::string map_within(int64_t budget, const TokenCounter& count, const Reading& reading, const Outlines& outlines,
                       std::span<const int64_t> symbols) {
  std::vector<File> by_path = reading.order;
  std::ranges::sort(by_path, {}, &File::path);
  std::string best;
  size_t fits = 0, too_many = symbols.size() + 1;
  size_t tried = std::min<size_t>(symbols.size(), static_cast<size_t>(std::max<int64_t>(budget, 0)) / 16 + 1);
  while (fits + 1 < too_many) {
    std::string text =
        map_text(by_path, outlines, {symbols.begin(), symbols.begin() + static_cast<std::ptrdiff_t>(tried)});
    if (count(text) <= budget) {
      fits = tried, best = std::move(text);
    } else {
      too_many = tried;
    }
    tried = too_many > symbols.size() ? std::min(symbols.size(), fits * 2 + 1) : fits + (too_many - fits) / 2;
    if (fits == symbols.size()) break;
  }
  return best;
}

std::string preamble_text(const PackingSources& sources, const Reading& reading, const Outlines& outlines,
                          int64_t budget, const TokenCounter& count) {
  const auto bytes = static_cast<size_t>(static_cast<double>(budget) * kBytesPerToken);
  std::string text = std::format("Repository: {}\n", sources.tree.root().filename().string());
  std::vector<File> by_path = reading.order;
  std::ranges::sort(by_path, {}, &File::path);
  const auto add = [&](std::string_view title, const File& file, size_t limit) {
    if (const auto head = sources.read(file)) text += std::format("\n{}:\n{}", title, whole_lines(*head, limit));
    if (!text.ends_with('\n')) text += '\n';
  };
  for (const File& file : by_path) {
    if (file.path.find('/') != file.path.npos || !lower_case(file.path).starts_with("readme")) continue;
    add(file.path, file, bytes / 4);
    break;
  }
  const auto build_files = std::ranges::count_if(by_path, is_build_file);
  for (const File& file : by_path) {
    if (is_build_file(file)) add(file.path, file, bytes / 8 / static_cast<size_t>(build_files));
  }
  if (!by_path.empty()) text += "\nFiles:\n" + tree_text(by_path, bytes / 4);
  const auto symbols = symbols_to_show(reading, outlines);
  const std::string map = map_within(budget - count(text), count, reading, outlines, symbols);
  if (!map.empty()) text += "\nMost used:\n" + map;
  return text;
}

}  // namespace

Result<std::vector<File>> reading_order(PackingSources sources, const std::vector<std::string>& near) {
  auto reading = read_in_order(sources, near);
  if (!reading) return std::unexpected(reading.error());
  return std::move(reading->order);
}

Result<std::string> make_map(PackingSources sources, int64_t budget, const TokenCounter& count,
                             const std::vector<std::string>& near) {
  auto reading = read_in_order(sources, near);
  if (!reading) return std::unexpected(reading.error());
  auto outlines = outlines_of_all(sources.database);
  if (!outlines) return std::unexpected(outlines.error());
  // What is being looked at need not be shown.
  auto symbols = symbols_to_show(*reading, *outlines);
  std::unordered_set<int64_t> seen;
  for (const File& file : reading->order) {
    if (!std::ranges::contains(near, file.path)) continue;
    for (const OutlineLine& line : (*outlines)[file.id]) seen.insert(line.symbol);
  }
  std::erase_if(symbols, [&](int64_t symbol) { return seen.contains(symbol); });
  return map_within(budget, count, *reading, *outlines, symbols);
}

Result<PackingPlan> make_plan(PackingSources sources, int64_t budget, const TokenCounter& count,
                              const std::vector<std::string>& near, const Cancel* cancel) {
  auto reading = read_in_order(sources, near);
  if (!reading) return std::unexpected(reading.error());
  auto outlines = outlines_of_all(sources.database);
  if (!outlines) return std::unexpected(outlines.error());

  PackingPlan plan;
  plan.budget = budget;
  const auto take = [&](PackedSegment segment) {
    plan.tokens += segment.tokens;
    plan.segments.push_back(std::move(segment));
  };
  for (int64_t room = std::min(budget / kPreambleShare, kPreambleTokens); room > 0; room = room * 3 / 4) {
    std::string text = preamble_text(sources, *reading, *outlines, room, count);
    const int64_t tokens = count(text);
    if (tokens > budget / kPreambleShare) continue;
    take({PackedSegment::Kind::kPreamble, "", std::move(text), tokens});
    break;
  }

  // Every file is counted, and kept as long as it may still be wanted.
  struct Candidate {
    const File* file;
    std::string text;
    int64_t tokens = 0;
    bool packed = false;
    std::string reason = {};  // why it is not
  };
  std::vector<Candidate> candidates;
  int64_t kept = 0;
  for (const File& file : reading->order) {
    if (cancel && cancel->requested()) return fail(ErrorKind::kCancelled, "cancelled");
    auto text = sources.read(file);
    if (!text) {
      plan.left_out.push_back({file.path, 0, text.error().message});
      continue;
    }
    Candidate candidate{&file, std::format("File: {}\n{}", file.path, *text)};
    if (!candidate.text.ends_with('\n')) candidate.text += '\n';
    candidate.tokens = count(candidate.text);
    plan.repository_tokens += candidate.tokens;
    if (kept + candidate.tokens > budget) candidate.text.clear();
    kept += candidate.text.empty() ? 0 : candidate.tokens;
    candidates.push_back(std::move(candidate));
  }
  const size_t preambles = plan.segments.size();
  const int64_t room = budget - plan.tokens;
  const auto take_whole = [&](int64_t limit, auto wanted) {
    for (Candidate& c : candidates) {
      if (c.packed || c.text.empty() || plan.tokens + c.tokens > limit || !wanted(*c.file)) continue;
      c.packed = true;
      take({PackedSegment::Kind::kFile, c.file->path, std::move(c.text), c.tokens});
    }
  };
  // Outlines of sources say more than whole tests and texts do, so they come first where not everything fits.
  const auto is_source = [&](const File& file) {
    return reading_class(file) == 0 || std::ranges::contains(near, file.path);
  };
  const auto any = [](const File&) { return true; };
  const bool all_fit = plan.repository_tokens <= room;
  if (all_fit) take_whole(budget, any);
  if (!all_fit) take_whole(budget - room / kOutlineShare, is_source);
  std::vector<PackedSegment> outlined;
  for (Candidate& c : candidates) {
    if (c.packed) continue;
    const auto lines = outlines->find(c.file->id);
    std::string reason = std::format("{} tokens do not fit", c.tokens);
    if (lines == outlines->end()) {
      reason += ", and it has no symbols to outline";
    } else if (reading_class(*c.file) > 2) {
      reason += c.file->generated  ? ", and it is generated"
                : c.file->vendored ? ", and it is foreign code"
                                   : ", and it is a test";
    } else {
      std::string text = outline_text(*c.file, lines->second);
      const int64_t tokens = count(text);
      if (tokens < c.tokens && plan.tokens + tokens <= budget) {
        reason = "only its outline: " + reason;
        plan.tokens += tokens;
        outlined.push_back({PackedSegment::Kind::kOutline, c.file->path, std::move(text), tokens});
        c.text.clear();
      } else {
        reason += ", nor does its outline";
      }
    }
    c.reason = std::move(reason);
  }
  if (!all_fit) take_whole(budget, any);
  for (Candidate& c : candidates) {
    if (!c.packed) plan.left_out.push_back({c.file->path, c.tokens, std::move(c.reason)});
  }
  const size_t files_end = plan.segments.size();
  std::ranges::move(outlined, std::back_inserter(plan.segments));

  const auto counts = change_counts(sources.tree, cancel);
  const HeadTree head(sources.tree);
  std::unordered_map<std::string_view, const std::string*> blobs;
  for (const File& file : reading->order) blobs[file.path] = &file.blob_id;
  for (PackedSegment& segment : plan.segments) {
    const auto found = counts.find(segment.path);
    if (found != counts.end()) segment.changes = found->second;
    if (!segment.path.empty() && head.differs(segment.path, *blobs[segment.path]))
      segment.changes = PackedSegment::kUncommitted;
  }
  const auto from_stable_to_volatile = [](auto first, auto last) {
    std::stable_sort(first, last, [](const PackedSegment& a, const PackedSegment& b) { return a.changes < b.changes; });
  };
  const auto begin = plan.segments.begin();
  from_stable_to_volatile(begin + static_cast<std::ptrdiff_t>(preambles),
                          begin + static_cast<std::ptrdiff_t>(files_end));
  from_stable_to_volatile(begin + static_cast<std::ptrdiff_t>(files_end), plan.segments.end());
  return plan;
}

}  // namespace strata::repo
