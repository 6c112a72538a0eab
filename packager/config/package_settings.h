// What the user said to `usher package`, on the command line, in YAML, or both.
//
// Flow: each source fills a PackageSettings through the table in
// setting_table.h; Merge lays flags over YAML; Resolve adds the defaults,
// checks what hangs together and gives the PackageOptions the pipeline takes.
// A value is checked alone where it is read (so the error names the flag or
// the YAML line), and in company in Resolve.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/secret_bytes.h"
#include "packager/config/container.h"
#include "packager/config/drm_settings.h"
#include "packager/config/input_spec.h"
#include "packager/config/key_settings.h"
#include "packager/config/scheme.h"
#include "packager/config/subtitle_spec.h"

namespace usher::config {

using Date = std::chrono::sys_time<std::chrono::milliseconds>;

struct PackageSettings {
  std::vector<InputSpec> inputs;        // empty: not said
  std::vector<SubtitleSpec> subtitles;  // empty: not said
  std::optional<std::filesystem::path> output;
  std::optional<std::string> event;
  std::vector<Scheme> schemes;  // empty: not said
  std::optional<Container> container;
  std::optional<bool> single_file;
  std::optional<uint64_t> spool_limit;  // bytes
  std::optional<double> segment_duration;
  std::optional<Date> program_date_time;
  std::optional<std::filesystem::path> key_store;
  std::optional<std::filesystem::path> master_key;
  std::vector<InputKey> input_keys;  // empty: not said
  std::vector<ExplicitKey> keys;     // empty: not said
  std::optional<std::filesystem::path> cpix;
  std::optional<SecretBytes> salt;  // 16 bytes
  std::optional<bool> key_per_track;
  std::optional<double> key_rotation;  // seconds
  std::optional<RotationStyle> rotation_style;
  std::optional<double> thumbnails;  // seconds between two
  std::optional<bool> clear_thumbnails;
  std::optional<bool> trick_play;
  std::optional<double> clear_lead;  // seconds
  std::vector<DrmSystem> drm;        // empty: not said
  std::optional<std::string> drm_content_id;
  std::map<DrmSystem, std::string> drm_licence_urls;
  std::optional<std::string> fairplay_uri;
  std::optional<bool> force;
  std::optional<bool> dry_run;
  std::optional<bool> verify;
  std::optional<bool> json;
  std::optional<bool> quiet;
  std::optional<bool> allow_clear_copy;
  std::optional<bool> allow_misaligned;
};

// `flags` where they say something, `config` elsewhere. Lists are taken whole.
PackageSettings Merge(PackageSettings flags, PackageSettings config);

struct PackageOptions {
  std::vector<InputSpec> inputs;  // at least one
  std::vector<SubtitleSpec> subtitles;
  std::filesystem::path output;  // holds <event>/
  std::string event;
  std::vector<Scheme> schemes;  // at least one; the first lies at <event>/
  Container container = Container::kCmaf;
  bool single_file = false;  // a track is one file
  // Holds what standard input and URLs bring, at most so many bytes of each.
  std::filesystem::path spool_directory = "/var/tmp";
  uint64_t spool_limit = uint64_t{64} << 30;
  double segment_duration = 6;  // seconds
  double thumbnails = 0;        // seconds between two; 0: none
  bool trick_play = false;      // key pictures alone, for DASH
  std::optional<Date> program_date_time;
  std::filesystem::path key_store;
  std::filesystem::path master_key;
  std::vector<InputKey> input_keys;
  KeyOptions keys;
  DrmOptions drm;
  bool allow_misaligned = false;  // renditions without common key frames
  bool force = false;
  bool dry_run = false;
  bool verify = false;  // judge what was written (packager/inspect)
  bool json = false;
  bool quiet = false;

  bool Encrypts() const;  // any scheme but none
};

// What of the process's surroundings the defaults depend on.
struct Environment {
  std::string xdg_data_home;  // empty: unset
  std::string home;
  std::string tmpdir = {};
  static Environment OfProcess();
};

// Every error is BadInput and names the option, its value and the remedy.
Result<PackageOptions> Resolve(PackageSettings settings,
                               const Environment& environment);

// Where keys lie by default: $XDG_DATA_HOME/usher/keys or
// ~/.local/share/usher/keys. Fails where neither variable is set.
Result<std::filesystem::path> DefaultKeyStore(const Environment& environment);

// The master key file that goes with a key store: master.key beside it.
std::filesystem::path DefaultMasterKey(const std::filesystem::path& key_store);

}  // namespace usher::config
