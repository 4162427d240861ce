// SPDX-License-Identifier: Apache-2.0
// strata bench: tokens per second with the meaning of llama-bench's pp (prompt), tg (generation) and -d (depth), so
// that both can be run side by side. Each figure is the best of three after one warm-up, as noise only ever adds time.
#include <algorithm>
#include <format>
#include <iostream>
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
  bool json = false;
};

struct Measurement {
  const char* kind;
  int tokens, depth;
  double tokens_per_s;
};

class Bench {
 public:
  Bench(std::shared_ptr<Model> model, int repetitions) : model_(std::move(model)), repetitions_(repetitions) {}

  Result<Measurement> prompt(int tokens, int depth) {
    return best("pp", tokens, depth, [&](KvCache& kv) { return run(kv, depth, random_tokens(tokens)); });
  }

  Result<Measurement> generation(int tokens, int depth) {
    return best("tg", tokens, depth, [&](KvCache& kv) -> Result<void> {
      for (int i = 0; i < tokens; ++i)
        if (auto done = run(kv, depth + i, random_tokens(1)); !done) return done;
      return {};
    });
  }

 private:
  Result<void> run(KvCache& kv, int position, const std::vector<TokenId>& tokens) {
    for (size_t first = 0; first < tokens.size(); first += Model::kMaxBatchRows) {
      const auto chunk =
          std::span(tokens).subspan(first, std::min<size_t>(Model::kMaxBatchRows, tokens.size() - first));
      const int at = position + static_cast<int>(first);
      kv.resize(at + static_cast<int>(chunk.size()));
      // llama-bench computes the logits of the last token of a prompt's batch; so do we.
      SequenceInput input{
          .tokens = chunk, .kv = &kv, .position = at, .positions = {}, .logits = SequenceInput::Logits::kLast};
      if (auto output = model_->forward({&input, 1}, &interrupted()); !output) return std::unexpected(output.error());
    }
    return {};
  }

  template <typename Work>
  Result<Measurement> best(const char* kind, int tokens, int depth, const Work& work) {
    if (!kv_ || kv_depth_ != depth) {
      kv_.emplace(model_->params().kv);
      kv_depth_ = depth;
      if (auto done = run(*kv_, 0, random_tokens(depth)); !done) return std::unexpected(done.error());
    }
    double seconds = 0;
    for (int i = 0; i <= repetitions_; ++i) {
      kv_->truncate(depth);
      const Stopwatch watch;
      if (auto done = work(*kv_); !done) return std::unexpected(done.error());
      if (i == 1 || (i > 1 && watch.seconds() < seconds)) seconds = watch.seconds();
    }
    kv_->truncate(depth);
    return Measurement{kind, tokens, depth, tokens / seconds};
  }

  std::vector<TokenId> random_tokens(int count) {
    std::uniform_int_distribution<TokenId> any(0, model_->params().vocabulary - 1);
    std::vector<TokenId> tokens(static_cast<size_t>(count));
    std::ranges::generate(tokens, [&] { return any(random_); });
    return tokens;
  }

  std::shared_ptr<Model> model_;
  int repetitions_;
  std::optional<KvCache> kv_;
  int kv_depth_ = 0;
  std::mt19937 random_{1};
};

int bench(const Arguments& arguments) {
  auto model = open_model(arguments.model);
  if (!model) return report(model.error(), arguments.json);
  std::cerr << (*model)->params().name << "; " << (*model)->ops().description() << "\n";
  Bench bench(*model, arguments.repetitions);
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  const auto add = [&](const Result<Measurement>& measured) -> bool {
    if (!measured) return false;
    results.push_back({{"kind", measured->kind},
                       {"tokens", measured->tokens},
                       {"depth", measured->depth},
                       {"tokens_per_s", measured->tokens_per_s}});
    if (!arguments.json)
      std::cout << std::format("{}{} at depth {}: {:.1f} tokens/s\n", measured->kind, measured->tokens, measured->depth,
                               measured->tokens_per_s);
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
  command->add_flag("--json", arguments->json, "Print the result as JSON");
  command->callback([arguments, &run] { run = [arguments] { return bench(*arguments); }; });
}

}  // namespace strata::app
