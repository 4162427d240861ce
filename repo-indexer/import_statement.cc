// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/import_statement.h"

#include <algorithm>
#include <cstring>

namespace strata::repo {
namespace {

// "a::{b, c::d as e}" -> a::b, a::c::d as e.
void expand(const std::string& prefix, std::string_view tree, std::vector<Imported>& all) {
  const size_t open = tree.find('{');
  if (open == tree.npos) {
    std::string path(tree);
    std::string alias;
    for (const std::string_view word : {" as ", "=>"}) {
      if (const size_t at = path.find(word); at != path.npos) {
        alias = path.substr(at + word.size());
        path.resize(at);
      }
    }
    std::erase_if(path, [](char c) { return std::strchr(" \t\r\n", c) != nullptr; });
    std::erase_if(alias, [](char c) { return std::strchr(" \t\r\n", c) != nullptr; });
    if (path == "self" && !prefix.empty()) path.clear();
    path = prefix + path;
    const bool all_of_it = path.ends_with('*') || path.ends_with("._");
    while (!path.empty() && std::strchr("*.:_\\", path.back())) path.pop_back();
    const auto parts = all_of_it ? std::pair(path, std::string()) : split_last(path);
    if (!path.empty()) all.push_back({parts.first, parts.second, alias});
    return;
  }
  std::string inner = prefix;
  for (const char c : tree.substr(0, open)) {
    if (!std::strchr(" \t\r\n", c)) inner += c;
  }
  tree.remove_prefix(open + 1);
  int depth = 0;
  size_t first = 0;
  for (size_t at = 0; at < tree.size(); ++at) {
    const bool end = depth == 0 && (tree[at] == ',' || tree[at] == '}');
    if (end && at > first) expand(inner, tree.substr(first, at - first), all);
    if (end) first = at + 1;
    if (tree[at] == '{') ++depth;
    if (tree[at] == '}' && depth-- == 0) break;
  }
}

}  // namespace

std::vector<Imported> names_in_statement(std::string_view statement) {
  std::string_view rest = statement;
  for (const std::string_view word : {"import ", "use ", "static ", "function ", "const "}) {
    if (rest.starts_with(word)) rest.remove_prefix(word.size());
  }
  while (!rest.empty() && std::strchr("; \n", rest.back())) rest.remove_suffix(1);
  std::vector<Imported> all;
  expand("", rest, all);
  return all;
}

std::pair<std::string, std::string> split_last(const std::string& path) {
  size_t cut = path.find_last_of(".:\\");
  if (cut == path.npos) return {path, ""};
  const std::string name = path.substr(cut + 1);
  while (cut > 0 && std::strchr(".:\\", path[cut - 1])) --cut;
  return {path.substr(0, cut), name};
}

}  // namespace strata::repo
