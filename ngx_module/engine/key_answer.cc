#include "ngx_module/engine/key_answer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/base64url.h"
#include "core/layout/layout.h"
#include "core/ticket/strict_json.h"
#include "core/ticket/verifier.h"

namespace usher::engine {
namespace {

using Json = nlohmann::json;

std::unexpected<KeyFailure> Because(KeyFailure::Kind kind, Error error = {}) {
  return std::unexpected(KeyFailure{.kind = kind, .error = std::move(error)});
}

KeyResult<SecretBytes> Open(const keys::KeyStore& store, std::string_view event,
                            const keys::KeyId& kid, uint64_t now) {
  std::error_code error;
  if (!std::filesystem::exists(store.PathOf(event, kid), error) && !error) {
    return Because(KeyFailure::Kind::kUnknown);
  }
  auto key = store.Get(event, kid);
  if (!key) return Because(KeyFailure::Kind::kFailed, std::move(key).error());
  if (key->from > now) {
    return std::unexpected(KeyFailure{.kind = KeyFailure::Kind::kNotYet,
                                      .seconds_early = key->from - now});
  }
  return std::move(key->key);
}

std::optional<keys::KeyId> KidOf(const Json& text) {
  if (!text.is_string()) return {};
  const auto bytes = FromBase64Url(text.get_ref<const std::string&>());
  keys::KeyId kid;
  if (!bytes || bytes->size() != kid.bytes.size()) return {};
  std::ranges::copy(*bytes, kid.bytes.begin());
  return kid;
}

std::optional<std::vector<keys::KeyId>> KidsOf(std::string_view body) {
  if (!ticket::IsStrictJsonObject(body, ticket::kMaxNesting)) return {};
  const Json request = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!request.contains("kids")) return {};
  const Json& list = request["kids"];
  if (!list.is_array() || list.empty() || list.size() > kMostKids) return {};
  // Persistent licences would outlive the session.
  if (request.value("type", Json("temporary")) != "temporary") return {};
  std::vector<keys::KeyId> kids;
  for (const Json& text : list) {
    const auto kid = KidOf(text);
    if (!kid) return {};
    kids.push_back(*kid);
  }
  return kids;
}

constexpr size_t kJwkSize = 96;

// Where `text` has room, so that no copy of the key is left behind.
void AppendJwk(const keys::KeyId& kid, const SecretBytes& key,
               std::string& text) {
  std::string encoded = ToBase64Url(key.view());
  text.append(R"({"kty":"oct","kid":")").append(ToBase64Url(kid.view()));
  text.append(R"(","k":")").append(encoded).append(R"("})");
  WipeText(encoded);
}

}  // namespace

void WipeText(std::string& text) {
  Wipe({reinterpret_cast<uint8_t*>(text.data()), text.size()});
  text.clear();
}

KeyResult<SecretBytes> FindKey(const keys::MasterKey& master,
                               const std::filesystem::path& directory,
                               std::string_view path, uint64_t now) {
  const auto resource = layout::Classify(path);
  if (!resource || !resource->kid) return Because(KeyFailure::Kind::kUnknown);
  const keys::KeyStore store(directory, master.Clone());
  return Open(store, resource->event, *resource->kid, now);
}

KeyResult<std::string> MakeLicence(const keys::MasterKey& master,
                                   const std::filesystem::path& directory,
                                   std::string_view path, std::string_view body,
                                   uint64_t now) {
  const auto resource = layout::Classify(path);
  if (!resource || resource->kind != layout::Kind::kLicence) {
    return Because(KeyFailure::Kind::kUnknown);
  }
  const auto kids = KidsOf(body);
  if (!kids) return Because(KeyFailure::Kind::kBadRequest);
  const keys::KeyStore store(directory, master.Clone());
  constexpr std::string_view kBegin = R"({"keys":[)";
  constexpr std::string_view kEnd = R"(],"type":"temporary"})";
  std::string licence;
  licence.reserve(kBegin.size() + kids->size() * kJwkSize + kEnd.size());
  licence = kBegin;
  KeyFailure none{.kind = KeyFailure::Kind::kUnknown};
  for (const keys::KeyId& kid : *kids) {
    const auto key = Open(store, resource->event, kid, now);
    if (key) {
      if (licence.size() > kBegin.size()) licence += ',';
      AppendJwk(kid, *key, licence);
    } else if (key.error().kind == KeyFailure::Kind::kFailed) {
      WipeText(licence);
      return std::unexpected(key.error());
    } else if (key.error().kind == KeyFailure::Kind::kNotYet) {
      none = key.error();
    }
  }
  if (licence.size() == kBegin.size()) return std::unexpected(std::move(none));
  return licence.append(kEnd);
}

}  // namespace usher::engine
