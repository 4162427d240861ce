// SPDX-License-Identifier: Apache-2.0
#include "agent/stored_prefix.h"

#include <algorithm>

#include "base/half.h"

namespace strata::agent {

namespace {

// Of every token and layer: its key, then its value.
size_t floats(const KvLayout& layout, size_t tokens) {
  return tokens * static_cast<size_t>(layout.layers) * 2 * static_cast<size_t>(layout.width);
}

template <typename Cache, typename Do>
void for_each_row(Cache& kv, int tokens, Do&& row) {
  for (int token = 0; token < tokens; ++token)
    for (int layer = 0; layer < kv.layout().layers; ++layer) {
      row(kv.k_row(layer, token));
      row(kv.v_row(layer, token));
    }
}

}  // namespace

Result<void> begin_with(Session& session, const Reader& reader, std::span<const TokenId> tokens, const Cancel* cancel) {
  const KvLayout& layout = reader.model->params().kv;
  const int count = static_cast<int>(tokens.size());
  const std::string name = "prefix " + segment_key(reader.model->fingerprint(), "prefix-1", {}, tokens);
  auto known = reader.snapshots->constant(name);
  if (!known) return std::unexpected(known.error());
  if (*known && (*known)->size() == floats(layout, tokens.size())) {
    KvCache rows(layout);
    rows.resize(count);
    auto from = (*known)->cbegin();
    for_each_row(rows, count, [&](f16* row) {
      std::transform(from, from + layout.width, row, [](float value) { return to_f16(value); });
      from += layout.width;
    });
    return session.place(rows, 0, tokens);
  }
  if (auto done = session.append(tokens, cancel); !done) return done;
  std::vector<float> values;
  values.reserve(floats(layout, tokens.size()));
  for_each_row(session.kv(), count, [&](const f16* row) {
    std::transform(row, row + layout.width, std::back_inserter(values), [](f16 value) { return to_f32(value); });
  });
  return reader.snapshots->set_constant(name, values);
}

}  // namespace strata::agent
