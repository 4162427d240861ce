// SPDX-License-Identifier: Apache-2.0
#include "agent/context_assembly.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <ranges>
#include <unordered_map>

#include "agent/prompts.h"
#include "agent/stored_prefix.h"
#include "repo-indexer/terms.h"

namespace strata::agent {

namespace {

constexpr int kRecomputed = 16;         // first tokens of a placed excerpt: its path line and signature
constexpr size_t kExcerptTokens = 320;  // of one passage; the best may have kBestTokens
constexpr size_t kBestTokens = 560;
constexpr size_t kFewTokens = 40;    // no room worth filling
constexpr double kSignature = 0.25;  // of all that the question says, for the window that begins with the signature

std::vector<TokenId> heading(const Tokenizer& tokenizer, const Excerpt& e) {
  return tokenizer.encode(std::format("\nFile: {}{}\n", e.file, e.symbol.empty() ? "" : ", " + e.symbol));
}

void append(std::vector<TokenId>& to, std::span<const TokenId> tokens) {
  to.insert(to.end(), tokens.begin(), tokens.end());
}

}  // namespace

TokenRange best_window(std::span<const TokenId> tokens, const Tokenizer& tokenizer, int first_line,
                       const TermWeights& asked, size_t limit) {
  struct Line {
    size_t first, last;  // tokens
    std::vector<std::string> found;
  };
  std::vector<Line> lines;
  std::string text;
  size_t begin = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const std::string_view bytes = tokenizer.bytes(tokens[i]);
    text += bytes;
    const auto ended = static_cast<size_t>(std::ranges::count(bytes, '\n'));
    if (ended == 0 && i + 1 < tokens.size()) continue;
    std::vector<std::string> found = repo::stems_of(text);
    std::erase_if(found, [&](const std::string& stem) { return !asked.contains(stem); });
    lines.push_back({begin, i + 1, std::move(found)});
    for (size_t blank = 1; blank < ended; ++blank) lines.push_back({i + 1, i + 1, {}});
    begin = i + 1;
    text.clear();
  }
  const auto range = [&](size_t a, size_t b) {
    return TokenRange{lines[a].first, std::min(lines[b].last, lines[a].first + limit), first_line + static_cast<int>(a),
                      first_line + static_cast<int>(b)};
  };
  if (lines.empty()) return {};
  if (tokens.size() <= limit) return range(0, lines.size() - 1);
  // What is said again counts for less and less. The signature says what the rest is about, so of equal windows the
  // first wins, and the one with the signature even if it has a little less.
  double total = 0;
  for (const auto& [stem, weight] : asked) total += weight;
  TokenRange best;
  double best_score = -1;
  for (size_t a = 0, b = 0; a < lines.size(); ++a) {
    b = std::max(a, b);
    while (b + 1 < lines.size() && lines[b + 1].last - lines[a].first <= limit) ++b;
    std::unordered_map<std::string_view, int> counts;
    for (size_t l = a; l <= b; ++l)
      for (const std::string& stem : lines[l].found) ++counts[stem];
    double score = a == 0 ? kSignature * total : 0;
    for (const auto& [stem, count] : counts) score += asked.at(std::string(stem)) * (1 + std::log(count));
    if (score > best_score) best_score = score, best = range(a, b);
    if (b + 1 == lines.size()) break;
  }
  return best;
}

Result<std::vector<Excerpt>> choose_excerpts(Workspace& workspace, const Ranking& ranking, const AskOptions& options,
                                             TextCache& texts) {
  const Reader& reader = workspace.answerer;
  const Tokenizer& tokenizer = reader.model->tokenizer();
  // Rows of the scout are of use only to itself.
  const bool stored_rows = !options.verify && reader.model == workspace.scout.model;
  std::vector<Excerpt> excerpts;
  size_t left = static_cast<size_t>(std::max(options.context_tokens, 0));
  for (size_t i = 0; i < ranking.passages.size() && left >= kFewTokens; ++i) {
    const repo::Passage& p = ranking.passages[i].passage;
    std::vector<TokenId> tokens;
    Excerpt e{i, p.file, p.symbol, p.first_line, p.last_line, {}, {}, 0, 0};
    const StoredSpan* span = stored_rows ? workspace.read->find(p) : nullptr;
    if (span) {
      auto segment = reader.snapshots->find(span->segment);
      if (!segment) return std::unexpected(segment.error());
      if (*segment) {
        const auto& all = (*segment)->tokens;
        tokens.assign(all.begin() + span->first_token, all.begin() + span->last_token);
        e.segment = span->segment;
        e.first_token = span->first_token;
      }
    }
    if (tokens.empty()) {
      const std::string* text = texts.text(p.file);
      if (!text || p.last_byte > text->size()) continue;  // changed on disk since it was indexed
      tokens = tokenizer.encode(std::string_view(*text).substr(p.first_byte, p.last_byte - p.first_byte));
    }
    const TokenRange range =
        best_window(tokens, tokenizer, p.first_line, ranking.weights,
                    std::min(left, excerpts.size() < ranking.subjects ? kBestTokens : kExcerptTokens));
    if (range.last <= range.first) continue;
    e.first_line = range.first_line;
    e.last_line = range.last_line;
    e.first_token += static_cast<int>(range.first);
    e.tokens.assign(tokens.begin() + static_cast<std::ptrdiff_t>(range.first),
                    tokens.begin() + static_cast<std::ptrdiff_t>(range.last));
    e.size = static_cast<int>(e.tokens.size());
    left -= std::min(left, e.tokens.size());
    excerpts.push_back(std::move(e));
  }
  return excerpts;
}

