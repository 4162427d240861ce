// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/risks.h"

#include <algorithm>
#include <format>
#include <map>
#include <set>

#include "agent/changes/source_symbols.h"
#include "agent/changes/text_lines.h"
#include "repo-indexer/secrets.h"
#include "repo-indexer/structure.h"

namespace strata::agent {
namespace {

constexpr size_t kMostPlaces = 20;

// Both sides of a changed file.
struct Sides {
  const ProposalFile* file = nullptr;
  repo::ParsedFile before, after;
};

bool is_code(std::string_view kind) {
  return repo::is_function(kind) || repo::is_class(kind) || kind == "constant" || kind == "macro" || kind == "type";
}

bool in_new_lines(const ProposalFile& file, int line) {
  return std::ranges::any_of(file.hunks, [&](const Hunk& hunk) {
    return hunk.kind == Hunk::Kind::kWhole || (line >= hunk.new_first && line < hunk.new_first + hunk.new_lines);
  });
}

std::vector<int> numbers_of(const ProposalFile& file, int old_first, int old_last) {
  std::vector<int> numbers;
  for (const Hunk& hunk : file.hunks) {
    const bool meets = hunk.kind == Hunk::Kind::kWhole ||
                       (hunk.old_first <= old_last && hunk.old_first + std::max(hunk.old_lines, 1) > old_first);
    if (meets && hunk.kind != Hunk::Kind::kMode) numbers.push_back(hunk.number);
  }
  return numbers;
}

class Finder {
 public:
  Finder(const Proposal& proposal, const repo::Index& index) : proposal_(proposal), index_(index) {
    repo::Grammars grammars;
    for (const ProposalFile& file : proposal.files) {
      Sides sides{&file, {}, {}};
      if (!file.binary && file.before) sides.before = parse_source(grammars, file.old_path, file.before->bytes);
      if (!file.binary && file.after) sides.after = parse_source(grammars, file.path, file.after->bytes);
      changed_.insert(file.path);
      changed_.insert(file.old_path);
      sides_.push_back(std::move(sides));
    }
    for (const Sides& sides : sides_) {
      for (const repo::ParsedSymbol& symbol : sides.after.symbols) left_.insert(symbol.qualified_name);
    }
  }

  Result<std::vector<Risk>> run(const std::vector<Conflict>& conflicts) {
    for (const Conflict& conflict : conflicts) {
      risks_.push_back({Risk::Kind::kConflict,
                        std::format("{}: {}", conflict.path, conflict.reason),
                        conflict.hunks,
                        {{conflict.path, first_line(conflict)}}});
    }
    for (const Sides& sides : sides_) {
      if (auto done = symbols(sides); !done) return std::unexpected(done.error());
      tests(sides);
      binary(*sides.file);
      secrets(*sides.file);
    }
    return std::move(risks_);
  }

 private:
  int first_line(const Conflict& conflict) const {
    for (const int number : conflict.hunks) {
      if (const Hunk* hunk = proposal_.hunk(number)) return std::max(hunk->old_first, 1);
    }
    return 1;
  }

  Result<void> symbols(const Sides& sides) {
    std::map<std::string, std::set<std::string>> signatures;  // of the after side, by qualified name
    for (const repo::ParsedSymbol& symbol : sides.after.symbols) {
      signatures[symbol.qualified_name].insert(symbol.signature);
    }
    std::set<std::string> told;
    for (const repo::ParsedSymbol& symbol : sides.before.symbols) {
      if (!is_code(symbol.kind) || told.contains(symbol.qualified_name)) continue;
      const auto now = signatures.find(symbol.qualified_name);
      const bool gone = now == signatures.end() && !left_.contains(symbol.qualified_name);
      const bool changed =
          now != signatures.end() && !now->second.contains(symbol.signature) && repo::is_function(symbol.kind);
      if (!gone && !changed) continue;
      told.insert(symbol.qualified_name);
      auto places = users(sides, symbol, changed);
      if (!places) return std::unexpected(places.error());
      if (places->empty()) continue;
      const size_t count = places->size();
      if (count > kMostPlaces) places->resize(kMostPlaces);
      std::string text =
          gone ? std::format("{} {} is gone, but {} still name{} it", symbol.kind, symbol.qualified_name,
                             count == 1 ? "1 place" : std::format("{} places", count), count == 1 ? "s" : "")
               : std::format("the signature of {} changes from `{}` to `{}`, and {} that use{} it {} not changed",
                             symbol.qualified_name, symbol.signature, *now->second.begin(),
                             count == 1 ? "1 place" : std::format("{} places", count), count == 1 ? "s" : "",
                             count == 1 ? "is" : "are");
      risks_.push_back({gone ? Risk::Kind::kStillReferenced : Risk::Kind::kSignature, std::move(text),
                        numbers_of(*sides.file, symbol.first_line, gone ? symbol.last_line : symbol.name_line + 1),
                        std::move(*places)});
    }
    return {};
  }

