// SPDX-License-Identifier: Apache-2.0
#include "agent/conversation_store.h"

#include <sqlite3.h>

#include <nlohmann/json.hpp>
#include <system_error>

#include "base/write_ahead_log.h"

namespace strata::agent {
namespace {

using json = nlohmann::json;

constexpr const char* kSchema =
    "PRAGMA synchronous = FULL;"
    "CREATE TABLE IF NOT EXISTS exchange("
    "  id INTEGER PRIMARY KEY, repository TEXT NOT NULL, asked_at INTEGER NOT NULL,"
    "  question TEXT NOT NULL, answer TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS exchange_of_repository ON exchange(repository, id);"
    "SELECT count(*) FROM exchange;";

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

json to_json(const Answer& answer) {
  json citations = json::array(), passages = json::array();
  for (const Citation& c : answer.citations)
    citations.push_back({{"file", c.file},
                         {"first", c.start_line},
                         {"last", c.end_line},
                         {"symbol", c.symbol},
                         {"verified", c.verified}});
  for (const RankedPassage& p : answer.passages)
    passages.push_back({{"file", p.passage.file},
                        {"first", p.passage.first_line},
                        {"last", p.passage.last_line},
                        {"symbol", p.passage.symbol},
                        {"kind", p.passage.kind},
                        {"score", p.score},
                        {"embedding", p.embedding},
                        {"bm25", p.bm25},
                        {"identifier", p.identifier},
                        {"tokens", p.tokens},
                        {"reused", p.reused}});
  const AskTiming& t = answer.timing;
  return {{"question", answer.question},
          {"text", answer.text},
          {"citations", citations},
          {"passages", passages},
          {"found", answer.found},
          {"structural", answer.structural},
          {"model", answer.model},
          {"context_files", answer.context_files},
          {"context_tokens", answer.context_tokens},
          {"timing",
           {{"index_s", t.index_s},
            {"select_s", t.select_s},
            {"first_token_s", t.first_token_s},
            {"total_s", t.total_s},
            {"reread", t.reread_tokens},
            {"reused", t.reused_tokens},
            {"computed", t.computed_tokens},
            {"generated", t.generated_tokens}}}};
}

// Throws what nlohmann throws on a row that is not ours; last() turns that into an empty answer.
Answer from_json(const json& j) {
  Answer answer;
  answer.question = j.value("question", "");  // not kept by older versions
  answer.text = j.at("text");
  answer.found = j.at("found");
  answer.structural = j.at("structural");
  answer.model = j.at("model");
  answer.context_files = j.at("context_files");
  answer.context_tokens = j.at("context_tokens");
  for (const json& c : j.at("citations")) {
    Citation citation;
    citation.file = c.at("file");
    citation.start_line = c.at("first");
    citation.end_line = c.at("last");
    citation.symbol = c.at("symbol");
    citation.verified = c.at("verified");
    answer.citations.push_back(std::move(citation));
  }
  for (const json& p : j.at("passages")) {
    RankedPassage ranked;
    ranked.passage.file = p.at("file");
    ranked.passage.first_line = p.at("first");
    ranked.passage.last_line = p.at("last");
    ranked.passage.symbol = p.at("symbol");
    ranked.passage.kind = p.at("kind");
    ranked.score = p.at("score");
    ranked.embedding = p.at("embedding");
    ranked.bm25 = p.at("bm25");
    ranked.identifier = p.at("identifier");
    ranked.tokens = p.at("tokens");
    ranked.reused = p.at("reused");
    answer.passages.push_back(std::move(ranked));
  }
  const json& t = j.at("timing");
  answer.timing = {t.at("index_s"), t.at("select_s"), t.at("first_token_s"), t.at("total_s"),
                   t.at("reread"),  t.at("reused"),   t.at("computed"),      t.at("generated")};
  return answer;
}

std::string column_text(sqlite3_stmt* statement, int column) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  return text ? std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement, column))) : std::string();
}

