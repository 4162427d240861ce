// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/store.h"

#include <format>

namespace strata::repo {
namespace {

namespace fs = std::filesystem;

// Raised when the tables, or what the code makes of a file, change.
constexpr uint32_t kFormat = 4;

// SQLite keeps 32 bits, signed.
int32_t version_wanted() { return static_cast<int32_t>(queries_fingerprint() * 31 + kFormat); }

// The search table holds the terms that TermMaker makes; its columns are PassageTerms'. It keeps them, because only
// then does FTS5 subtract a removed row from its statistics: rankings must not depend on what once was in the
// repository.
// '_' is a letter so that identifiers stay whole.
constexpr const char* kSchema = R"sql(
CREATE TABLE file(
  id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, blob_id TEXT NOT NULL, language TEXT NOT NULL, lines INTEGER NOT NULL,
  size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, inode INTEGER NOT NULL,
  skipped TEXT NOT NULL, remark TEXT NOT NULL);
CREATE TABLE symbol(
  id INTEGER PRIMARY KEY, file_id INTEGER NOT NULL, parent_id INTEGER, name TEXT NOT NULL, qualified_name TEXT NOT NULL,
  kind TEXT NOT NULL, signature TEXT NOT NULL, doc TEXT NOT NULL, name_line INTEGER NOT NULL, first_line INTEGER NOT NULL,
  last_line INTEGER NOT NULL, definition INTEGER NOT NULL);
CREATE INDEX symbol_file ON symbol(file_id);
CREATE INDEX symbol_name ON symbol(name COLLATE NOCASE);
CREATE INDEX symbol_qualified_name ON symbol(qualified_name COLLATE NOCASE);
CREATE TABLE reference(
  id INTEGER PRIMARY KEY, file_id INTEGER NOT NULL, name TEXT NOT NULL, line INTEGER NOT NULL, kind TEXT NOT NULL,
  symbol_id INTEGER, qualifier TEXT NOT NULL, arguments INTEGER NOT NULL);
CREATE INDEX reference_file ON reference(file_id);
CREATE INDEX reference_name ON reference(name);
CREATE TABLE import_edge(reference_id INTEGER NOT NULL, file_id INTEGER NOT NULL, target_id INTEGER NOT NULL);
CREATE INDEX import_edge_file ON import_edge(file_id);
CREATE INDEX import_edge_target ON import_edge(target_id);
CREATE TABLE passage(
  id INTEGER PRIMARY KEY, file_id INTEGER NOT NULL, symbol_id INTEGER, first_line INTEGER NOT NULL,
  last_line INTEGER NOT NULL, first_byte INTEGER NOT NULL, last_byte INTEGER NOT NULL);
CREATE INDEX passage_file ON passage(file_id);
CREATE VIRTUAL TABLE search USING fts5(
  name, code, comments, words, tokenize="ascii tokenchars '_'");
CREATE VIRTUAL TABLE term USING fts5vocab(search, col);
CREATE TABLE left_out(path TEXT NOT NULL, reason TEXT NOT NULL);  -- by the walk
CREATE TABLE figure(name TEXT PRIMARY KEY, value REAL NOT NULL);
)sql";

// Makes the tables of a new database, keeps those of ours, and refuses the rest with kDamaged.
Result<void> prepare(Database& database) {
  int64_t version = 0, tables = 0;
  if (auto done = database.query("PRAGMA user_version", [&](const Row& row) { version = row.integer(0); }); !done)
    return done;
  if (auto done =
          database.query("SELECT count(*) FROM sqlite_schema", [&](const Row& row) { tables = row.integer(0); });
      !done) {
    return done;
  }
  if (tables > 0 && version == version_wanted()) return {};
  if (tables > 0) return fail(ErrorKind::kUnsupported, "made by another version of Strata");
  if (auto begun = database.script("BEGIN IMMEDIATE"); !begun) return begun;
  // Another process may have made them while we waited.
  if (auto done =
          database.query("SELECT count(*) FROM sqlite_schema", [&](const Row& row) { tables = row.integer(0); });
      !done) {
    return done;
  }
  if (tables == 0) {
    const std::string sql = std::string(kSchema) + std::format("PRAGMA user_version = {};", version_wanted());
    if (auto made = database.script(sql.c_str()); !made) {
      (void)database.script("ROLLBACK");
      return made;
    }
  }
  return database.script("COMMIT");
}

Result<Database> open_prepared(const fs::path& path) {
  auto database = Database::open(path);
  if (!database) return database;
  if (auto prepared = prepare(*database); !prepared) return std::unexpected(prepared.error());
  return database;
}

}  // namespace

Result<Store> Store::open(const fs::path& path, std::string& notice) {
  auto database = open_prepared(path);
  if (!database && (database.error().kind == ErrorKind::kDamaged || database.error().kind == ErrorKind::kUnsupported)) {
    notice =
        std::format("the index was {} and is built anew",
                    database.error().kind == ErrorKind::kDamaged ? "damaged" : "made by another version of Strata");
    std::error_code error;
    for (const char* ending : {"", "-wal", "-shm"}) fs::remove(path.string() + ending, error);
    database = open_prepared(path);
  }
  if (!database) return std::unexpected(database.error());
  return Store(std::move(*database));
}

