// SPDX-License-Identifier: Apache-2.0
// Byte-level BPE: the text is cut into pre-tokens by the model's regular expressions, each pre-token's bytes are merged
// by rank. The vocabulary of a GGUF file writes bytes as printable characters (GPT-2's table); everything here works on
// the bytes. Text is not normalised, as in llama.cpp (Hugging Face's Qwen 2 brings it to NFC first: a file's bytes must
// survive here). User-defined tokens ("<tool_call>") are found in plain text before all else, as in both; those that
// look like control tokens count as control tokens. Pre-tokens repeat a lot in source text, so each distinct one is
// merged once per call.
#include "engine/text/tokenizer.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <bit>
#include <format>
#include <functional>
#include <limits>
#include <queue>
#include <unordered_map>
#include <unordered_set>

#include "engine/format/gguf.h"

namespace strata {
namespace {

// The regular expressions of each pre-tokenizer, applied one after the other to the pieces that the one before left.
// They are the ones of the models' tokenizer.json files; "default" is what llama.cpp takes for a file that names none.
struct PreTokenizer {
  const char* name;
  std::vector<const char*> patterns;
  bool whole_words;  // a pre-token that is in the vocabulary is taken as it is, without merging
};

constexpr const char* kGpt2Words = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

// Words of deepseek-llm: letters of alphabets with case, as the model lists them (no property of Unicode is the same).
constexpr const char* kDeepSeekWords =
    R"(\s?[)"
    R"(A-Za-z\x{b5}\x{c0}-\x{d6}\x{d8}-\x{f6}\x{f8}-\x{1ba}\x{1bc}-\x{1bf}\x{1c4}-\x{293})"
    R"(\x{295}-\x{2af}\x{370}-\x{373}\x{376}\x{377}\x{37b}-\x{37d}\x{37f}\x{386}\x{388}-\x{38a}\x{38c})"
    R"(\x{38e}-\x{3a1}\x{3a3}-\x{3f5}\x{3f7}-\x{481}\x{48a}-\x{52f}\x{531}-\x{556}\x{10a0}-\x{10c5})"
    R"(\x{13a0}-\x{13f5}\x{13f8}-\x{13fd}\x{1c90}-\x{1cba}\x{1cbd}-\x{1cbf}\x{1d00}-\x{1d2b})"
    R"(\x{1d6b}-\x{1d77}\x{1d79}-\x{1d9a}\x{1e00}-\x{1f15}\x{1f18}-\x{1f1d}\x{1f20}-\x{1f45})"
    R"(\x{1f48}-\x{1f4d}\x{1f50}-\x{1f57}\x{1f59}\x{1f5b}\x{1f5d}\x{1f5f}-\x{3ce}\x{1f80}-\x{1fb4})"
    R"(\x{1fb6}-\x{1fbc}\x{3b9}\x{1fc2}-\x{1fc4}\x{1fc6}-\x{1fcc}\x{1fd0}-\x{390}\x{1fd6}-\x{38a})"
    R"(\x{1fe0}-\x{1fec}\x{1ff2}-\x{1ff4}\x{1ff6}-\x{1ffc}\x{2102}\x{2107}\x{210a}-\x{2113}\x{2115})"
    R"(\x{2119}-\x{211d}\x{2124}\x{3a9}\x{2128}K-\x{212d}\x{212f}-\x{2134}\x{2139}\x{213c}-\x{213f})"
    R"(\x{2145}-\x{2149}\x{214e}\x{2183}\x{2184}\x{2c00}-\x{2c7b}\x{2c7e}-\x{2ce4}\x{2ceb}-\x{2cee})"
    R"(\x{2cf2}\x{2cf3}\x{a640}-\x{a66d}\x{a680}-\x{a69b}\x{a722}-\x{a76f}\x{a771}-\x{a787})"
    R"(\x{a78b}-\x{a78e}\x{ab70}-\x{abbf}\x{fb00}-\x{fb06}\x{fb13}-\x{fb17}\x{ff21}-\x{ff3a})"
    R"(\x{ff41}-\x{ff5a}\x{10400}-\x{1044f}\x{104b0}-\x{104d3}\x{104d8}-\x{104fb}\x{10c80}-\x{10cb2})"
    R"(\x{10cc0}-\x{10cf2}\x{118a0}-\x{118df}\x{1e900}-\x{1e943})"
    R"(]+)";

const std::vector<PreTokenizer>& pre_tokenizers() {
  static const std::vector<PreTokenizer> all = {
      {"qwen2",
       {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
       false},
      {"llama-bpe",
       {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
       true},
      {"gpt-2", {kGpt2Words}, false},
      {"smollm", {R"(\p{N})", kGpt2Words}, false},
      {"deepseek-llm",
       {R"([\r\n])", kDeepSeekWords, R"(\s?[!-/:-~！-／：-～‘-‟　-。]+)", R"((?<!\s)\s++\z)",
        R"([一-龥ࠀ-一가-퟿]+)", R"(\p{N}+)"},
       false},
      {"deepseek-v3",
       {R"(\p{N}{1,3})", R"([一-龥぀-ゟ゠-ヿ]+)",
        R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
       false},
      {"default",
       {R"([\p{P}\$\+<=>\^~\|]+)", R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S))",
        R"(\p{N}+)", "[0-9][0-9][0-9]"},
       false},
  };
  return all;
}

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeMatch {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
using Regex = std::unique_ptr<pcre2_code, FreeCode>;

Regex compile(std::string pattern) {
  // PCRE2's \s has U+180E besides Unicode's white space, the tokenizers' \s has not.
  for (const auto& [from, to] : {std::pair("\\s", "\\p{White_Space}"), std::pair("\\S", "\\P{White_Space}")})
    for (size_t at = 0; (at = pattern.find(from, at)) != std::string::npos;) pattern.replace(at, 2, to);
  int error = 0;
  PCRE2_SIZE at = 0;
  Regex code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), PCRE2_UTF | PCRE2_UCP, &error,
                           &at, nullptr));
  if (code) pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);
  return code;
}

