// usher ticket inspect: what a ticket says, and what an edge would say to it.
#include <cctype>
#include <ctime>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/base/clock.h"
#include "core/keys/private_file.h"
#include "core/layout/everything.h"
#include "core/layout/layout.h"
#include "core/ticket/compact_jws.h"
#include "core/ticket/key_set.h"
#include "core/ticket/strict_json.h"
#include "core/ticket/verifier.h"
#include "packager/cli/command.h"
#include "packager/cli/ticket_actions.h"

namespace usher::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxJwksFile = size_t{1} << 20;
constexpr int64_t kMaxDate = 253402300799;  // the year 9999

struct InspectOptions {
  std::string ticket;  // "-": standard input
  std::string jwks_file;
  std::string event;    // empty: the first the ticket names
  std::string url;      // without the token; empty: asked for by event alone
  std::string country;  // empty: not known, as on an edge without a rule
  bool as_json = false;
};

struct Inspection {
  Json header;   // null where it is no strict JSON
  Json payload;  // the same
  std::string event;
  bool checked = false;
  bool one_path = false;
  std::optional<ticket::Refusal> refusal;
};

std::string ReadStandardInput() {
  std::string text(2 * ticket::kMaxTicketSize, '\0');
  std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::cin.gcount()));
  return text;
}

std::string Trimmed(std::string text) {
  while (!text.empty() &&
         std::isspace(static_cast<unsigned char>(text.back()))) {
    text.pop_back();
  }
  return text;
}

// Bounded in depth, as writing it again goes as deep.
Json ParsedOrNull(ByteView bytes) {
  if (!ticket::IsStrictJsonObject(AsText(bytes), ticket::kMaxNesting)) {
    return {};
  }
  return Json::parse(AsText(bytes), nullptr, /*allow_exceptions=*/false);
}

// Unverified: for people to read, and to choose what to ask the verifier.
std::string FirstEventOf(const Json& payload) {
  if (!payload.is_object() || !payload.contains("event")) return {};
  const Json& event = payload["event"];
  if (event.is_string()) return event.get<std::string>();
  if (!event.is_array() || event.empty() || !event[0].is_string()) return {};
  return event[0].get<std::string>();
}

// "https://edge/fight/x?y" as an edge takes it apart.
Result<ticket::Visit> VisitOf(const InspectOptions& options,
                              std::string_view event) {
  if (options.url.empty()) return ticket::Visit{.event = event};
  const std::string_view url = options.url;
  const size_t authority = url.find("://");
  const size_t path =
      authority == url.npos ? url.npos : url.find('/', authority + 3);
  const auto of_path =
      path == url.npos
          ? std::nullopt
          : layout::EventOfPath(url.substr(path, url.find('?') - path));
  if (!of_path) {
    return BadInput("--url", "'" + options.url + "' is no URL of an event",
                    "write https://HOST/EVENT/FILE, without the token");
  }
  return ticket::Visit{.event = event.empty() ? *of_path : event,
                       .base = url.substr(0, path),
                       .target = url.substr(path),
                       .everything = layout::Everything()};
}

Result<Inspection> Judge(const InspectOptions& options) {
  const std::string text =
      Trimmed(options.ticket == "-" ? ReadStandardInput() : options.ticket);
  Inspection result;
  const auto jws = ticket::ReadCompactJws(text);
  if (jws) {
    result.header = ParsedOrNull(jws->header);
    result.payload = ParsedOrNull(jws->payload);
  }
  result.event =
      options.event.empty() ? FirstEventOf(result.payload) : options.event;
  if (options.jwks_file.empty()) {
    if (!jws) {
      result.refusal = {Denial::kTicketInvalid, "no compact JWS"};
    }
    return result;
  }
  const auto file = keys::ReadPrivateFile(options.jwks_file, kMaxJwksFile,
                                          keys::Readers::kAnyone);
  if (!file) return std::unexpected(file.error());
  const auto keys =
      ticket::KeySet::Parse(AsText(file->view()), options.jwks_file);
  if (!keys) return std::unexpected(keys.error());
  const auto visit = VisitOf(options, result.event);
  if (!visit) return std::unexpected(visit.error());
  result.checked = true;
  const auto verified =
      ticket::Verify(text, *keys, *visit, {.country = options.country},
                     SystemClock().UnixSeconds());
  result.event = std::string(visit->event);
  if (!verified) {
    result.refusal = verified.error();
  } else {
    result.one_path = verified->limits.one_path;
  }
  return result;
}

// Nothing of a ticket reaches a terminal unescaped.
std::string Escaped(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/true,
                   Json::error_handler_t::replace);
}

std::string UtcTime(int64_t unix_seconds) {
  const std::time_t time = unix_seconds;
  std::tm utc{};
  char text[32];
  gmtime_r(&time, &utc);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

void PrintExpiry(const Json& payload) {
  if (!payload.is_object() || !payload.contains("exp")) return;
  const Json& expires = payload["exp"];
  if (!expires.is_number_unsigned() || expires > kMaxDate) return;
  std::cout << "expires  " << UtcTime(expires.get<int64_t>()) << '\n';
}

void PrintVerdict(const Inspection& result) {
  std::cout << "verdict  ";
  if (result.refusal) {
    std::cout << "refused: " << CodeOf(result.refusal->denial) << " ("
              << result.refusal->reason << ")\n";
  } else if (result.checked) {
    std::cout << "good for " << Escaped(result.event)
              << (result.one_path ? ", this URL only\n" : "\n");
  } else {
    std::cout << "signature and claims not checked; add --jwks FILE\n";
  }
}

void Print(const Inspection& result) {
  if (!result.header.is_null()) {
    std::cout << "header   " << Escaped(result.header) << '\n';
  }
  if (!result.payload.is_null()) {
    std::cout << "payload  " << Escaped(result.payload) << '\n';
  }
  PrintExpiry(result.payload);
  PrintVerdict(result);
}

void PrintJson(const Inspection& result) {
  Json json = {{"header", result.header},
               {"payload", result.payload},
               {"event", result.event},
               {"verdict", result.refusal   ? "refused"
                           : result.checked ? "good"
                                            : "unchecked"}};
  if (result.one_path) json["one_path"] = true;
  if (result.refusal) {
    json["code"] = CodeOf(result.refusal->denial);
    json["reason"] = result.refusal->reason;
  }
  std::cout << Escaped(json) << '\n';
}

int Inspect(const InspectOptions& options) {
  const auto result = Judge(options);
  if (!result) return Report(std::unexpected(result.error()));
  if (options.as_json) {
    PrintJson(*result);
  } else {
    Print(*result);
  }
  return result->refusal ? kExitFailed : kExitDone;
}

}  // namespace

void AddTicketInspect(CLI::App& parent, int& exit_code) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* command = parent.add_subcommand(
      "inspect", "Show a ticket, and judge it as an edge would");
  command
      ->add_option("ticket", options->ticket,
                   "the ticket, or - to read it from standard input")
      ->type_name("TICKET")
      ->required();
  command
      ->add_option("--jwks", options->jwks_file,
                   "public keys to check it against")
      ->type_name("FILE");
  command
      ->add_option("--event", options->event,
                   "event it must admit to (default: the first it names)")
      ->type_name("NAME");
  command
      ->add_option("--url", options->url,
                   "what the viewer asks for, without the token: for tokens "
                   "that sign URIs")
      ->type_name("URL");
  command->add_option("--country", options->country, "where the viewer is")
      ->type_name("CC");
  command->add_flag("--json", options->as_json, "print one JSON object");
  command->callback([options, &exit_code] { exit_code = Inspect(*options); });
}

}  // namespace usher::cli
