// usher ticket issue: prints the ticket and nothing else, so that a shell can
// take it.
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/keys/private_file.h"
#include "core/layout/layout.h"
#include "core/ticket/signer.h"
#include "packager/cli/ticket_actions.h"
#include "packager/cli/time_option.h"

namespace usher::cli {
namespace {

using Json = nlohmann::ordered_json;
using crypto::SignatureAlgorithm;
using crypto::SigningKey;

constexpr size_t kMaxKeyFile = size_t{64} << 10;

struct IssueOptions {
  std::string key_file;
  std::string algorithm;  // empty: the one the key allows
  std::string kid;        // empty: the thumbprint
  std::vector<std::string> events;
  std::string subject;
  std::string expires;
  std::string not_before;
  std::string issuer;
  std::string audience;
  std::vector<std::string> countries;
  unsigned seats = 1;
  bool as_json = false;
};

// The one algorithm an EC or Ed25519 key has; an RSA key has two.
Result<SigningKey> ReadKey(const IssueOptions& options) {
  const auto pem = keys::ReadPrivateFile(options.key_file, kMaxKeyFile,
                                         keys::Readers::kGroupOnly);
  if (!pem) return std::unexpected(pem.error());
  const std::string_view text = AsText(pem->view());
  const auto in_file = [&options](Result<SigningKey> key) {
    if (!key) key.error().where = options.key_file;
    return key;
  };
  if (!options.algorithm.empty()) {
    const auto algorithm = AlgorithmCalled(options.algorithm);
    if (!algorithm) return std::unexpected(algorithm.error());
    return in_file(SigningKey::FromPem(text, *algorithm));
  }
  auto key = SigningKey::FromPem(text, SignatureAlgorithm::kEdDsa);
  if (!key) key = SigningKey::FromPem(text, SignatureAlgorithm::kEs256);
  if (!key && SigningKey::FromPem(text, SignatureAlgorithm::kRs256)) {
    return BadInput(options.key_file, "is an RSA key, which has two algorithms",
                    "add --algorithm RS256 or PS256, as the JWKS says");
  }
  return in_file(std::move(key));
}

Status CheckEvents(const std::vector<std::string>& events) {
  for (const std::string& event : events) {
    if (layout::IsEventName(event)) continue;
    return BadInput("--event", "'" + event + "' is no event name",
                    "try '" + layout::EventNameFor(event) + "'");
  }
  return {};
}

Result<ticket::Claims> ClaimsOf(const IssueOptions& options, int64_t now) {
  Status events = CheckEvents(options.events);
  if (!events) return std::unexpected(events.error());
  ticket::Claims claims;
  claims.subject = options.subject;
  claims.events = options.events;
  claims.issuer = options.issuer;
  if (!options.audience.empty()) claims.audiences = {options.audience};
  claims.countries = options.countries;
  claims.seats = options.seats;
  claims.issued_at = now;
  const auto expires = ReadTime("--expires", options.expires, now);
  if (!expires) return std::unexpected(expires.error());
  if (*expires <= now) {
    return BadInput("--expires", "'" + options.expires + "' has passed",
                    "write 6h for six hours from now");
  }
  claims.expires = *expires;
  if (!options.not_before.empty()) {
    const auto from = ReadTime("--not-before", options.not_before, now);
    if (!from) return std::unexpected(from.error());
    claims.not_before = *from;
  }
  return claims;
}

Status Issue(const IssueOptions& options) {
  const auto claims = ClaimsOf(options, SystemClock().UnixSeconds());
  if (!claims) return std::unexpected(claims.error());
  const auto key = ReadKey(options);
  if (!key) return std::unexpected(key.error());
  const auto kid = options.kid.empty() ? ThumbprintOf(*key) : options.kid;
  if (!kid) return std::unexpected(kid.error());
  const auto signed_ticket = ticket::Sign(*claims, *kid, *key);
  if (!signed_ticket) return std::unexpected(signed_ticket.error());
  if (options.as_json) {
    std::cout << Json{{"ticket", *signed_ticket},
                      {"kid", *kid},
                      {"sub", claims->subject},
                      {"event", claims->events},
                      {"expires", claims->expires}}
                     .dump()
              << '\n';
  } else {
    std::cout << *signed_ticket << '\n';
  }
  return {};
}

}  // namespace

void AddTicketIssue(CLI::App& parent, int& exit_code) {
  auto options = std::make_shared<IssueOptions>();
  CLI::App* command =
      parent.add_subcommand("issue", "Sign a ticket and print it");
  command->add_option("--key", options->key_file, "private key in PEM form")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--algorithm", options->algorithm,
                   "for an RSA key: RS256 or PS256")
      ->type_name("NAME");
  command
      ->add_option("--kid", options->kid,
                   "the key's name in the JWKS (default: its thumbprint)")
      ->type_name("NAME");
  command
      ->add_option("--event", options->events,
                   "event it admits to; may be repeated")
      ->type_name("NAME")
      ->required();
  command
      ->add_option("--sub,--subject", options->subject,
                   "ticket id, such as the order number")
      ->type_name("ID")
      ->required();
  command
      ->add_option("--expires", options->expires,
                   "90m, 6h or 30d from now, or a UNIX time")
      ->type_name("TIME")
      ->required();
  command
      ->add_option("--not-before", options->not_before,
                   "valid only from then on; written like --expires")
      ->type_name("TIME");
  command
      ->add_option("--seats", options->seats,
                   "simultaneous screens (default 1)")
      ->type_name("N")
      ->check(CLI::Range(1, 255));
  command
      ->add_option("--country", options->countries,
                   "admit from this country only; may be repeated")
      ->type_name("CC");
  command->add_option("--iss", options->issuer, "issuer")->type_name("TEXT");
  command->add_option("--aud", options->audience, "audience")
      ->type_name("TEXT");
  command->add_flag("--json", options->as_json,
                    "print one JSON object instead of the bare ticket");
  command->callback(
      [options, &exit_code] { exit_code = Report(Issue(*options)); });
}

}  // namespace usher::cli
