// One HTTP/2 request on a connection of its own, header by header: a client
// library would refuse to send what an attacker sends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/system/http_client.h"

namespace usher::testing {

// In the order they are sent; pseudo-headers are ordinary entries.
using Http2Fields = std::vector<std::pair<std::string, std::string>>;

// Prior knowledge, no TLS (RFC 9113 section 3.3). The answer's headers are what
// its header block spells out (hpack.h), each as a value without a name. Status
// 0: the stream was reset or the connection closed without an answer.
Answer AskHttp2(uint16_t port, const Http2Fields& fields,
                std::string_view body = {});
// What Ask() sends, over HTTP/2: "Host" becomes :authority.
Answer AskHttp2(uint16_t port, std::string_view method, std::string_view target,
                const Headers& headers = {}, std::string_view body = {});

}  // namespace usher::testing