void bind_text(sqlite3_stmt* statement, int index, const std::string& text) {
  sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

// Null with the reason in `why` if the file is no usable database.
Database open_database(const std::filesystem::path& file, std::string& why) {
  sqlite3* raw = nullptr;
  const int opened =
      sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(raw);
  if (raw) sqlite3_busy_timeout(raw, 5000);
  if (opened != SQLITE_OK || use_write_ahead_log(raw) != SQLITE_OK ||
      sqlite3_exec(raw, kSchema, nullptr, nullptr, nullptr) != SQLITE_OK) {
    why = raw ? sqlite3_errmsg(raw) : "out of memory";
    return nullptr;
  }
  return database;
}

}  // namespace

struct ConversationStore::Impl {
  std::filesystem::path file;
  Database database;

  std::unexpected<Error> error() const {
    return fail(ErrorKind::kIo, file.string() + ": " + sqlite3_errmsg(database.get()));
  }
  Statement prepare(const char* sql) const {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(database.get(), sql, -1, &statement, nullptr);
    return Statement(statement);
  }
};

ConversationStore::ConversationStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ConversationStore::ConversationStore(ConversationStore&&) noexcept = default;
ConversationStore& ConversationStore::operator=(ConversationStore&&) noexcept = default;
ConversationStore::~ConversationStore() = default;

Result<ConversationStore> ConversationStore::open(const std::filesystem::path& file,
                                                  const std::function<void(const std::string&)>& notice) {
  std::string why;
  Database database = open_database(file, why);
  if (!database && std::filesystem::is_regular_file(file)) {
    std::filesystem::path aside = file;
    aside += ".damaged";
    std::error_code ignored;
    std::filesystem::rename(file, aside, ignored);
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(file.string() + suffix, ignored);
    if (notice) notice(file.string() + " could not be read (" + why + "); it is now " + aside.string());
    database = open_database(file, why);
  }
  if (!database) return fail(ErrorKind::kIo, file.string() + ": " + why);
  auto impl = std::make_unique<Impl>();
  impl->file = file;
  impl->database = std::move(database);
  return ConversationStore(std::move(impl));
}

Result<int64_t> ConversationStore::append(const std::filesystem::path& repository, const Exchange& exchange) {
  const Statement insert =
      impl_->prepare("INSERT INTO exchange(repository, asked_at, question, answer) VALUES(?, ?, ?, ?)");
  if (!insert) return impl_->error();
  bind_text(insert.get(), 1, repository.string());
  sqlite3_bind_int64(insert.get(), 2, exchange.asked_at);
  bind_text(insert.get(), 3, exchange.question);
  // Model output may end in half a character.
  bind_text(insert.get(), 4, to_json(exchange.answer).dump(-1, ' ', false, json::error_handler_t::replace));
  if (sqlite3_step(insert.get()) != SQLITE_DONE) return impl_->error();
  return sqlite3_last_insert_rowid(impl_->database.get());
}

Result<std::vector<Exchange>> ConversationStore::last(const std::filesystem::path& repository, int limit) const {
  const Statement select = impl_->prepare(
      "SELECT * FROM (SELECT id, asked_at, question, answer FROM exchange WHERE repository = ? ORDER BY id DESC LIMIT "
      "?)"
      " ORDER BY id");
  if (!select) return impl_->error();
  bind_text(select.get(), 1, repository.string());
  sqlite3_bind_int(select.get(), 2, limit);
  std::vector<Exchange> exchanges;
  int step;
  while ((step = sqlite3_step(select.get())) == SQLITE_ROW) {
    Exchange exchange;
    exchange.id = sqlite3_column_int64(select.get(), 0);
    exchange.asked_at = sqlite3_column_int64(select.get(), 1);
    exchange.question = column_text(select.get(), 2);
    try {
      exchange.answer = from_json(json::parse(column_text(select.get(), 3)));
    } catch (const json::exception&) {
      exchange.answer = {};
    }
    exchanges.push_back(std::move(exchange));
  }
  if (step != SQLITE_DONE) return impl_->error();
  return exchanges;
}

Result<void> ConversationStore::clear(const std::filesystem::path& repository) {
  const Statement remove = impl_->prepare("DELETE FROM exchange WHERE repository = ?");
  if (!remove) return impl_->error();
  bind_text(remove.get(), 1, repository.string());
  if (sqlite3_step(remove.get()) != SQLITE_DONE) return impl_->error();
  return {};
}

}  // namespace strata::agent
