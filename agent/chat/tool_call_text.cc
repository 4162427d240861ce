// SPDX-License-Identifier: Apache-2.0
// The text is gone through once. At an opening tag, and at JSON that begins a line, what follows is read as JSON and
// looked at: does it name a tool and hold arguments, in one of the shapes models use? What is not a call stays text; a
// tag without a call is reported.
#include "agent/chat/tool_call_text.h"

#include <algorithm>
#include <array>
#include <format>
#include <optional>

#include "agent/chat/tolerant_json.h"

namespace strata::agent {
namespace {

using json = nlohmann::ordered_json;

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kThink = "<think>", kThinkEnd = "</think>";
constexpr std::string_view kDeepSeekSeparator = "<｜tool▁sep｜>";
// What opens calls. The first of each line is a family's own; the others are what its models write now and then.
constexpr std::array<std::string_view, 7> kOpening = {"<tool_call>",           "<toolcall>",
                                                      "<function_call>",       "<tool_calls>",  // Qwen, Hermes
                                                      "<|python_tag|>",                         // Llama 3
                                                      "<｜tool▁call▁begin｜>", "<｜tool▁calls▁begin｜>"};
constexpr std::array<std::string_view, 7> kClosing = {"</tool_call>",  "</toolcall>",         "</function_call>",
                                                      "</tool_calls>", "<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>",
                                                      "<|eom_id|>"};
constexpr std::array<std::string_view, 5> kNameKeys = {"name", "tool", "tool_name", "function", "function_name"};
constexpr std::array<std::string_view, 5> kArgumentKeys = {"arguments", "parameters", "args", "input", "params"};

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

struct Shape {  // a call found in JSON
  std::string name;
  json arguments;
  bool usual = true;  // {"name": ..., "arguments" or "parameters": {...}}
};

class Parser {
 public:
  Parser(std::string_view raw, std::span<const ToolSpec> tools, size_t first_id, bool cut)
      : raw_(raw), tools_(tools), next_id_(first_id), cut_(cut) {}

  ParsedTurn parse() {
    take_reasoning();
    while (at_ < raw_.size()) {
      if (turn_.malformed.size() == kMostMalformed) {  // hostile; looking further would take quadratic time
        turn_.malformed.push_back("what follows was not looked at");
        break;
      }
      if (const std::string_view tag = opening_at(at_); !tag.empty())
        read_tagged(tag);
      else if (!tools_.empty() && begins_bare())
        read_bare();
      else
        text_ += raw_[at_++];
    }
    turn_.text = trimmed(text_);
    return std::move(turn_);
  }

 private:
  void take_reasoning() {
    const size_t begin = std::min(raw_.find_first_not_of(kSpace), raw_.size());
    const size_t end = raw_.find(kThinkEnd);
    const bool opened = raw_.substr(begin).starts_with(kThink);
    if (!opened && end == std::string_view::npos) return;
    const size_t first = opened ? begin + kThink.size() : 0;
    turn_.reasoning = trimmed(raw_.substr(first, end == std::string_view::npos ? end : end - first));
    at_ = end == std::string_view::npos ? raw_.size() : end + kThinkEnd.size();
  }

  std::string_view opening_at(size_t at) const {
    for (const std::string_view tag : kOpening)
      if (raw_.substr(at).starts_with(tag)) return tag;
    return {};
  }

  bool begins_bare() const {
    if ((raw_[at_] != '{' && raw_[at_] != '[') || foreign_ == kMostForeign) return false;
    const std::string_view before(text_);
    const size_t line = before.find_last_not_of(" \t");
    return line == std::string_view::npos || before[line] == '\n' || before[line] == '>' || before[line] == '`' ||
           !turn_.calls.empty();
  }

