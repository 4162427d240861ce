// SPDX-License-Identifier: Apache-2.0
// JSON says by the first byte of a value what kind of value it is, so one stack of frames is enough: the top frame
// takes the byte, or is finished by it and leaves it to the one below.
#include "engine/text/json_grammar.h"

#include <algorithm>
#include <bit>
#include <cctype>

namespace strata {
namespace {

using json = nlohmann::ordered_json;

constexpr size_t kMaxProperties = 64;
constexpr int kMaxDigits = 15;  // an integer that every reader of JSON can hold exactly
enum FirstClass { kQuote, kDigit, kBrace, kBracket, kLetter };

int class_of(unsigned char byte) {
  if (byte == '"') return kQuote;
  if (byte == '-' || std::isdigit(byte)) return kDigit;
  if (byte == '{') return kBrace;
  if (byte == '[') return kBracket;
  return kLetter;
}

// UTF-8 as it is: what a model is used to writing.
std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

int limit(const json& schema, const char* key, int otherwise) {
  const auto found = schema.find(key);
  if (found == schema.end() || !found->is_number()) return otherwise;
  return static_cast<int>(std::clamp(found->get<double>(), 0.0, 1e9));
}

}  // namespace

int JsonGrammar::add(Node node) {
  nodes_.push_back(std::move(node));
  return static_cast<int>(nodes_.size()) - 1;
}

int JsonGrammar::add_choice(std::vector<Branch> branches) {
  std::ranges::sort(branches, {}, &Branch::text);
  const auto [first, last] = std::ranges::unique(branches, {}, &Branch::text);
  branches.erase(first, last);
  return add({.kind = Node::Kind::kChoice, .branches = std::move(branches)});
}

int JsonGrammar::add_sequence(int node, std::string text) {
  const int then = add_choice({{std::move(text)}});
  Node sequence{.kind = Node::Kind::kSequence, .branches = {{"", then}}, .item = node};
  return add(std::move(sequence));
}

int JsonGrammar::add_any() {
  if (any_ != kNothing) return any_;
  any_ = add({.kind = Node::Kind::kAny});
  const std::array<int, 5> by_first = {add({.kind = Node::Kind::kString}), add({.kind = Node::Kind::kNumber}),
                                       add({.kind = Node::Kind::kObject, .any_key = true, .item = any_}),
                                       add({.kind = Node::Kind::kArray, .item = any_}),
                                       add_choice({{"true"}, {"false"}, {"null"}})};
  nodes_[static_cast<size_t>(any_)].by_first = by_first;
  return any_;
}

int JsonGrammar::add_object(const json& schema) {
  const auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object() || properties->size() > kMaxProperties) {
    Node node{.kind = Node::Kind::kObject, .any_key = true};
    node.item = add_any();
    return add(std::move(node));
  }
  std::vector<Branch> keys;
  for (const auto& [key, value] : properties->items()) keys.push_back({dump(json(key)), add_schema(value)});
  std::ranges::sort(keys, {}, &Branch::text);
  Node node{.kind = Node::Kind::kObject, .branches = std::move(keys)};
  if (const auto required = schema.find("required"); required != schema.end() && required->is_array())
    for (size_t i = 0; i < node.branches.size(); ++i)
      if (std::ranges::any_of(*required, [&](const json& key) { return dump(key) == node.branches[i].text; }))
        node.required |= uint64_t{1} << i;
  return add(std::move(node));
}

// Which of the five ways a value of this node begins; -1 if in several.
int JsonGrammar::first_class(int index) const {
  const Node& node = nodes_[static_cast<size_t>(index)];
  switch (node.kind) {
    case Node::Kind::kString: return kQuote;
    case Node::Kind::kNumber: return kDigit;
    case Node::Kind::kObject: return kBrace;
    case Node::Kind::kArray: return kBracket;
    case Node::Kind::kChoice: {
      const int first = class_of(static_cast<unsigned char>(node.branches.front().text[0]));
      const auto same = [&](const Branch& b) { return class_of(static_cast<unsigned char>(b.text[0])) == first; };
      return std::ranges::all_of(node.branches, same) ? first : -1;
    }
    default: return -1;
  }
}

