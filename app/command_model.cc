// SPDX-License-Identifier: Apache-2.0
// strata eval logits: what a model computes, in f32 throughout, for comparison with other implementations.
#include <cstdio>
#include <format>
#include <fstream>
#include <iostream>
#include <memory>

#include "app/commands.h"
#include "app/console.h"
#include "app/repository_access.h"

namespace strata::app {

namespace {

struct Arguments {
  ModelArguments model;
  std::string tokens, out;
  bool json = false;
};

Result<std::vector<std::vector<TokenId>>> read_sequences(const std::string& path, int vocabulary) {
  std::ifstream file(path);
  if (!file) return fail(ErrorKind::kNotFound, path + ": cannot read this file");
  const auto json = nlohmann::json::parse(file, nullptr, false);
  const std::string expected = path + ": expected a JSON array of arrays of token ids";
  if (!json.is_array()) return fail(ErrorKind::kInvalid, expected);
  std::vector<std::vector<TokenId>> sequences;
  for (const auto& row : json) {
    if (!row.is_array()) return fail(ErrorKind::kInvalid, expected);
    auto& sequence = sequences.emplace_back();
    for (const auto& id : row) {
      if (!id.is_number_integer()) return fail(ErrorKind::kInvalid, expected);
      const auto value = id.get<int64_t>();
      if (value < 0 || value >= vocabulary)
        return fail(ErrorKind::kInvalid,
                    std::format("{}: token {} is not in the vocabulary of {}", path, value, vocabulary));
      sequence.push_back(static_cast<TokenId>(value));
    }
  }
  return sequences;
}

// All logits of one sequence, a chunk of rows at a time: a row of 152k values for 2k tokens would be 1.2 GB.
Result<void> write_logits(Model& model, std::span<const TokenId> tokens, std::ofstream& out) {
  constexpr size_t kChunk = 128;
  KvCache kv(model.params().kv);
  for (size_t first = 0; first < tokens.size(); first += kChunk) {
    const auto chunk = tokens.subspan(first, std::min(kChunk, tokens.size() - first));
    kv.resize(static_cast<int>(first + chunk.size()));
    SequenceInput input{.tokens = chunk,
                        .kv = &kv,
                        .position = static_cast<int>(first),
                        .positions = {},
                        .logits = SequenceInput::Logits::kAll};
    auto output = model.forward({&input, 1}, &interrupted());
    if (!output) return std::unexpected(output.error());
    out.write(reinterpret_cast<const char*>(output->logits.data()),
              static_cast<std::streamsize>(output->logits.size() * sizeof(float)));
  }
  return {};
}

int logits(const Arguments& arguments) {
  auto model = open_model(arguments.model);
  if (!model) return report(model.error(), arguments.json);
  const int vocabulary = (*model)->params().vocabulary;
  auto sequences = read_sequences(arguments.tokens, vocabulary);
  if (!sequences) return report(sequences.error(), arguments.json);
  std::ofstream out(arguments.out, std::ios::binary);
  size_t tokens = 0;
  for (const auto& sequence : *sequences) {
    if (auto written = write_logits(**model, sequence, out); !written) return report(written.error(), arguments.json);
    tokens += sequence.size();
  }
  out.close();
  if (!out) return report({ErrorKind::kIo, arguments.out + ": writing failed; is the disk full?"}, arguments.json);
  if (arguments.json) print_json({{"sequences", sequences->size()}, {"tokens", tokens}, {"vocabulary", vocabulary}});
  return kDone;
}

}  // namespace

void add_eval(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<Arguments>();
  auto* eval = app.add_subcommand("eval", "Compare a model with other implementations");
  eval->require_subcommand(1);
  auto* command = eval->add_subcommand("logits", "Write the logits of token sequences, computed in f32, as raw f32");
  command->add_option("--model", arguments->model.model, "Catalogue name, GGUF file or folder")->required();
  command->add_option("--tokens", arguments->tokens, "JSON array of arrays of token ids, each a sequence of its own")
      ->required();
  command->add_option("--out", arguments->out, "Raw little-endian f32: all positions in order, vocabulary wide")
      ->required();
  command->add_option("--threads", arguments->model.threads, "Threads")->check(CLI::Range(0, 1024));
  command->add_flag("--json", arguments->json, "Print a summary as JSON");
  command->callback([arguments, &run] {
    arguments->model.exact = true;
    run = [arguments] { return logits(*arguments); };
  });
}

}  // namespace strata::app
