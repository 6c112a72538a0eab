#include "packager/config/package_settings.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/temp_dir.h"

namespace usher::config {
namespace {

using ::usher::testing::TempDir;
namespace fs = std::filesystem;

const Environment kHome = {.xdg_data_home = "", .home = "/home/ann"};

PackageSettings Film() {
  PackageSettings settings;
  settings.inputs.push_back({.path = "in/My Film.mp4",
                             .language = std::nullopt,
                             .role = std::nullopt,
                             .name = std::nullopt});
  return settings;
}

std::string Refusal(PackageSettings settings,
                    const Environment& environment = kHome) {
  const auto options = Resolve(std::move(settings), environment);
  if (options) return "";
  EXPECT_EQ(options.error().kind, ErrorKind::kBadInput);
  return options.error().OneLine();
}

TEST(Resolve, NeedsNothingButAnInput) {
  const auto options = Resolve(Film(), kHome);
  ASSERT_TRUE(options) << options.error().OneLine();
  EXPECT_EQ(options->event, "my-film");
  EXPECT_EQ(options->output, ".");
  EXPECT_EQ(options->schemes, std::vector{Scheme::kAes128});
  EXPECT_EQ(options->segment_duration, 6);
  EXPECT_EQ(options->key_store, "/home/ann/.local/share/usher/keys");
  EXPECT_EQ(options->master_key, "/home/ann/.local/share/usher/master.key");
  EXPECT_FALSE(!options->keys.explicit_keys.empty() || options->keys.salt);
  EXPECT_FALSE(options->force || options->dry_run || options->json ||
               options->quiet);
}

TEST(Resolve, RefusesToGoWithoutAnInput) {
  EXPECT_EQ(Refusal({}),
            "INPUT: no input is named; name a media file: usher package "
            "film.mp4");
}

TEST(Resolve, TakesTheDataDirectoryFromXdgWhereItIsAbsolute) {
  EXPECT_EQ(Resolve(Film(), {"/data", "/home/ann"})->key_store,
            "/data/usher/keys");
  EXPECT_EQ(Resolve(Film(), {"data", "/home/ann"})->key_store,
            "/home/ann/.local/share/usher/keys");
  EXPECT_EQ(Refusal(Film(), {"", ""}),
            "--key-store: has no default, because HOME and XDG_DATA_HOME are "
            "unset; give --key-store DIR");
}

TEST(Resolve, NeedsNoKeyStoreForAClearPresentation) {
  PackageSettings settings = Film();
  settings.schemes = {Scheme::kNone};
  EXPECT_EQ(Refusal(std::move(settings), {"", ""}), "");
}

TEST(Resolve, RefusesASingleFileWhereRangesOrKeysWouldNotFit) {
  PackageSettings whole = Film();
  whole.single_file = true;
  EXPECT_EQ(Refusal(std::move(whole)),
            "--single-file: cannot be encrypted with aes-128, segment by "
            "segment; use --encryption cbcs or cenc, or leave --single-file "
            "out");
  PackageSettings ts = Film();
  ts.single_file = true;
  ts.container = Container::kTs;
  EXPECT_EQ(Refusal(std::move(ts)),
            "--single-file: goes with fragmented MP4 only; leave --single-file "
            "or --container ts out");
  PackageSettings rotated = Film();
  rotated.single_file = true;
  rotated.schemes = {Scheme::kCbcs};
  rotated.key_rotation = 60;
  EXPECT_EQ(Refusal(std::move(rotated)),
            "--single-file: has one key from beginning to end; leave "
            "--key-rotation and --clear-lead out");
}

TEST(Resolve, RefusesSampleEncryptionInMpegTs) {
  for (const Scheme scheme : {Scheme::kCbcs, Scheme::kCenc}) {
    PackageSettings settings = Film();
    settings.container = Container::kTs;
    settings.schemes = {Scheme::kAes128, scheme};
    EXPECT_EQ(Refusal(std::move(settings)),
              "--container: 'ts' cannot be encrypted with " +
                  std::string(SchemeName(scheme)) +
                  "; use --encryption aes-128, or leave --container out");
  }
}

TEST(Resolve, PutsTheMasterKeyBesideTheKeyStore) {
  for (const char* store : {"/srv/usher/keys", "/srv/usher/keys/"}) {
    PackageSettings settings = Film();
    settings.key_store = store;
    settings.output = "/srv/www";
    EXPECT_EQ(Resolve(std::move(settings), kHome)->master_key,
              "/srv/usher/master.key");
  }
}

TEST(Resolve, RefusesAClearCopyUnlessItIsAllowed) {
  PackageSettings settings = Film();
  settings.schemes = {Scheme::kCbcs, Scheme::kNone};
  EXPECT_EQ(Refusal(std::move(settings)),
            "--encryption: 'none' beside an encrypted scheme publishes a clear "
            "copy; leave none out, or add --allow-clear-copy");
  settings = Film();
  settings.schemes = {Scheme::kCbcs, Scheme::kNone};
  settings.allow_clear_copy = true;
  EXPECT_EQ(Refusal(std::move(settings)), "");
}

TEST(Resolve, RefusesAnExplicitKeyThatCannotBeUsed) {
  const auto with_key = [](std::vector<Scheme> schemes) {
    PackageSettings settings = Film();
    settings.schemes = std::move(schemes);
    settings.keys.push_back({{}, {}, SecretBytes(size_t{16})});
    return settings;
  };
  EXPECT_EQ(Refusal(with_key({Scheme::kCenc})), "");
  EXPECT_EQ(Refusal(with_key({Scheme::kNone})),
            "--key: is given, but --encryption none uses no key; leave --key "
            "out, or choose another scheme");
  EXPECT_EQ(Refusal(with_key({Scheme::kCenc, Scheme::kCbcs})),
            "--key: is one key, but each scheme needs its own; name one scheme "
            "in --encryption, or leave --key out");
}

TEST(Resolve, RefusesASaltWithoutAKey) {
  PackageSettings settings = Film();
  settings.salt = SecretBytes(size_t{16});
  EXPECT_EQ(Refusal(std::move(settings)),
            "--salt: fixes nothing while the key is random; give --key KID:KEY "
            "too, or leave --salt out");
}

class KeyPlaces : public ::testing::Test {
 protected:
  std::string RefusalOf(const fs::path& output, const fs::path& store,
                        const fs::path& master = {}) {
    PackageSettings settings = Film();
    settings.output = output;
    settings.key_store = store;
    if (!master.empty()) settings.master_key = master;
    return Refusal(std::move(settings));
  }