  // Where a symbol of the before side is used once everything is accepted: from the index in files that stay as they
  // are, from the syntax tree in those that change. With `untouched`, lines that the proposal writes do not count.
  Result<std::vector<Risk::Place>> users(const Sides& home, const repo::ParsedSymbol& symbol, bool untouched) {
    std::vector<Risk::Place> places;
    for (const Sides& sides : sides_) {
      for (const repo::ParsedReference& reference : sides.after.references) {
        if (reference.name != symbol.name || reference.kind == "import") continue;
        if (&sides != &home && !may_see(home, sides, symbol)) continue;
        if (!(untouched && in_new_lines(*sides.file, reference.line))) {
          places.push_back({sides.file->path, reference.line});
        }
      }
    }
    auto found = from_index(home, symbol);
    if (!found) return std::unexpected(found.error());
    for (const repo::Reference& reference : *found) {
      if (!changed_.contains(reference.file) && reference.kind != "import") {
        places.push_back({reference.file, reference.line});
      }
    }
    std::ranges::sort(places, {}, [](const Risk::Place& p) { return std::pair(p.path, p.line); });
    const auto again = std::ranges::unique(places, {}, [](const Risk::Place& p) { return std::pair(p.path, p.line); });
    places.erase(again.begin(), again.end());
    return places;
  }

  // Another changed file that defines the same name means its own.
  static bool may_see(const Sides&, const Sides& other, const repo::ParsedSymbol& symbol) {
    return std::ranges::none_of(other.after.symbols,
                                [&](const repo::ParsedSymbol& s) { return s.name == symbol.name; });
  }

  // The index resolves names where it knows the symbol as it was. If it has the after side, the name must do, unless
  // something else is defined under it too.
  Result<std::vector<repo::Reference>> from_index(const Sides& home, const repo::ParsedSymbol& symbol) {
    constexpr double kLikely = 0.5;
    auto all = index_.find_symbols(symbol.name);
    if (!all) return std::unexpected(all.error());
    bool ambiguous = false;
    for (const repo::Symbol& known : *all) {
      const bool same_file = known.file == home.file->old_path || known.file == home.file->path;
      ambiguous |= known.definition && known.name == symbol.name && !(same_file && known.kind == symbol.kind);
      if (!same_file || known.qualified_name != symbol.qualified_name || known.signature != symbol.signature) continue;
      auto references = index_.references(known);
      if (references) {
        std::erase_if(*references, [](const repo::Reference& r) { return r.confidence < kLikely; });
      }
      return references;
    }
    return ambiguous ? std::vector<repo::Reference>{} : index_.references(symbol.name);
  }

