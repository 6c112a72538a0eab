#include "packager/config/package_settings.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/layout/layout.h"
#include "packager/config/input_address.h"

namespace usher::config {
namespace fs = std::filesystem;
namespace {

template <typename T>
void TakeIfUnset(std::optional<T>& mine, std::optional<T>& other) {
  if (!mine) mine = std::move(other);
}

template <typename T>
void TakeIfEmpty(std::vector<T>& mine, std::vector<T>& other) {
  if (mine.empty()) mine = std::move(other);
}

Result<std::string> EventOf(const PackageSettings& settings) {
  if (settings.event) return *settings.event;
  const std::string name = FileNameOf(settings.inputs.front().path);
  if (!name.empty()) return layout::EventNameFor(name);
  return BadInput("--event", "has no default where the input has no file name",
                  "name the event: --event fight-night");
}

Status CheckInputs(const std::vector<InputSpec>& inputs) {
  if (std::ranges::count(inputs, kStandardInput, &InputSpec::path) > 1) {
    return BadInput("standard input", "is named twice", "name it once");
  }
  for (const InputSpec& input : inputs) {
    const std::string extension =
        fs::path(FileNameOf(input.path)).extension().string();
    if (extension != ".vtt" && extension != ".srt") continue;
    const std::string shown = ShownAddress(input.path);
    return BadInput(shown, "is a subtitle file, not a film",
                    "name it beside the film: --subtitle LANG:" + shown);
  }
  return {};
}

// A clear copy beside an encrypted one gives the content away, so it has to be
// asked for by name.
Status CheckSchemes(const std::vector<Scheme>& schemes, bool allow_clear_copy) {
  const bool clear = std::ranges::find(schemes, Scheme::kNone) != schemes.end();
  if (clear && schemes.size() > 1 && !allow_clear_copy) {
    return BadInput("--encryption",
                    "'none' beside an encrypted scheme publishes a clear copy",
                    "leave none out, or add --allow-clear-copy");
  }
  return {};
}

// Samples in MPEG-TS are encrypted in a way of their own, SAMPLE-AES, which
// neither cbcs nor cenc is.
Status CheckContainer(Container container, const std::vector<Scheme>& schemes) {
  if (container != Container::kTs) return {};
  for (const Scheme scheme : {Scheme::kCbcs, Scheme::kCenc}) {
    if (std::ranges::find(schemes, scheme) == schemes.end()) continue;
    return BadInput(
        "--container",
        "'ts' cannot be encrypted with " + std::string(SchemeName(scheme)),
        "use --encryption aes-128, or leave --container out");
  }
  return {};
}

// Ranges of a file under AES-128 would count bytes nobody can ask for; and a
// file has one init segment, so one key from its beginning to its end.
Status CheckSingleFile(const PackageOptions& options) {
  if (!options.single_file) return {};
  const auto refuse = [](const char* what, const char* mend) {
    return BadInput("--single-file", what, mend);
  };
  if (options.container == Container::kTs) {
    return refuse("goes with fragmented MP4 only",
                  "leave --single-file or --container ts out");
  }
  if (std::ranges::find(options.schemes, Scheme::kAes128) !=
      options.schemes.end()) {
    return refuse("cannot be encrypted with aes-128, segment by segment",
                  "use --encryption cbcs or cenc, or leave --single-file out");
  }
  if (options.keys.rotation > 0 || options.keys.clear_lead > 0) {
    return refuse("has one key from beginning to end",
                  "leave --key-rotation and --clear-lead out");
  }
  return {};
}

// Trick play is told by an MPD, which only these have.
Status CheckTrickPlay(const PackageOptions& options) {
  const bool has_mpd = options.container == Container::kCmaf &&
                       std::ranges::any_of(options.schemes, [](Scheme scheme) {
                         return scheme != Scheme::kAes128;
                       });
  if (!options.trick_play || has_mpd) return {};
  return BadInput("--trick-play",
                  "is for DASH, and neither aes-128 nor MPEG-TS has an MPD",
                  "leave it out: HLS has I-frame playlists anyway");
}

fs::path Canonical(const fs::path& path) {
  std::error_code error;
  fs::path canonical = fs::weakly_canonical(fs::absolute(path, error), error);
  if (error) canonical = fs::absolute(path, error).lexically_normal();
  // "a/b/" and "a/b" are one directory.
  return canonical.has_filename() ? canonical : canonical.parent_path();
}

bool LiesUnder(const fs::path& path, const fs::path& directory) {
  const fs::path below = Canonical(path);
  const fs::path above = Canonical(directory);
  return std::mismatch(above.begin(), above.end(), below.begin(), below.end())
             .first == above.end();
}

// What lies under the output directory is served to the world. The default
// key store is let off unless it is in the event itself: a home directory
// holds both.
Status CheckKeyPlace(const char* option, const fs::path& path, bool by_user,
                     const PackageOptions& options) {
  const fs::path served =
      by_user ? options.output : options.output / options.event;
  if (!LiesUnder(path, served)) return {};
  return BadInput(option,
                  "'" + path.string() + "' lies under the output directory '" +
                      served.string() + "', which is served",
                  "choose a place outside it");
}

Status ResolveKeyPlaces(const PackageSettings& settings,
                        const Environment& environment,
                        PackageOptions& options) {
  const bool own_store = settings.key_store.has_value();
  if (own_store) {
    options.key_store = *settings.key_store;
  } else {
    auto standard = DefaultKeyStore(environment);
    if (!standard) return std::unexpected(std::move(standard).error());
    options.key_store = *std::move(standard);
  }
  options.master_key = settings.master_key
                           ? *settings.master_key
                           : DefaultMasterKey(options.key_store);
  Status status =
      CheckKeyPlace("--key-store", options.key_store, own_store, options);
  if (!status) return status;
  return CheckKeyPlace("--master-key", options.master_key,
                       own_store || settings.master_key, options);
}

}  // namespace

PackageSettings Merge(PackageSettings flags, PackageSettings config) {
  TakeIfEmpty(flags.inputs, config.inputs);
  TakeIfEmpty(flags.subtitles, config.subtitles);
  TakeIfUnset(flags.output, config.output);
  TakeIfUnset(flags.event, config.event);
  TakeIfEmpty(flags.schemes, config.schemes);
  TakeIfUnset(flags.container, config.container);
  TakeIfUnset(flags.single_file, config.single_file);
  TakeIfUnset(flags.spool_limit, config.spool_limit);
  TakeIfUnset(flags.segment_duration, config.segment_duration);
  TakeIfUnset(flags.program_date_time, config.program_date_time);
  TakeIfUnset(flags.key_store, config.key_store);
  TakeIfUnset(flags.master_key, config.master_key);
  TakeIfEmpty(flags.input_keys, config.input_keys);
  TakeIfEmpty(flags.keys, config.keys);
  TakeIfUnset(flags.cpix, config.cpix);
  TakeIfUnset(flags.salt, config.salt);
  TakeIfUnset(flags.key_per_track, config.key_per_track);
  TakeIfUnset(flags.key_rotation, config.key_rotation);
  TakeIfUnset(flags.rotation_style, config.rotation_style);
  TakeIfUnset(flags.clear_lead, config.clear_lead);
  TakeIfEmpty(flags.drm, config.drm);
  TakeIfUnset(flags.drm_content_id, config.drm_content_id);
  if (flags.drm_licence_urls.empty()) {
    flags.drm_licence_urls = std::move(config.drm_licence_urls);
  }
  TakeIfUnset(flags.fairplay_uri, config.fairplay_uri);
  TakeIfUnset(flags.thumbnails, config.thumbnails);
  TakeIfUnset(flags.clear_thumbnails, config.clear_thumbnails);
  TakeIfUnset(flags.trick_play, config.trick_play);
  TakeIfUnset(flags.force, config.force);
  TakeIfUnset(flags.dry_run, config.dry_run);
  TakeIfUnset(flags.verify, config.verify);
  TakeIfUnset(flags.json, config.json);
  TakeIfUnset(flags.quiet, config.quiet);
  TakeIfUnset(flags.allow_clear_copy, config.allow_clear_copy);
  TakeIfUnset(flags.allow_misaligned, config.allow_misaligned);
  return flags;
}

bool PackageOptions::Encrypts() const {
  return std::ranges::any_of(
      schemes, [](Scheme scheme) { return scheme != Scheme::kNone; });
}

Environment Environment::OfProcess() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  return {variable("XDG_DATA_HOME"), variable("HOME"), variable("TMPDIR")};
}

