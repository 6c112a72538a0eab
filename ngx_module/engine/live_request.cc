#include "ngx_module/engine/live_request.h"

#include "core/base/parse_number.h"

namespace usher::engine {
namespace {

bool Assign(std::string_view value, std::optional<uint64_t>& number) {
  if (number) return false;
  number = ParseNumber<uint64_t>(value);
  return number.has_value();
}

bool AssignArgument(std::string_view name, std::string_view value,
                    LiveRequest& request) {
  if (name == "_HLS_msn") return Assign(value, request.number);
  if (name == "_HLS_part") return Assign(value, request.part);
  if (name != "_HLS_skip") return true;
  if (request.delta || (value != "YES" && value != "v2")) return false;
  request.delta = true;
  return true;
}

}  // namespace

std::optional<LiveRequest> ParseLiveRequest(std::string_view args) {
  LiveRequest request;
  while (!args.empty()) {
    const size_t end = args.find('&');
    const std::string_view argument = args.substr(0, end);
    args.remove_prefix(end == std::string_view::npos ? args.size() : end + 1);
    const size_t equals = argument.find('=');
    const std::string_view value = equals == std::string_view::npos
                                       ? std::string_view()
                                       : argument.substr(equals + 1);
    if (!AssignArgument(argument.substr(0, equals), value, request)) {
      return std::nullopt;
    }
  }
  if (request.part && !request.number) return std::nullopt;
  return request;
}

std::optional<PartName> ParsePartName(std::string_view file) {
  const size_t first = file.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const size_t second = file.find('.', first + 1);
  if (second == std::string_view::npos || file.substr(second) != ".m4s") {
    return std::nullopt;
  }
  const auto number = ParseNumber<uint64_t>(file.substr(0, first));
  const auto part =
      ParseNumber<uint64_t>(file.substr(first + 1, second - first - 1));
  if (!number || !part) return std::nullopt;
  return PartName{*number, *part};
}

}  // namespace usher::engine