// One node that looks at the first byte. Alternatives that begin alike cannot be told apart by it: any value of that
// kind may come then.
int JsonGrammar::add_union(const std::vector<json>& alternatives) {
  std::array<int, 5> by_first;
  by_first.fill(kNothing);
  std::vector<Branch> letters;
  const auto offer = [&](size_t kind, int node) {
    const int any = nodes_[static_cast<size_t>(add_any())].by_first[kind];
    by_first[kind] = by_first[kind] == kNothing || by_first[kind] == node ? node : any;
  };
  for (const json& alternative : alternatives) {
    const int node = add_schema(alternative);
    const int kind = first_class(node);
    const Node& made = nodes_[static_cast<size_t>(node)];
    if (kind == kLetter) {  // null, true, false: their texts together
      letters.insert(letters.end(), made.branches.begin(), made.branches.end());
    } else if (kind >= 0) {
      offer(static_cast<size_t>(kind), node);
    } else if (made.kind == Node::Kind::kAny) {
      const auto inner = made.by_first;
      for (size_t i = 0; i < inner.size(); ++i)
        if (inner[i] != kNothing) offer(i, inner[i]);
    } else {  // an enum of several kinds: each kind by itself
      const std::vector<Branch> texts = made.branches;
      for (size_t i = 0; i < by_first.size(); ++i) {
        std::vector<Branch> alike;
        for (const Branch& b : texts)
          if (class_of(static_cast<unsigned char>(b.text[0])) == static_cast<int>(i)) alike.push_back(b);
        if (!alike.empty()) offer(i, add_choice(alike));
      }
    }
  }
  if (!letters.empty()) offer(kLetter, add_choice(letters));
  return add({.kind = Node::Kind::kAny, .by_first = by_first});
}

int JsonGrammar::add_schema(const json& schema) {
  if (!schema.is_object()) return add_any();
  if (const auto value = schema.find("const"); value != schema.end()) return add_choice({{dump(*value)}});
  if (const auto values = schema.find("enum"); values != schema.end() && values->is_array() && !values->empty()) {
    std::vector<Branch> branches;
    for (const json& value : *values) branches.push_back({dump(value)});
    return add_choice(std::move(branches));
  }
  for (const char* key : {"anyOf", "oneOf"})
    if (const auto list = schema.find(key); list != schema.end() && list->is_array() && !list->empty())
      return add_union(list->get<std::vector<json>>());
  const auto type = schema.find("type");
  if (type == schema.end()) return schema.contains("properties") ? add_object(schema) : add_any();
  if (type->is_array()) {
    std::vector<json> alternatives;
    for (const json& one : *type) {
      alternatives.push_back(schema);
      alternatives.back()["type"] = one;
    }
    return add_union(alternatives);
  }
  if (*type == "object") return add_object(schema);
  if (*type == "boolean") return add_choice({{"true"}, {"false"}});
  if (*type == "null") return add_choice({{"null"}});
  if (*type == "string")
    return add(
        {.kind = Node::Kind::kString, .least = limit(schema, "minLength", 0), .most = limit(schema, "maxLength", -1)});
  if (*type == "integer" || *type == "number") {
    Node node{.kind = Node::Kind::kNumber, .integer = *type == "integer"};
    if (const auto low = schema.find("minimum"); low != schema.end() && low->is_number() && low->get<double>() >= 0)
      node.lowest = node.integer && low->get<double>() > 0 ? 1 : 0;
    return add(std::move(node));
  }
  if (*type == "array") {
    const auto items = schema.find("items");
    const int item = items == schema.end() ? add_any() : add_schema(*items);
    return add({.kind = Node::Kind::kArray,
                .item = item,
                .least = limit(schema, "minItems", 0),
                .most = limit(schema, "maxItems", -1)});
  }
  return add_any();
}