Result<PackageOptions> Resolve(PackageSettings settings,
                               const Environment& environment) {
  if (settings.inputs.empty()) {
    return BadInput("INPUT", "no input is named",
                    "name a media file: usher package film.mp4");
  }
  if (const Status films = CheckInputs(settings.inputs); !films) {
    return std::unexpected(films.error());
  }
  PackageOptions options;
  auto event = EventOf(settings);
  if (!event) return std::unexpected(std::move(event).error());
  options.event = *std::move(event);
  options.output = settings.output.value_or(".");
  options.schemes = settings.schemes;
  if (options.schemes.empty()) options.schemes = {Scheme::kAes128};
  options.container = settings.container.value_or(Container::kCmaf);
  options.segment_duration = settings.segment_duration.value_or(6);
  options.program_date_time = settings.program_date_time;
  Status status =
      CheckSchemes(options.schemes, settings.allow_clear_copy.value_or(false));
  if (status) status = CheckContainer(options.container, options.schemes);
  // A clear presentation needs no key store, so none is looked for.
  if (status && options.Encrypts()) {
    status = ResolveKeyPlaces(settings, environment, options);
  }
  if (!status) return std::unexpected(std::move(status).error());
  auto keys = ResolveKeys(settings, options.schemes, options.segment_duration);
  if (!keys) return std::unexpected(std::move(keys).error());
  options.keys = *std::move(keys);
  auto drm = ResolveDrm(settings, options.schemes);
  if (!drm) return std::unexpected(std::move(drm).error());
  options.drm = *std::move(drm);
  options.single_file = settings.single_file.value_or(false);
  options.spool_limit = settings.spool_limit.value_or(options.spool_limit);
  if (!environment.tmpdir.empty()) options.spool_directory = environment.tmpdir;
  if (const Status possible = CheckSingleFile(options); !possible) {
    return std::unexpected(possible.error());
  }
  options.inputs = std::move(settings.inputs);
  options.input_keys = std::move(settings.input_keys);
  options.subtitles = std::move(settings.subtitles);
  options.thumbnails = settings.thumbnails.value_or(0);
  if (options.thumbnails > 0 && options.Encrypts() &&
      !settings.clear_thumbnails.value_or(false)) {
    return BadInput("--thumbnails",
                    "thumbnails are not encrypted, and the film is",
                    "leave them out, or add --clear-thumbnails");
  }
  options.trick_play = settings.trick_play.value_or(false);
  if (const Status possible = CheckTrickPlay(options); !possible) {
    return std::unexpected(possible.error());
  }
  options.allow_misaligned = settings.allow_misaligned.value_or(false);
  options.force = settings.force.value_or(false);
  options.dry_run = settings.dry_run.value_or(false);
  options.verify = settings.verify.value_or(false);
  options.json = settings.json.value_or(false);
  options.quiet = settings.quiet.value_or(false);
  return options;
}

Result<fs::path> DefaultKeyStore(const Environment& environment) {
  // The XDG base directory specification: a relative path is to be ignored.
  const fs::path data_home = environment.xdg_data_home;
  if (data_home.is_absolute()) return data_home / "usher" / "keys";
  if (environment.home.empty()) {
    return BadInput("--key-store",
                    "has no default, because HOME and XDG_DATA_HOME are unset",
                    "give --key-store DIR");
  }
  return fs::path(environment.home) / ".local/share/usher/keys";
}

fs::path DefaultMasterKey(const fs::path& key_store) {
  const fs::path directory =
      key_store.has_filename() ? key_store : key_store.parent_path();
  return directory.parent_path() / "master.key";
}

}  // namespace usher::config
