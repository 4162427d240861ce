// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/import_paths.h"

#include <algorithm>
#include <utility>

#include "repo-indexer/language.h"
#include "repo-indexer/names.h"

namespace strata::repo {
namespace {

std::string_view folder_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash);
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// folder + "../a/./b", normalised; empty if it leaves the tree.
std::string joined(std::string_view folder, std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::string_view rest : {folder, path}) {
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('/'), rest.size());
      const std::string_view part = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (part.empty() || part == ".") continue;
      if (part != "..") {
        parts.push_back(part);
      } else if (parts.empty()) {
        return {};
      } else {
        parts.pop_back();
      }
    }
  }
  std::string out;
  for (const std::string_view part : parts) (out += out.empty() ? "" : "/") += part;
  return out;
}

std::string with_slashes(std::string_view dotted, size_t parts = SIZE_MAX) {
  std::string out;
  for (const std::string_view part : split_path(dotted)) {
    if (parts-- == 0) break;
    (out += out.empty() ? "" : "/") += part;
  }
  return out;
}

size_t common_folders(std::string_view a, std::string_view b) {
  size_t folders = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()) && a[i] == b[i]; ++i) folders += a[i] == '/';
  return folders;
}

}  // namespace

ImportPaths::ImportPaths(std::vector<std::string> paths) : paths_(std::move(paths)), next_named_(paths_.size(), -1) {
  first_named_.reserve(paths_.size());
  const int count = static_cast<int>(paths_.size());
  for (int i = count - 1; i >= 0; --i) {
    const auto [first, added] = first_named_.try_emplace(last_part(paths_[i]), i);
    if (!added) next_named_[i] = std::exchange(first->second, i);
  }
  for (int i = 0; i < count; ++i) {
    if (paths_[i].ends_with(".go")) go_files_[last_part(folder_of(paths_[i]))].push_back(i);
  }
}

int ImportPaths::exact(const std::string& path) const {
  const auto at = std::ranges::lower_bound(paths_, path);
  return at == paths_.end() || *at != path ? -1 : static_cast<int>(at - paths_.begin());
}

int ImportPaths::nearest(int from, std::string_view path) const {
  const auto named = first_named_.find(last_part(path));
  if (named == first_named_.end() || path.empty()) return -1;
  int best = -1;
  const auto rank = [&](int file) {
    return std::tuple(-static_cast<int>(common_folders(paths_[from], paths_[file])), paths_[file].size(),
                      std::string_view(paths_[file]));
  };
  for (int file = named->second; file >= 0; file = next_named_[file]) {
    const std::string_view whole = paths_[file];
    if (!whole.ends_with(path)) continue;
    if (whole.size() > path.size() && whole[whole.size() - path.size() - 1] != '/') continue;
    if (best < 0 || rank(file) < rank(best)) best = file;
  }
  return best;
}

