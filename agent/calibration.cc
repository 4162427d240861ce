// SPDX-License-Identifier: Apache-2.0
#include "agent/calibration.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/user_folders.h"

namespace strata::resources {
extern const std::string_view calibration_qwen2_5_coder_0_5b, calibration_qwen2_5_coder_1_5b;
}

namespace strata::agent {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

constexpr int kFormat = 1;
constexpr int kMostHeads = 1024;  // of a layer, and layers of a model

Result<fs::path> file_of(std::string_view fingerprint) {
  auto folder = data_folder("calibrations");
  if (!folder) return folder;
  return *folder / std::format("{}.json", fingerprint);
}

bool small_number(const json& value) {
  return value.is_number_integer() && value.get<int64_t>() >= 0 && value.get<int64_t>() < kMostHeads;
}

bool is_head(const json& head) {
  return head.is_array() && head.size() == 2 && std::ranges::all_of(head, small_number);
}

}  // namespace

Result<Calibration> parse_calibration(std::string_view text, std::string_view fingerprint) {
  const json all = json::parse(text, nullptr, false);
  const auto damaged = [](std::string what) { return fail(ErrorKind::kDamaged, std::move(what)); };
  if (!all.is_object() || !all.contains("format")) return damaged("this is no calibration");
  if (all["format"] != kFormat) return damaged("another version of Strata made this calibration");
  if (!fingerprint.empty() && all.value("fingerprint", json()) != json(fingerprint))
    return damaged("this is the calibration of another model");
  const json heads = all.value("retrieval_heads", json()), from = all.value("answerable_from", json(false)),
             guesses = all.value("guesses_well", json());
  if (!heads.is_array() || !std::ranges::all_of(heads, is_head) || !(from.is_null() || from.is_number()) ||
      !guesses.is_boolean())
    return damaged("this calibration is not complete");
  Calibration calibration;
  for (const json& head : heads) {
    calibration.retrieval_heads.push_back({head[0].get<int>(), head[1].get<int>()});
    if (std::ranges::count(calibration.retrieval_heads, calibration.retrieval_heads.back()) > 1)
      return damaged("this calibration has a head twice");
  }
  if (from.is_number()) calibration.answerable_from = from.get<double>();
  calibration.guesses_well = guesses.get<bool>();
  return calibration;
}

json json_of(const Calibration& calibration) {
  json heads = json::array();
  for (const RetrievalHead& head : calibration.retrieval_heads) heads.push_back({head.layer, head.head});
  return {{"retrieval_heads", heads},
          {"answerable_from", calibration.answerable_from ? json(*calibration.answerable_from) : json(nullptr)},
          {"guesses_well", calibration.guesses_well}};
}

Calibration calibration_of(std::string_view fingerprint, std::string_view name,
                           const std::function<void(const std::string&)>& notice) {
  if (auto file = file_of(fingerprint)) {
    if (std::ifstream in(*file); in) {
      const std::string text(std::istreambuf_iterator<char>(in), {});
      auto found = parse_calibration(text, fingerprint);
      if (found) {
        found->source = Calibration::Source::kUser;
        return std::move(*found);
      }
      if (notice)
        notice(std::format("{}: {}; it is ignored, and `strata models calibrate` makes a new one", file->string(),
                           found.error().message));
    }
  }
  for (const std::string_view text :
       {resources::calibration_qwen2_5_coder_1_5b, resources::calibration_qwen2_5_coder_0_5b}) {
    // Compiled in and parsed by a test, so it is well formed. The same heads serve however a model was quantised.
    if (!name.contains(json::parse(text)["model"].get<std::string>())) continue;
    Calibration shipped = *parse_calibration(text);
    shipped.source = Calibration::Source::kShipped;
    return shipped;
  }
  return {};
}

Result<fs::path> store_calibration(std::string_view fingerprint, std::string_view name, const Calibration& calibration,
                                   const json& measured) {
  auto file = file_of(fingerprint);
  if (!file) return file;
  json all = {{"format", kFormat}, {"model", name}, {"fingerprint", fingerprint}};
  all.update(json_of(calibration));
  all["measured"] = measured;
  const fs::path part = file->string() + ".part";
  std::ofstream out(part);
  out << all.dump(1, ' ', false, json::error_handler_t::replace) << "\n";
  out.close();
  std::error_code error;
  if (out) fs::rename(part, *file, error);
  if (!out || error) return fail(ErrorKind::kIo, file->string() + " cannot be written");
  return file;
}

}  // namespace strata::agent
