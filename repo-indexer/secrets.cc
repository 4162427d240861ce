// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/secrets.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "repo-indexer/terms.h"

namespace strata::repo {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_upper(c) || is_lower(c) || is_digit(c); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }
bool is_word(char c) { return is_alnum(c) || c == '_'; }
bool is_url_safe(char c) { return is_word(c) || c == '-'; }
bool is_dotted(char c) { return is_url_safe(c) || c == '.'; }
bool is_base64(char c) { return is_alnum(c) || c == '+' || c == '/' || c == '='; }
bool is_upper_or_digit(char c) { return is_upper(c) || is_digit(c); }

// A prefix that nothing else has, then so many signs of an alphabet.
struct TokenRule {
  std::string_view kind, prefix;
  bool (*alphabet)(char);
  size_t shortest, longest;
};

constexpr std::string_view kGuessed = "password or token";
constexpr size_t kAny = 4096;
constexpr std::array kTokens = {
    TokenRule{"AWS access key", "AKIA", is_upper_or_digit, 16, 16},
    TokenRule{"AWS access key", "ASIA", is_upper_or_digit, 16, 16},
    TokenRule{"GitHub token", "ghp_", is_alnum, 36, 251},
    TokenRule{"GitHub token", "gho_", is_alnum, 36, 251},
    TokenRule{"GitHub token", "ghu_", is_alnum, 36, 251},
    TokenRule{"GitHub token", "ghs_", is_alnum, 36, 251},
    TokenRule{"GitHub token", "ghr_", is_alnum, 36, 251},
    TokenRule{"GitHub token", "github_pat_", is_word, 60, 251},
    TokenRule{"GitLab token", "glpat-", is_url_safe, 20, 64},
    TokenRule{"Slack token", "xoxb-", is_url_safe, 24, kAny},
    TokenRule{"Slack token", "xoxp-", is_url_safe, 24, kAny},
    TokenRule{"Slack token", "xoxa-", is_url_safe, 24, kAny},
    TokenRule{"Slack token", "xoxr-", is_url_safe, 24, kAny},
    TokenRule{"Slack token", "xapp-", is_url_safe, 24, kAny},
    TokenRule{"Google API key", "AIza", is_url_safe, 35, 35},
    TokenRule{"Google OAuth secret", "GOCSPX-", is_url_safe, 28, 28},
    TokenRule{"Google OAuth token", "ya29.", is_url_safe, 40, kAny},
    TokenRule{"Stripe key", "sk_live_", is_alnum, 16, 255},
    TokenRule{"Stripe key", "rk_live_", is_alnum, 16, 255},
    TokenRule{"Anthropic key", "sk-ant-", is_url_safe, 32, 255},
    TokenRule{"OpenAI key", "sk-proj-", is_url_safe, 40, 255},
    TokenRule{"OpenAI key", "sk-", is_alnum, 48, 48},
    TokenRule{"Hugging Face token", "hf_", is_alnum, 34, 40},
    TokenRule{"npm token", "npm_", is_alnum, 36, 36},
    TokenRule{"PyPI token", "pypi-AgE", is_url_safe, 50, kAny},
    TokenRule{"SendGrid key", "SG.", is_dotted, 66, 66},
    TokenRule{"DigitalOcean token", "dop_v1_", is_hex, 64, 64},
    TokenRule{"Shopify token", "shpat_", is_hex, 32, 32},
    TokenRule{"Databricks token", "dapi", is_hex, 32, 32},
    TokenRule{"JSON web token", "eyJ", is_dotted, 60, kAny},
};

size_t run_of(std::string_view text, size_t at, bool (*alphabet)(char), size_t limit) {
  const size_t end = std::min(text.size(), at + limit);
  size_t last = at;
  while (last < end && alphabet(text[last])) ++last;
  return last - at;
}

