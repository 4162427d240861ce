// SPDX-License-Identifier: Apache-2.0
// strata tokenize, complete, chat: a model on plain text.
#include <format>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>

#include "app/chat_models.h"
#include "app/commands.h"
#include "app/console.h"
#include "app/repository_access.h"

namespace strata::app {
namespace {

struct Arguments {
  ModelArguments model;
  std::string file;
  GenerateOptions generate;
  bool json = false;
};

int tokenize(const Arguments& arguments) {
  auto tokenizer = open_tokenizer(arguments.model.model);
  if (!tokenizer) return report(tokenizer.error(), arguments.json);
  auto text = read_input(arguments.file);
  if (!text) return report(text.error(), arguments.json);
  const auto ids = tokenizer->encode(*text);
  if (arguments.json) {
    std::cout << nlohmann::json{{"ids", ids}}.dump() << "\n";
  } else {
    for (size_t i = 0; i < ids.size(); ++i) std::cout << (i ? " " : "") << ids[i];
    std::cout << "\n";
  }
  return kDone;
}

int complete(Arguments arguments) {
  auto model = open_model(arguments.model);
  if (!model) return report(model.error(), arguments.json);
  auto text = read_input(arguments.file);
  if (!text) return report(text.error(), arguments.json);
  const Tokenizer& tokenizer = (*model)->tokenizer();
  std::vector<TokenId> tokens;
  if (tokenizer.adds_beginning_of_text()) tokens.push_back(tokenizer.beginning_of_text());
  tokenizer.encode(*text, tokens);
  if (tokens.empty()) return report({ErrorKind::kInvalid, "the text to continue is empty"}, arguments.json);
  Session session(*model, session_options());
  const Stopwatch watch;
  if (auto done = session.append(tokens, &interrupted()); !done) return report(done.error(), arguments.json);
  const double prompt_s = watch.seconds();
  arguments.generate.cancel = &interrupted();
  if (!arguments.json)
    arguments.generate.on_text = [](std::string_view piece) {
      std::cout << piece << std::flush;
      return true;
    };
  const size_t before = session.tokens().size();
  auto generation = session.generate(arguments.generate);
  if (!generation) return report(generation.error(), arguments.json);
  if (arguments.json) {
    const std::vector<TokenId> ids(session.tokens().begin() + static_cast<std::ptrdiff_t>(before),
                                   session.tokens().end());
    print_json({{"text", to_utf8(generation->text)},
                {"ids", ids},
                {"prompt_tokens", tokens.size()},
                {"generated_tokens", generation->tokens},
                {"model", (*model)->params().name},
                {"timing",
                 {{"prompt_s", prompt_s},
                  {"total_s", watch.seconds()},
                  {"passes", generation->passes},
                  {"drafted_tokens", generation->drafted},
                  {"accepted_tokens", generation->accepted}}}});
  } else {
    std::cout << "\n";
  }
  return generation->end == Generation::End::kCancelled ? kFailed : kDone;
}

struct Conversation {
  ChatArguments chat;
  agent::ChatOptions options;
  std::string system = "You are a helpful assistant.";
};

int chat(const Conversation& conversation) {
  auto model = open_chat_model(conversation.chat);
  if (!model) return report(model.error(), false);
  const agent::ChatEvents events{.on_text = [](std::string_view piece) { std::cout << piece << std::flush; },
                                 .on_reasoning = [](std::string_view piece) { std::cerr << piece << std::flush; },
                                 .on_notice = notice};
  std::vector<agent::ChatMessage> transcript = {
      {.role = agent::ChatMessage::Role::kSystem, .text = conversation.system}};
  agent::ChatUsage usage;
  std::string line;
  for (std::cerr << "> " << std::flush; std::getline(std::cin, line); std::cerr << "> " << std::flush) {
    if (line.empty()) continue;
    transcript.push_back({.role = agent::ChatMessage::Role::kUser, .text = line});
    auto turn = (*model)->reply(transcript, {}, conversation.options, events, &interrupted());
    if (!turn) return report(turn.error(), false);
    std::cout << std::endl;
    usage += turn->usage;
    transcript.push_back(std::move(turn->message));
  }
  const agent::Cost cost = agent::Prices::of_user(notice).of({{(*model)->name(), usage}});
  std::cerr << std::format("\n{}: {}\n", (*model)->name(), usage_text(usage, cost));
  return kDone;
}

void add_sampling(CLI::App* command, Arguments& a) {
  command->add_option("--max-tokens", a.generate.max_tokens, "Tokens to generate at most")
      ->check(CLI::Range(1, 1 << 20));
  command->add_option("--temperature", a.generate.sampler.temperature, "0 is greedy")->check(CLI::Range(0.0, 100.0));
  command->add_option("--top-k", a.generate.sampler.top_k, "0 is off")->check(CLI::NonNegativeNumber);
  command->add_option("--top-p", a.generate.sampler.top_p, "1 is off")->check(CLI::Range(0.0, 1.0));
  command->add_option("--min-p", a.generate.sampler.min_p, "0 is off")->check(CLI::Range(0.0, 1.0));
  command->add_option("--repetition-penalty", a.generate.sampler.repetition_penalty, "1 is off")
      ->check(CLI::Range(0.1, 10.0));
  command->add_option("--seed", a.generate.sampler.seed, "Seed of the random draw");
}

void add_model(CLI::App* command, Arguments& a, bool computes) {
  command->add_option("--model", a.model.model, "Catalogue name, GGUF file or folder")->required();
  if (computes) command->add_option("--threads", a.model.threads, "Threads")->check(CLI::Range(0, 1024));
}

}  // namespace

void add_text(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<Arguments>();
  auto* tokenizing = app.add_subcommand("tokenize", "Token ids of plain text (standard input without --file)");
  add_model(tokenizing, *arguments, false);
  tokenizing->add_option("--file", arguments->file, "File to read");
  tokenizing->add_flag("--json", arguments->json, "Print {\"ids\": [...]}");
  tokenizing->callback([arguments, &run] { run = [arguments] { return tokenize(*arguments); }; });

  auto* completing =
      app.add_subcommand("complete", "Continue plain text (standard input without --file), no chat template");
  add_model(completing, *arguments, true);
  completing->add_option("--file", arguments->file, "File to read");
  add_sampling(completing, *arguments);
  completing->add_flag("!--no-speculation", arguments->generate.speculate,
                       "Compute every token alone, for measuring: the text is the same");
  completing->add_flag("--json", arguments->json, "Print the result as JSON");
  completing->callback([arguments, &run] { run = [arguments] { return complete(*arguments); }; });

  auto conversation = std::make_shared<Conversation>();
  auto* chatting = app.add_subcommand("chat", "A plain conversation, a line at a time, for trying a model");
  add_chat_options(chatting, conversation->chat);
  chatting->add_option("--system", conversation->system, "What the model is told before everything else");
  chatting->add_option("--max-tokens", conversation->options.max_tokens, "Tokens of an answer at most")
      ->check(CLI::Range(1, 1 << 20));
  chatting->add_option("--temperature", conversation->options.temperature, "0 is greedy")
      ->check(CLI::Range(0.0, 100.0));
  chatting->add_option("--seed", conversation->options.seed, "Seed of the random draw");
  chatting->callback([conversation, &run] { run = [conversation] { return chat(*conversation); }; });
}

}  // namespace strata::app
