// SPDX-License-Identifier: Apache-2.0
#include "agent/chat/prices.h"

#include <format>
#include <fstream>
#include <iterator>
#include <optional>

#include "base/user_folders.h"

namespace strata::agent {
namespace {

using json = nlohmann::json;

constexpr double kMillion = 1e6;
constexpr double kLeastShown = 1e-4;

// A price of at least nothing, of a member that is there.
std::optional<double> amount(const json& price, const char* name) {
  const auto found = price.find(name);
  if (found == price.end() || !found->is_number() || !(found->get<double>() >= 0)) return std::nullopt;
  return found->get<double>();
}

}  // namespace

Result<Prices> Prices::load(const std::filesystem::path& file) {
  Prices prices;
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return prices;
  std::ifstream stream(file, std::ios::binary);
  const json list = json::parse(std::string(std::istreambuf_iterator<char>(stream), {}), nullptr, false);
  if (!list.is_object())
    return fail(ErrorKind::kDamaged, file.string() + R"(: expected {"MODEL": {"input": 1.25, "cached_input": 0.125, )"
                                                     R"("output": 10, "currency": "USD"}}, of a million tokens)");
  for (const auto& [model, price] : list.items()) {
    const auto wrong = [&](const char* what) {
      return fail(ErrorKind::kDamaged, std::format("{}: the price of \"{}\" needs {}", file.string(), model, what));
    };
    const auto input = amount(price, "input"), output = amount(price, "output");
    if (!input || !output) return wrong("\"input\" and \"output\", numbers that are not negative");
    const bool cached = price.contains("cached_input");
    const auto cached_input = cached ? amount(price, "cached_input") : input;
    if (!cached_input) return wrong("a \"cached_input\" that is a number and not negative, or none");
    const json currency = price.value("currency", json());
    if (!currency.is_string() || currency.get<std::string>().empty()) return wrong("a \"currency\", as in \"USD\"");
    prices.prices_[model] = {*input, *cached_input, *output, currency.get<std::string>()};
  }
  return prices;
}

Prices Prices::of_user(const std::function<void(const std::string&)>& notice) {
  const auto folder = config_path();
  auto prices = folder ? load(*folder / "prices.json") : std::unexpected(folder.error());
  if (prices) return std::move(*prices);
  notice("no costs are shown: " + prices.error().message);
  return {};
}

Cost Prices::of(const UsageOfModels& usage) const {
  Cost cost;
  for (const auto& [model, tokens] : usage) {
    const auto price = prices_.find(model);
    if (price == prices_.end() || tokens.prompt_tokens + tokens.generated_tokens == 0) continue;
    const Price& p = price->second;
    cost[p.currency] += (p.input * static_cast<double>(tokens.prompt_tokens - tokens.reused_tokens) +
                         p.cached_input * static_cast<double>(tokens.reused_tokens) +
                         p.output * static_cast<double>(tokens.generated_tokens)) /
                        kMillion;
  }
  return cost;
}

std::string text_of(const Cost& cost) {
  std::string text;
  for (const auto& [currency, amount] : cost) {
    if (!text.empty()) text += " + ";
    if (amount > 0 && amount < kLeastShown)
      text += std::format("less than {:.4f} {}", kLeastShown, currency);
    else
      text += std::format("{:.{}f} {}", amount, amount < 1 ? 4 : 2, currency);
  }
  return text;
}

}  // namespace strata::agent