Result<Assembled> assemble(Workspace& workspace, Session& session, const std::vector<Excerpt>& excerpts,
                           std::string_view before, std::string_view question, const Cancel* cancel) {
  const Reader& reader = workspace.answerer;
  const Tokenizer& tokenizer = reader.model->tokenizer();
  const ChatTemplate* chat = reader.model->chat_template();
  if (!chat)
    return fail(ErrorKind::kUnsupported,
                reader.model->params().name + " has no chat template that Strata knows; use an instruct model");

  std::vector<TokenId> opening = chat->begin();
  append(opening, chat->open(Role::kSystem));
  append(opening, tokenizer.encode(kSystem));
  append(opening, chat->close(Role::kSystem));
  append(opening, chat->open(Role::kUser));
  append(opening, tokenizer.encode(kExcerpts));
  Assembled assembled;

  // Best last. Everything is given its place first, and what has no stored rows is computed in one go, as a pass over
  // the weights costs much however few tokens it is for: headings, first tokens, unread passages, question.
  // The rows they stand on meanwhile are blank and seen by nobody.
  const KvLayout& layout = reader.model->params().kv;
  std::vector<Session::Range> computed;
  const auto place_blank = [&](std::span<const TokenId> tokens) -> Result<void> {
    KvCache blank(layout);
    blank.resize(static_cast<int>(tokens.size()));
    return session.place(blank, 0, tokens);
  };
  const auto compute = [&](int first, int count) {
    if (!computed.empty() && computed.back().first + computed.back().count == first)
      computed.back().count += count;
    else
      computed.push_back({first, count});
  };
  if (auto done = begin_with(session, reader, opening, cancel); !done) return std::unexpected(done.error());
  for (const Excerpt& e : excerpts | std::views::reverse) {
    const auto head = heading(tokenizer, e);
    int at = static_cast<int>(session.tokens().size());
    if (auto done = place_blank(head); !done) return std::unexpected(done.error());
    compute(at, static_cast<int>(head.size()));
    at += static_cast<int>(head.size());
    const int count = static_cast<int>(e.tokens.size());
    KvCache rows(layout);
    rows.resize(count);
    bool stored = false;
    if (!e.segment.empty()) {
      auto loaded = reader.snapshots->load_rows(e.segment, e.first_token, count, rows, 0);
      if (!loaded && loaded.error().kind != ErrorKind::kDamaged) return std::unexpected(loaded.error());
      stored = loaded.has_value();  // damaged rows are gone from the store by now, and computed here
    }
    if (stored) {
      if (auto done = session.place(rows, 0, e.tokens); !done) return std::unexpected(done.error());
      compute(at, std::min(kRecomputed, count));
      (e.fresh ? assembled.read : assembled.reused) += count;
      assembled.reread += std::min(kRecomputed, count);
    } else {
      if (auto done = place_blank(e.tokens); !done) return std::unexpected(done.error());
      compute(at, count);
    }
  }
  const std::vector<TokenId> asked = tokenizer.encode(std::format("\n{}Question: {}\n", before, question));
  compute(static_cast<int>(session.tokens().size()), static_cast<int>(asked.size()));
  if (auto done = place_blank(asked); !done) return std::unexpected(done.error());
  if (auto done = session.recompute(computed, cancel); !done) return std::unexpected(done.error());
  return assembled;
}

Result<void> instruct(Session& session, const Model& model, std::string_view instruction, const Cancel* cancel) {
  const ChatTemplate& chat = *model.chat_template();
  std::vector<TokenId> closing = model.tokenizer().encode(instruction);
  append(closing, chat.close(Role::kUser));
  append(closing, chat.open(Role::kAssistant));
  return session.append(closing, cancel);
}

}  // namespace strata::agent
