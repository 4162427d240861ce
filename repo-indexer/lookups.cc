// SPDX-License-Identifier: Apache-2.0
// The look-ups of an index: each is a query of the database, a question to the resolver, or both.
#include <algorithm>
#include <format>
#include <unordered_set>

#include "repo-indexer/index_impl.h"
#include "repo-indexer/language.h"
#include "repo-indexer/packing_plan.h"
#include "repo-indexer/rows.h"
#include "repo-indexer/secrets.h"
#include "repo-indexer/text_encoding.h"

namespace strata::repo {
namespace {

File file_of(const Row& row) {
  const auto marks = static_cast<int>(row.integer(6));
  return {row.integer(0),
          row.text(1),
          row.text(2),
          row.text(3),
          row.integer(4),
          static_cast<int>(row.integer(5)),
          is_generated(marks),
          (marks & kVendored) != 0,
          static_cast<int>(row.integer(7))};
}

#define STRATA_FILE_COLUMNS \
  "id, path, blob_id, language, size, lines, marks, (SELECT count(*) FROM secret WHERE file_id = file.id)"

Passage passage_of(const Row& row) {
  return {row.integer(0),
          row.text(1),
          static_cast<int>(row.integer(2)),
          static_cast<int>(row.integer(3)),
          static_cast<uint32_t>(row.integer(4)),
          static_cast<uint32_t>(row.integer(5)),
          row.text(6),
          row.text(7)};
}

#define STRATA_PASSAGE_COLUMNS                                                                           \
  "passage.id, file.path, passage.first_line, passage.last_line, passage.first_byte, passage.last_byte," \
  " coalesce(symbol.qualified_name, ''), coalesce(symbol.kind, '')"
#define STRATA_IMPORT_COLUMNS \
  "importer.path, line, name, reference.qualifier, coalesce(target.path, ''), importer.language"

Import import_of(const Row& row) {
  std::string name = row.text(2);
  if (const std::string from = row.text(3); !from.empty() && from != "<") {
    const bool path = from.find('/') != from.npos;  // JavaScript's names come from a file
    name = path ? from : from + (from.ends_with('.') ? "" : std::string(scoping_of(row.text(5)).separator)) + name;
  }
  return {row.text(0), static_cast<int>(row.integer(1)), std::move(name), row.text(4)};
}

}  // namespace

Result<std::vector<File>> Index::files() const {
  return impl_->rows("SELECT " STRATA_FILE_COLUMNS " FROM file WHERE skipped = '' ORDER BY path", file_of);
}

Result<std::optional<File>> Index::file(std::string_view path) const {
  auto found = impl_->rows("SELECT " STRATA_FILE_COLUMNS " FROM file WHERE path = ?1 AND skipped = ''", file_of, path);
  if (!found) return std::unexpected(found.error());
  return found->empty() ? std::nullopt : std::optional(std::move(found->front()));
}

Result<std::string> Index::read_text(const File& file) const {
  auto bytes = impl_->tree.read(file.path);
  if (!bytes) return bytes;
  if (blob_id(*bytes) != file.blob_id) {
    return fail(ErrorKind::kNotFound, std::format("{} has changed since it was indexed", file.path));
  }
  auto decoded = decode_text(std::move(*bytes));
  if (!decoded) return fail(ErrorKind::kUnsupported, file.path + " is binary");
  mask_secrets(decoded->text);
  return std::move(decoded->text);
}

Result<std::vector<Symbol>> Index::symbols(std::string_view path) const {
  return impl_->rows("SELECT " STRATA_SYMBOL_COLUMNS
                     " FROM symbol JOIN file ON file.id = symbol.file_id WHERE path = ?1"
                     " ORDER BY symbol.id",
                     symbol_of, path);
}

Result<std::vector<Passage>> Index::passages(std::string_view path) const {
  return impl_->rows("SELECT " STRATA_PASSAGE_COLUMNS
                     " FROM passage JOIN file ON file.id = passage.file_id"
                     " LEFT JOIN symbol ON symbol.id = passage.symbol_id WHERE path = ?1 ORDER BY passage.first_line",
                     passage_of, path);
}

Result<std::vector<Symbol>> Index::list_symbols(const SymbolFilter& filter, size_t limit) const {
  // instr() and not LIKE: '_' stands in half of all names.
  return impl_->rows(
      "SELECT " STRATA_SYMBOL_COLUMNS
      " FROM symbol JOIN file ON file.id = symbol.file_id"
      " WHERE (?1 = '' OR instr(lower(symbol.qualified_name), lower(?1)) OR instr(lower(symbol.name), lower(?1)))"
      " AND (?2 = '' OR symbol.kind = ?2) AND (?3 = '' OR file.path = ?3) ORDER BY path, symbol.id LIMIT ?4",
      symbol_of, std::string_view(filter.contains), std::string_view(filter.kind), std::string_view(filter.file),
      static_cast<int64_t>(std::min<size_t>(limit, INT64_MAX)));
}

Result<std::vector<Symbol>> Index::find_symbols(std::string_view name) const {
  const auto called = [&](std::string_view wanted) {
    return impl_->rows("SELECT " STRATA_SYMBOL_COLUMNS
                       " FROM symbol JOIN file ON file.id = symbol.file_id"
                       " WHERE symbol.name = ?1 COLLATE NOCASE OR symbol.qualified_name = ?1 COLLATE NOCASE"
                       " ORDER BY definition DESC, path, symbol.id",
                       symbol_of, wanted);
  };
  auto found = called(name);
  if (!found) return found;
  const size_t cut = name.find_last_of(":.");
  if (found->empty() && cut != name.npos && cut + 1 < name.size()) {
    found = called(name.substr(cut + 1));
    if (!found) return found;
    const std::string end = lower_case(name);
    std::erase_if(*found, [&](const Symbol& s) {
      const std::string whole = lower_case(s.qualified_name);
      return !whole.ends_with(end) || whole.size() == end.size() ||
             std::string_view(":.").find(whole[whole.size() - end.size() - 1]) == std::string_view::npos;
    });
  }
  const auto exact = [&](const Symbol& s) { return s.name == name || s.qualified_name.ends_with(name); };
  if (std::ranges::any_of(*found, exact)) std::erase_if(*found, [&](const Symbol& s) { return !exact(s); });
  return found;
}

Result<bool> Index::knows_word(std::string_view word) const {
  bool known = false;
  auto done = impl_->database().query(
      "SELECT 1 FROM term WHERE term = ?1 AND col = 'words'"
      " UNION ALL SELECT 1 FROM symbol WHERE qualified_name = ?2 COLLATE NOCASE LIMIT 1",
      [&](const Row&) { known = true; }, std::string_view(lower_case(word)), word);
  if (!done) return std::unexpected(done.error());
  return known;
}

Result<std::vector<Reference>> Index::references(std::string_view name) const {
  return impl_->rows(
      "SELECT reference.name, path, line, reference.kind, coalesce(qualified_name, ''),"
      " coalesce(first_line, 0), coalesce(last_line, 0) FROM reference"
      " JOIN file ON file.id = reference.file_id LEFT JOIN symbol ON symbol.id = reference.symbol_id"
      " WHERE reference.name = ?1 ORDER BY path, line",
      [](const Row& row) {
        return Reference{row.text(0),
                         row.text(1),
                         static_cast<int>(row.integer(2)),
                         row.text(3),
                         row.text(4),
                         static_cast<int>(row.integer(5)),
                         static_cast<int>(row.integer(6)),
                         0};
      },
      name);
}

Result<std::vector<Symbol>> Index::subclasses(std::string_view name) const {
  return impl_->rows("SELECT DISTINCT " STRATA_SYMBOL_COLUMNS
                     " FROM reference JOIN symbol ON symbol.id = reference.symbol_id"
                     " JOIN file ON file.id = symbol.file_id WHERE reference.name = ?1 AND reference.kind = 'inherit'"
                     " ORDER BY path, symbol.first_line",
                     symbol_of, name);
}

Result<std::vector<Reference>> Index::references(const Symbol& symbol) const {
  auto resolver = impl_->current_resolver();
  if (!resolver) return std::unexpected(resolver.error());
  return (*resolver)->references(symbol);
}

Result<std::vector<Relation>> Index::callers(const Symbol& symbol) const {
  auto resolver = impl_->current_resolver();
  if (!resolver) return std::unexpected(resolver.error());
  return (*resolver)->callers(symbol);
}

Result<std::vector<Relation>> Index::callees(const Symbol& symbol) const {
  auto resolver = impl_->current_resolver();
  if (!resolver) return std::unexpected(resolver.error());
  return (*resolver)->callees(symbol);
}

Result<std::vector<Relation>> Index::subclasses(const Symbol& symbol) const {
  auto resolver = impl_->current_resolver();
  if (!resolver) return std::unexpected(resolver.error());
  return (*resolver)->subclasses(symbol);
}

Result<std::vector<Relation>> Index::bases(const Symbol& symbol) const {
  auto resolver = impl_->current_resolver();
  if (!resolver) return std::unexpected(resolver.error());
  return (*resolver)->bases(symbol);
}

Result<std::vector<Import>> Index::includes(std::string_view path) const {
  return impl_->rows("SELECT DISTINCT " STRATA_IMPORT_COLUMNS
                     " FROM file AS importer JOIN reference ON reference.file_id = importer.id"
                     " LEFT JOIN import_edge ON import_edge.reference_id = reference.id"
                     " AND import_edge.file_id = importer.id"
                     " LEFT JOIN file AS target ON target.id = import_edge.target_id"
                     " WHERE importer.path = ?1 AND reference.kind = 'import' ORDER BY line, reference.id, target.path",
                     import_of, path);
}

Result<std::vector<Import>> Index::included_by(std::string_view path) const {
  return impl_->rows("SELECT DISTINCT " STRATA_IMPORT_COLUMNS
                     " FROM file AS target JOIN import_edge ON import_edge.target_id = target.id"
                     " JOIN reference ON reference.id = import_edge.reference_id"
                     " JOIN file AS importer ON importer.id = reference.file_id"
                     " WHERE target.path = ?1 ORDER BY importer.path, line, reference.id",
                     import_of, path);
}

Result<std::optional<Symbol>> Index::symbol_at(std::string_view path, int line) const {
  auto found = impl_->rows("SELECT " STRATA_SYMBOL_COLUMNS
                           " FROM symbol JOIN file ON file.id = symbol.file_id"
                           " WHERE path = ?1 AND ?2 BETWEEN first_line AND last_line"
                           " ORDER BY last_line - first_line, abs(name_line - ?2), symbol.id DESC LIMIT 1",
                           symbol_of, path, line);
  if (!found) return std::unexpected(found.error());
  return found->empty() ? std::nullopt : std::optional(std::move(found->front()));
}

Result<Index::Frequency> Index::frequency(std::string_view stem) const {
  Frequency frequency;
  auto done = impl_->database().query(
      "SELECT coalesce((SELECT max(doc) FROM term WHERE term = ?1 AND col <> 'words'), 0),"
      " (SELECT count(*) FROM passage)",
      [&](const Row& row) { frequency = {row.integer(0), row.integer(1)}; }, stem);
  if (!done) return std::unexpected(done.error());
  return frequency;
}

Result<bool> Index::knows_phrase(std::string_view words) const {
  std::string phrase;
  for (const std::string& stem : stems_of(words)) phrase += stem + ' ';
  bool known = false;
  auto done = impl_->database().query(
      "SELECT 1 FROM search WHERE search MATCH ?1 LIMIT 1", [&](const Row&) { known = true; },
      std::string_view("{name code comments} : \"" + phrase + "\""));
  if (!done) return std::unexpected(done.error());
  return known;
}

Result<std::vector<Hit>> Index::search(std::string_view query, int limit) const {
  const std::string expression = impl_->terms.query(query);
  if (expression.empty() || limit <= 0) return std::vector<Hit>{};
  // Weights of name, code, comments, words: a name says most, a comment says in words what code says in signs.
  return impl_->rows(
      "SELECT " STRATA_PASSAGE_COLUMNS
      ", score FROM"
      " (SELECT rowid AS hit, bm25(search, 3.0, 1.0, 1.5, 2.0) AS score FROM search WHERE search MATCH ?1"
      "  ORDER BY score LIMIT ?2)"
      " JOIN passage ON passage.id = hit JOIN file ON file.id = passage.file_id"
      " LEFT JOIN symbol ON symbol.id = passage.symbol_id ORDER BY score, path, passage.first_line",
      [](const Row& row) { return Hit{passage_of(row), -row.real(8)}; }, std::string_view(expression), limit);
}

Result<PackingSources> Index::sources() const {
  auto all = files();
  if (!all) return std::unexpected(all.error());
  return PackingSources{impl_->database(), impl_->tree, std::move(*all),
                        [this](const File& file) { return read_text(file); }};
}

Result<std::vector<File>> Index::reading_order(const std::vector<std::string>& near) const {
  auto from = sources();
  return from ? repo::reading_order(std::move(*from), near) : std::unexpected(from.error());
}

Result<PackingPlan> Index::pack(int64_t budget, const TokenCounter& count, const std::vector<std::string>& near,
                                const Cancel* cancel) const {
  auto from = sources();
  if (!from) return std::unexpected(from.error());
  auto about = report();
  if (!about) return std::unexpected(about.error());
  auto plan = make_plan(std::move(*from), budget, count, near, cancel);
  if (!plan) return plan;
  std::unordered_set<std::string_view> packed;
  for (const PackedSegment& segment : plan->segments) packed.insert(segment.path);
  for (Secret& secret : about->secrets) {
    if (packed.contains(secret.path)) plan->secrets.push_back(std::move(secret));
  }
  for (Skipped& s : about->skipped) {
    if (!packed.contains(s.path)) plan->left_out.push_back({std::move(s.path), 0, std::move(s.reason)});
  }
  return plan;
}

Result<std::string> Index::map(int64_t budget, const TokenCounter& count, const std::vector<std::string>& near) const {
  auto from = sources();
  return from ? make_map(std::move(*from), budget, count, near) : std::unexpected(from.error());
}

}  // namespace strata::repo
