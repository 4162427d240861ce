// SPDX-License-Identifier: Apache-2.0
#include "app/catalogue.h"

#include <format>
#include <nlohmann/json.hpp>

#include "base/user_folders.h"
#include "engine/compute/cpu/machine.h"

namespace strata::resources {
extern const std::string_view model_catalogue;
}

namespace strata::app {

namespace fs = std::filesystem;

Result<std::vector<CatalogueModel>> catalogue() {
  auto folder = data_folder("models");
  if (!folder) return std::unexpected(folder.error());
  std::vector<CatalogueModel> models;
  // Compiled in and parsed by a test, so it is well formed.
  const auto json = nlohmann::json::parse(resources::model_catalogue);
  for (const auto& entry : json.at("models")) {
    CatalogueModel model;
    model.name = entry.at("name");
    model.file = entry.at("file");
    model.sha256 = entry.at("sha256");
    model.licence = entry.at("licence");
    model.description = entry.at("description");
    model.bytes = entry.at("bytes");
    model.path = *folder / model.file;
    std::error_code error;
    model.present = fs::file_size(model.path, error) == model.bytes && !error;
    models.push_back(std::move(model));
  }
  return models;
}

std::string default_model_name() {
  constexpr uint64_t kEightGigabytes = 7'500'000'000;  // "8 GB" machines report a little less
  return cpu::machine().memory_bytes >= kEightGigabytes ? "qwen2.5-coder-1.5b" : "qwen2.5-coder-0.5b";
}

Result<fs::path> resolve_model(std::string_view argument) {
  auto models = catalogue();
  if (!models) return std::unexpected(models.error());
  const std::string wanted = argument.empty() ? default_model_name() : std::string(argument);
  for (const auto& model : *models) {
    if (model.name != wanted) continue;
    if (model.present) return model.path;
    return fail(ErrorKind::kNotFound,
                std::format("the model {} is not on this machine yet; fetch it with `strata models "
                            "get {}` ({} MB)",
                            wanted, wanted, model.bytes / 1'000'000));
  }
  std::error_code error;
  const fs::path path(wanted);
  if (fs::is_directory(path, error)) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(path, error))
      if (entry.path().extension() == ".gguf") files.push_back(entry.path());
    if (files.size() == 1) return files.front();
    return fail(ErrorKind::kNotFound, std::format("{}: {} GGUF files in this folder; name one of them", wanted,
                                                  files.empty() ? std::string("no") : std::to_string(files.size())));
  }
  if (fs::exists(path, error)) return path;
  std::string names;
  for (const auto& model : *models) names += (names.empty() ? "" : ", ") + model.name;
  return fail(ErrorKind::kNotFound,
              std::format("{}: no such file, folder or catalogue model; the catalogue has {}", wanted, names));
}

}  // namespace strata::app
