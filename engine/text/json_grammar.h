// SPDX-License-Identifier: Apache-2.0
// A JSON schema as a matcher of bytes: which byte may come next. Written for the arguments of tool calls; one spelling
// of every value (a space behind ':' and ',' or none, no other white space), so that nothing can go on forever but a
// string.
//
// Understood: type (also a list), properties, required, items, minItems, maxItems, minLength, maxLength, enum, const,
// anyOf and oneOf whose alternatives begin differently, minimum 0 or 1 of integers. An object has the properties that
// are declared and no others; one without declared properties has any. What else a schema asks for is not enforced
// here.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

class JsonGrammar {
 public:
  // Fixed text, and behind it a value after a schema, or nothing. Spaces of a text may be left out by the writer.
  struct Branch {
    std::string text;
    int then = kNothing;
  };
  static constexpr int kNothing = -1;

  // The values that a schema describes. Anything that is not an object describes all values.
  int add_schema(const nlohmann::ordered_json& schema);
  // One of these. Only numbers may begin with one another.
  int add_choice(std::vector<Branch> branches);
  // A value by this node, then the text.
  int add_sequence(int node, std::string text);

  // What has been read so far, as the nodes that are not finished. Plain data, cheap to copy.
  class Matcher {
   public:
    Matcher() = default;
    Matcher(const JsonGrammar& grammar, int node) : grammar_(&grammar) { push(node); }
    // False if the byte cannot come here; the matcher is then useless.
    bool step(unsigned char byte);
    bool finished() const { return depth_ == 0; }
    // Inside a string of any length: every byte that is not a quote, a backslash or a control character may come.
    bool in_free_text() const;

   private:
    struct Frame {
      int16_t node = 0;
      int16_t state = 0;
      int16_t low = 0, high = 0;  // of a choice or key: the branches that fit so far
      int32_t at = 0;             // bytes, items or characters so far
      uint64_t seen = 0;          // of an object: properties it has
    };
    enum class Outcome { kTaken, kAgain, kRefused };  // again: the byte is for another frame
    bool push(int node);
    Outcome step_choice(Frame& frame, unsigned char byte);
    Outcome step_string(Frame& frame, unsigned char byte);
    Outcome step_number(Frame& frame, unsigned char byte);
    Outcome step_object(Frame& frame, unsigned char byte);
    Outcome step_array(Frame& frame, unsigned char byte);
    Outcome step_any(Frame& frame, unsigned char byte);
    Outcome step_sequence(Frame& frame, unsigned char byte);
    bool narrow(Frame& frame, const std::vector<Branch>& branches, unsigned char byte, uint64_t without);

    static constexpr int kMaxDepth = 24;
    const JsonGrammar* grammar_ = nullptr;
    int depth_ = 0;
    std::array<Frame, kMaxDepth> frames_;
  };

 private:
  struct Node {
    enum class Kind { kChoice, kString, kNumber, kObject, kArray, kAny, kSequence } kind = Kind::kAny;
    std::vector<Branch> branches = {};  // choice: sorted; object: its keys with quotes, sorted
    bool any_key = false;               // object
    uint64_t required = 0;              // object: by index of branches
    int item = kNothing;                // array, sequence
    int least = 0, most = -1;           // array: items; string: characters; -1: no limit
    bool integer = false;               // number
    int lowest = -1;                    // number: 0 or 1 if it may not be less
    // any: the node for what begins with a quote, a digit or '-', '{', '[', a letter; kNothing: such a value is refused
    std::array<int, 5> by_first = {kNothing, kNothing, kNothing, kNothing, kNothing};
  };
  int add(Node node);
  int add_any();
  int add_object(const nlohmann::ordered_json& schema);
  int add_union(const std::vector<nlohmann::ordered_json>& alternatives);
  int first_class(int node) const;

  std::vector<Node> nodes_;
  int any_ = kNothing;
};

}  // namespace strata
