// SPDX-License-Identifier: Apache-2.0
// What tokens cost: the user's own list of prices, as none is built in. $XDG_CONFIG_HOME/strata/prices.json names
// models as their servers do, and for each what a million tokens cost:
//
//   {"some-model": {"input": 1.25, "cached_input": 0.125, "output": 10, "currency": "USD"}}
//
// Without "cached_input", input that the server had read before costs as much as the rest of it.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "agent/chat/chat_model.h"
#include "base/result.h"

namespace strata::agent {

using UsageOfModels = std::map<std::string, ChatUsage>;  // by the model's name
using Cost = std::map<std::string, double>;              // by currency; empty: nothing of it has a price

class Prices {
 public:
  // No prices if there is no such file. kDamaged, naming what is wrong with it.
  static Result<Prices> load(const std::filesystem::path& file);
  // The user's; none where the file cannot be used, and `notice` is told why: money is never what a run fails for.
  static Prices of_user(const std::function<void(const std::string&)>& notice);

  Cost of(const UsageOfModels& usage) const;

 private:
  struct Price {
    double input = 0, cached_input = 0, output = 0;
    std::string currency;
  };
  std::map<std::string, Price> prices_;
};

// "0.0123 USD"; "" of no cost.
std::string text_of(const Cost& cost);

}  // namespace strata::agent
