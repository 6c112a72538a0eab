// COSE_Sign1 and COSE_Mac0 (RFC 9052 sections 4.2 and 6.2), as a CWT (RFC 8392)
// comes in one.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/crypto/signature.h"

namespace usher::ticket {

struct CoseMessage {
  // What its tag says it is; neither where it has none.
  enum class Form : uint8_t { kUntagged, kSign1, kMac0 };
  Form form = Form::kUntagged;
  crypto::SignatureAlgorithm algorithm = {};
  std::string kid;
  std::string protected_header;  // as it came
  std::string payload;
  std::string signature;
};

// Refuses other forms, an algorithm that is not under the signature or not one
// of HMAC 256/256, ES256, EdDSA and PS256, and `crit`. The error is a static
// text for the log.
std::expected<CoseMessage, const char*> ReadCoseMessage(ByteView bytes);

// The bytes that were signed (Sig_structure or MAC_structure). HMAC keys make a
// COSE_Mac0 of an untagged message.
Bytes ToBeSigned(const CoseMessage& message);

}  // namespace usher::ticket
