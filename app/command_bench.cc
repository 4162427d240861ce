// SPDX-License-Identifier: Apache-2.0
// strata bench: tokens per second with the meaning of llama-bench's pp (prompt), tg (generation) and -d (depth), so
// that both can be run side by side. Each figure is the best of three after one warm-up, as noise only ever adds time.
#include <algorithm>
#include <format>
#include <iostream>
#include <limits>
#include <memory>
#include <random>

#include "app/commands.h"
#include "app/console.h"
#include "app/repository_access.h"

namespace strata::app {
namespace {

struct Arguments {
  ModelArguments model;
  int prompt = 512, generate = 32, repetitions = 3;
  std::vector<int> depths{0};
  std::string text;
  bool dense = false, json = false;
  uint64_t ram = 0;  // bytes; 0: as elsewhere
};

struct Measurement {
  const char* kind;
  int tokens, depth;
  double tokens_per_s;
  size_t kv_bytes;  // in RAM
  std::vector<Selector::Raised> raised;
};

class Bench {
 public:
  Bench(std::shared_ptr<Model> model, int repetitions, const SessionOptions& options, std::vector<TokenId> text)
      : model_(std::move(model)), repetitions_(repetitions), options_(options), text_(std::move(text)) {}

  Result<Measurement> prompt(int tokens, int depth) {
    return best("pp", tokens, depth, [&](Session& session) { return session.append(next(tokens), &interrupted()); });
  }

  Result<Measurement> generation(int tokens, int depth) {
    return best("tg", tokens, depth, [&](Session& session) -> Result<void> {
      for (int i = 0; i < tokens; ++i)
        if (auto done = session.append(next(1), &interrupted()); !done) return done;
      return {};
    });
  }

 private:
  // What is deeper than this is filled with copies of it: reading a million tokens to measure a few would take an hour.
  static constexpr int kRead = 16384;

  Result<void> fill(Session& session, int depth) {
    if (depth <= kRead) return session.append(next(depth), &interrupted());
    SessionOptions as_read = options_;
    as_read.rounds = false;  // rows that can be copied
    Session reading(model_, as_read);
    if (auto done = reading.append(next(kRead), &interrupted()); !done) return done;
    for (int at = 0; at < depth; at += kRead) {
      const auto tokens = std::span(reading.tokens()).first(static_cast<size_t>(std::min(kRead, depth - at)));
      if (auto done = session.place(reading.kv(), 0, tokens); !done) return done;
    }
    return {};
  }

  template <typename Work>
  Result<Measurement> best(const char* kind, int tokens, int depth, const Work& work) {
    if (!session_ || depth_ != depth) {
      session_.emplace(model_, options_);
      depth_ = depth;
      if (auto done = fill(*session_, depth); !done) return std::unexpected(done.error());
    }
    double seconds = 0;
    for (int i = 0; i <= repetitions_; ++i) {
      session_->truncate(depth);
      const Stopwatch watch;
      if (auto done = work(*session_); !done) return std::unexpected(done.error());
      if (i == 1 || (i > 1 && watch.seconds() < seconds)) seconds = watch.seconds();
    }
    session_->truncate(depth);
    return Measurement{kind, tokens, depth, tokens / seconds, session_->kv().bytes(), session_->selector().raised()};
  }

  // The text over and over, else random tokens.
  std::vector<TokenId> next(int count) {
    std::uniform_int_distribution<TokenId> any(0, model_->params().vocabulary - 1);
    std::vector<TokenId> tokens(static_cast<size_t>(count));
    std::ranges::generate(tokens, [&] { return text_.empty() ? any(random_) : text_[at_++ % text_.size()]; });
    return tokens;
  }