bool JsonGrammar::Matcher::push(int node) {
  if (depth_ == kMaxDepth) return false;
  Frame& frame = frames_[static_cast<size_t>(depth_++)];
  frame = {.node = static_cast<int16_t>(node)};
  const Node& made = grammar_->nodes_[static_cast<size_t>(node)];
  frame.high = static_cast<int16_t>(made.branches.size());
  return true;
}

bool JsonGrammar::Matcher::in_free_text() const {
  if (depth_ == 0) return false;
  const Frame& frame = frames_[static_cast<size_t>(depth_ - 1)];
  const Node& node = grammar_->nodes_[static_cast<size_t>(frame.node)];
  return node.kind == Node::Kind::kString && frame.state == 1 && node.most < 0 && frame.at >= node.least;
}

bool JsonGrammar::Matcher::step(unsigned char byte) {
  while (depth_ > 0) {
    Frame& frame = frames_[static_cast<size_t>(depth_ - 1)];
    Outcome outcome = Outcome::kRefused;
    switch (grammar_->nodes_[static_cast<size_t>(frame.node)].kind) {
      case Node::Kind::kChoice: outcome = step_choice(frame, byte); break;
      case Node::Kind::kString: outcome = step_string(frame, byte); break;
      case Node::Kind::kNumber: outcome = step_number(frame, byte); break;
      case Node::Kind::kObject: outcome = step_object(frame, byte); break;
      case Node::Kind::kArray: outcome = step_array(frame, byte); break;
      case Node::Kind::kAny: outcome = step_any(frame, byte); break;
      case Node::Kind::kSequence: outcome = step_sequence(frame, byte); break;
    }
    if (outcome != Outcome::kAgain) return outcome == Outcome::kTaken;
  }
  return false;
}

// Keeps the branches that go on with this byte: of sorted texts with a common beginning, a range.
bool JsonGrammar::Matcher::narrow(Frame& frame, const std::vector<Branch>& branches, unsigned char byte,
                                  uint64_t without) {
  const auto at = static_cast<size_t>(frame.at);
  const auto byte_at = [&](int branch) {
    const std::string& text = branches[static_cast<size_t>(branch)].text;
    return at < text.size() ? static_cast<int>(static_cast<unsigned char>(text[at])) : -1;
  };
  int low = frame.low, high = frame.high;
  while (low < high && byte_at(low) < byte) ++low;
  while (low < high && byte_at(high - 1) > byte) --high;
  bool open = false;  // at least one of them may still be taken
  for (int i = low; i < high && !open; ++i) open = i >= 64 || !((without >> i) & 1);
  if (!open) return false;
  frame.low = static_cast<int16_t>(low);
  frame.high = static_cast<int16_t>(high);
  ++frame.at;
  return true;
}

auto JsonGrammar::Matcher::step_choice(Frame& frame, unsigned char byte) -> Outcome {
  const std::vector<Branch>& branches = grammar_->nodes_[static_cast<size_t>(frame.node)].branches;
  const Branch& first = branches[static_cast<size_t>(frame.low)];
  const auto at = static_cast<size_t>(frame.at);
  if (narrow(frame, branches, byte, 0)) {
    const Branch& branch = branches[static_cast<size_t>(frame.low)];
    // Done, unless a longer one may follow (an enum of numbers).
    if (frame.high - frame.low == 1 && static_cast<size_t>(frame.at) == branch.text.size()) {
      const int then = branch.then;
      --depth_;
      if (then != kNothing && !push(then)) return Outcome::kRefused;
    }
    return Outcome::kTaken;
  }
  if (at < first.text.size() && first.text[at] == ' ') {  // left out
    ++frame.at;
    return Outcome::kAgain;
  }
  if (at == first.text.size()) {
    const int then = first.then;
    --depth_;
    return then == kNothing || push(then) ? Outcome::kAgain : Outcome::kRefused;
  }
  return Outcome::kRefused;
}