  void skip_space() { at_ = std::min(raw_.find_first_not_of(kSpace, at_), raw_.size()); }
  bool take(std::string_view what) {
    if (!raw_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  // "```json\n" or "```"; whatever language the fence names.
  bool take_fence() {
    if (!raw_.substr(at_).starts_with("```")) return false;
    at_ += 3;
    while (at_ < raw_.size() && std::isalpha(static_cast<unsigned char>(raw_[at_]))) ++at_;
    return true;
  }

  void read_tagged(std::string_view tag) {
    const size_t begin = at_;
    at_ += tag.size();
    size_t found = 0;
    std::string name;  // DeepSeek writes it in front
    for (skip_space();; skip_space()) {
      if (at_ >= raw_.size()) break;
      if (take_fence() || take_closing()) continue;
      if (const std::string_view inner = opening_at(at_); !inner.empty() && found == 0 && take(inner)) continue;
      if (const size_t separator = raw_.find(kDeepSeekSeparator, at_);
          separator != std::string_view::npos && raw_.substr(at_, separator - at_).find_first_of("{\n<") == npos) {
        const std::string_view before = trimmed(raw_.substr(at_, separator - at_));
        at_ = separator + kDeepSeekSeparator.size();
        const size_t line = std::min(raw_.find_first_of("\n{", at_), raw_.size());
        // "function<sep>name\n```json\n{...}" before version 3.1, "name<sep>{...}" since.
        name = before == "function" ? trimmed(raw_.substr(at_, line - at_)) : before;
        if (before == "function") at_ = line;
        continue;
      }
      if (raw_[at_] != '{' && raw_[at_] != '[') break;
      auto value = parse_tolerantly(raw_.substr(at_));
      if (!value || (!value->closed && cut_ && at_ + value->length >= raw_.size())) break;
      if (!name.empty()) value->value = json{{"name", name}, {"arguments", std::move(value->value)}};
      name.clear();
      const size_t calls = add_calls(*value, true);
      if (calls == 0) break;
      at_ += value->length;
      found += calls;
    }
    if (found > 0) return;
    // Nothing in it is a call. What was meant is for the model to say again.
    size_t end = raw_.size();
    for (const std::string_view closing : kClosing)
      if (const size_t close = raw_.find(closing, begin + tag.size()); close != npos)
        end = std::min(end, close + closing.size());
    for (const std::string_view opening : kOpening) end = std::min(end, raw_.find(opening, begin + tag.size()));
    const bool was_cut = cut_ && end == raw_.size();
    constexpr size_t kShown = 200;
    const std::string_view all = raw_.substr(begin, end - begin);
    size_t shown = std::min(all.size(), kShown);
    while (shown < all.size() && shown > 0 && (static_cast<unsigned char>(all[shown]) & 0xc0) == 0x80) --shown;
    turn_.malformed.push_back(std::format(
        "{}: {}{}",
        was_cut ? "a tool call was cut because the answer became too long; make it shorter"
                : "a tool call could not be understood; write {\"name\": ..., \"arguments\": {...}} as JSON",
        all.substr(0, shown), shown < all.size() ? "..." : ""));
    at_ = end;
  }

  bool take_closing() {
    return std::ranges::any_of(kClosing, [&](std::string_view tag) { return take(tag); });
  }

  void read_bare() {
    auto value = parse_tolerantly(raw_.substr(at_));
    const bool was_cut = value && !value->closed && cut_;
    if (!value || was_cut || add_calls(*value, false) == 0) {
      text_ += raw_[at_++];
      ++foreign_;
      return;
    }
    at_ += value->length;
    const bool llama = text_.empty() && turn_.repairs.empty();  // Llama's own syntax is the bare object
    if (strip_wrapper() || !llama) mended("the call stood outside of <tool_call>");
  }

  // Takes the fence or tag before the call, and its end behind. True if there was any.
  bool strip_wrapper() {
    bool any = false;
    const std::string_view before = std::string_view(text_).substr(0, text_.find_last_not_of(kSpace) + 1);
    const size_t word = before.find_last_not_of("abcdefghijklmnopqrstuvwxyz_");
    if (word != npos && before.substr(0, word + 1).ends_with("```")) {
      text_.resize(word - 2);
      any = true;
    } else if (before.ends_with('>')) {
      if (const size_t tag = before.rfind('<'); tag != npos && before.substr(tag).find_first_of(" \n") == npos) {
        text_.resize(tag);
        any = true;
      }
    }
    const size_t here = at_;
    skip_space();
    bool closed = take("```");
    if (!closed && raw_.substr(at_).starts_with("</")) {
      const size_t end = raw_.find('>', at_);
      if (end != npos && raw_.substr(at_, end - at_).find_first_of(" \n") == npos) {
        at_ = end + 1;
        closed = true;
      }
    }
    if (!closed) at_ = here;
    return any || closed;
  }

  const ToolSpec* tool(std::string_view name) const {
    const auto found = std::ranges::find(tools_, name, &ToolSpec::name);
    return found == tools_.end() ? nullptr : &*found;
  }

  // The calls a JSON value makes: one, or several in a list. `tagged`: a tag said that it is one.
  size_t add_calls(const TolerantJson& read, bool tagged) {
    std::vector<Shape> shapes;
    const auto look_at = [&](const json& value) {
      auto shape = call_in(value, tagged);
      if (shape) shapes.push_back(std::move(*shape));
      return shape.has_value();
    };
    if (read.value.is_array()) {
      if (!std::ranges::all_of(read.value, look_at)) return 0;
    } else if (!look_at(read.value)) {
      return 0;
    }
    for (const std::string& repair : read.repairs) mended(repair);
    for (Shape& shape : shapes) {
      if (!shape.usual) mended("name and arguments were not where they belong");
      turn_.calls.push_back({std::format("call_{}", next_id_++), std::move(shape.name), std::move(shape.arguments)});
    }
    return shapes.size();
  }

  std::optional<Shape> call_in(const json& value, bool tagged) const {
    if (!value.is_object()) return std::nullopt;
    // {"type": "function", "function": {"name": ..., "arguments": ...}}
    if (const auto inner = value.find("function"); inner != value.end() && inner->is_object()) {
      auto shape = call_in(*inner, tagged);
      if (shape) shape->usual = false;
      return shape;
    }
    // {"read": {"path": ...}}
    if (value.size() == 1 && value.begin()->is_object() && tool(value.begin().key()))
      return Shape{value.begin().key(), value.begin().value(), false};
    Shape shape;
    const json* name = nullptr;
    for (const std::string_view key : kNameKeys) {
      const auto found = value.find(key);
      if (found == value.end() || !found->is_string() || (key != "name" && !tool(found->get_ref<const std::string&>())))
        continue;
      name = &*found;
      shape.usual = key == "name";
      break;
    }
    if (!name) return std::nullopt;
    shape.name = trimmed(name->get_ref<const std::string&>());
    const ToolSpec* known = tool(shape.name);
    if (!known && !tagged) return std::nullopt;
    for (const std::string_view key : kArgumentKeys) {
      const auto found = value.find(key);
      if (found == value.end()) continue;
      shape.usual = shape.usual && (key == "arguments" || key == "parameters");
      if (found->is_object()) {
        shape.arguments = *found;
        return shape;
      }
      if (found->is_null()) {
        shape.arguments = json::object();
        return shape;
      }
      if (found->is_string()) {  // JSON within a string
        const std::string& text = found->get_ref<const std::string&>();
        auto inner = parse_tolerantly(trimmed(text));
        if (inner && inner->value.is_object()) {
          shape.arguments = std::move(inner->value);
          shape.usual = false;
          return shape;
        }
        if (trimmed(text).empty()) {
          shape.arguments = json::object();
          return shape;
        }
      }
    }
    // The arguments beside the name.
    shape.arguments = json::object();
    for (const auto& [key, member] : value.items())
      if (&member != name) shape.arguments[key] = member;
    if (!tagged) {
      const auto properties = known->parameters.find("properties");
      const auto known_argument = [&](const auto& member) {
        return properties != known->parameters.end() && properties->contains(member.key());
      };
      const auto items = shape.arguments.items();
      if (shape.arguments.empty() || !std::ranges::all_of(items.begin(), items.end(), known_argument))
        return std::nullopt;
    }
    shape.usual = shape.usual && shape.arguments.empty();
    return shape;
  }

  void mended(std::string_view what) {
    if (!std::ranges::contains(turn_.repairs, what)) turn_.repairs.emplace_back(what);
  }

  static constexpr size_t kMostMalformed = 16, kMostForeign = 256;
  static constexpr size_t npos = std::string_view::npos;
  std::string_view raw_;
  std::span<const ToolSpec> tools_;
  size_t next_id_;
  bool cut_;
  size_t at_ = 0;
  size_t foreign_ = 0;  // JSON that was no call
  std::string text_;
  ParsedTurn turn_;
};

}  // namespace

ParsedTurn parse_turn(std::string_view raw, std::span<const ToolSpec> tools, size_t first_id, bool cut) {
  return Parser(raw, tools, first_id, cut).parse();
}

size_t next_call_id(std::span<const ChatMessage> transcript) {
  size_t calls = 1;
  for (const ChatMessage& message : transcript) calls += message.calls.size();
  return calls;
}

void TurnStream::show(std::string_view all, std::string& shown, const std::function<void(std::string_view)>& to) {
  if (all.size() <= shown.size() || !all.starts_with(shown)) return;
  if (to) to(all.substr(shown.size()));
  shown = all;
}

void TurnStream::push(std::string_view piece) {
  raw_ += piece;
  std::string_view rest(raw_);
  rest.remove_prefix(std::min(rest.find_first_not_of(kSpace), rest.size()));
  if (kThink.starts_with(rest.substr(0, kThink.size()))) {
    if (rest.size() < kThink.size()) return;
    rest.remove_prefix(kThink.size());
    const size_t end = rest.find(kThinkEnd);
    // What may be the beginning of its end is held back.
    const size_t sure = end != std::string_view::npos ? end : std::min(rest.rfind('<'), rest.size());
    show(trimmed(rest.substr(0, sure)), reasoning_, events_.on_reasoning);
    if (end == std::string_view::npos) return;
    rest.remove_prefix(end + kThinkEnd.size());
  }
  if (tools_) {
    // From here on it may be a call: a tag, a fence, or JSON that begins a line.
    size_t maybe = std::min({rest.find('<'), rest.find("```"), rest.find("\n{"), rest.find("\n["), rest.size()});
    if (const std::string_view text = trimmed(rest); text.starts_with('{') || text.starts_with('[')) maybe = 0;
    rest = rest.substr(0, maybe);
  }
  show(trimmed(rest), text_, events_.on_text);
}

void TurnStream::finish(const ParsedTurn& turn) {
  show(turn.reasoning, reasoning_, events_.on_reasoning);
  show(turn.text, text_, events_.on_text);
}

}  // namespace strata::agent
