// SPDX-License-Identifier: Apache-2.0
#include "engine/text/vocabulary_trie.h"

#include <algorithm>
#include <array>

namespace strata {
namespace {

constexpr size_t kLongest = 64;  // bytes; longer tokens (runs of spaces) are never needed

bool is_plain(std::string_view bytes) {
  return std::ranges::none_of(bytes,
                              [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

VocabularyTrie::VocabularyTrie(const Tokenizer& tokenizer) {
  const auto size = static_cast<size_t>(tokenizer.vocabulary_size());
  plain_.resize(size);
  markup_.resize(size);
  std::vector<Word> all, not_plain;
  for (size_t i = 0; i < size; ++i) {
    const auto token = static_cast<TokenId>(i);
    const std::string_view bytes = tokenizer.bytes(token, true);
    if (bytes.empty() || bytes.size() > kLongest || tokenizer.is_end_of_generation(token)) continue;
    markup_[i] = tokenizer.control_token(bytes) == token;
    all.emplace_back(bytes, token);
    if (markup_[i]) continue;
    plain_[i] = is_plain(bytes);
    if (!plain_[i]) not_plain.emplace_back(bytes, token);
  }
  all_ = build(std::move(all));
  not_plain_ = build(std::move(not_plain));
}

// In the order of the sorted words, so that what begins alike lies together.
std::vector<VocabularyTrie::Node> VocabularyTrie::build(std::vector<Word> words) {
  std::ranges::sort(words);
  std::vector<Node> nodes;
  std::array<int32_t, kLongest> open{};  // the node of each depth on the way to the last word
  size_t depth = 0;
  const auto close_to = [&](size_t to) {
    while (depth > to) nodes[static_cast<size_t>(open[--depth])].next = static_cast<int32_t>(nodes.size());
  };
  std::string_view last;
  for (const auto& [bytes, token] : words) {
    const auto common = static_cast<size_t>(std::ranges::mismatch(last, bytes).in1 - last.begin());
    if (common == bytes.size()) continue;  // the same bytes again
    close_to(common);
    for (; depth < bytes.size(); ++depth) {
      open[depth] = static_cast<int32_t>(nodes.size());
      nodes.push_back({static_cast<uint8_t>(bytes[depth]), static_cast<int16_t>(depth), -1, 0});
    }
    nodes.back().token = token;
    last = bytes;
  }
  close_to(0);
  return nodes;
}

template <typename Found>
void VocabularyTrie::walk(const std::vector<Node>& nodes, const JsonGrammar::Matcher& matcher, const Found& found) {
  std::array<JsonGrammar::Matcher, kLongest + 1> states;  // before each depth
  states[0] = matcher;
  for (size_t i = 0; i < nodes.size();) {
    const Node& node = nodes[i];
    const auto depth = static_cast<size_t>(node.depth);
    states[depth + 1] = states[depth];
    if (!states[depth + 1].step(node.byte)) {
      i = static_cast<size_t>(node.next);
      continue;
    }
    if (node.token >= 0) found(node.token);
    ++i;
  }
}

bool VocabularyTrie::allow(const JsonGrammar::Matcher& matcher, std::vector<uint8_t>& allowed) const {
  bool any = false, tag = false;
  if (matcher.in_free_text()) {
    allowed = plain_;
    walk(not_plain_, matcher, [&](TokenId token) { allowed[static_cast<size_t>(token)] = 1; });
    return true;
  }
  allowed.assign(plain_.size(), 0);
  walk(all_, matcher, [&](TokenId token) {
    allowed[static_cast<size_t>(token)] = 1;
    any = true;
    tag = tag || markup_[static_cast<size_t>(token)];
  });
  if (tag)
    for (size_t i = 0; i < allowed.size(); ++i) allowed[i] = allowed[i] && markup_[i];
  return any;
}

}  // namespace strata