// GPT-2's table: printable bytes stand for themselves, the others for the characters from U+0100 on.
std::array<int, 512> make_byte_of_character() {
  std::array<int, 512> table{};
  table.fill(-1);
  int next = 256;
  for (int byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    table[static_cast<size_t>(printable ? byte : next++)] = byte;
  }
  return table;
}

// The bytes that a vocabulary text stands for, or nothing if it has a character outside the table.
std::optional<std::string> to_bytes(std::string_view text) {
  static const std::array<int, 512> byte_of = make_byte_of_character();
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    int character = lead;
    if (lead >= 0x80) {
      if ((lead & 0xe0) != 0xc0 || i + 1 >= text.size()) return std::nullopt;
      character = (lead & 0x1f) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3f);
    }
    if (character >= 512 || byte_of[static_cast<size_t>(character)] < 0) return std::nullopt;
    bytes += static_cast<char>(byte_of[static_cast<size_t>(character)]);
  }
  return bytes;
}

// (left, right) -> (rank, merged), open addressing: the inner loop of merging.
class MergeTable {
 public:
  struct Merge {
    uint64_t pair = kEmpty;
    int rank = std::numeric_limits<int>::max();
    TokenId merged = -1;
  };
  explicit MergeTable(size_t size) : slots_(std::bit_ceil(std::max<size_t>(16, 2 * size))) {}
  void insert(TokenId left, TokenId right, int rank, TokenId merged) {
    Merge& slot = slots_[find_slot(key(left, right))];
    if (slot.pair == kEmpty) slot = {key(left, right), rank, merged};  // the first of equal merges counts
  }
  const Merge& find(TokenId left, TokenId right) const { return slots_[find_slot(key(left, right))]; }

 private:
  static constexpr uint64_t kEmpty = ~uint64_t{0};
  static uint64_t key(TokenId left, TokenId right) {
    return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
  }
  size_t find_slot(uint64_t pair) const {
    size_t slot = (pair * 0x9e3779b97f4a7c15u) >> 20 & (slots_.size() - 1);
    while (slots_[slot].pair != kEmpty && slots_[slot].pair != pair) slot = (slot + 1) & (slots_.size() - 1);
    return slot;
  }
  std::vector<Merge> slots_;
};

