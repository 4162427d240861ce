// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/store.h"

#include <unistd.h>

#include <format>

namespace strata::repo {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSmallestShelf = 16 << 20;  // bytes of source

// Raised when the tables, or what the code makes of a file, change.
constexpr int kFormat = 11;

// What the contents depend on beside the files: the queries, and the rules for secrets.
int64_t rules_fingerprint() { return int64_t{queries_fingerprint()} * 31 + kSecretRules; }

// What hangs on a file beside its passages' terms. Their ids are counted together in figure and never used twice, so
// that what comes back from the shelf finds its own free; files keep theirs while they have their paths, and on the
// shelf have negative ones.
constexpr const char* kTablesOfAFile[] = {"symbol", "reference", "passage", "secret"};

// The search table holds the terms that TermMaker makes; its columns are PassageTerms'. It keeps them, because only
// then does FTS5 subtract a removed row from its statistics: rankings must not depend on what once was in the
// repository.
// '_' is a letter so that identifiers stay whole.
constexpr const char* kSchema = R"sql(
CREATE TABLE file(
  id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, blob_id TEXT NOT NULL, language TEXT NOT NULL, lines INTEGER NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL,
  inode INTEGER NOT NULL, marks INTEGER NOT NULL, symbols INTEGER NOT NULL, refs INTEGER NOT NULL,
  skipped TEXT NOT NULL, remark TEXT NOT NULL);
CREATE TABLE symbol(
  id INTEGER PRIMARY KEY, file_id INTEGER NOT NULL, parent_id INTEGER, name TEXT NOT NULL, qualified_name TEXT NOT NULL,
  kind TEXT NOT NULL, signature TEXT NOT NULL, doc TEXT NOT NULL, name_line INTEGER NOT NULL, first_line INTEGER NOT NULL,
  last_line INTEGER NOT NULL, definition INTEGER NOT NULL);
CREATE TABLE reference(
  id INTEGER PRIMARY KEY, file_id INTEGER NOT NULL, name TEXT NOT NULL, line INTEGER NOT NULL,
  kind TEXT NOT NULL, symbol_id INTEGER, qualifier TEXT NOT NULL, arguments INTEGER NOT NULL);
CREATE TABLE import_edge(reference_id INTEGER NOT NULL, file_id INTEGER NOT NULL, target_id INTEGER NOT NULL);
CREATE INDEX import_edge_file ON import_edge(file_id);
CREATE INDEX import_edge_target ON import_edge(target_id);
CREATE TABLE passage(
  id INTEGER PRIMARY KEY, file_id INTEGER NOT NULL, symbol_id INTEGER, first_line INTEGER NOT NULL,
  last_line INTEGER NOT NULL, first_byte INTEGER NOT NULL, last_byte INTEGER NOT NULL);
CREATE VIRTUAL TABLE search USING fts5(
  name, code, comments, words, tokenize="ascii tokenchars '_'");
INSERT INTO search(search, rank) VALUES('hashsize', 16777216);  -- bytes in memory before a segment is written
CREATE VIRTUAL TABLE term USING fts5vocab(search, col);
CREATE TABLE secret(file_id INTEGER NOT NULL, line INTEGER NOT NULL, kind TEXT NOT NULL);
CREATE INDEX secret_file ON secret(file_id);
CREATE TABLE shelf_file AS SELECT * FROM file;
CREATE INDEX shelf_file_path ON shelf_file(path);
CREATE TABLE shelf_symbol AS SELECT * FROM symbol;
CREATE INDEX shelf_symbol_file ON shelf_symbol(file_id);
CREATE TABLE shelf_reference AS SELECT * FROM reference;
CREATE INDEX shelf_reference_file ON shelf_reference(file_id);
CREATE TABLE shelf_passage AS SELECT * FROM passage;
CREATE INDEX shelf_passage_file ON shelf_passage(file_id);
CREATE TABLE shelf_secret AS SELECT * FROM secret;
CREATE INDEX shelf_secret_file ON shelf_secret(file_id);
CREATE TABLE shelf_search(id INTEGER PRIMARY KEY, name, code, comments, words);
CREATE TABLE left_out(path TEXT NOT NULL, reason TEXT NOT NULL);  -- by the walk
CREATE TABLE figure(name TEXT PRIMARY KEY, value INTEGER NOT NULL);
)sql";

