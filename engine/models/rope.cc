// SPDX-License-Identifier: Apache-2.0
#include "engine/models/rope.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <numbers>

namespace strata {

Result<RopeParams> read_rope(const GgufFile& file, const std::string& architecture, int head_dim, bool interleaved,
                             int trained_context) {
  const std::string prefix = architecture + ".rope.";
  const auto bad = [&](const char* key) {
    return fail(ErrorKind::kDamaged,
                std::format("{}: {}{} has an impossible value", file.path().string(), prefix, key));
  };
  RopeParams params;
  params.interleaved = interleaved;
  const int64_t dim = file.integer(prefix + "dimension_count").value_or(head_dim);
  if (dim < 2 || dim > head_dim || dim % 2 != 0) return bad("dimension_count");
  params.dim = static_cast<int>(dim);
  params.base = static_cast<float>(file.number(prefix + "freq_base").value_or(10000.0));
  if (!(params.base > 1.0f)) return bad("freq_base");
  const auto kind = file.string(prefix + "scaling.type").value_or("none");
  params.factor = static_cast<float>(file.number(prefix + "scaling.factor").value_or(1.0));
  if (!(params.factor >= 1e-3f)) return bad("scaling.factor");
  if (kind == "linear") {
    params.scaling = RopeParams::Scaling::kLinear;
  } else if (kind == "yarn") {
    params.scaling = RopeParams::Scaling::kYarn;
    params.original_context =
        static_cast<int>(file.integer(prefix + "scaling.original_context_length").value_or(trained_context));
    params.beta_fast = static_cast<float>(file.number(prefix + "scaling.yarn_beta_fast").value_or(32.0));
    params.beta_slow = static_cast<float>(file.number(prefix + "scaling.yarn_beta_slow").value_or(1.0));
    if (params.original_context <= 0) return bad("scaling.original_context_length");
    params.attention_factor = static_cast<float>(file.number(prefix + "scaling.attn_factor").value_or(1.0) *
                                                 (params.factor > 1.0f ? 0.1 * std::log(params.factor) + 1.0 : 1.0));
  } else if (kind != "none") {
    return fail(ErrorKind::kUnsupported,
                std::format("{}: rotary scaling \"{}\" is not one Strata knows (none, linear, yarn)",
                            file.path().string(), kind));
  }
  if (const GgufTensor* factors = file.find("rope_freqs.weight")) {
    if (factors->columns() != static_cast<uint64_t>(params.dim / 2) || factors->type != BlockType::kF32)
      return fail(ErrorKind::kDamaged, file.path().string() + ": rope_freqs.weight does not fit the rotary dimension");
    params.frequency_factors.resize(static_cast<size_t>(params.dim) / 2);
    dequantize(factors->type, factors->data, params.frequency_factors);
    if (!std::ranges::all_of(params.frequency_factors, [](float factor) { return factor > 0.0f; }))
      return fail(ErrorKind::kDamaged, file.path().string() + ": rope_freqs.weight has factors that are not positive");
  }
  return params;
}

RopeTable make_rope_table(const RopeParams& params, int positions) {
  const int half = params.dim / 2;
  std::vector<double> frequency(static_cast<size_t>(half));
  // YaRN: the dimension whose wave turns `rotations` times over the original context.
  const auto dimension_of = [&](double rotations) {
    return params.dim * std::log(params.original_context / (rotations * 2 * std::numbers::pi)) /
           (2 * std::log(params.base));
  };
  const double low =
      params.scaling == RopeParams::Scaling::kYarn ? std::max(0.0, std::floor(dimension_of(params.beta_fast))) : 0;
  const double high = params.scaling == RopeParams::Scaling::kYarn
                          ? std::min(params.dim - 1.0, std::ceil(dimension_of(params.beta_slow)))
                          : 0;
  for (int i = 0; i < half; ++i) {
    const double plain = std::pow(static_cast<double>(params.base), -2.0 * i / params.dim);
    double& f = frequency[static_cast<size_t>(i)];
    f = plain;
    if (!params.frequency_factors.empty()) f /= params.frequency_factors[static_cast<size_t>(i)];
    if (params.scaling == RopeParams::Scaling::kLinear) f /= params.factor;
    if (params.scaling == RopeParams::Scaling::kYarn) {
      // High frequencies stay as they are, low ones are stretched, a ramp lies between.
      const double ramp = 1.0 - std::clamp((i - low) / std::max(0.001, high - low), 0.0, 1.0);
      f = plain / params.factor * (1.0 - ramp) + plain * ramp;
    }
  }
  RopeTable table;
  table.dim = params.dim;
  table.interleaved = params.interleaved;
  table.cosine.resize(static_cast<size_t>(positions) * half);
  table.sine.resize(table.cosine.size());
  size_t at = 0;
  for (int position = 0; position < positions; ++position) {
    for (int i = 0; i < half; ++i, ++at) {
      const double angle = position * frequency[static_cast<size_t>(i)];
      table.cosine[at] = static_cast<float>(std::cos(angle)) * params.attention_factor;
      table.sine[at] = static_cast<float>(std::sin(angle)) * params.attention_factor;
    }
  }
  return table;
}

}  // namespace strata
