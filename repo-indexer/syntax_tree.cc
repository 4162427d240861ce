// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/syntax_tree.h"

#include <algorithm>

#include "repo-indexer/macros.h"

namespace strata::repo {

using Clock = std::chrono::steady_clock;

Deadline deadline_after(double seconds) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

std::string text_to_parse(std::string_view family, std::string_view text) {
  return family == "c" ? without_macros(text) : std::string();
}

TreePointer parse_tree(TSParser* parser, const TSLanguage* language, std::string_view text, const TSTree* old,
                       Deadline deadline) {
  ts_parser_set_language(parser, language);
  ts_parser_reset(parser);
  const TSInput input{.payload = &text,
                      .read = [](void* payload, uint32_t at, TSPoint, uint32_t* bytes) -> const char* {
                        const auto& all = *static_cast<std::string_view*>(payload);
                        *bytes = at < all.size() ? static_cast<uint32_t>(all.size()) - at : 0;
                        return all.data() + std::min<size_t>(at, all.size());
                      },
                      .encoding = TSInputEncodingUTF8,
                      .decode = nullptr};
  const TSParseOptions options{.payload = &deadline, .progress_callback = [](TSParseState* state) {
                                 return Clock::now() > *static_cast<Deadline*>(state->payload);
                               }};
  return TreePointer(ts_parser_parse_with_options(parser, old, input, options));
}

}  // namespace strata::repo
