// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/c_declarator.h"

namespace strata::repo {

Declared inner_declarator(TSNode node) {
  bool function = false;
  for (;;) {
    const std::string_view type = ts_node_type(node);
    TSNode next = type == "operator_cast" ? TSNode{} : ts_node_child_by_field_name(node, "declarator", 10);
    if (ts_node_is_null(next) && type.ends_with("_declarator")) next = ts_node_named_child(node, 0);
    if (type == "operator_cast") function = true;
    if (next.id == nullptr || ts_node_is_null(next)) return {node, function};
    if (type != "parenthesized_declarator") function = type == "function_declarator";
    // `char *f(void)`: the pointer stands outside the function; `int (*f)(void)`: inside, so f is a variable.
    node = next;
  }
}

uint32_t end_of_name(TSNode name) {
  if (std::string_view(ts_node_type(name)) != "operator_cast") return ts_node_end_byte(name);
  TSNode parameters{};
  for (TSNode at = ts_node_child_by_field_name(name, "declarator", 10); !ts_node_is_null(at);
       at = ts_node_child_by_field_name(at, "declarator", 10)) {
    const TSNode found = ts_node_child_by_field_name(at, "parameters", 10);
    if (!ts_node_is_null(found)) parameters = found;
  }
  return parameters.id ? ts_node_start_byte(parameters) : ts_node_end_byte(name);
}

bool is_elsewhere(TSNode declaration, std::string_view text) {
  bool elsewhere = false;
  const uint32_t children = ts_node_named_child_count(declaration);
  for (uint32_t i = 0; i < children; ++i) {
    const TSNode child = ts_node_named_child(declaration, i);
    const std::string_view type = ts_node_type(child);
    if (type == "init_declarator") return false;
    const uint32_t first = ts_node_start_byte(child), last = ts_node_end_byte(child);
    elsewhere |= type == "storage_class_specifier" && text.substr(first, last - first) == "extern";
  }
  return elsewhere;
}

}  // namespace strata::repo
