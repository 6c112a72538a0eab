#include "core/playlist/hls_key.h"

namespace usher::playlist {
namespace {

std::string_view MethodName(KeyMethod method) {
  switch (method) {
    case KeyMethod::kAes128:
      return "AES-128";
    case KeyMethod::kSampleAes:
      return "SAMPLE-AES";
    case KeyMethod::kSampleAesCtr:
      return "SAMPLE-AES-CTR";
  }
  return "NONE";
}

}  // namespace

bool HasKeyFormat(const HlsKey& key) {
  return key.method != KeyMethod::kAes128 || key.key_format != "identity";
}

AttributeList Attributes(const HlsKey& key) {
  AttributeList attributes;
  attributes.Token("METHOD", MethodName(key.method)).Quoted("URI", key.uri);
  if (key.key_id) attributes.Hex("KEYID", *key.key_id);
  if (key.iv) attributes.Hex("IV", *key.iv);
  if (HasKeyFormat(key)) {
    attributes.Quoted("KEYFORMAT", key.key_format)
        .Quoted("KEYFORMATVERSIONS", key.key_format_versions);
  }
  return attributes;
}

}  // namespace usher::playlist
