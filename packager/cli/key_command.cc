// usher key: makes, lists and exports content keys.
//
// Only `export` prints a key, and only to stdout; everything else names KIDs.
#include <functional>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "core/base/hex.h"
#include "core/crypto/system_random.h"
#include "core/keys/key_store.h"
#include "core/keys/master_rotation.h"
#include "core/layout/layout.h"
#include "packager/cli/command.h"
#include "packager/config/package_settings.h"

namespace usher::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct KeyOptions {
  std::string key_store;   // empty: the default
  std::string master_key;  // empty: beside the key store
  std::string event;       // empty: all
  bool as_json = false;
  bool finish = false;  // rotate-master
};

struct KeyPlaces {
  fs::path store;
  fs::path master;
};

Result<KeyPlaces> PlacesOf(const KeyOptions& options) {
  KeyPlaces places;
  if (!options.key_store.empty()) {
    places.store = options.key_store;
  } else {
    auto standard = config::DefaultKeyStore(config::Environment::OfProcess());
    if (!standard) return std::unexpected(std::move(standard).error());
    places.store = *std::move(standard);
  }
  places.master = options.master_key.empty()
                      ? config::DefaultMasterKey(places.store)
                      : fs::path(options.master_key);
  return places;
}

Status CheckEvent(const KeyOptions& options) {
  if (options.event.empty() || layout::IsEventName(options.event)) return {};
  return BadInput("--event", "'" + options.event + "' is no event name",
                  "try '" + layout::EventNameFor(options.event) + "'");
}

// The store of a machine that has one already.
Result<keys::KeyStore> OpenStore(const KeyOptions& options) {
  Status event = CheckEvent(options);
  if (!event) return std::unexpected(std::move(event).error());
  const auto places = PlacesOf(options);
  if (!places) return std::unexpected(places.error());
  auto master = keys::MasterKey::Read(places->master);
  if (!master) return std::unexpected(std::move(master).error());
  return keys::KeyStore(places->store, *std::move(master));
}

void PrintKid(const KeyOptions& options, const std::string& event,
              const keys::KeyId& kid, const fs::path& file) {
  if (options.as_json) {
    std::cout << json{{"event", event},
                      {"kid", kid.ToHex()},
                      {"file", file.string()}}
                     .dump()
              << '\n';
  } else {
    std::cout << event << ' ' << kid.ToHex() << '\n';
  }
}

Status New(const KeyOptions& options) {
  Status event = CheckEvent(options);
  if (!event) return event;
  const auto places = PlacesOf(options);
  if (!places) return std::unexpected(places.error());
  crypto::SystemRandom random;
  auto store =
      keys::KeyStore::OpenOrCreate(places->store, places->master, random);
  if (!store) return std::unexpected(std::move(store).error());
  const keys::ContentKey key = keys::NewContentKey(random);
  Status added = store->Add(options.event, key, random);
  if (!added) return added;
  PrintKid(options, options.event, key.kid,
           store->PathOf(options.event, key.kid));
  return {};
}

// Calls `visit(event, kid)` until it fails.
Status ForEachKid(const keys::KeyStore& store, const KeyOptions& options,
                  const std::function<Status(const std::string&,
                                             const keys::KeyId&)>& visit) {
  std::vector<std::string> events = {options.event};
  if (options.event.empty()) {
    auto all = store.Events();
    if (!all) return std::unexpected(std::move(all).error());
    events = *std::move(all);
  }
  for (const std::string& event : events) {
    const auto kids = store.List(event);
    if (!kids) return std::unexpected(kids.error());
    for (const keys::KeyId& kid : *kids) {
      Status visited = visit(event, kid);
      if (!visited) return visited;
    }
  }
  return {};
}

// Each key is opened, so that a list is also a check of the store.
Status List(const KeyOptions& options) {
  const auto store = OpenStore(options);
  if (!store) return std::unexpected(store.error());
  return ForEachKid(*store, options,
                    [&](const std::string& event, const keys::KeyId& kid) {
                      const auto key = store->Get(event, kid);
                      if (!key) return Status(std::unexpected(key.error()));
                      PrintKid(options, event, kid, store->PathOf(event, kid));
                      return Status();
                    });
}