// States: 0 before the quote, 1 inside, 2 behind a backslash, 3-6 digits of \u that are missing.
auto JsonGrammar::Matcher::step_string(Frame& frame, unsigned char byte) -> Outcome {
  const Node& node = grammar_->nodes_[static_cast<size_t>(frame.node)];
  const bool room = node.most < 0 || frame.at < node.most;
  switch (frame.state) {
    case 0:
      if (byte != '"') return Outcome::kRefused;
      frame.state = 1;
      return Outcome::kTaken;
    case 1:
      if (byte == '"') {
        if (frame.at < node.least) return Outcome::kRefused;
        --depth_;
        return Outcome::kTaken;
      }
      if (byte < 0x20) return Outcome::kRefused;
      if (byte == '\\') {
        if (!room) return Outcome::kRefused;
        frame.state = 2;
        return Outcome::kTaken;
      }
      if ((byte & 0xc0) == 0x80) {  // of a character that was counted; `low`: how many of them it still has
        if (node.most >= 0 && frame.low-- == 0) return Outcome::kRefused;  // else they would go on for ever
        return Outcome::kTaken;
      }
      if (!room) return Outcome::kRefused;
      frame.low = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
      ++frame.at;
      return Outcome::kTaken;
    case 2:
      if (byte == 'u') {
        frame.state = 6;
        return Outcome::kTaken;
      }
      if (!std::string_view("\"\\/bfnrt").contains(static_cast<char>(byte))) return Outcome::kRefused;
      frame.state = 1;
      ++frame.at;
      return Outcome::kTaken;
    default:
      // No surrogates, for half of a pair is no character: none begins with d8 to df.
      if (!std::isxdigit(byte) || (frame.state == 6 && (byte | 0x20) == 'd')) return Outcome::kRefused;
      if (--frame.state == 2) {
        frame.state = 1;
        ++frame.at;
      }
      return Outcome::kTaken;
  }
}

// States: 0 nothing, 1 minus, 2 a zero, 3 digits, 4 point, 5 decimals, 6 e, 7 sign of the exponent, 8 and 9 its digits.
auto JsonGrammar::Matcher::step_number(Frame& frame, unsigned char byte) -> Outcome {
  const Node& node = grammar_->nodes_[static_cast<size_t>(frame.node)];
  const bool digit = std::isdigit(byte);
  const auto go = [&](int16_t state) {
    frame.state = state;
    return Outcome::kTaken;
  };
  switch (frame.state) {
    case 0:
      if (byte == '-' && node.lowest < 0) return go(1);
      [[fallthrough]];
    case 1:
      if (!digit || (byte == '0' && node.lowest == 1)) return Outcome::kRefused;
      return go(byte == '0' ? 2 : 3);
    case 3:
      if (digit) return ++frame.at < kMaxDigits ? Outcome::kTaken : Outcome::kRefused;
      [[fallthrough]];
    case 2:
      if (!node.integer && byte == '.') return go(4);
      break;
    case 4:
      if (!digit) return Outcome::kRefused;
      return go(5);
    case 5:
      if (digit) return ++frame.at < 2 * kMaxDigits ? Outcome::kTaken : Outcome::kRefused;
      break;
    case 6:
      if (byte == '+' || byte == '-') return go(7);
      [[fallthrough]];
    case 7: return digit ? go(8) : Outcome::kRefused;
    case 8:
      if (digit) return go(9);
      break;
    default: break;
  }
  if (!node.integer && frame.state < 6 && (byte | 0x20) == 'e') return go(6);
  --depth_;
  return Outcome::kAgain;
}

