// SPDX-License-Identifier: Apache-2.0
#include "agent/chat/openai_model.h"

#include <algorithm>
#include <cstdlib>
#include <format>

#include "agent/chat/http.h"

namespace strata::agent {
namespace {

constexpr double kMostWait_s = 60;         // that a server may ask for; longer is for the user to decide
constexpr size_t kMostWhole = 32 << 20;    // of an answer that is not streamed
constexpr size_t kMostStream = 256 << 20;  // a turn of any use is shorter, keep-alive lines included

// "https://host:1/v1" -> "host"; empty if it is not such an address.
std::string host_of(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == url.npos) return {};
  std::string_view host = url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (host.starts_with('[')) return std::string(host.substr(0, host.find(']') + 1));
  return std::string(host.substr(0, host.find(':')));
}

bool on_this_machine(std::string_view url) {
  const std::string host = host_of(url);
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

bool in_clear(std::string_view url) { return !url.starts_with("https://") && !on_this_machine(url); }

bool may_pass(int status) { return status == 408 || status == 409 || status == 429 || status >= 500; }

std::vector<std::string> headers_of(const Endpoint& endpoint) {
  // Without the empty Expect, curl asks before it sends a long body, and some servers never answer that.
  std::vector<std::string> headers = {"Content-Type: application/json", "Expect:"};
  if (!endpoint.key.empty()) headers.push_back("Authorization: Bearer " + endpoint.key);
  return headers;
}

std::string refusal(int status, const std::string& said, const Endpoint& endpoint) {
  std::string text;
  if (status == 401 || status == 403)
    text = endpoint.key.empty() ? "asks for a key; set STRATA_API_KEY" : "does not take this key";
  else if (status == 404)
    text = "has no such address or model; a base URL usually ends with /v1, and --model names a model of the server";
  else if (status == 429)
    text = "has too many requests, or the quota is used up";
  else if (status >= 300 && status < 400)
    text = "wants to send us elsewhere; give the address it means";
  else
    text = status >= 500 ? "fails" : "refuses the request";
  return std::format("{} {} (status {}{}{})", endpoint.url, text, status, said.empty() ? "" : ": ", said);
}

}  // namespace

double patience_s(const std::string& url) { return on_this_machine(url) ? 1800 : 120; }

std::string api_key(const std::string& url) {
  const char* own = std::getenv("STRATA_API_KEY");
  if (own && *own) return own;
  const char* common = std::getenv("OPENAI_API_KEY");
  return common && *common && !in_clear(url) ? common : "";
}

Error OpenAiModel::error(ErrorKind kind, std::string text) const {
  if (!endpoint_.key.empty())
    for (size_t at; (at = text.find(endpoint_.key)) != text.npos;) text.replace(at, endpoint_.key.size(), "(key)");
  return {kind, std::move(text)};
}

Result<std::unique_ptr<OpenAiModel>> OpenAiModel::make(Endpoint endpoint,
                                                       std::function<void(const std::string&)> notice,
                                                       const Cancel* cancel) {
  while (endpoint.url.ends_with('/')) endpoint.url.pop_back();
  if ((!endpoint.url.starts_with("http://") && !endpoint.url.starts_with("https://")) || host_of(endpoint.url).empty())
    return fail(ErrorKind::kInvalid,
                endpoint.url + ": not the base URL of a server; it looks like http://127.0.0.1:8080/v1");
  if (std::ranges::any_of(endpoint.key, [](unsigned char c) { return c < 0x21 || c > 0x7e; }))
    return fail(ErrorKind::kInvalid, "the key in the environment holds characters that no key has");
  if (!endpoint.key.empty() && in_clear(endpoint.url) && notice)
    notice(std::format("the key and what you ask travel in clear to {}; use https", host_of(endpoint.url)));
  std::unique_ptr<OpenAiModel> model(new OpenAiModel(std::move(endpoint)));
  Endpoint& e = model->endpoint_;
  if (!e.model.empty()) return model;
  std::string body;
  const auto reply = http(
      {.url = e.url + "/models", .headers = headers_of(e), .connect_s = e.connect_s},
      [&](std::string_view bytes) {
        body += bytes;
        return body.size() < kMostWhole;
      },
      cancel);
  if (!reply)
    return std::unexpected(model->error(reply.error().kind, std::format("{}: {}", e.url, reply.error().message)));
  if (reply->status != 200)
    return std::unexpected(
        model->error(ErrorKind::kIo, refusal(reply->status, error_text(reply->body), e) + "; name one with --model"));
  const auto list = nlohmann::json::parse(body, nullptr, false);
  if (list.is_object() && list.contains("data") && list["data"].is_array() && !list["data"].empty() &&
      list["data"][0].is_object() && list["data"][0].contains("id") && list["data"][0]["id"].is_string())
    e.model = list["data"][0]["id"];
  if (e.model.empty())
    return fail(ErrorKind::kInvalid, e.url + ": the server does not list its models; name one with --model");
  return model;
}

Result<ChatTurn> OpenAiModel::reply(std::span<const ChatMessage> transcript, std::span<const ToolSpec> tools,
                                    const ChatOptions& options, const ChatEvents& events, const Cancel* cancel) {
  double wait = endpoint_.first_wait_s;
  for (int attempt = 1;; ++attempt) {
    TurnBuilder turn(transcript, tools, events, options.max_tokens);
    SseReader sse;
    std::string whole;  // of a server that does not stream
    size_t bytes = 0;
    const auto reply = http(
        {.url = endpoint_.url + "/chat/completions",
         .body = request_body(endpoint_.model, transcript, tools, options, left_out_),
         .headers = headers_of(endpoint_),
         .connect_s = endpoint_.connect_s,
         .silence_s = patience_s(endpoint_.url)},
        [&](std::string_view piece) {
          bytes += piece.size();
          if (whole.empty() && bytes == piece.size() && piece.find_first_not_of(" \r\n") != piece.npos &&
              piece[piece.find_first_not_of(" \r\n")] == '{')
            whole = piece;
          else if (!whole.empty())
            whole += piece;
          else
            return bytes < kMostStream && sse.push(piece, [&](std::string_view data) { return turn.add(data); });
          return whole.size() < kMostWhole;
        },
        cancel);
    if (!reply && reply.error().kind == ErrorKind::kCancelled) return std::unexpected(reply.error());

    if (reply && reply->status == 200 && !whole.empty() && !reply->broken) turn.add_whole(whole);
    if (turn.finished() && turn.error().empty()) return turn.take();  // whatever became of the connection then
    std::string why;
    std::optional<double> asked;
    bool again = false;
    if (!reply) {
      why = std::format("{}: {}", endpoint_.url, reply.error().message);
      again = reply.error().kind == ErrorKind::kIo && !turn.shown();
    } else if (reply->status != 200) {
      const std::string said = error_text(reply->body);
      if (reply->status == 400 || reply->status == 422) {
        if (auto parameter = refused_parameter(said, left_out_)) {
          left_out_.insert(std::move(*parameter));
          continue;  // at most once for each of them
        }
      }
      why = refusal(reply->status, said, endpoint_);
      asked = reply->retry_after_s;
      again = may_pass(reply->status);
    } else {
      why = std::format("{}: {}", endpoint_.url,
                        !turn.error().empty()  ? turn.error()
                        : bytes >= kMostStream ? "the server answers without end"
                        : bytes == 0           ? "the server answered with nothing"
                                               : "the answer broke off before its end");
      // What was shown cannot be taken back, and would be shown twice.
      again = turn.error().empty() && bytes < kMostStream && !turn.shown();
    }
    if (!again || attempt >= endpoint_.tries || asked.value_or(0) > kMostWait_s) {
      if (asked.value_or(0) > kMostWait_s) why += std::format("; it asks to wait {:.0f} s", *asked);
      const bool too_long = reply && reply->status == 400 && (why.contains("context") || why.contains("too long"));
      return std::unexpected(error(too_long ? ErrorKind::kInvalid : ErrorKind::kIo, why));
    }
    const double pause = asked.value_or(wait);
    if (events.on_notice) events.on_notice(error({}, std::format("{}; trying again in {:.0f} s", why, pause)).message);
    if (!wait_s(pause, cancel)) return fail(ErrorKind::kCancelled, "the model was stopped");
    wait *= 2;
  }
}

Result<int64_t> OpenAiModel::count_tokens(std::string_view text) { return static_cast<int64_t>((text.size() + 3) / 4); }

}  // namespace strata::agent