Result<std::map<std::string, KnownFile>> Store::known_files() {
  std::map<std::string, KnownFile> known;
  auto done =
      database_.query("SELECT path, id, blob_id, size, mtime_ns, ctime_ns, inode FROM file", [&](const Row& row) {
        known.emplace(
            row.text(0),
            KnownFile{row.integer(1), row.text(2), {row.integer(3), row.integer(4), row.integer(5), row.integer(6)}});
      });
  if (!done) return std::unexpected(done.error());
  return known;
}

Result<void> Store::touch(int64_t id, const FileStamp& stamp) {
  return database_.run("UPDATE file SET size = ?2, mtime_ns = ?3, ctime_ns = ?4, inode = ?5 WHERE id = ?1", id,
                       stamp.size, stamp.mtime_ns, stamp.ctime_ns, stamp.inode);
}

Result<void> Store::remove(int64_t id) {
  for (const char* sql : {"DELETE FROM search WHERE rowid IN (SELECT id FROM passage WHERE file_id = ?1)",
                          "DELETE FROM passage WHERE file_id = ?1", "DELETE FROM import_edge WHERE file_id = ?1",
                          "DELETE FROM reference WHERE file_id = ?1", "DELETE FROM symbol WHERE file_id = ?1",
                          "DELETE FROM file WHERE id = ?1"}) {
    if (auto done = database_.run(sql, id); !done) return done;
  }
  return {};
}

Result<void> Store::put(const IndexedFile& file) {
  int64_t known = 0;
  if (auto found = database_.query(
          "SELECT id FROM file WHERE path = ?1", [&](const Row& row) { known = row.integer(0); },
          std::string_view(file.path));
      !found) {
    return found;
  }
  if (known) {
    if (auto removed = remove(known); !removed) return removed;
  }
  if (auto done =
          database_.run("INSERT INTO file(path, blob_id, language, lines, size, mtime_ns, ctime_ns, inode,"
                        " skipped, remark, id) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, nullif(?11, 0))",
                        std::string_view(file.path), std::string_view(file.blob_id), std::string_view(file.language),
                        file.lines, file.stamp.size, file.stamp.mtime_ns, file.stamp.ctime_ns, file.stamp.inode,
                        std::string_view(file.skipped), std::string_view(file.remark), known);
      !done) {
    return done;
  }
  const int64_t file_id = known ? known : database_.last_id();  // kept, because imports of other files point to it
  std::vector<int64_t> symbol_ids;
  const auto symbol_id = [&](int symbol) { return symbol < 0 ? int64_t{0} : symbol_ids[symbol]; };
  for (const ParsedSymbol& s : file.parsed.symbols) {
    if (auto done = database_.run(
            "INSERT INTO symbol(file_id, parent_id, name, qualified_name, kind, signature, doc, name_line, first_line,"
            " last_line, definition) VALUES(?1, nullif(?2, 0), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            file_id, symbol_id(s.parent), std::string_view(s.name), std::string_view(s.qualified_name),
            std::string_view(s.kind), std::string_view(s.signature), std::string_view(s.doc), s.name_line, s.first_line,
            s.last_line, static_cast<int>(s.definition));
        !done) {
      return done;
    }
    symbol_ids.push_back(database_.last_id());
  }
  for (const ParsedReference& r : file.parsed.references) {
    if (auto done = database_.run("INSERT INTO reference(file_id, name, line, kind, symbol_id, qualifier, arguments)"
                                  " VALUES(?1, ?2, ?3, ?4, nullif(?5, 0), ?6, ?7)",
                                  file_id, std::string_view(r.name), r.line, std::string_view(r.kind),
                                  symbol_id(r.enclosing), std::string_view(r.qualifier), r.arguments);
        !done) {
      return done;
    }
  }
  for (size_t i = 0; i < file.passages.size(); ++i) {
    const PassageRange& p = file.passages[i];
    if (auto done = database_.run(
            "INSERT INTO passage(file_id, symbol_id, first_line, last_line, first_byte, last_byte)"
            " VALUES(?1, nullif(?2, 0), ?3, ?4, ?5, ?6)",
            file_id, symbol_id(p.symbol), p.first_line, p.last_line, int64_t{p.first_byte}, int64_t{p.last_byte});
        !done) {
      return done;
    }
    const PassageTerms& t = file.terms[i];
    if (auto done = database_.run("INSERT INTO search(rowid, name, code, comments, words) VALUES(?1, ?2, ?3, ?4, ?5)",
                                  database_.last_id(), std::string_view(t.name), std::string_view(t.code),
                                  std::string_view(t.comments), std::string_view(t.words));
        !done) {
      return done;
    }
  }
  return {};
}

}  // namespace strata::repo
