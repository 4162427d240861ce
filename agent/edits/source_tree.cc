// SPDX-License-Identifier: Apache-2.0
#include "agent/edits/source_tree.h"

#include <algorithm>
#include <set>
#include <span>

#include "agent/edits/splice.h"
#include "repo-indexer/language.h"

namespace strata::agent {
namespace {

constexpr double kMostSeconds = 5;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::string_view type_of(TSNode node) { return ts_node_type(node); }

// Functions and lambdas: what has parameters and local variables.
bool is_function_node(std::string_view type) {
  return type.find("function_definition") != type.npos || type.find("function_declaration") != type.npos ||
         type.find("method") != type.npos || type.find("lambda") != type.npos || type == "function_item" ||
         type == "arrow_function" || type == "function_expression" || type == "closure_expression" ||
         type == "constructor_declaration" || type == "func_literal";
}

}  // namespace

bool is_identifier(std::string_view text) {
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') && std::ranges::all_of(text, is_word);
}

struct SourceTree::Impl {
  std::string_view text;
  std::string language;
  repo::Grammars grammars;
  const repo::Grammar* grammar = nullptr;  // of `grammars`
  repo::ParsedFile parsed;
  repo::TreePointer tree;
  Lines lines{std::string_view()};

  TSNode root() const { return ts_tree_root_node(tree.get()); }
  std::string_view text_of(TSNode node) const {
    return text.substr(ts_node_start_byte(node), ts_node_end_byte(node) - ts_node_start_byte(node));
  }
  static ByteRange range_of(TSNode node) { return {ts_node_start_byte(node), ts_node_end_byte(node)}; }

  TSNode function_around(TSNode node) const {
    while (!ts_node_is_null(node) && !is_function_node(type_of(node))) node = ts_node_parent(node);
    return node;
  }

  // The outermost node of exactly these bytes, or the smallest around them.
  TSNode node_of(const ParsedSymbol& symbol) const {
    TSNode node = ts_node_descendant_for_byte_range(root(), symbol.first_byte, symbol.last_byte);
    for (TSNode up = ts_node_parent(node); !ts_node_is_null(up) && ts_node_start_byte(up) == symbol.first_byte &&
                                           ts_node_end_byte(up) <= symbol.last_byte && !ts_node_eq(up, root());
         up = ts_node_parent(up)) {
      node = up;
    }
    return node;
  }

  // The first node with this field, breadth first, not below another body.
  std::optional<TSNode> field_below(TSNode node, std::string_view field, int depth = 5) const {
    const TSNode found = ts_node_child_by_field_name(node, field.data(), static_cast<uint32_t>(field.size()));
    if (!ts_node_is_null(found)) return found;
    if (depth == 0) return std::nullopt;
    for (uint32_t i = 0; i < ts_node_named_child_count(node); ++i) {
      if (auto below = field_below(ts_node_named_child(node, i), field, depth - 1)) return below;
    }
    return std::nullopt;
  }

  // Calls visit(node) on every node that touches `range`, parents first. Trees can be deeper than the stack.
  void walk(ByteRange range, const auto& visit) const {
    std::vector<TSNode> waiting = {root()};
    while (!waiting.empty()) {
      const TSNode node = waiting.back();
      waiting.pop_back();
      if (ts_node_end_byte(node) < range.first || ts_node_start_byte(node) > range.last) continue;
      visit(node);
      for (uint32_t i = ts_node_child_count(node); i-- > 0;) waiting.push_back(ts_node_child(node, i));
    }
  }

  // Ranges of functions in which `name` is a local name.
  std::vector<ByteRange> local_scopes(std::string_view name) const {
    std::vector<ByteRange> scopes;
    const auto on_capture = [&](const repo::Captured& capture) {
      const auto meaning = grammar->captures[capture.capture].capture;
      if (meaning != repo::Capture::kLocal && meaning != repo::Capture::kVariable) return;
      TSNode node = capture.node;
      // Down to the name of a declarator: *x, &x, x[3], x = 1.
      while (type_of(node) != "identifier" && ts_node_named_child_count(node) > 0 &&
             type_of(node).ends_with("declarator") && type_of(node) != "function_declarator") {
        const TSNode inner = ts_node_child_by_field_name(node, "declarator", 10);
        node = ts_node_is_null(inner) ? ts_node_named_child(node, ts_node_named_child_count(node) - 1) : inner;
      }
      if (text_of(node) != name) return;
      const TSNode function = function_around(ts_node_parent(node));
      if (!ts_node_is_null(function)) scopes.push_back(range_of(function));
    };
    repo::Matcher().run(
        grammar->query, text, root(), repo::deadline_after(kMostSeconds),
        [&](uint16_t, std::span<const repo::Captured> captures) { std::ranges::for_each(captures, on_capture); });
    return scopes;
  }