void PrintKey(const KeyOptions& options, const std::string& event,
              const keys::ContentKey& key) {
  std::string text = ToHex(key.key.view());
  if (options.as_json) {
    std::cout << json{{"event", event},
                      {"kid", key.kid.ToHex()},
                      {"key", text},
                      {"salt", ToHex(key.salt.view())}}
                     .dump()
              << '\n';
  } else {
    std::cout << key.kid.ToHex() << ':' << text << '\n';
  }
  Wipe({reinterpret_cast<uint8_t*>(text.data()), text.size()});
}

Status Export(const KeyOptions& options) {
  const auto store = OpenStore(options);
  if (!store) return std::unexpected(store.error());
  bool any = false;
  Status done = ForEachKid(
      *store, options, [&](const std::string& event, const keys::KeyId& kid) {
        const auto key = store->Get(event, kid);
        if (!key) return Status(std::unexpected(key.error()));
        PrintKey(options, event, *key);
        any = true;
        return Status();
      });
  if (done && !any) {
    return BadInput("--event", "'" + options.event + "' has no key",
                    "see usher key list");
  }
  return done;
}

Status RotateMaster(const KeyOptions& options) {
  const auto places = PlacesOf(options);
  if (!places) return std::unexpected(places.error());
  crypto::SystemRandom random;
  const auto done =
      keys::RotateMaster(places->store, places->master, options.finish, random);
  if (!done) return std::unexpected(done.error());
  if (options.as_json) {
    std::cout << json{{"resealed", done->resealed},
                      {"already", done->already},
                      {"resumed", done->resumed},
                      {"older_masters", done->older_masters}}
                     .dump()
              << '\n';
    return {};
  }
  std::cout << done->resealed << " keys sealed anew, " << done->already
            << " were already\n";
  if (done->older_masters > 0) {
    std::cout << places->master.string()
              << " still holds the old master key; once whatever packages "
                 "was started again:\n  usher key rotate-master --finish\n";
  }
  return {};
}

struct Action {
  const char* name;
  const char* help;
  bool needs_event;
  Status (*run)(const KeyOptions&);
};

constexpr Action kActions[] = {
    {"new", "Make a key for an event, and the master key on first use", true,
     New},
    {"list", "Show the KIDs of all events, or of one, and check that they open",
     false, List},
    {"export", "Print an event's keys as KID:KEY: keep them secret", true,
     Export},
    {"rotate-master",
     "Seal all keys under a new master key, while they are in use", false,
     RotateMaster},
};

void AddAction(const Action& action, CLI::App& parent, int& exit_code) {
  auto options = std::make_shared<KeyOptions>();
  CLI::App* command = parent.add_subcommand(action.name, action.help);
  command
      ->add_option("--key-store", options->key_store,
                   "where content keys are kept, sealed (default: "
                   "$XDG_DATA_HOME/usher/keys)")
      ->type_name("DIR");
  command
      ->add_option("--master-key", options->master_key,
                   "seals the key store (default: master.key beside it)")
      ->type_name("FILE");
  if (action.run == RotateMaster) {
    command->add_flag("--finish", options->finish, "forget the old master key");
  } else {
    command->add_option("--event", options->event, "event name")
        ->type_name("NAME")
        ->required(action.needs_event);
  }
  command->add_flag("--json", options->as_json,
                    "print JSON, one object per line");
  command->callback([options, run = action.run, &exit_code] {
    const Status done = run(*options);
    if (done) return;
    std::cerr << "usher: " << done.error().OneLine() << '\n';
    exit_code = ExitCodeOf(done.error());
  });
}

}  // namespace

void AddKeyCommand(CLI::App& root, int& exit_code) {
  CLI::App* command = root.add_subcommand("key", "Make and show content keys");
  command->require_subcommand(1);
  for (const Action& action : kActions) AddAction(action, *command, exit_code);
}

}  // namespace usher::cli
