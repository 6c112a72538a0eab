#include "ngx_module/engine/redaction.h"

#include <algorithm>

namespace usher::engine {

std::string_view LoggableReferer(std::string_view referer) {
  constexpr std::string_view kSchemeEnd = "://";
  // The first delimiter of all, or a path could stand in front of it.
  const size_t scheme = referer.find_first_of(":/?#");
  if (scheme == std::string_view::npos ||
      !referer.substr(scheme).starts_with(kSchemeEnd)) {
    return {};
  }
  const size_t authority = scheme + kSchemeEnd.size();
  return referer.substr(0, referer.find_first_of("/?#", authority));
}

std::string_view LoggableRequestLine(std::string_view line) {
  // '%' because the bytes are not decoded yet: /%73/ is /s/.
  return line.substr(0,
                     std::min({line.find('?'), line.find('%'), line.find("/s/"),
                               line.find("//", line.find(' '))}));
}

}  // namespace usher::engine