// Bits a sign, of how often each stands in the text.
double entropy(std::string_view text) {
  std::array<int, 256> counts{};
  for (const char c : text) ++counts[static_cast<uint8_t>(c)];
  double bits = 0;
  for (const int count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(text.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

// "AKIAXXXXXXXXXXXXXXXX", "ghp_0000...", "AKIAIOSFODNN7EXAMPLE": what documentation writes in their place.
bool is_placeholder(std::string_view body) {
  if (entropy(body) < 2.5) return true;
  const std::string lower = lower_case(body);
  for (const std::string_view word :
       {"example", "placeholder", "changeme", "your", "xxxxx", "redacted", "dummy", "123456789"}) {
    if (lower.find(word) != lower.npos) return true;
  }
  return false;
}

bool is_json_web_token(std::string_view text) {
  const size_t first = text.find('.');
  const size_t second = first == text.npos ? first : text.find(".", first + 1);
  return second != text.npos && text.substr(first + 1).starts_with("eyJ") && second + 20 < text.size() &&
         text.find('.', second + 1) == text.npos;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::vector<SecretRange> run() {
    bool inside_word = false;
    for (at_ = 0; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '-' && text_.substr(at_).starts_with("-----BEGIN ")) {
        private_key();
      } else if (c == ':' && text_.substr(at_).starts_with("://")) {
        url_password();
      } else if (is_word(c) && !inside_word) {
        token();
        assignment();
      }
      inside_word = at_ < text_.size() && is_word(text_[at_]);
    }
    // Of two that overlap, the first; of two at one place, the one that says more.
    std::ranges::sort(found_, {}, [](const SecretRange& s) { return std::pair(s.first, s.kind == kGuessed); });
    uint32_t free_from = 0;
    std::erase_if(found_, [&](const SecretRange& s) {
      if (s.first < free_from) return true;
      free_from = s.last;
      return false;
    });
    int line = 1;
    uint32_t counted = 0;
    for (SecretRange& s : found_) {
      line += static_cast<int>(std::count(text_.begin() + counted, text_.begin() + s.first, '\n'));
      counted = s.first;
      s.line = line;
    }
    return std::move(found_);
  }

 private:
  void add(size_t first, size_t length, std::string_view kind) {
    found_.push_back({static_cast<uint32_t>(first), static_cast<uint32_t>(first + length), 0, kind});
  }

  // At the first sign of a word. Leaves at_ at its last sign if it is one.
  void token() {
    const std::string_view rest = text_.substr(at_);
    for (const TokenRule& rule : kTokens) {
      if (rule.prefix[0] != rest[0] || !rest.starts_with(rule.prefix)) continue;
      const size_t length = run_of(text_, at_ + rule.prefix.size(), rule.alphabet, rule.longest + 1);
      if (length < rule.shortest || length > rule.longest) continue;
      const std::string_view body = rest.substr(rule.prefix.size(), length);
      if (is_placeholder(body)) continue;
      if (rule.prefix == "eyJ" && !is_json_web_token(rest.substr(0, rule.prefix.size() + length))) continue;
      if (rule.prefix == "sk-" && body.find("T3BlbkFJ") == body.npos) continue;
      if (rule.alphabet == is_alnum && std::ranges::none_of(body, is_digit)) continue;  // an identifier
      add(at_, rule.prefix.size() + length, rule.kind);
      at_ += rule.prefix.size() + length - 1;
      return;
    }
  }

  // -----BEGIN ... PRIVATE KEY-----: the body, if there is one. A parser of keys holds the first line alone.
  void private_key() {
    const size_t head_end = text_.find("-----", at_ + 11);
    if (head_end == text_.npos || head_end - at_ > 80) return;
    const std::string_view title = text_.substr(at_ + 11, head_end - at_ - 11);
    if (title.find("PRIVATE KEY") == title.npos || title.find('\n') != title.npos) return;
    const size_t first = head_end + 5;
    // In source code the lines stand in quotes, with "\n" spelled out.
    const auto in_body = [](char c) {
      return is_base64(c) || std::string_view(" \t\r\n\\\"',:-").find(c) != std::string_view::npos;
    };
    size_t last = first, signs = 0;
    while (last < text_.size() && in_body(text_[last]) && !text_.substr(last).starts_with("-----")) {
      signs += is_base64(text_[last]);
      ++last;
    }
    if (signs < 64) return;
    add(first, last - first, "private key");
    at_ = last - 1;
  }

  // scheme://user:password@host
  void url_password() {
    const size_t first = at_ + 3;
    const size_t end = std::min(text_.find_first_of(" \t\r\n\"'`<>/?#)(,;{}$|\\", first), text_.size());
    const std::string_view authority = text_.substr(first, end - first);
    const size_t host = authority.rfind('@'), colon = authority.find(':');
    if (host == authority.npos || colon == authority.npos || colon >= host) return;
    const std::string_view password = authority.substr(colon + 1, host - colon - 1);
    if (password.size() < 8 || !looks_random(password, 2.7)) return;
    add(first + colon + 1, password.size(), "password in a URL");
  }

  // password = "...", "api_key": "...", SECRET='...'
  void assignment() {
    const size_t length = run_of(text_, at_, is_url_safe, 64);
    size_t at = at_ + length;
    if (at < text_.size() && (text_[at] == '"' || text_[at] == '\'')) ++at;  // a JSON key
    const auto skip_blanks = [&] {
      while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\t')) ++at;
    };
    skip_blanks();
    if (at < text_.size() && text_[at] == ':' && text_.substr(at).starts_with(":=")) ++at;
    if (at >= text_.size() || (text_[at] != '=' && text_[at] != ':')) return;
    at += text_.substr(at).starts_with("=>") ? 2 : 1;
    skip_blanks();
    const std::string name = lower_case(text_.substr(at_, length));
    static constexpr std::array<std::string_view, 9> kNames = {
        "password", "passwd", "secret", "token", "apikey", "api_key", "api-key", "access_key", "private_key"};
    if (std::ranges::none_of(kNames, [&](std::string_view word) { return name.find(word) != name.npos; })) return;
    const bool quoted = at < text_.size() && (text_[at] == '"' || text_[at] == '\'' || text_[at] == '`');
    const char quote = quoted ? text_[at] : '\n';
    at += quoted;
    const size_t value = run_of(
        text_, at, [](char c) { return is_base64(c) || is_dotted(c) || c == '~' || c == '!' || c == '@' || c == '%'; },
        256);
    // Without quotes (.env files, properties) the value must be the rest of the line.
    const bool ends =
        at + value < text_.size() ? text_[at + value] == quote || (!quoted && text_[at + value] == '\r') : !quoted;
    if (!ends || value < 16 || !looks_random(text_.substr(at, value), 3.5)) return;
    add(at, value, kGuessed);
  }

  // Digits among letters, no word in clear, many different signs.
  static bool looks_random(std::string_view value, double bits) {
    const auto digits = std::ranges::count_if(value, is_digit);
    if (digits < 2 || std::ranges::none_of(value, [](char c) { return is_upper(c) || is_lower(c); })) return false;
    if (is_placeholder(value) || entropy(value) < bits) return false;
    // A run of letters of this length is a word, as in "tests/fixtures/token_v2.json" or "oauth2.AccessToken1".
    size_t run = 0, longest = 0;
    for (size_t i = 0; i < value.size(); ++i) {
      const bool goes_on = is_lower(value[i]) && i > 0 && (is_lower(value[i - 1]) || is_upper(value[i - 1]));
      longest = std::max(longest, run = goes_on ? run + 1 : 1);
    }
    return longest < 7;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<SecretRange> found_;
};

}  // namespace

std::vector<SecretRange> find_secrets(std::string_view text) { return Scanner(text).run(); }

std::vector<SecretRange> mask_secrets(std::string& text) {
  auto found = find_secrets(text);
  for (const SecretRange& secret : found) {
    for (uint32_t at = secret.first; at < secret.last; ++at) {
      if (text[at] != '\n' && text[at] != '\r') text[at] = '*';
    }
  }
  return found;
}

}  // namespace strata::repo
