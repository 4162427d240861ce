// SPDX-License-Identifier: Apache-2.0
// What index_accuracy.py and index_speed.py ask of the index of a repository:
//   index_probe REPO CACHE speed        seconds per phase of an update
//   index_probe REPO CACHE symbols      FILE LINE KIND NAME DEFINITION, one symbol a line
//   index_probe REPO CACHE references   FILE LINE TARGET_FILE TARGET_LINE CONFIDENCE, one meaning of a reference a line
//   index_probe REPO CACHE lookups N    milliseconds of look-ups around N symbols, spread over all of them
#include <algorithm>
#include <chrono>
#include <format>
#include <iostream>
#include <vector>

#include "repo-indexer/index.h"

namespace {

using strata::repo::Index;
using strata::repo::Symbol;

template <typename Ask>
double milliseconds(Ask ask) {
  const auto start = std::chrono::steady_clock::now();
  ask();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

std::vector<Symbol> all_symbols(const Index& index) {
  std::vector<Symbol> all;
  const auto files = index.files().value();
  for (const auto& file : files) {
    const auto symbols = index.symbols(file.path).value();
    all.insert(all.end(), symbols.begin(), symbols.end());
  }
  return all;
}

void print_references(const Index& index) {
  const auto symbols = all_symbols(index);
  for (const Symbol& s : symbols) {
    const auto references = index.references(s).value();
    for (const auto& r : references) {
      std::cout << std::format("{}\t{}\t{}\t{}\t{}\t{:.3f}\n", r.file, r.line, r.kind, s.file, s.name_line,
                               r.confidence);
    }
  }
}

void print_lookups(const Index& index, size_t count) {
  const std::vector<Symbol> all = all_symbols(index);
  std::vector<double> times[4];
  static constexpr const char* kNames[] = {"definition", "references", "callees", "search"};
  for (size_t i = 0; i < count && !all.empty(); ++i) {
    const Symbol& s = all[i * all.size() / count];
    times[0].push_back(milliseconds([&] { (void)index.find_symbols(s.name).value(); }));
    times[1].push_back(milliseconds([&] { (void)index.references(s).value(); }));
    times[2].push_back(milliseconds([&] { (void)index.callees(s).value(); }));
    times[3].push_back(milliseconds([&] { (void)index.search(s.name, 20).value(); }));
  }
  for (int what = 0; what < 4; ++what) {
    auto& t = times[what];
    if (t.empty()) continue;
    const double first = t.front();
    std::ranges::sort(t);
    std::cout << std::format("{}\t{:.2f}\t{:.2f}\t{:.2f}\t{:.2f}\n", kNames[what], t[t.size() / 2],
                             t[t.size() * 95 / 100], t.back(), first);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  auto index = Index::open(argv[1], argv[2]);
  if (!index) return std::cerr << index.error().message << "\n", 1;
  auto report = index->update();
  if (!report) return std::cerr << report.error().message << "\n", 1;
  const std::string what = argv[3];
  if (what == "speed") {
    std::cout << std::format("{}\t{}\t{}\t{}\t{:.3f}\t{:.3f}\t{:.3f}\t{:.3f}\n", report->files, report->lines,
                             report->symbols, report->references, report->walk_s, report->parse_s, report->store_s,
                             report->seconds);
  } else if (what == "symbols") {
    const auto symbols = all_symbols(*index);
    for (const Symbol& s : symbols) {
      std::cout << std::format("{}\t{}\t{}\t{}\t{}\n", s.file, s.name_line, s.kind, s.name, s.definition ? 1 : 0);
    }
  } else if (what == "references") {
    print_references(*index);
  } else {
    print_lookups(*index, argc > 4 ? std::stoul(argv[4]) : 100);
  }
  return 0;
}
