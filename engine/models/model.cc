// SPDX-License-Identifier: Apache-2.0
// The registry of model families: a new one is its file and a line here.
#include "engine/models/model.h"

#include <format>

#include "engine/models/decoder.h"

namespace strata {

Result<std::shared_ptr<Model>> Model::load(const std::filesystem::path& path, const ModelOptions& options) {
  auto opened = GgufFile::open(path);
  if (!opened) return std::unexpected(opened.error());
  auto file = std::make_shared<GgufFile>(std::move(*opened));
  const std::string architecture(file->string("general.architecture").value_or(""));
  for (const char* known : {"llama", "qwen2", "qwen3"})
    if (architecture == known) return Decoder::load(std::move(file), architecture, options);
  return fail(
      ErrorKind::kUnsupported,
      std::format("{}: architecture \"{}\" is not one Strata runs (llama, qwen2, qwen3)", path.string(), architecture));
}

}  // namespace strata
