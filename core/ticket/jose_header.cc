#include "core/ticket/jose_header.h"

#include <strings.h>

#include <nlohmann/json.hpp>

#include "core/ticket/strict_json.h"
#include "core/ticket/verifier.h"

namespace usher::ticket {
namespace {

using Json = nlohmann::json;

// Each changes what the signature or the payload means, and we know none.
constexpr const char* kMeaningChanging[] = {"crit", "b64", "zip", "enc"};

const std::string* FindString(const Json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end() || !member->is_string()) return nullptr;
  return &member->get_ref<const std::string&>();
}

bool HasOtherType(const Json& header, std::string_view wanted) {
  if (!header.contains("typ")) return wanted != kTicketType;
  const std::string* type = FindString(header, "typ");
  return type == nullptr || type->size() != wanted.size() ||
         strncasecmp(type->data(), wanted.data(), wanted.size()) != 0;
}

}  // namespace

std::expected<JoseHeader, const char*> ReadJoseHeader(std::string_view json,
                                                      std::string_view type) {
  if (!IsStrictJsonObject(json, kMaxNesting)) {
    return std::unexpected("header is not strict JSON");
  }
  const Json header = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  for (const char* name : kMeaningChanging) {
    if (header.contains(name)) {
      return std::unexpected("header has a parameter that must be understood");
    }
  }
  if (HasOtherType(header, type)) {
    return std::unexpected("typ is not the expected one");
  }
  const std::string* algorithm = FindString(header, "alg");
  if (algorithm == nullptr) return std::unexpected("no alg");
  const std::string* kid = FindString(header, "kid");
  if (kid == nullptr) return std::unexpected("no kid");
  return JoseHeader{*algorithm, *kid};
}

}  // namespace usher::ticket
