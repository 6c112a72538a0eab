#include "core/ticket/key_set.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/ticket/jwk.h"
#include "core/ticket/strict_json.h"
#include "core/ticket/verifier.h"

namespace usher::ticket {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxSetSize = size_t{1} << 20;

// "shop.json, key 2"
std::string Place(std::string_view name, size_t index) {
  return std::string(name) + ", key " + std::to_string(index + 1);
}

// Identity providers list such keys beside those that sign.
bool IsForEncryption(const Json& jwk) {
  return jwk.is_object() && jwk.contains("use") && jwk["use"] == "enc";
}

Result<std::vector<KeySet::Key>> ReadKeys(const Json& list,
                                          std::string_view name) {
  std::vector<KeySet::Key> keys;
  for (size_t i = 0; i < list.size(); ++i) {
    const Json& jwk = list[i];
    if (IsForEncryption(jwk)) continue;
    if (!jwk.is_object()) {
      return BadInput(Place(name, i), "is not a JSON object");
    }
    auto key = ReadJwk(jwk.dump());
    if (!key) {
      key.error().where = Place(name, i);
      return std::unexpected(std::move(key.error()));
    }
    keys.push_back(*std::move(key));
  }
  if (keys.empty()) {
    return BadInput(std::string(name), "has no keys that sign",
                    "add the public half of the shop's key");
  }
  return keys;
}

}  // namespace

Result<KeySet> KeySet::Parse(std::string_view json, std::string_view name) {
  if (json.size() > kMaxSetSize) {
    return BadInput(std::string(name), "is larger than 1 MiB");
  }
  if (!IsStrictJsonObject(json, kMaxNesting)) {
    return BadInput(std::string(name),
                    "is not JSON, or has a duplicate member or deep nesting",
                    "it must be a JWK Set: {\"keys\": [...]}");
  }
  const Json set = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  const auto list = set.find("keys");
  if (list == set.end() || !list->is_array()) {
    return BadInput(std::string(name), "has no keys",
                    "it must be a JWK Set: {\"keys\": [...]}");
  }
  auto keys = ReadKeys(*list, name);
  if (!keys) return std::unexpected(std::move(keys.error()));
  std::ranges::sort(*keys, {}, &Key::kid);
  const auto twice = std::ranges::adjacent_find(*keys, {}, &Key::kid);
  if (twice != keys->end()) {
    return BadInput(std::string(name), "names kid " + twice->kid + " twice",
                    "give each key a kid of its own");
  }
  KeySet key_set;
  key_set.keys_ = *std::move(keys);
  for (const Key& key : key_set.keys_) {
    std::array<uint8_t, 4>& hash = key_set.hashes_.emplace_back();
    std::copy_n(key.hash.begin(), hash.size(), hash.begin());
  }
  std::ranges::sort(key_set.hashes_);
  return key_set;
}

const KeySet::Key* KeySet::Find(std::string_view kid) const {
  const auto key = std::ranges::lower_bound(keys_, kid, {}, &Key::kid);
  return key != keys_.end() && key->kid == kid ? &*key : nullptr;
}

bool KeySet::HasKeyOf(const std::array<uint8_t, 4>& hash) const {
  return std::ranges::binary_search(hashes_, hash);
}

}  // namespace usher::ticket
