#include "ngx_module/engine/problem.h"

#include <nlohmann/json.hpp>

namespace usher::engine {
namespace {

// With type about:blank the title is the status phrase (RFC 9457, 4.2.1).
std::string_view PhraseOf(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 429:
      return "Too Many Requests";
    default:
      return "Internal Server Error";
  }
}

}  // namespace

std::string ProblemJson(int status, std::string_view code,
                        std::string_view detail) {
  const nlohmann::ordered_json problem = {{"type", "about:blank"},
                                          {"title", PhraseOf(status)},
                                          {"status", status},
                                          {"code", code},
                                          {"detail", detail}};
  return problem.dump() + "\n";
}

}  // namespace usher::engine