std::vector<int> ImportPaths::find(std::string_view language, int from, std::string_view name,
                                   std::string_view qualifier) const {
  const std::string_view family = scoping_of(language).family;
  const std::string_view folder = folder_of(paths_[from]);
  std::vector<int> found;
  const auto take = [&](int file) {
    if (file >= 0 && found.empty()) found.push_back(file);
  };
  const auto beside = [&](std::string_view path, std::initializer_list<std::string_view> endings) {
    for (const std::string_view ending : endings) take(exact(joined(folder, std::string(path) += ending)));
  };
  const auto anywhere = [&](std::string_view path, std::initializer_list<std::string_view> endings) {
    if (path.empty()) return;
    for (const std::string_view ending : endings) take(nearest(from, std::string(path) += ending));
  };

  if (family == "c") {
    if (name.find_first_of("./") == name.npos && qualifier == "<") return {};  // <vector>
    if (qualifier != "<") beside(name, {""});
    // <string.h> is not somebody's src/string.h.
    const bool system = qualifier == "<" && name.find('/') == name.npos;
    if (!system) anywhere(name, {""});
    if (system) anywhere("include/" + std::string(name), {""});
  } else if (family == "python") {
    const bool member = !qualifier.empty();
    std::string_view module = member ? qualifier : name;
    const size_t dots = std::min(module.find_first_not_of('.'), module.size());
    module.remove_prefix(dots);
    const auto look = [&](const std::string& path) {
      if (dots > 0) {
        std::string up;
        for (size_t i = 1; i < dots; ++i) up += "../";
        beside(up + path, {".py", ".pyi", path.empty() ? "__init__.py" : "/__init__.py"});
      } else {
        anywhere(path, {".py", "/__init__.py", ".pyi"});
        // `import json` is not the json inside some package.
        if (!found.empty()) {
          const std::string_view whole = paths_[found[0]];
          const std::string_view top = folder_of(whole.substr(0, whole.rfind(path)));  // "a/b/" of "a/b/json.py"
          if (!top.empty() && exact(std::string(top) + "/__init__.py") >= 0) found.clear();
        }
      }
    };
    const std::string path = with_slashes(module);
    if (member) look(path.empty() ? std::string(name) : path + "/" + std::string(name));
    if (found.empty()) look(path);
  } else if (family == "javascript") {
    const std::string_view path = qualifier.empty() ? name : qualifier;
    if (!path.starts_with('.')) {
      if (language == "qmljs") beside(path, {""});
      return found;
    }
    beside(path, {"", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".d.ts", "/index.ts", "/index.tsx", "/index.js"});
    if (path.ends_with(".js")) beside(path.substr(0, path.size() - 3), {".ts", ".tsx"});
  } else if (family == "jvm" || family == "php") {
    if (family == "php" && name.find('/') != name.npos) beside(name, {""});
    std::string path = with_slashes(qualifier);
    if (!path.empty()) path += '/';
    path += with_slashes(name);
    for (int tries = 0; tries < 2 && found.empty() && !path.empty(); ++tries) {  // the class, or the class of a member
      if (path.find('/') != path.npos) anywhere(path, {".java", ".kt", ".scala", ".php"});
      path = folder_of(path);
    }
    if (family == "php") anywhere(name, {""});
  } else if (family == "rust") {
    std::string whole(qualifier);
    if (!whole.empty()) whole += "::";
    whole += name;
    auto parts = split_path(whole);
    if (parts.size() == 1) {  // mod name;
      beside(whole, {".rs", "/mod.rs"});
      std::string_view stem = last_part(paths_[from]);
      if (stem.ends_with(".rs")) stem.remove_suffix(3);
      beside(std::string(stem) + "/" + whole, {".rs", "/mod.rs"});
      return found;
    }
    size_t up = 0;
    if (parts[0] == "self") parts.erase(parts.begin());
    while (!parts.empty() && parts[0] == "super") {
      ++up;
      parts.erase(parts.begin());
    }
    const bool outer = up == 0 && (parts.empty() || parts[0] != "crate");
    if (!parts.empty() && parts[0] == "crate") parts.erase(parts.begin());
    for (size_t count = parts.size(); count > 0 && found.empty(); --count) {
      std::string path;
      for (size_t i = 0; i < count; ++i) (path += path.empty() ? "" : "/") += parts[i];
      anywhere("src/" + path, {".rs", "/mod.rs"});
      if (count > 1 || up > 0) anywhere(path, {".rs", "/mod.rs"});
    }
    if (found.empty() && outer && !parts.empty()) {
      std::string crate(parts[0]);
      anywhere(crate + "/src/lib", {".rs"});
      std::ranges::replace(crate, '_', '-');
      anywhere(crate + "/src/lib", {".rs"});
    }
  } else if (family == "go") {
    const auto files = go_files_.find(last_part(name));
    if (files == go_files_.end()) return {};
    // The folder that shares most of the path; its go files.
    const auto shared = [&](int file) {
      const std::string_view in = folder_of(paths_[file]);
      size_t parts = 0;
      for (size_t i = 0; i < std::min(in.size(), name.size()); ++i) {
        if (in[in.size() - 1 - i] != name[name.size() - 1 - i]) return parts;
        if (i + 1 == in.size() || in[in.size() - 2 - i] == '/') ++parts;
      }
      return parts;
    };
    size_t best = 0;
    for (const int file : files->second) {
      const size_t parts = shared(file);
      if (parts < std::max<size_t>(best, 1)) continue;
      if (parts > best) found.clear();
      best = parts;
      found.push_back(file);
    }
  } else if (family == "ruby") {
    beside(name, {".rb", ""});
    anywhere(name, {".rb"});
  } else if (family == "lua") {
    anywhere(with_slashes(name), {".lua", "/init.lua"});
  } else if (family == "cmake") {
    beside(name, {"/CMakeLists.txt", "", ".cmake"});
    anywhere(name, {".cmake"});
  } else if (family == "c_sharp" || family == "swift" || family == "sql" || family == "dockerfile") {
    // They import namespaces, modules and images, not files.
  } else {
    // A path as it is; in shell scripts behind a variable.
    if (const size_t variable = name.rfind('}'); variable != name.npos) name.remove_prefix(variable + 1);
    if (name.starts_with('$')) name.remove_prefix(std::min(name.find('/'), name.size()));
    while (name.starts_with('/')) name.remove_prefix(1);
    if (name.find("://") != name.npos) return {};
    beside(name, {""});
    anywhere(name, {""});
  }
  std::erase(found, from);
  return found;
}

}  // namespace strata::repo
