// SPDX-License-Identifier: Apache-2.0
#include "agent/chat/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <format>
#include <memory>
#include <mutex>
#include <thread>

namespace strata::agent {
namespace {

constexpr size_t kMostErrorBody = 64 << 10;
constexpr int kPollMs = 100;  // how soon a wish to stop is noticed

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

struct Transfer {
  CURL* curl = nullptr;
  const std::function<bool(std::string_view)>* on_bytes = nullptr;
  HttpReply reply;
  double last_byte_s = 0;
  bool stopped = false;
};

size_t take_body(char* data, size_t, size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.last_byte_s = now_s();
  long status = 0;
  curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &status);
  if (status < 200 || status > 299) {
    transfer.reply.body.append(data,
                               std::min(size, kMostErrorBody - std::min(kMostErrorBody, transfer.reply.body.size())));
    return size;
  }
  if ((*transfer.on_bytes)({data, size})) return size;
  transfer.stopped = true;
  return CURL_WRITEFUNC_ERROR;
}

// Retry-After in seconds. As a date it is rare, and then our own waiting does.
size_t take_header(char* data, size_t, size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  std::string line(data, size);
  std::ranges::transform(line, line.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::string_view kName = "retry-after:";
  if (!line.starts_with(kName)) return size;
  const size_t first = line.find_first_not_of(' ', kName.size());
  double seconds = 0;
  if (first != line.npos &&
      std::from_chars(line.data() + first, line.data() + line.size(), seconds).ec == std::errc() && seconds >= 0)
    transfer.reply.retry_after_s = seconds;
  return size;
}

}  // namespace

bool wait_s(double seconds, const Cancel* cancel) {
  for (const double end = now_s() + seconds; now_s() < end;) {
    if (cancel && cancel->requested()) return false;
    std::this_thread::sleep_for(std::chrono::duration<double>(std::clamp(end - now_s(), 0.0, kPollMs / 1000.0)));
  }
  return true;
}

Result<HttpReply> http(const HttpRequest& request, const std::function<bool(std::string_view)>& on_bytes,
                       const Cancel* cancel) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(), curl_easy_cleanup);
  const std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi(curl_multi_init(), curl_multi_cleanup);
  if (!easy || !multi) return fail(ErrorKind::kIo, "libcurl cannot be started");
  CURL* curl = easy.get();
  Transfer transfer{.curl = curl, .on_bytes = &on_bytes, .reply = {}, .last_byte_s = now_s()};
  curl_slist* list = nullptr;
  for (const std::string& header : request.headers) list = curl_slist_append(list, header.c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(list, curl_slist_free_all);

  char said[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "strata");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_s * 1000));
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, said);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  if (!request.body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
  }

  curl_multi_add_handle(multi.get(), curl);
  const std::unique_ptr<CURL, std::function<void(CURL*)>> added(
      curl, [&](CURL* handle) { curl_multi_remove_handle(multi.get(), handle); });
  for (int running = 1; running > 0;) {
    if (cancel && cancel->requested()) return fail(ErrorKind::kCancelled, "the model was stopped");
    if (now_s() - transfer.last_byte_s > request.silence_s)
      return fail(ErrorKind::kIo, std::format("the server said nothing for {:.0f} s", request.silence_s));
    if (curl_multi_perform(multi.get(), &running) != CURLM_OK) return fail(ErrorKind::kIo, "libcurl cannot go on");
    if (running > 0) curl_multi_poll(multi.get(), nullptr, 0, kPollMs, nullptr);
  }
  CURLcode code = CURLE_OK;
  int left = 0;
  for (const CURLMsg* message; (message = curl_multi_info_read(multi.get(), &left)) != nullptr;)
    if (message->msg == CURLMSG_DONE) code = message->data.result;

  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  transfer.reply.status = static_cast<int>(status);
  const char* type = nullptr;
  if (curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type) transfer.reply.content_type = type;
  if (code == CURLE_OK || transfer.stopped) return std::move(transfer.reply);
  if (status >= 200) {  // it had begun to answer
    transfer.reply.broken = true;
    return std::move(transfer.reply);
  }
  const bool hopeless = code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_URL_MALFORMAT ||
                        code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_PEER_FAILED_VERIFICATION;
  return fail(hopeless ? ErrorKind::kNotFound : ErrorKind::kIo, *said ? said : curl_easy_strerror(code));
}

}  // namespace strata::agent