  std::shared_ptr<Model> model_;
  int repetitions_;
  SessionOptions options_;
  std::vector<TokenId> text_;
  size_t at_ = 0;
  std::optional<Session> session_;
  int depth_ = 0;
  std::mt19937 random_{1};
};

std::string read_more(const std::vector<Selector::Raised>& raised) {
  int heads = 0;
  const Selector::Raised* most = &raised[0];
  for (const Selector::Raised& of_layer : raised) {
    heads += of_layer.heads;
    if (of_layer.share > most->share) most = &of_layer;
  }
  return std::format(
      "  {} heads of {} layers read more, as they missed too much of exact attention (layer {} most: {:.3f} of "
      "the estimate)",
      heads, raised.size(), most->layer, most->share);
}

int bench(const Arguments& arguments) {
  auto model = open_model(arguments.model);
  if (!model) return report(model.error(), arguments.json);
  std::cerr << (*model)->params().name << "; " << (*model)->ops().description() << "\n";
  std::vector<TokenId> text;
  if (!arguments.text.empty()) {
    auto read = read_input(arguments.text);
    if (!read) return report(read.error(), arguments.json);
    text = (*model)->tokenizer().encode(*read);
  }
  SessionOptions options = session_options();
  if (arguments.dense) options.selection.dense = std::numeric_limits<int>::max();
  if (arguments.ram) options.tier.ram_bytes = arguments.ram;
  Bench bench(*model, arguments.repetitions, options, std::move(text));
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  const auto add = [&](const Result<Measurement>& measured) -> bool {
    if (!measured) return false;
    results.push_back({{"kind", measured->kind},
                       {"tokens", measured->tokens},
                       {"depth", measured->depth},
                       {"tokens_per_s", measured->tokens_per_s},
                       {"kv_bytes", measured->kv_bytes}});
    if (!measured->raised.empty()) {
      auto& layers = results.back()["layers_that_read_more"] = nlohmann::ordered_json::array();
      for (const auto& [layer, heads, share] : measured->raised)
        layers.push_back({{"layer", layer}, {"heads", heads}, {"share", share}});
    }
    if (!arguments.json)
      std::cout << std::format("{}{} at depth {}: {:.1f} tokens/s\n", measured->kind, measured->tokens, measured->depth,
                               measured->tokens_per_s);
    if (!arguments.json && !measured->raised.empty()) std::cout << read_more(measured->raised) << "\n";
    return true;
  };
  for (const int depth : arguments.depths) {
    if (arguments.prompt > 0)
      if (auto m = bench.prompt(arguments.prompt, depth); !add(m)) return report(m.error(), arguments.json);
    if (arguments.generate > 0)
      if (auto m = bench.generation(arguments.generate, depth); !add(m)) return report(m.error(), arguments.json);
  }
  if (arguments.json) print_json({{"model", (*model)->params().name}, {"results", results}});
  return kDone;
}

}  // namespace

void add_bench(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand("bench", "Measure tokens per second (pp, tg and -d as llama-bench means them)");
  command->add_option("--model", arguments->model.model, "Catalogue name, GGUF file or folder");
  command->add_option("-p,--prompt", arguments->prompt, "Prompt tokens, 0 to leave out")->check(CLI::Range(0, 1 << 20));
  command->add_option("-n,--generate", arguments->generate, "Generated tokens, 0 to leave out")
      ->check(CLI::Range(0, 1 << 20));
  command->add_option("-d,--depth", arguments->depths, "Tokens already in the context")
      ->delimiter(',')
      ->check(CLI::Range(0, 1 << 20));
  command->add_option("-r,--repetitions", arguments->repetitions, "Timed repetitions")->check(CLI::Range(1, 100));
  command->add_option("-t,--threads", arguments->model.threads, "Threads")->check(CLI::Range(0, 1024));
  command->add_option("--text", arguments->text, "File to take the tokens from; random ones without it");
  command->add_flag("--dense", arguments->dense, "Read all keys however deep the context is");
  command->add_option("--kv-ram", arguments->ram, "Bytes (or 2GB) of RAM for keys and values of the older context")
      ->transform(CLI::AsSizeValue(false));
  command->add_flag("--json", arguments->json, "Print the result as JSON");
  command->callback([arguments, &run] { run = [arguments] { return bench(*arguments); }; });
}

}  // namespace strata::app
