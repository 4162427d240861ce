// SPDX-License-Identifier: Apache-2.0
// What a model manages, found out by asking it (`strata models check`) and kept for later runs: small models are given
// few tools, and the way of editing that they get right.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/chat/chat_model.h"
#include "agent/tools/tool.h"

namespace strata::agent {

// Best first: named symbol, quoted text, lines by number, the whole file.
inline constexpr const char* kEditFormats[] = {"symbol", "text", "lines", "whole"};

struct Trial {
  std::string name;
  bool good = false;
  std::string why;  // it is not: what came instead
};

struct Ability {
  std::vector<Trial> own_calls;   // of its own accord: the right tool with the right arguments
  std::vector<Trial> told_calls;  // when a call is required
  struct Format {
    std::string name;
    std::vector<Trial> trials;
    int good() const;
  };
  std::vector<Format> edits;

  bool is_small() const;            // it gets the small set of tools
  std::string edit_format() const;  // the best of those it manages most often; empty: none
};

// Asks the model about a dozen things; a minute or two for a small one.
Result<Ability> check_ability(ChatModel& model, const std::function<void(const std::string&)>& progress = {},
                              const Cancel* cancel = nullptr);

nlohmann::ordered_json json_of(const Ability& ability);
// One file for all models, in the user's data folder.
Result<std::filesystem::path> abilities_file();
Result<void> store_ability(const std::filesystem::path& file, const std::string& model, const Ability& ability);
// As it was found out, else by the model's name.
ToolChoice choose_tools(const std::filesystem::path& file, const std::string& model);

}  // namespace strata::agent