  TempDir directory_;
};

TEST_F(KeyPlaces, AreNeverUnderTheOutputDirectory) {
  const fs::path out = directory_ / "www";
  EXPECT_EQ(RefusalOf(out, out / "keys"),
            "--key-store: '" + (out / "keys").string() +
                "' lies under the output directory '" + out.string() +
                "', which is served; choose a place outside it");
  for (const fs::path& store :
       {out, out / "", out / "./my-film/keys", out / "../www/keys",
        directory_ / "x/../www/k"}) {
    EXPECT_NE(RefusalOf(out, store), "") << store;
  }
  EXPECT_NE(RefusalOf(out, directory_ / "keys", out / "master.key"), "");
  EXPECT_EQ(RefusalOf(out, directory_ / "keys"), "");
  EXPECT_EQ(RefusalOf(out, directory_ / "www-keys/keys"), "");
}

TEST_F(KeyPlaces, AreSeenThroughSymbolicLinks) {
  fs::create_directories(directory_ / "www");
  fs::create_directory_symlink(directory_ / "www", directory_ / "link");
  EXPECT_NE(RefusalOf(directory_ / "www", directory_ / "link/keys"), "");
  EXPECT_NE(RefusalOf(directory_ / "link", directory_ / "www/keys"), "");
}

// `usher package film.mp4` in one's home directory: output and default key
// store share it.
TEST_F(KeyPlaces, MayBeTheDefaultOnesWhereTheOutputIsAHomeDirectory) {
  PackageSettings settings = Film();
  settings.output = directory_.path();
  const Environment home = {.xdg_data_home = "",
                            .home = directory_.path().string()};
  EXPECT_EQ(Refusal(std::move(settings), home), "");
  settings = Film();
  settings.output = directory_ / ".local";
  settings.event = "share";
  EXPECT_NE(Refusal(std::move(settings), home), "");
}

TEST(Merge, LetsFlagsWinAndTakesListsWhole) {
  PackageSettings flags;
  flags.event = "flag";
  flags.schemes = {Scheme::kCenc};
  flags.force = false;
  PackageSettings config = Film();
  config.event = "config";
  config.output = "out";
  config.schemes = {Scheme::kCbcs, Scheme::kAes128};
  config.segment_duration = 4;
  config.key_store = "store";
  config.master_key = "master";
  config.keys.push_back({{}, {.bytes = {1}}, SecretBytes()});
  config.key_rotation = 600;
  config.salt = SecretBytes(size_t{16});
  config.force = true;
  config.dry_run = true;
  config.verify = true;
  config.json = true;
  config.quiet = true;
  config.allow_clear_copy = true;
  const PackageSettings merged = Merge(std::move(flags), std::move(config));
  EXPECT_EQ(merged.event, "flag");
  EXPECT_EQ(merged.schemes, std::vector{Scheme::kCenc});
  EXPECT_EQ(merged.force, false);
  EXPECT_EQ(merged.inputs.size(), 1U);
  EXPECT_EQ(merged.output, "out");
  EXPECT_EQ(merged.segment_duration, 4);
  EXPECT_EQ(merged.key_store, "store");
  EXPECT_EQ(merged.master_key, "master");
  EXPECT_EQ(merged.keys.at(0).kid.bytes[0], 1);
  EXPECT_EQ(merged.key_rotation, 600);
  EXPECT_EQ(merged.salt->size(), 16U);
  EXPECT_EQ(merged.dry_run, true);
  EXPECT_EQ(merged.verify, true);
  EXPECT_EQ(merged.json, true);
  EXPECT_EQ(merged.quiet, true);
  EXPECT_EQ(merged.allow_clear_copy, true);
}

}  // namespace
}  // namespace usher::config
