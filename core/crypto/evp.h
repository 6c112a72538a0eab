// OpenSSL's objects as C++ owns them. Only core/crypto includes this.
//
// Algorithms are fetched once per process: a fetch costs more than hashing a
// kilobyte. The objects live until the process ends.
#pragma once

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include <memory>

namespace usher::crypto {

template <auto Free>
struct EvpDelete {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using BignumPtr = std::unique_ptr<BIGNUM, EvpDelete<BN_clear_free>>;
using BioPtr = std::unique_ptr<BIO, EvpDelete<BIO_free>>;
using CipherContextPtr =
    std::unique_ptr<EVP_CIPHER_CTX, EvpDelete<EVP_CIPHER_CTX_free>>;
using EcdsaSignaturePtr = std::unique_ptr<ECDSA_SIG, EvpDelete<ECDSA_SIG_free>>;
using KdfContextPtr = std::unique_ptr<EVP_KDF_CTX, EvpDelete<EVP_KDF_CTX_free>>;
using DigestContextPtr =
    std::unique_ptr<EVP_MD_CTX, EvpDelete<EVP_MD_CTX_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, EvpDelete<EVP_PKEY_free>>;
using PkeyContextPtr =
    std::unique_ptr<EVP_PKEY_CTX, EvpDelete<EVP_PKEY_CTX_free>>;

const EVP_MD* Sha256Md();
EVP_KDF* HkdfKdf();
const EVP_CIPHER* Aes128Cbc();
const EVP_CIPHER* Aes128Ctr();
const EVP_CIPHER* Aes256Gcm();

// For calls that fail only where memory or OpenSSL itself is broken, with
// arguments of our own: ends the process rather than go on without crypto.
void Must(bool succeeded, const char* call);
template <typename T>
T* Must(T* object, const char* call) {
  Must(object != nullptr, call);
  return object;
}

// Forgets what failed calls left in OpenSSL's per-thread error queue. nginx
// would otherwise log our refusals as errors of its own TLS connections.
void DropErrors();

}  // namespace usher::crypto