// Ends of a turn, of a text, and of a file in a repository: as llama.cpp knows them.
bool ends_generation(std::string_view text) {
  static const std::unordered_set<std::string_view> known = {"<|im_end|>",
                                                             "<|endoftext|>",
                                                             "<|eot_id|>",
                                                             "<|eom_id|>",
                                                             "<|end_of_text|>",
                                                             "<|end|>",
                                                             "<|return|>",
                                                             "<|call|>",
                                                             "<end_of_turn>",
                                                             "<|EOT|>",
                                                             "<EOT>",
                                                             "</s>",
                                                             "<｜end▁of▁sentence｜>",
                                                             "<|fim_pad|>",
                                                             "<fim_pad>",
                                                             "<|fim_repo|>",
                                                             "<|repo_name|>",
                                                             "<reponame>",
                                                             "<|file_sep|>"};
  return known.contains(text);
}

bool looks_like_control(std::string_view text) {
  return (text.starts_with("<|") && text.ends_with("|>")) || (text.starts_with("<｜") && text.ends_with("｜>")) ||
         ends_generation(text);
}

// Bytes of the UTF-8 character at `i`, 0 if there is none.
size_t character_bytes(std::string_view text, size_t i) {
  const auto byte = [&](size_t k) { return static_cast<unsigned char>(text[i + k]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = (lead >= 0xc2 && lead < 0xe0)   ? 2
                        : (lead >> 4) == 0xe            ? 3
                        : (lead >= 0xf0 && lead < 0xf5) ? 4
                                                        : 0;
  if (length == 0 || length > text.size() - i) return 0;
  for (size_t k = 1; k < length; ++k)
    if ((byte(k) & 0xc0) != 0x80) return 0;
  // Overlong forms, surrogates, beyond U+10FFFF.
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) >= 0xa0) || (lead == 0xf0 && byte(1) < 0x90) ||
      (lead == 0xf4 && byte(1) >= 0x90))
    return 0;
  return length;
}

}  // namespace

struct Tokenizer::Impl {
  std::string pre;
  bool whole_words = false;
  std::vector<Regex> patterns;
  std::vector<std::string> bytes;  // of each token; the exact text for control and user-defined ones
  std::vector<bool> control;
  std::unordered_map<std::string_view, TokenId> by_bytes, by_text;  // normal tokens; control and user-defined ones
  std::array<std::vector<TokenId>, 256> user_defined;               // by their first byte, the longest first
  std::array<TokenId, 256> byte_token{};
  std::optional<MergeTable> merges;
  std::vector<TokenId> end_tokens;
  TokenId begin = -1, end = -1;
  bool adds_begin = false;

  TokenId user_defined_at(std::string_view text) const;
  void split(std::string_view text, size_t pattern, pcre2_match_data* match,
             const std::function<void(std::string_view)>& piece) const;
  void merge(std::string_view word, std::vector<TokenId>& out) const;
  void merge_short(std::vector<TokenId>& ids) const;
  void merge_long(std::vector<TokenId>& ids) const;
};

