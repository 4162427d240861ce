// SPDX-License-Identifier: Apache-2.0
// One recursive descent over the text. What JSON allows is read as JSON reads it (numbers by nlohmann, so that none is
// rounded in another way); each deviation is noted and read as its writer must have meant it.
#include "agent/chat/tolerant_json.h"

#include <algorithm>
#include <cstdint>

namespace strata::agent {
namespace {

using json = nlohmann::ordered_json;
constexpr int kDeepest = 64;

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<TolerantJson> read() {
    if (text_.empty() || (text_[0] != '{' && text_[0] != '[')) return std::nullopt;
    auto value = read_value(0);
    if (!value) return std::nullopt;
    return TolerantJson{std::move(*value), at_, closed_, std::move(repairs_)};
  }

 private:
  bool ended() const { return at_ >= text_.size(); }
  char peek() const { return ended() ? '\0' : text_[at_]; }
  void skip_space() {
    while (!ended() && std::string_view(" \t\r\n").contains(text_[at_])) ++at_;
  }
  bool take(std::string_view what) {
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  void mended(const char* what) {
    if (!std::ranges::contains(repairs_, what)) repairs_.emplace_back(what);
  }

  std::optional<json> read_value(int depth) {
    if (depth > kDeepest) return std::nullopt;
    skip_space();
    if (peek() == '{' || peek() == '[') return read_container(depth);
    if (peek() == '"' || peek() == '\'') return read_string();
    return read_word();
  }

  std::optional<json> read_container(int depth) {
    const bool object = text_[at_++] == '{';
    const char close = object ? '}' : ']';
    json value = object ? json::object() : json::array();
    for (bool first = true;; first = false) {
      skip_space();
      bool comma = false;
      if (!first && peek() == ',') {
        ++at_;
        comma = true;
        skip_space();
      }
      if (ended()) {
        closed_ = false;
        mended("missing closing bracket");
        return value;
      }
      if (peek() == close) {
        ++at_;
        if (comma) mended("trailing comma");
        return value;
      }
      if (!first && !comma) {
        // A bracket of the other kind, or a tag: the end was forgotten. Anything else: a comma was.
        if (std::string_view("}]<`").contains(peek())) {
          closed_ = false;
          mended("missing closing bracket");
          return value;
        }
        mended("missing comma");
      }
      if (object) {
        auto key = peek() == '"' || peek() == '\'' ? read_string() : read_bare_key();
        if (!key) return std::nullopt;
        skip_space();
        if (!take(":")) return std::nullopt;
        auto member = read_value(depth + 1);
        if (!member) return std::nullopt;
        value[key->get<std::string>()] = std::move(*member);
      } else {
        auto element = read_value(depth + 1);
        if (!element) return std::nullopt;
        value.push_back(std::move(*element));
      }
    }
  }

  std::optional<json> read_bare_key() {
    const size_t first = at_;
    while (!ended() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_')) ++at_;
    if (at_ == first) return std::nullopt;
    mended("key without quotes");
    return json(text_.substr(first, at_ - first));
  }

  std::optional<json> read_word() {
    const size_t first = at_;
    while (!ended() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) || std::string_view("+-._").contains(text_[at_])))
      ++at_;
    const std::string_view word = text_.substr(first, at_ - first);
    for (const auto& [python, value] :
         {std::pair("True", json(true)), std::pair("False", json(false)), std::pair("None", json(nullptr))})
      if (word == python) {
        mended("a constant of Python");
        return value;
      }
    json value = json::parse(word, nullptr, false);
    if (value.is_discarded()) return std::nullopt;
    return value;
  }

  // Does the quote at `at_` end the string, or did the model forget to escape it? It ends it if what follows can follow
  // a string.
  bool ends_string() const {
    const size_t next = text_.find_first_not_of(" \t\r\n", at_ + 1);
    return next == std::string_view::npos || std::string_view(",:}]<`").contains(text_[next]);
  }

  std::optional<json> read_string() {
    const char quote = text_[at_++];
    if (quote == '\'') mended("single quotes");
    std::string value;
    while (!ended()) {
      const char c = text_[at_];
      if (c == quote) {
        if (ends_string()) {
          ++at_;
          return json(std::move(value));
        }
        mended("quote that is not escaped");
      } else if (c == '\\') {
        ++at_;
        if (!read_escape(value)) return std::nullopt;
        continue;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        mended("line end or tab in a string");
      }
      value += c;
      ++at_;
    }
    return std::nullopt;  // what the string would have said is not known
  }

  bool read_escape(std::string& value) {
    if (ended()) return false;
    const char c = text_[at_++];
    constexpr std::string_view kFrom = "\"\\/bfnrt", kTo = "\"\\/\b\f\n\r\t";
    if (const size_t known = kFrom.find(c); known != std::string_view::npos) {
      value += kTo[known];
    } else if (c == 'u') {
      auto unit = read_unit();
      if (!unit) return false;
      uint32_t code = *unit;
      if (code >= 0xd800 && code < 0xdc00 && take("\\u")) {
        auto low = read_unit();
        if (!low) return false;
        code = *low >= 0xdc00 && *low < 0xe000 ? 0x10000 + ((code - 0xd800) << 10) + (*low - 0xdc00) : 0xfffd;
      }
      append_character(value, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
    } else {
      mended("unknown escape");
      if (c != '\'') value += '\\';
      value += c;
    }
    return true;
  }

  std::optional<uint32_t> read_unit() {
    if (text_.size() - at_ < 4) return std::nullopt;
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = text_[at_++];
      const size_t digit = std::string_view("0123456789abcdefABCDEF").find(c);
      if (digit == std::string_view::npos) return std::nullopt;
      value = value * 16 + static_cast<uint32_t>(digit >= 16 ? digit - 6 : digit);
    }
    return value;
  }

  static void append_character(std::string& to, uint32_t code) {
    const auto byte = [&](uint32_t bits) { to += static_cast<char>(bits); };
    if (code < 0x80) return byte(code);
    if (code < 0x800) {
      byte(0xc0 | (code >> 6));
    } else {
      if (code < 0x10000) {
        byte(0xe0 | (code >> 12));
      } else {
        byte(0xf0 | (code >> 18));
        byte(0x80 | ((code >> 12) & 0x3f));
      }
      byte(0x80 | ((code >> 6) & 0x3f));
    }
    byte(0x80 | (code & 0x3f));
  }

  std::string_view text_;
  size_t at_ = 0;
  bool closed_ = true;
  std::vector<std::string> repairs_;
};

}  // namespace

std::optional<TolerantJson> parse_tolerantly(std::string_view text) { return Reader(text).read(); }

}  // namespace strata::agent