  void describe(Occurrence& o) const {
    const TSNode node =
        ts_node_descendant_for_byte_range(root(), static_cast<uint32_t>(o.first), static_cast<uint32_t>(o.last));
    const bool exact = ts_node_start_byte(node) == o.first && ts_node_end_byte(node) == o.last;
    using Kind = Occurrence::Kind;
    if (!exact || type_of(node).find("string") != std::string_view::npos ||
        type_of(node).find("comment") != std::string_view::npos) {
      o.kind = Kind::kOther;
      for (TSNode up = node; !ts_node_is_null(up); up = ts_node_parent(up)) {
        const std::string_view type = type_of(up);
        if (type.find("comment") != type.npos) o.kind = Kind::kComment;
        if (type.find("string") != type.npos || type.find("char") != type.npos || type == "heredoc_body" ||
            type == "system_lib_string" || type == "template_literal") {
          o.kind = Kind::kString;
        }
        if (type == "assignment" && o.kind == Kind::kString) o.exported = text_of(up).starts_with("__all__");
        if (type == "interpolation" || type == "template_substitution") break;
      }
      return;
    }
    const TSNode parent = ts_node_parent(node);
    if (ts_node_is_null(parent)) return;
    const std::string_view type = type_of(parent);
    const auto is_field = [&](std::string_view field) {
      const TSNode child = ts_node_child_by_field_name(parent, field.data(), static_cast<uint32_t>(field.size()));
      return !ts_node_is_null(child) && ts_node_eq(child, node);
    };
    if (type == "keyword_argument" && is_field("name")) {
      o.kind = Kind::kKeyword;
    } else if (is_field("field") || is_field("attribute") || is_field("property")) {
      o.kind = Kind::kMember;
      const TSNode object = ts_node_child(parent, 0);
      if (!ts_node_eq(object, node)) o.before = text_of(object);
    } else if (type == "ERROR") {
      o.kind = Kind::kOther;
    }
  }
};

SourceTree::SourceTree(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SourceTree::SourceTree(SourceTree&&) noexcept = default;
SourceTree& SourceTree::operator=(SourceTree&&) noexcept = default;
SourceTree::~SourceTree() = default;

std::optional<SourceTree> SourceTree::parse(std::string_view path, std::string_view text) {
  auto impl = std::make_unique<Impl>();
  impl->text = text;
  impl->language = repo::detect_language(path, text);
  const repo::Grammar* grammar = impl->grammar = impl->grammars.find(impl->language);
  if (!grammar || !grammar->error.empty()) return std::nullopt;
  const std::string blanked = repo::text_to_parse(grammar->scoping.family, text);
  const repo::ParserPointer parser(ts_parser_new());
  const repo::Deadline deadline = repo::deadline_after(kMostSeconds);
  impl->tree = repo::parse_tree(parser.get(), grammar->language, blanked.empty() ? text : std::string_view(blanked),
                                nullptr, deadline);
  repo::Matcher matcher;
  if (!impl->tree || !repo::extract(*grammar, text, impl->root(), matcher, deadline, impl->parsed)) return std::nullopt;
  impl->lines = Lines(text);
  return SourceTree(std::move(impl));
}

std::string_view SourceTree::language() const { return impl_->language; }
const std::vector<ParsedSymbol>& SourceTree::symbols() const { return impl_->parsed.symbols; }

int SourceTree::find(std::string_view qualified_name, int line) const {
  int found = -1;
  for (int i = 0; i < static_cast<int>(symbols().size()); ++i) {
    const ParsedSymbol& s = symbols()[static_cast<size_t>(i)];
    if (s.qualified_name != qualified_name) continue;
    if (line > 0 && (line < s.lead_line || line > s.last_line)) continue;
    // Of a declaration and a definition in one file, the definition.
    if (found < 0 || (s.definition && !symbols()[static_cast<size_t>(found)].definition)) found = i;
  }
  return found;
}

ByteRange SourceTree::lines_of(const ParsedSymbol& symbol, bool lead) const {
  int first = symbol.first_line;
  if (lead) {
    first = symbol.lead_line;
  } else {
    // Decorators and attributes belong to the symbol, comments do not.
    const auto is_comment_start = [&](int line) {
      const std::string_view text = impl_->lines.text(line);
      const size_t at = text.find_first_not_of(" \t");
      if (at == text.npos) return true;
      const std::string_view rest = text.substr(at);
      const bool hash_comments = impl_->language == "python" || impl_->language == "ruby" || impl_->language == "bash";
      return rest.starts_with("//") || rest.starts_with("/*") || rest.starts_with("*") ||
             (hash_comments && rest.starts_with("#"));
    };
    first = symbol.lead_line;
    while (first < symbol.first_line && is_comment_start(first)) ++first;
  }
  return {static_cast<uint32_t>(impl_->lines.start(first)), static_cast<uint32_t>(impl_->lines.end(symbol.last_line))};
}

std::optional<ByteRange> SourceTree::body(const ParsedSymbol& symbol) const {
  const auto found = impl_->field_below(impl_->node_of(symbol), "body");
  return found ? std::optional(Impl::range_of(*found)) : std::nullopt;
}

std::optional<ByteRange> SourceTree::parameters(const ParsedSymbol& symbol) const {
  const auto found = impl_->field_below(impl_->node_of(symbol), "parameters");
  return found ? std::optional(Impl::range_of(*found)) : std::nullopt;
}

std::vector<ByteRange> SourceTree::arguments_of_calls(std::string_view name, ByteRange range) const {
  std::vector<ByteRange> found;
  impl_->walk(range, [&](TSNode node) {
    const TSNode arguments = ts_node_child_by_field_name(node, "arguments", 9);
    if (ts_node_is_null(arguments) || ts_node_start_byte(node) < range.first || ts_node_end_byte(node) > range.last)
      return;
    const TSNode function = ts_node_child(node, 0);
    std::string_view callee = impl_->text_of(function);
    const size_t cut = callee.find_last_of(".:>");
    if (cut != callee.npos) callee.remove_prefix(cut + 1);
    if (callee == name) found.push_back(Impl::range_of(arguments));
  });
  return found;
}

std::vector<Occurrence> SourceTree::occurrences(std::string_view name) const {
  std::vector<Occurrence> all;
  if (name.empty()) return all;
  const std::string_view text = impl_->text;
  std::optional<std::vector<ByteRange>> locals;
  for (size_t at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
    if ((at > 0 && is_word(text[at - 1])) || (at + name.size() < text.size() && is_word(text[at + name.size()])))
      continue;
    Occurrence o{.first = at, .last = at + name.size(), .line = impl_->lines.line_of(at), .before = {}};
    impl_->describe(o);
    if (o.kind == Occurrence::Kind::kCode) {
      if (!locals) locals = impl_->local_scopes(name);
      const auto inside = [&](const ByteRange& r) { return at >= r.first && at < r.last; };
      // The name of a function that has a local name like itself is no local name.
      const bool own = std::ranges::any_of(symbols(), [&](const ParsedSymbol& s) {
        return s.name == name && s.name_line == o.line && repo::is_function(s.kind) && at < s.last_byte;
      });
      if (!own && std::ranges::any_of(*locals, inside)) o.kind = Occurrence::Kind::kLocal;
    }
    all.push_back(std::move(o));
  }
  return all;
}

std::vector<std::string> SourceTree::identifiers(ByteRange range) const {
  std::set<std::string> all;
  impl_->walk(range, [&](TSNode node) {
    if (ts_node_child_count(node) == 0 && type_of(node).find("identifier") != std::string_view::npos &&
        ts_node_start_byte(node) >= range.first && ts_node_end_byte(node) <= range.last) {
      all.emplace(impl_->text_of(node));
    }
  });
  return {all.begin(), all.end()};
}

bool SourceTree::in_anonymous_namespace(size_t byte) const {
  TSNode node =
      ts_node_descendant_for_byte_range(impl_->root(), static_cast<uint32_t>(byte), static_cast<uint32_t>(byte));
  for (; !ts_node_is_null(node); node = ts_node_parent(node)) {
    if (type_of(node) == "namespace_definition" && ts_node_is_null(ts_node_child_by_field_name(node, "name", 4)))
      return true;
  }
  return false;
}

std::vector<SourceTree::Statement> SourceTree::top_level() const {
  std::vector<Statement> all;
  const TSNode root = impl_->root();
  for (uint32_t i = 0; i < ts_node_named_child_count(root); ++i) {
    const TSNode node = ts_node_named_child(root, i);
    const ByteRange range = Impl::range_of(node);
    all.push_back({std::string(type_of(node)), range, impl_->lines.line_of(range.first),
                   impl_->lines.line_of(range.last > range.first ? range.last - 1 : range.last)});
  }
  return all;
}

}  // namespace strata::agent