Result<Tokenizer> Tokenizer::load(const GgufFile& file) {
  const std::string path = file.path().string();
  const auto damaged = [&](const std::string& what) { return fail(ErrorKind::kDamaged, path + ": " + what); };
  const auto kind = file.string("tokenizer.ggml.model").value_or("none");
  if (kind != "gpt2")
    return fail(ErrorKind::kUnsupported,
                std::format("{}: tokenizer \"{}\" is not one Strata knows (byte-level BPE, \"gpt2\")", path, kind));
  auto impl = std::make_unique<Impl>();
  impl->pre = file.string("tokenizer.ggml.pre").value_or("default");
  const auto found = std::ranges::find_if(pre_tokenizers(), [&](const PreTokenizer& p) { return p.name == impl->pre; });
  if (found == pre_tokenizers().end())
    return fail(ErrorKind::kUnsupported,
                std::format("{}: pre-tokenizer \"{}\" is not one Strata knows", path, impl->pre));
  impl->whole_words = found->whole_words;
  for (const char* pattern : found->patterns) {
    impl->patterns.push_back(compile(pattern));
    if (!impl->patterns.back())
      return fail(ErrorKind::kUnsupported, path + ": this PCRE2 library is too old or has no Unicode");
  }

  const auto* tokens = file.strings("tokenizer.ggml.tokens");
  const auto* types = file.integers("tokenizer.ggml.token_type");
  const auto* merges = file.strings("tokenizer.ggml.merges");
  if (!tokens || tokens->empty() || tokens->size() > (1u << 24))
    return damaged("the vocabulary is missing or impossibly large");
  if (!merges) return damaged("the tokenizer's merges are missing");
  if (types && types->size() != tokens->size()) return damaged("the vocabulary and its token types differ in length");
  constexpr int64_t kControl = 3, kUserDefined = 4;
  impl->bytes.reserve(tokens->size());
  impl->control.resize(tokens->size());
  for (size_t i = 0; i < tokens->size(); ++i) {
    const int64_t type = types ? (*types)[i] : 1;
    impl->control[i] = type == kControl || (type == kUserDefined && looks_like_control((*tokens)[i]));
    auto bytes = type == kControl || type == kUserDefined ? std::nullopt : to_bytes((*tokens)[i]);
    const bool plain = bytes.has_value();
    impl->bytes.push_back(plain ? std::move(*bytes) : (*tokens)[i]);
    (plain ? impl->by_bytes : impl->by_text).emplace(impl->bytes.back(), static_cast<TokenId>(i));
    const std::string& text = impl->bytes.back();
    if (!plain && ends_generation(text)) impl->end_tokens.push_back(static_cast<TokenId>(i));
    if (type == kUserDefined && !impl->control[i] && !text.empty())
      impl->user_defined[static_cast<unsigned char>(text[0])].push_back(static_cast<TokenId>(i));
  }
  for (auto& candidates : impl->user_defined)
    std::ranges::stable_sort(candidates, std::greater<>(),
                             [&](TokenId token) { return impl->bytes[static_cast<size_t>(token)].size(); });
  for (int byte = 0; byte < 256; ++byte) {
    const char character = static_cast<char>(byte);
    const auto token = impl->by_bytes.find(std::string_view(&character, 1));
    // Some vocabularies lack bytes that no text has; such a byte then yields nothing.
    impl->byte_token[static_cast<size_t>(byte)] = token == impl->by_bytes.end() ? -1 : token->second;
  }
  impl->merges.emplace(merges->size());
  for (size_t rank = 0; rank < merges->size(); ++rank) {
    const std::string& text = (*merges)[rank];
    const size_t space = text.find(' ', 1);
    if (space == std::string::npos) return damaged(std::format("merge {} has no second half", rank));
    const auto left = to_bytes(std::string_view(text).substr(0, space)),
               right = to_bytes(std::string_view(text).substr(space + 1));
    if (!left || !right) continue;
    const auto l = impl->by_bytes.find(*left), r = impl->by_bytes.find(*right),
               merged = impl->by_bytes.find(*left + *right);
    if (l == impl->by_bytes.end() || r == impl->by_bytes.end() || merged == impl->by_bytes.end()) continue;
    impl->merges->insert(l->second, r->second, static_cast<int>(rank), merged->second);
  }
  const auto token_at = [&](const char* key) -> TokenId {
    const auto id = file.integer(key);
    return id && *id >= 0 && *id < static_cast<int64_t>(tokens->size()) ? static_cast<TokenId>(*id) : -1;
  };
  impl->begin = token_at("tokenizer.ggml.bos_token_id");
  impl->end = token_at("tokenizer.ggml.eos_token_id");
  for (const TokenId end : {impl->end, token_at("tokenizer.ggml.eot_token_id")})
    if (end >= 0) impl->end_tokens.push_back(end);
  impl->adds_begin = impl->begin >= 0 && file.boolean("tokenizer.ggml.add_bos_token")
                                             .value_or(impl->pre == "llama-bpe" || impl->pre.starts_with("deepseek"));
  return Tokenizer(std::move(impl));
}

Tokenizer::Tokenizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

