#include "core/crypto/evp.h"

#include <openssl/err.h>

#include <cstdio>
#include <cstdlib>

namespace usher::crypto {

const EVP_MD* Sha256Md() {
  static EVP_MD* const md =
      Must(EVP_MD_fetch(nullptr, "SHA256", nullptr), "EVP_MD_fetch");
  return md;
}

EVP_KDF* HkdfKdf() {
  static EVP_KDF* const kdf =
      Must(EVP_KDF_fetch(nullptr, "HKDF", nullptr), "EVP_KDF_fetch");
  return kdf;
}

const EVP_CIPHER* Aes128Cbc() {
  static EVP_CIPHER* const cipher =
      Must(EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr), "AES-128-CBC");
  return cipher;
}

const EVP_CIPHER* Aes128Ctr() {
  static EVP_CIPHER* const cipher =
      Must(EVP_CIPHER_fetch(nullptr, "AES-128-CTR", nullptr), "AES-128-CTR");
  return cipher;
}

const EVP_CIPHER* Aes256Gcm() {
  static EVP_CIPHER* const cipher =
      Must(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr), "AES-256-GCM");
  return cipher;
}

void Must(bool succeeded, const char* call) {
  if (succeeded) return;
  std::fprintf(stderr, "usher: OpenSSL failed in %s\n", call);
  std::abort();
}

void DropErrors() { ERR_clear_error(); }

}  // namespace usher::crypto
