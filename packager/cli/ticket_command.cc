// usher ticket: for those without a shop of their own. Makes a key pair, issues
// tickets with it, and judges a ticket as an edge would.
#include <iostream>

#include "core/base/base64url.h"
#include "core/ticket/key_set.h"
#include "packager/cli/command.h"
#include "packager/cli/ticket_actions.h"

namespace usher::cli {

using crypto::SignatureAlgorithm;
using crypto::SigningKey;

void AddTicketCommand(CLI::App& root, int& exit_code) {
  CLI::App* command =
      root.add_subcommand("ticket", "Make, issue and judge tickets");
  command->require_subcommand(1);
  AddTicketKeygen(*command, exit_code);
  AddTicketIssue(*command, exit_code);
  AddTicketInspect(*command, exit_code);
}

Result<SignatureAlgorithm> AlgorithmCalled(const std::string& name) {
  for (const auto algorithm :
       {SignatureAlgorithm::kEs256, SignatureAlgorithm::kEdDsa,
        SignatureAlgorithm::kRs256, SignatureAlgorithm::kPs256}) {
    if (crypto::NamesAlgorithm(name, algorithm)) return algorithm;
  }
  return BadInput("--algorithm", "'" + name + "' is not known",
                  "use ES256, EdDSA, RS256 or PS256");
}

std::string JwksOf(const std::string& jwk) {
  return R"({"keys":[)" + jwk + "]}\n";
}

Result<std::string> ThumbprintOf(const SigningKey& key) {
  const auto jwk = key.PublicJwk("any");
  if (!jwk) return std::unexpected(jwk.error());
  const auto set = ticket::KeySet::Parse(JwksOf(*jwk), "key");
  if (!set) return std::unexpected(set.error());
  return ToBase64Url(set->keys().front().hash);
}

int Report(const Status& done) {
  if (done) return kExitDone;
  std::cerr << done.error().OneLine() << '\n';
  return ExitCodeOf(done.error());
}

}  // namespace usher::cli