  void tests(const Sides& sides) {
    const ProposalFile& file = *sides.file;
    if (!repo::is_test_file(file.old_path) || file.binary || !file.before) return;
    if (!file.after) {
      add(Risk::Kind::kTest, file.old_path + ": a test file is deleted", file, {{file.old_path, 1}});
      return;
    }
    const auto before = lines_of(file.before->bytes), after = lines_of(file.after->bytes);
    int checks = 0, skips = 0;
    std::vector<Risk::Place> places;
    for (const Hunk& hunk : file.hunks) {
      if (hunk.kind == Hunk::Kind::kMode) continue;
      const bool whole = hunk.kind == Hunk::Kind::kWhole;
      const auto count = [&](const std::string& text, int sign) {
        for (const std::string_view line : lines_of(text)) {
          checks += sign * looks_like_check(line);
          skips += sign * looks_like_skip(line);
        }
      };
      count(whole ? file.before->bytes : join(before, hunk.old_first, hunk.old_lines), -1);
      count(hunk.new_text, 1);
      places.push_back({file.path, whole ? 1 : std::max(hunk.new_first, 1)});
    }
    std::string text = file.path + ": a test is changed";
    if (checks < 0)
      text = std::format("{}: the test checks less than before ({} assertion{} fewer)", file.path, -checks,
                         checks == -1 ? "" : "s");
    if (skips > 0) text = file.path + ": a test is switched off";
    add(Risk::Kind::kTest, std::move(text), file, std::move(places));
  }

  static bool holds(std::string_view line, std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [&](std::string_view word) { return line.find(word) != std::string_view::npos; });
  }
  static bool looks_like_check(std::string_view line) {
    return holds(line, {"assert", "ASSERT_", "EXPECT_", "expect(", "QVERIFY", "QCOMPARE", "REQUIRE(", "CHECK(",
                        "t.Error", "t.Fatal", "require.", "should", "pytest.raises"});
  }
  static bool looks_like_skip(std::string_view line) {
    return holds(line, {"DISABLED_", "GTEST_SKIP", "QSKIP", "pytest.mark.skip", "pytest.skip", "mark.xfail",
                        "unittest.skip", "@Ignore", "@Disabled", "#[ignore", "t.Skip", ".skip(", "xit(", "xdescribe("});
  }

  void binary(const ProposalFile& file) {
    if (file.binary && file.before && file.before->mode != kLink && (!file.after || file.after->mode != kLink)) {
      add(Risk::Kind::kBinary, file.path + ": a binary file changes; its content cannot be reviewed here", file,
          {{file.path, 1}});
    } else if (file.binary && file.after && file.after->mode != kLink) {
      add(Risk::Kind::kBinary, file.path + ": a binary file is added", file, {{file.path, 1}});
    }
  }

  void secrets(const ProposalFile& file) {
    if (!file.after || file.binary) return;
    for (const repo::SecretRange& secret : repo::find_secrets(file.after->bytes)) {
      for (const Hunk& hunk : file.hunks) {
        const bool new_whole = hunk.kind == Hunk::Kind::kWhole && !file.before;
        const bool within = hunk.kind == Hunk::Kind::kText && secret.line >= hunk.new_first &&
                            secret.line < hunk.new_first + hunk.new_lines;
        if (!new_whole && !within) continue;
        risks_.push_back({Risk::Kind::kSecret,
                          std::format("{}: what looks like a {} is added", file.path, secret.kind),
                          {hunk.number},
                          {{file.path, secret.line}}});
      }
    }
  }

  void add(Risk::Kind kind, std::string text, const ProposalFile& file, std::vector<Risk::Place> places) {
    std::vector<int> numbers;
    for (const Hunk& hunk : file.hunks) numbers.push_back(hunk.number);
    risks_.push_back({kind, std::move(text), std::move(numbers), std::move(places)});
  }

  const Proposal& proposal_;
  const repo::Index& index_;
  std::vector<Sides> sides_;
  std::set<std::string> changed_;  // paths
  std::set<std::string> left_;     // qualified names that some after side still defines
  std::vector<Risk> risks_;
};

}  // namespace

std::string_view name_of(Risk::Kind kind) {
  switch (kind) {
    case Risk::Kind::kSignature: return "signature";
    case Risk::Kind::kStillReferenced: return "still-referenced";
    case Risk::Kind::kTest: return "test";
    case Risk::Kind::kConflict: return "conflict";
    case Risk::Kind::kBinary: return "binary";
    case Risk::Kind::kSecret: return "secret";
  }
  return "";
}

Result<std::vector<Risk>> find_risks(const Proposal& proposal, const repo::Index& index,
                                     const std::vector<Conflict>& conflicts) {
  return Finder(proposal, index).run(conflicts);
}

}  // namespace strata::agent
