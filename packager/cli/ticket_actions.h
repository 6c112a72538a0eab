// The three actions of `usher ticket`, each in a file of its own, and what they
// share. Only packager/cli includes this.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "core/base/error.h"
#include "core/crypto/signature.h"

namespace usher::cli {

// Each sets `exit_code` from its callback, as in command.h.
void AddTicketKeygen(CLI::App& parent, int& exit_code);
void AddTicketIssue(CLI::App& parent, int& exit_code);
void AddTicketInspect(CLI::App& parent, int& exit_code);

// "ES256" and so on; not HS256, which has no key pair.
Result<crypto::SignatureAlgorithm> AlgorithmCalled(const std::string& name);
// A JWK Set of this one key.
std::string JwksOf(const std::string& jwk);
// The RFC 7638 thumbprint of the public half: a kid where none is given.
Result<std::string> ThumbprintOf(const crypto::SigningKey& key);
// Prints the error, if there is one. Returns the exit code.
int Report(const Status& done);

}  // namespace usher::cli
