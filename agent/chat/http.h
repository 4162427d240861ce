// SPDX-License-Identifier: Apache-2.0
// One request to a server, read as it comes. No redirects: a key goes where the user sent it and nowhere else.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"

namespace strata::agent {

struct HttpRequest {
  std::string url;
  std::string body = {};  // JSON to post; empty: get
  std::vector<std::string> headers = {};
  double connect_s = 10;
  double silence_s = 120;  // without a byte
};

struct HttpReply {
  int status = 0;
  std::string content_type;
  std::optional<double> retry_after_s;
  std::string body;     // of a reply that is not 2xx: its beginning
  bool broken = false;  // the connection ended before the reply did
};

// `on_bytes` is given the body of a 2xx reply; false ends the request, which is no error. Errors: kCancelled; kNotFound
// if there is no such server; kIo if it cannot be reached or falls silent, which may pass.
Result<HttpReply> http(const HttpRequest& request, const std::function<bool(std::string_view)>& on_bytes,
                       const Cancel* cancel);

// Waits; false if the user asked to stop meanwhile.
bool wait_s(double seconds, const Cancel* cancel);

}  // namespace strata::agent