// Of the large tables. The first transaction makes them at its end: sorting once is quicker than keeping order.
constexpr const char* kIndexes = R"sql(
CREATE INDEX IF NOT EXISTS symbol_file ON symbol(file_id);
CREATE INDEX IF NOT EXISTS symbol_name ON symbol(name COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS symbol_qualified_name ON symbol(qualified_name COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS reference_file ON reference(file_id);
CREATE INDEX IF NOT EXISTS reference_name ON reference(name);
CREATE INDEX IF NOT EXISTS reference_inherit ON reference(symbol_id) WHERE kind = 'inherit';
CREATE INDEX IF NOT EXISTS passage_file ON passage(file_id);
)sql";

// Makes the tables of a new database, keeps those of ours, and refuses the rest with kDamaged.
Result<void> prepare(Database& database, std::string& notice) {
  const auto number = [&](std::string_view sql) -> Result<int64_t> {
    int64_t value = 0;
    if (auto done = database.query(sql, [&](const Row& row) { value = row.integer(0); }); !done) {
      return std::unexpected(done.error());
    }
    return value;
  };
  constexpr std::string_view kCountTables = "SELECT count(*) FROM sqlite_schema";
  auto version = number("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  auto tables = number(kCountTables);
  if (!tables) return std::unexpected(tables.error());
  if (*tables > 0 && *version != kFormat) return fail(ErrorKind::kUnsupported, "made by another version of Strata");
  if (*tables > 0) {
    auto filled_by = number("SELECT value FROM figure WHERE name = 'rules'");
    if (!filled_by) return std::unexpected(filled_by.error());
    if (*filled_by == rules_fingerprint()) return {};
  }
  if (auto begun = database.script("BEGIN IMMEDIATE"); !begun) return begun;
  tables = number(kCountTables);  // another process may have made them while we waited
  Result<void> done;
  if (!tables) {
    done = std::unexpected(tables.error());
  } else if (*tables == 0) {
    done = database.script((std::string(kSchema) + std::format("PRAGMA user_version = {};", kFormat)).c_str());
  } else {
    notice =
        "this version of Strata understands code in another way than the one that made the index: all files are read "
        "again";
    done = database.script(
        "UPDATE file SET blob_id = '', size = -1;"
        "DELETE FROM shelf_file; DELETE FROM shelf_symbol; DELETE FROM shelf_reference; DELETE FROM shelf_passage;"
        "DELETE FROM shelf_secret; DELETE FROM shelf_search");
  }
  if (done) done = database.run("INSERT OR REPLACE INTO figure VALUES('rules', ?1)", rules_fingerprint());
  if (done) done = database.script("COMMIT");
  if (!done) (void)database.script("ROLLBACK");
  return done;
}

Result<Database> open_prepared(const fs::path& path, std::string& notice) {
  auto database = Database::open(path);
  if (!database) return database;
  if (auto prepared = prepare(*database, notice); !prepared) return std::unexpected(prepared.error());
  return database;
}

// Whatever goes wrong, there is no copy, and the index is made from nothing.
void copy_of(const fs::path& relative, const fs::path& path) {
  std::error_code error;
  const fs::path unfinished = path.string() + std::format(".{}", getpid());
  // A link and no renaming: what another process has put there meanwhile stays.
  if (auto source = Database::open(relative); source && source->copy_to(unfinished)) {
    fs::create_hard_link(unfinished, path, error);
  }
  fs::remove(unfinished, error);
}

}  // namespace

Result<Store> Store::open(const fs::path& path, const fs::path& relative, std::string& notice) {
  std::error_code error;
  if (!relative.empty() && !fs::exists(path, error)) copy_of(relative, path);
  auto database = open_prepared(path, notice);
  if (!database && (database.error().kind == ErrorKind::kDamaged || database.error().kind == ErrorKind::kUnsupported)) {
    notice =
        std::format("the index was {} and is built anew",
                    database.error().kind == ErrorKind::kDamaged ? "damaged" : "made by another version of Strata");
    for (const char* ending : {"", "-wal", "-shm"}) fs::remove(path.string() + ending, error);
    std::string ignored;
    database = open_prepared(path, ignored);
  }
  if (!database) return std::unexpected(database.error());
  return Store(std::move(*database));
}

Result<void> Store::begin() {
  next_id_ = 1;
  auto done = database_.script("BEGIN IMMEDIATE");
  if (done) {
    done = database_.query("SELECT value FROM figure WHERE name = 'next_id'",
                           [&](const Row& row) { next_id_ = row.integer(0); });
  }
  return done;
}

Result<void> Store::commit() {
  auto done = database_.script(kIndexes);
  if (done) done = database_.run("INSERT OR REPLACE INTO figure VALUES('next_id', ?1)", next_id_);
  return done ? database_.script("COMMIT") : done;
}

Result<std::map<std::string, KnownFile>> Store::known_files() {
  std::map<std::string, KnownFile> known;
  auto done = database_.query(
      "SELECT path, id, blob_id, size, mtime_ns, ctime_ns, inode, marks FROM file", [&](const Row& row) {
        known.emplace(row.text(0), KnownFile{row.integer(1),
                                             row.text(2),
                                             {row.integer(3), row.integer(4), row.integer(5), row.integer(6)},
                                             static_cast<int>(row.integer(7)),
                                             {}});
      });
  if (done) {
    done = database_.query("SELECT path, blob_id FROM shelf_file",
                           [&](const Row& row) { known[row.text(0)].shelved.insert(row.text(1)); });
  }
  if (!done) return std::unexpected(done.error());
  return known;
}

Result<void> Store::touch(int64_t id, const FileStamp& stamp, int marks) {
  return database_.run("UPDATE file SET size = ?2, mtime_ns = ?3, ctime_ns = ?4, inode = ?5, marks = ?6 WHERE id = ?1",
                       id, stamp.size, stamp.mtime_ns, stamp.ctime_ns, stamp.inode, marks);
}

// Row by row, and `OR FAIL` in statements that write several: what SQLite might have to undo by itself makes it mark a
// savepoint first, and at every savepoint FTS5 writes out what it has. A failure rolls the whole transaction back
// anyway.
Result<void> Store::erase(int64_t id) {
  std::vector<int64_t> passages;
  auto done = database_.query(
      "SELECT id FROM passage WHERE file_id = ?1", [&](const Row& row) { passages.push_back(row.integer(0)); }, id);
  for (const int64_t passage : passages) {
    if (done) done = database_.run("DELETE FROM search WHERE rowid = ?1", passage);
  }
  for (const char* table : kTablesOfAFile) {
    if (done) done = database_.run(std::format("DELETE FROM {} WHERE file_id = ?1", table), id);
  }
  if (done) done = database_.run("DELETE FROM import_edge WHERE file_id = ?1", id);
  return done ? database_.run("DELETE FROM file WHERE id = ?1", id) : done;
}

// Rows of the file `from` of each table, copied to the other side under the id `to`.
Result<void> Store::copy(int64_t from, int64_t to, std::string_view source, std::string_view target) {
  auto done = database_.run(
      std::format("INSERT OR FAIL INTO {1}file SELECT * FROM {0}file WHERE id = ?1", source, target), from);
  if (done) done = database_.run(std::format("UPDATE OR FAIL {}file SET id = ?2 WHERE id = ?1", target), from, to);
  for (const char* table : kTablesOfAFile) {
    if (done)
      done = database_.run(
          std::format("INSERT OR FAIL INTO {1}{2} SELECT * FROM {0}{2} WHERE file_id = ?1", source, target, table),
          from);
    if (done)
      done = database_.run(std::format("UPDATE OR FAIL {}{} SET file_id = ?2 WHERE file_id = ?1", target, table), from,
                           to);
  }
  return done;
}

Result<void> Store::remove(int64_t id) {
  // What was left out, or is of other rules, is not worth keeping.
  bool keep = false;
  int64_t place = 0;
  auto done = database_.query(
      "SELECT skipped = '' AND blob_id <> '' FROM file WHERE id = ?1",
      [&](const Row& row) { keep = row.integer(0) != 0; }, id);
  if (!done || !keep) return done ? erase(id) : done;
  done = database_.query("SELECT coalesce(min(id), 0) - 1 FROM shelf_file",
                         [&](const Row& row) { place = row.integer(0); });
  if (done) done = copy(id, place, "", "shelf_");
  if (done) {
    done = database_.run(
        "INSERT OR FAIL INTO shelf_search SELECT rowid, name, code, comments, words FROM search"
        " WHERE rowid IN (SELECT id FROM passage WHERE file_id = ?1)",
        id);
  }
  return done ? erase(id) : done;
}

Result<void> Store::restore(const IndexedFile& file) {
  const std::string_view path = file.path;
  int64_t place = 0, id = 0, free_id = 0, marks = 0;
  auto done = database_.query(
      "SELECT id, marks FROM shelf_file WHERE path = ?1 AND blob_id = ?2",
      [&](const Row& row) { place = row.integer(0), marks = row.integer(1); }, path, std::string_view(file.blob_id));
  if (done) {
    done = database_.query("SELECT id FROM file WHERE path = ?1", [&](const Row& row) { id = row.integer(0); }, path);
  }
  if (done && id) done = remove(id);
  if (done) {
    done =
        database_.query("SELECT coalesce(max(id), 0) + 1 FROM file", [&](const Row& row) { free_id = row.integer(0); });
  }
  if (!id) id = free_id;
  if (done) done = copy(place, id, "shelf_", "");
  std::vector<std::pair<int64_t, PassageTerms>> terms;
  if (done) {
    done = database_.query(
        "SELECT id, name, code, comments, words FROM shelf_search"
        " WHERE id IN (SELECT id FROM shelf_passage WHERE file_id = ?1)",
        [&](const Row& row) {
          terms.push_back({row.integer(0), {row.text(1), row.text(2), row.text(3), row.text(4)}});
        },
        place);
  }
  for (const auto& [passage, t] : terms) {
    if (done) done = add_terms(passage, t);
  }
  if (done) done = forget(place);
  return done ? touch(id, file.stamp, file.marks | (static_cast<int>(marks) & kLooksGenerated)) : done;
}

Result<void> Store::forget(int64_t id) {
  auto done =
      database_.run("DELETE FROM shelf_search WHERE id IN (SELECT id FROM shelf_passage WHERE file_id = ?1)", id);
  for (const char* table : kTablesOfAFile) {
    if (done) done = database_.run(std::format("DELETE FROM shelf_{} WHERE file_id = ?1", table), id);
  }
  return done ? database_.run("DELETE FROM shelf_file WHERE id = ?1", id) : done;
}

Result<void> Store::trim_shelf() {
  int64_t room = kSmallestShelf;
  auto done = database_.query("SELECT total(size) FROM file WHERE skipped = ''",
                              [&](const Row& row) { room = std::max(room, row.integer(0)); });
  std::vector<int64_t> too_many;
  if (done) {
    done = database_.query("SELECT id, size FROM shelf_file ORDER BY id", [&](const Row& row) {
      if ((room -= row.integer(1)) < 0) too_many.push_back(row.integer(0));
    });
  }
  for (const int64_t id : too_many) {
    if (done) done = forget(id);
  }
  return done;
}

Result<void> Store::add_terms(int64_t passage, const PassageTerms& terms) {
  return database_.run("INSERT INTO search(rowid, name, code, comments, words) VALUES(?1, ?2, ?3, ?4, ?5)", passage,
                       std::string_view(terms.name), std::string_view(terms.code), std::string_view(terms.comments),
                       std::string_view(terms.words));
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
  if (auto done = database_.run(
          "INSERT INTO file(path, blob_id, language, lines, size, mtime_ns, ctime_ns, inode,"
          " marks, symbols, refs, skipped, remark, id) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
          " nullif(?14, 0))",
          std::string_view(file.path), std::string_view(file.blob_id), std::string_view(file.language), file.lines,
          file.stamp.size, file.stamp.mtime_ns, file.stamp.ctime_ns, file.stamp.inode, file.marks,
          static_cast<int64_t>(file.parsed.symbols.size()), static_cast<int64_t>(file.parsed.references.size()),
          std::string_view(file.skipped), std::string_view(file.remark), known);
      !done) {
    return done;
  }
  const int64_t file_id = known ? known : database_.last_id();  // kept, because imports of other files point to it
  for (const SecretRange& secret : file.secrets) {
    if (auto done = database_.run("INSERT INTO secret VALUES(?1, ?2, ?3)", file_id, secret.line, secret.kind); !done) {
      return done;
    }
  }
  std::vector<int64_t> symbol_ids;
  const auto symbol_id = [&](int symbol) { return symbol < 0 ? int64_t{0} : symbol_ids[symbol]; };
  for (const ParsedSymbol& s : file.parsed.symbols) {
    if (auto done = database_.run(
            "INSERT INTO symbol(id, file_id, parent_id, name, qualified_name, kind, signature, doc, name_line,"
            " first_line, last_line, definition) VALUES(?1, ?2, nullif(?3, 0), ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            next_id_, file_id, symbol_id(s.parent), std::string_view(s.name), std::string_view(s.qualified_name),
            std::string_view(s.kind), std::string_view(s.signature), std::string_view(s.doc), s.name_line, s.first_line,
            s.last_line, static_cast<int>(s.definition));
        !done) {
      return done;
    }
    symbol_ids.push_back(next_id_++);
  }
  for (const ParsedReference& r : file.parsed.references) {
    if (auto done =
            database_.run("INSERT INTO reference(id, file_id, name, line, kind, symbol_id, qualifier, arguments)"
                          " VALUES(?1, ?2, ?3, ?4, ?5, nullif(?6, 0), ?7, ?8)",
                          next_id_++, file_id, std::string_view(r.name), r.line, std::string_view(r.kind),
                          symbol_id(r.enclosing), std::string_view(r.qualifier), r.arguments);
        !done) {
      return done;
    }
  }
  for (size_t i = 0; i < file.passages.size(); ++i) {
    const PassageRange& p = file.passages[i];
    if (auto done =
            database_.run("INSERT INTO passage(id, file_id, symbol_id, first_line, last_line, first_byte, last_byte)"
                          " VALUES(?1, ?2, nullif(?3, 0), ?4, ?5, ?6, ?7)",
                          next_id_, file_id, symbol_id(p.symbol), p.first_line, p.last_line, int64_t{p.first_byte},
                          int64_t{p.last_byte});
        !done) {
      return done;
    }
    if (auto done = add_terms(next_id_++, file.terms[i]); !done) return done;
  }
  return {};
}

}  // namespace strata::repo