// States: 0 before the brace, 1 behind it, 2 in a key, 3 behind a key, 4 behind the colon, 5 behind a value, 6 behind a
// comma, 7 behind the space that follows it.
auto JsonGrammar::Matcher::step_object(Frame& frame, unsigned char byte) -> Outcome {
  const Node& node = grammar_->nodes_[static_cast<size_t>(frame.node)];
  const auto count = static_cast<int>(node.branches.size());
  const bool full = !node.any_key && std::popcount(frame.seen) == count;
  switch (frame.state) {
    case 0:
      if (byte != '{') return Outcome::kRefused;
      frame.state = 1;
      return Outcome::kTaken;
    case 1:
    case 5:
      if (byte == '}' && (frame.seen & node.required) == node.required) {
        --depth_;
        return Outcome::kTaken;
      }
      if (frame.state == 5) {
        if (byte != ',' || full) return Outcome::kRefused;
        frame.state = 6;
        return Outcome::kTaken;
      }
      [[fallthrough]];
    case 6:
      if (frame.state == 6 && byte == ' ') {
        frame.state = 7;
        return Outcome::kTaken;
      }
      [[fallthrough]];
    case 7:
      if (full) return Outcome::kRefused;
      if (node.any_key) {
        frame.state = 3;
        const Node& any = grammar_->nodes_[static_cast<size_t>(node.item)];
        return push(any.by_first[kQuote]) ? Outcome::kAgain : Outcome::kRefused;
      }
      frame.low = 0;
      frame.high = static_cast<int16_t>(count);
      frame.at = 0;
      frame.state = 2;
      [[fallthrough]];
    case 2:
      if (!narrow(frame, node.branches, byte, frame.seen)) return Outcome::kRefused;
      // A key ends with its quote, so none begins with another.
      if (static_cast<size_t>(frame.at) == node.branches[static_cast<size_t>(frame.low)].text.size()) frame.state = 3;
      return Outcome::kTaken;
    case 3:
      if (byte != ':') return Outcome::kRefused;
      frame.state = 4;
      return Outcome::kTaken;
    default: {  // 4
      int value = node.item;
      if (!node.any_key) {
        frame.seen |= uint64_t{1} << frame.low;
        value = node.branches[static_cast<size_t>(frame.low)].then;
      }
      frame.state = 5;
      if (!push(value)) return Outcome::kRefused;
      return byte == ' ' ? Outcome::kTaken : Outcome::kAgain;
    }
  }
}

// States: 0 before the bracket, 1 behind it, 2 behind a value, 3 behind a comma.
auto JsonGrammar::Matcher::step_array(Frame& frame, unsigned char byte) -> Outcome {
  const Node& node = grammar_->nodes_[static_cast<size_t>(frame.node)];
  const bool room = node.most < 0 || frame.at < node.most;
  if (frame.state == 0) {
    if (byte != '[') return Outcome::kRefused;
    frame.state = 1;
    return Outcome::kTaken;
  }
  if (frame.state < 3 && byte == ']' && frame.at >= node.least) {
    --depth_;
    return Outcome::kTaken;
  }
  if (!room) return Outcome::kRefused;
  if (frame.state == 2) {
    if (byte != ',') return Outcome::kRefused;
    frame.state = 3;
    return Outcome::kTaken;
  }
  const bool space = frame.state == 3 && byte == ' ';
  frame.state = 2;
  ++frame.at;
  if (!push(node.item)) return Outcome::kRefused;
  return space ? Outcome::kTaken : Outcome::kAgain;
}

auto JsonGrammar::Matcher::step_any(Frame& frame, unsigned char byte) -> Outcome {
  const int node = grammar_->nodes_[static_cast<size_t>(frame.node)].by_first[static_cast<size_t>(class_of(byte))];
  --depth_;
  return node != kNothing && push(node) ? Outcome::kAgain : Outcome::kRefused;
}

auto JsonGrammar::Matcher::step_sequence(Frame& frame, unsigned char) -> Outcome {
  const Node& node = grammar_->nodes_[static_cast<size_t>(frame.node)];
  const int then = node.branches.front().then, item = node.item;
  --depth_;
  return push(then) && push(item) ? Outcome::kAgain : Outcome::kRefused;
}

}  // namespace strata