TokenId Tokenizer::Impl::user_defined_at(std::string_view text) const {
  for (const TokenId token : user_defined[static_cast<unsigned char>(text[0])])
    if (text.starts_with(bytes[static_cast<size_t>(token)])) return token;
  return -1;
}

// `text` is UTF-8. Matches and the gaps between them are pieces for the next pattern. A piece is matched on its own:
// what follows it is not seen.
void Tokenizer::Impl::split(std::string_view text, size_t pattern, pcre2_match_data* match,
                            const std::function<void(std::string_view)>& piece) const {
  if (pattern == patterns.size()) {
    piece(text);
    return;
  }
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  size_t done = 0;
  while (done < text.size() &&
         pcre2_match(patterns[pattern].get(), subject, text.size(), done, PCRE2_NO_UTF_CHECK, match, nullptr) > 0) {
    const PCRE2_SIZE* at = pcre2_get_ovector_pointer(match);
    const size_t first = at[0], last = at[1];
    if (first > done) split(text.substr(done, first - done), pattern + 1, match, piece);
    split(text.substr(first, last - first), pattern + 1, match, piece);
    done = last;  // no expression matches nothing
  }
  if (done < text.size()) split(text.substr(done), pattern + 1, match, piece);
}

void Tokenizer::Impl::merge(std::string_view word, std::vector<TokenId>& out) const {
  if (whole_words) {
    if (const auto whole = by_bytes.find(word); whole != by_bytes.end()) {
      out.push_back(whole->second);
      return;
    }
  }
  std::vector<TokenId> ids;
  ids.reserve(word.size());
  for (const char character : word)
    if (const TokenId token = byte_token[static_cast<unsigned char>(character)]; token >= 0) ids.push_back(token);
  constexpr size_t kShort = 48;
  if (ids.size() <= kShort)
    merge_short(ids);
  else
    merge_long(ids);
  out.insert(out.end(), ids.begin(), ids.end());
}

// The lowest rank first, of equal ones the leftmost, by scanning: quickest for the words of ordinary text.
void Tokenizer::Impl::merge_short(std::vector<TokenId>& ids) const {
  while (ids.size() > 1) {
    const MergeTable::Merge* best = nullptr;
    size_t at = 0;
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      const auto& merge = merges->find(ids[i], ids[i + 1]);
      if (merge.merged >= 0 && (!best || merge.rank < best->rank)) best = &merge, at = i;
    }
    if (!best) return;
    ids[at] = best->merged;
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
}

// The same with a queue and a linked list, n log n: a megabyte of one letter must not take quadratic time.
void Tokenizer::Impl::merge_long(std::vector<TokenId>& ids) const {
  struct Candidate {
    int rank;
    size_t at;
    TokenId left, right, merged;
    bool operator>(const Candidate& other) const { return std::pair(rank, at) > std::pair(other.rank, other.at); }
  };
  const size_t count = ids.size(), none = count;
  std::vector<size_t> next(count), previous(count);
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto offer = [&](size_t at) {
    if (next[at] == none) return;
    const auto& merge = merges->find(ids[at], ids[next[at]]);
    if (merge.merged >= 0) queue.push({merge.rank, at, ids[at], ids[next[at]], merge.merged});
  };
  for (size_t i = 0; i < count; ++i) next[i] = i + 1, previous[i] = i == 0 ? none : i - 1;
  for (size_t i = 0; i < count; ++i) offer(i);
  while (!queue.empty()) {
    const Candidate c = queue.top();
    queue.pop();
    if (ids[c.at] != c.left || next[c.at] == none || ids[next[c.at]] != c.right)
      continue;  // overtaken by another merge
    const size_t gone = next[c.at];
    ids[c.at] = c.merged;
    ids[gone] = -1;
    next[c.at] = next[gone];
    if (next[gone] != none) previous[next[gone]] = c.at;
    offer(c.at);
    if (previous[c.at] != none) offer(previous[c.at]);
  }
  std::erase(ids, -1);
}

std::vector<TokenId> Tokenizer::encode(std::string_view text) const {
  std::vector<TokenId> out;
  encode(text, out);
  return out;
}

