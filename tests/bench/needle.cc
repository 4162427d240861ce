// SPDX-License-Identifier: Apache-2.0
// needle MODEL TEXT TOKENS [dense]: constants with random values are hidden at ten depths of TOKENS tokens of TEXT, and
// the model is asked for each. Prints which it got right. The context is read once; with "dense" all keys are read.
#include <algorithm>
#include <chrono>
#include <format>
#include <fstream>
#include <iostream>
#include <limits>
#include <random>
#include <sstream>

#include "engine/generate/session.h"

namespace strata {
namespace {

constexpr int kNeedles = 10;
constexpr const char* kNames[kNeedles] = {"Amber",  "Birch",  "Cedar", "Dahlia", "Elder",
                                          "Fennel", "Ginger", "Hazel", "Iris",   "Juniper"};

int run(const std::string& path, const std::string& text_path, size_t tokens, bool dense) {
  auto model = Model::load(path);
  if (!model) return std::cerr << model.error().message << "\n", 1;
  std::ifstream in(text_path);
  std::stringstream text;
  text << in.rdbuf();
  const Tokenizer& tokenizer = (*model)->tokenizer();
  const std::vector<TokenId> hay = tokenizer.encode(text.str());
  if (hay.size() < tokens) return std::cerr << text_path << " has only " << hay.size() << " tokens\n", 1;

  std::mt19937 random(1);
  std::vector<std::string> values;
  std::vector<TokenId> context;
  for (size_t i = 0; i < kNeedles; ++i) {
    const size_t part = tokens / kNeedles;
    context.insert(context.end(), hay.begin() + static_cast<std::ptrdiff_t>(i * part),
                   hay.begin() + static_cast<std::ptrdiff_t>((i + 1) * part - part / 2));
    values.push_back(std::to_string(100000 + random() % 900000));
    const auto needle = tokenizer.encode(std::format("\nconstexpr int kLimitOf{} = {};\n", kNames[i], values.back()));
    context.insert(context.end(), needle.begin(), needle.end());
    context.insert(context.end(), hay.begin() + static_cast<std::ptrdiff_t>((i + 1) * part - part / 2),
                   hay.begin() + static_cast<std::ptrdiff_t>((i + 1) * part));
  }

  SessionOptions options;
  if (dense) options.selection.dense = std::numeric_limits<int>::max();
  Session session(*model, options);
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  if (auto done = session.append(context); !done) return std::cerr << done.error().message << "\n", 1;
  const auto length = static_cast<int>(context.size());
  const double read_s = seconds();
  int right = 0;
  std::string marks;
  for (size_t i = 0; i < kNeedles; ++i) {
    const auto question =
        tokenizer.encode(std::format("\n// The constants above, once more:\nconstexpr int kLimitOf{} =", kNames[i]));
    if (auto done = session.append(question); !done) return std::cerr << done.error().message << "\n", 1;
    auto answer = session.generate({.max_tokens = 10, .sampler = {}, .stop = {";"}, .on_text = {}});
    if (!answer) return std::cerr << answer.error().message << "\n", 1;
    const bool found = answer->text.find(values[i]) != std::string::npos;
    right += found;
    marks += found ? '+' : '-';
    session.truncate(length);
  }
  std::cout << std::format("{} tokens{}: {} of {} found, by depth {}; read in {:.0f} s, {:.1f} s a question\n", length,
                           dense ? ", dense" : "", right, kNeedles, marks, read_s, (seconds() - read_s) / kNeedles);
  return 0;
}

}  // namespace
}  // namespace strata

int main(int argc, char** argv) {
  if (argc < 4) return std::cerr << "needle MODEL TEXT TOKENS [dense]\n", 2;
  return strata::run(argv[1], argv[2], std::stoul(argv[3]), argc > 4);
}
