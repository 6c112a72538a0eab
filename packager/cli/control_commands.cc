// usher revoke, usher sessions, usher event: what who runs a box says to it,
// through its control API.
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/base64url.h"
#include "core/base/clock.h"
#include "core/base/hex.h"
#include "core/keys/private_file.h"
#include "core/layout/layout.h"
#include "core/session/credential.h"
#include "core/ticket/key_set.h"
#include "packager/cli/command.h"
#include "packager/cli/revocation_list_file.h"
#include "packager/cli/ticket_actions.h"
#include "packager/cli/time_option.h"
#include "packager/control/control_client.h"

namespace usher::cli {
namespace {

using Json = nlohmann::ordered_json;
using control::ControlClient;
using ticket::Revocation;

constexpr size_t kMaxFile = size_t{1} << 20;

struct BoxOptions {
  std::string url;
  std::string secret_file;
  bool as_json = false;
};

struct RevokeOptions {
  BoxOptions box;
  std::string ticket;
  std::string issuer;
  std::string session;
  std::string key_file;
  std::string until;
  bool undo = false;
  std::string list_file;  // instead of a box
  std::string sign_file;
  std::string kid;
};

struct SessionsOptions {
  BoxOptions box;
  std::string event;
  std::string evict;
};

struct EventOptions {
  BoxOptions box;
  std::string event;
  std::string state;
  std::string starts;
};

void AddBoxOptions(CLI::App& command, BoxOptions& box) {
  command
      .add_option("--control", box.url,
                  "where usher_control answers (or USHER_CONTROL)")
      ->type_name("URL")
      ->envname("USHER_CONTROL");
  command
      .add_option("--secret", box.secret_file,
                  "the file usher_control names (or USHER_CONTROL_SECRET)")
      ->type_name("FILE")
      ->envname("USHER_CONTROL_SECRET");
  command.add_flag("--json", box.as_json, "print the box's answer as it is");
}

Result<std::string> Call(const BoxOptions& box, const char* method,
                         const std::string& resource, const Json& body) {
  if (box.url.empty() || box.secret_file.empty()) {
    return BadInput("usher", "no box is named",
                    "add --control URL and --secret FILE");
  }
  auto secret = keys::ReadPrivateFile(box.secret_file, kMaxFile,
                                      keys::Readers::kGroupOnly);
  if (!secret) return std::unexpected(std::move(secret).error());
  const std::string_view text = AsText(secret->view());
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  const ControlClient client(box.url, SecretBytes(AsBytes(line)));
  return client.Call(method, resource, body.is_null() ? "" : body.dump());
}

// The thumbprint of the one key in a JWK or JWK Set.
Result<std::string> ThumbprintIn(const std::string& file) {
  const auto text =
      keys::ReadPrivateFile(file, kMaxFile, keys::Readers::kAnyone);
  if (!text) return std::unexpected(text.error());
  const std::string jwk(AsText(text->view()));
  auto set = ticket::KeySet::Parse(jwk, file);
  if (!set) {
    if (auto one = ticket::KeySet::Parse(JwksOf(jwk), file)) {
      set = std::move(one);
    }
  }
  if (!set) return std::unexpected(set.error());
  if (set->keys().size() != 1) {
    return BadInput(file, "has several keys",
                    "give a file with only the key that is revoked");
  }
  return ToBase64Url(set->keys().front().hash);
}

Result<Json> RevocationOf(const RevokeOptions& options) {
  Json body;
  if (!options.ticket.empty()) body["ticket"] = options.ticket;
  if (!options.issuer.empty()) body["issuer"] = options.issuer;
  if (!options.session.empty()) body["session"] = options.session;
  if (!options.key_file.empty()) {
    const auto thumbprint = ThumbprintIn(options.key_file);
    if (!thumbprint) return std::unexpected(thumbprint.error());
    body["key"] = *thumbprint;
  }
  if (options.undo) body["until"] = 0;
  if (!options.until.empty()) {
    const auto until =
        ReadTime("--until", options.until, SystemClock().UnixSeconds());
    if (!until) return std::unexpected(until.error());
    body["until"] = *until;
  }
  return body;
}

// The same for a list: digests and times only.
Result<Revocation> ListedOf(const RevokeOptions& options, uint32_t now) {
  Revocation revocation;
  if (!options.ticket.empty()) {
    revocation.id = session::TicketHash(options.issuer, options.ticket);
  } else if (!options.session.empty()) {
    revocation.kind = Revocation::Kind::kSession;
    const auto sid = FromHex(options.session);
    if (!sid || sid->size() != revocation.id.size()) {
      return BadInput("--session", "is not 16 hexadecimal digits");
    }
    std::ranges::copy(*sid, revocation.id.begin());
  } else {
    revocation.kind = Revocation::Kind::kKey;
    const auto thumbprint = ThumbprintIn(options.key_file);
    if (!thumbprint) return std::unexpected(thumbprint.error());
    const auto hash = FromBase64Url(*thumbprint);
    std::copy_n(hash->begin(), 4, revocation.id.begin());
  }
  if (options.undo) return revocation;
  const auto until =
      ReadTime("--until", options.until.empty() ? "366d" : options.until, now);
  if (!until) return std::unexpected(until.error());
  revocation.until =
      static_cast<uint32_t>(std::min<int64_t>(*until, UINT32_MAX));
  return revocation;
}

Result<crypto::SigningKey> ReadSigningKey(const std::string& file) {
  const auto pem =
      keys::ReadPrivateFile(file, kMaxFile, keys::Readers::kGroupOnly);
  if (!pem) return std::unexpected(pem.error());
  for (const auto algorithm : {crypto::SignatureAlgorithm::kEs256,
                               crypto::SignatureAlgorithm::kEdDsa}) {
    if (auto key =
            crypto::SigningKey::FromPem(AsText(pem->view()), algorithm)) {
      return key;
    }
  }
  return BadInput(file, "is no EC P-256 or Ed25519 key in PEM form",
                  "make one with `usher ticket keygen`");
}

Status RevokeInList(const RevokeOptions& options) {
  const auto now = static_cast<uint32_t>(SystemClock().UnixSeconds());
  const auto revocation = ListedOf(options, now);
  if (!revocation) return std::unexpected(revocation.error());
  const auto key = ReadSigningKey(options.sign_file);
  if (!key) return std::unexpected(key.error());
  const auto kid = options.kid.empty() ? ThumbprintOf(*key) : options.kid;
  if (!kid) return std::unexpected(kid.error());
  const auto list = UpdateList(options.list_file, *revocation, *key, *kid, now);
  if (!list) return std::unexpected(list.error());
  if (options.box.as_json) {
    std::cout << Json{{"sequence", list->sequence},
                      {"revocations", list->revocations.size()}}
                     .dump()
              << '\n';
  } else {
    std::cout << "list " << list->sequence << ", " << list->revocations.size()
              << " revocations\n";
  }
  return {};
}

Status Revoke(const RevokeOptions& options) {
  if (!options.list_file.empty()) return RevokeInList(options);
  const auto body = RevocationOf(options);
  if (!body) return std::unexpected(body.error());
  const auto answer = Call(options.box, "POST", "revocations", *body);
  if (!answer) return std::unexpected(answer.error());
  if (options.box.as_json) {
    std::cout << *answer;
  } else {
    std::cout << (options.undo ? "taken back\n" : "revoked\n");
  }
  return {};
}

// Whatever a box answers, nothing of it ends this program.
Json Parsed(const std::string& answer) {
  return Json::parse(answer, nullptr, /*allow_exceptions=*/false);
}

void PrintSessions(const std::string& answer) {
  const Json list = Parsed(answer);
  if (!list.is_object() || !list.contains("sessions")) return;
  std::cout << list.value("live", 0) << " watching\n";
  for (const Json& each : list["sessions"]) {
    std::cout << each.value("session", "") << "  ticket "
              << each.value("ticket", "") << "  since "
              << each.value("since", 0) << "  seen " << each.value("seen", 0)
              << '\n';
  }
}

Status CheckEvent(const std::string& event) {
  if (layout::IsEventName(event)) return {};
  return BadInput("EVENT", "'" + event + "' is no event name",
                  "try '" + layout::EventNameFor(event) + "'");
}

Status Sessions(const SessionsOptions& options) {
  if (Status event = CheckEvent(options.event); !event) return event;
  if (!options.evict.empty()) {
    const auto evicted =
        Call(options.box, "POST", "evictions", {{"session", options.evict}});
    if (!evicted) return std::unexpected(evicted.error());
    std::cout << (options.box.as_json ? *evicted : "evicted\n");
    return {};
  }
  const auto answer =
      Call(options.box, "GET", "events/" + options.event + "/sessions", {});
  if (!answer) return std::unexpected(answer.error());
  if (options.box.as_json) {
    std::cout << *answer;
  } else {
    PrintSessions(*answer);
  }
  return {};
}

Result<std::string> CallEvent(const EventOptions& options) {
  const std::string resource = "events/" + options.event;
  if (options.state.empty() && options.starts.empty()) {
    return Call(options.box, "GET", resource, {});
  }
  Json body = {{"state", options.state.empty() ? "open" : options.state}};
  if (!options.starts.empty()) {
    const auto starts =
        ReadTime("--starts", options.starts, SystemClock().UnixSeconds());
    if (!starts) return std::unexpected(starts.error());
    body["starts"] = *starts;
  }
  return Call(options.box, "PUT", resource, body);
}

Status Event(const EventOptions& options) {
  if (Status event = CheckEvent(options.event); !event) return event;
  const auto answer = CallEvent(options);
  if (!answer) return std::unexpected(answer.error());
  const Json event = Parsed(*answer);
  if (options.box.as_json || !event.is_object()) {
    std::cout << *answer;
    return {};
  }
  std::cout << event.value("event", "") << " is " << event.value("state", "");
  if (const int64_t starts = event.value("starts", int64_t{0}); starts > 0) {
    std::cout << ", starts " << starts;
  }
  std::cout << ", " << event.value("live", 0) << " watching\n";
  return {};
}

void AddRevoke(CLI::App& root, int& exit_code) {
  auto options = std::make_shared<RevokeOptions>();
  CLI::App* command =
      root.add_subcommand("revoke", "Revoke a ticket, session or signing key");
  AddBoxOptions(*command, options->box);
  CLI::Option_group* what = command->add_option_group("what");
  what->add_option("--ticket", options->ticket, "the ticket's sub")
      ->type_name("ID");
  what->add_option("--session", options->session, "the id that logs show")
      ->type_name("SID");
  what->add_option("--key", options->key_file,
                   "the public signing key, a JWK or a JWK Set of one")
      ->type_name("FILE");
  what->require_option(1);
  command->add_option("--iss", options->issuer, "the ticket's issuer")
      ->type_name("TEXT");
  CLI::Option* until =
      command
          ->add_option("--until", options->until,
                       "when it may be forgotten: 6h or 30d from now, or a "
                       "UNIX time (default: a year)")
          ->type_name("TIME");
  CLI::Option* sign = command
                          ->add_option("--sign", options->sign_file,
                                       "private key for --list, in PEM form")
                          ->type_name("FILE");
  command
      ->add_option("--list", options->list_file,
                   "write it into this signed list instead of telling a box")
      ->type_name("FILE")
      ->needs(sign);
  command
      ->add_option("--kid", options->kid,
                   "that key's name (default: its thumbprint)")
      ->type_name("NAME");
  command->add_flag("--undo", options->undo, "take a revocation back")
      ->excludes(until);
  command->callback(
      [options, &exit_code] { exit_code = Report(Revoke(*options)); });
}

void AddSessions(CLI::App& root, int& exit_code) {
  auto options = std::make_shared<SessionsOptions>();
  CLI::App* command =
      root.add_subcommand("sessions", "List who watches, or evict one");
  AddBoxOptions(*command, options->box);
  command->add_option("EVENT", options->event, "name of the event")->required();
  command
      ->add_option("--evict", options->evict,
                   "empty this session's seat; its ticket stays good")
      ->type_name("SID");
  command->callback(
      [options, &exit_code] { exit_code = Report(Sessions(*options)); });
}

void AddEvent(CLI::App& root, int& exit_code) {
  auto options = std::make_shared<EventOptions>();
  CLI::App* command =
      root.add_subcommand("event", "Tell or set the state of an event");
  AddBoxOptions(*command, options->box);
  command->add_option("EVENT", options->event, "name of the event")->required();
  command
      ->add_option("--state", options->state,
                   "open, closed, ended, or open_to_all: without tickets")
      ->type_name("STATE")
      ->check(CLI::IsMember({"open", "closed", "ended", "open_to_all"}));
  command
      ->add_option("--starts", options->starts,
                   "doors open then: 90m from now, or a UNIX time")
      ->type_name("TIME");
  command->callback(
      [options, &exit_code] { exit_code = Report(Event(*options)); });
}

}  // namespace

void AddControlCommands(CLI::App& root, int& exit_code) {
  AddRevoke(root, exit_code);
  AddSessions(root, exit_code);
  AddEvent(root, exit_code);
}

}  // namespace usher::cli