void Tokenizer::encode(std::string_view text, std::vector<TokenId>& out, std::vector<uint32_t>* ends) const {
  if (text.empty()) return;
  struct Merged {
    uint32_t first, count;
  };
  std::unordered_map<std::string_view, Merged> known;
  std::vector<TokenId> arena;
  const std::unique_ptr<pcre2_match_data, FreeMatch> match(pcre2_match_data_create(4, nullptr));
  const auto add_word = [&](std::string_view word) {
    const auto [entry, is_new] = known.try_emplace(word);
    if (is_new) {
      const size_t first = arena.size();
      impl_->merge(word, arena);
      entry->second = {static_cast<uint32_t>(first), static_cast<uint32_t>(arena.size() - first)};
    }
    const auto begin = arena.begin() + entry->second.first, end = begin + entry->second.count;
    out.insert(out.end(), begin, end);
    if (!ends) return;
    auto at = static_cast<uint32_t>(word.data() - text.data());
    for (auto token = begin; token != end; ++token)
      ends->push_back(at += static_cast<uint32_t>(impl_->bytes[static_cast<size_t>(*token)].size()));
  };
  size_t done = 0;
  const auto add_plain_until = [&](size_t end) {
    if (end > done) impl_->split(text.substr(done, end - done), 0, match.get(), add_word);
    done = end;
  };
  for (size_t at = 0; at < text.size();) {
    if (const TokenId token = impl_->user_defined_at(text.substr(at)); token >= 0) {
      add_plain_until(at);
      done = at += impl_->bytes[static_cast<size_t>(token)].size();
      out.push_back(token);
      if (ends) ends->push_back(static_cast<uint32_t>(at));
    } else if (const size_t length = character_bytes(text, at); length > 0) {
      at += length;
    } else {  // not UTF-8: the byte stands alone
      add_plain_until(at);
      add_word(text.substr(at, 1));
      done = ++at;
    }
  }
  add_plain_until(text.size());
}

std::string_view Tokenizer::bytes(TokenId token, bool control) const {
  if (token < 0 || token >= vocabulary_size() || (is_control(token) && !control)) return {};
  return impl_->bytes[static_cast<size_t>(token)];
}

std::string Tokenizer::decode(std::span<const TokenId> tokens) const {
  std::string text;
  for (const TokenId token : tokens) text += bytes(token);
  return text;
}

TokenId Tokenizer::control_token(std::string_view text) const {
  const auto found = impl_->by_text.find(text);
  return found == impl_->by_text.end() ? -1 : found->second;
}

bool Tokenizer::is_control(TokenId token) const {
  return token >= 0 && token < vocabulary_size() && impl_->control[static_cast<size_t>(token)];
}
bool Tokenizer::is_end_of_generation(TokenId token) const { return std::ranges::contains(impl_->end_tokens, token); }
TokenId Tokenizer::beginning_of_text() const { return impl_->begin; }
TokenId Tokenizer::end_of_text() const { return impl_->end; }
bool Tokenizer::adds_beginning_of_text() const { return impl_->adds_begin; }
int Tokenizer::vocabulary_size() const { return static_cast<int>(impl_->bytes.size()); }
const std::string& Tokenizer::pre_tokenizer() const { return impl_->pre; }

namespace {

// Bytes at the end of `text` that may be the beginning of a longer UTF-8 character.
size_t unfinished(std::string_view text) {
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? back : 0;
    }
  }
  return 0;
}

// Replaces what is not UTF-8 by U+FFFD.
std::string valid_utf8(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const size_t length = character_bytes(text, i);
    out += length > 0 ? text.substr(i, length) : "\xef\xbf\xbd";
    i += std::max<size_t>(length, 1);
  }
  return out;
}

}  // namespace

std::string Detokenizer::push(TokenId token) {
  held_ += tokenizer_->bytes(token, control_);
  const size_t held = unfinished(held_);
  std::string text = valid_utf8(std::string_view(held_).substr(0, held_.size() - held));
  held_.erase(0, held_.size() - held);
  return text;
}

std::string Detokenizer::finish() {
  std::string text = held_.empty() ? std::string() : std::string("\xef\xbf\xbd");
  held_.clear();
  return text;
}

}  // namespace strata
