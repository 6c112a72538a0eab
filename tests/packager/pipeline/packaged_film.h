// A film packaged by `usher package` in a directory of the test's own.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "packager/fragment/fragment.h"
#include "tests/support/temp_dir.h"

namespace usher::testing {

class PackagedFilm {
 public:
  // Packages `inputs` as the event "film" with further `flags`; a failure
  // fails the test.
  explicit PackagedFilm(const std::vector<std::filesystem::path>& inputs,
                        const std::vector<std::string>& flags = {});

  std::filesystem::path directory() const { return root_ / "out" / "film"; }
  // The command line that made it, to be run again with more flags.
  std::vector<std::string> command() const { return command_; }
  // The one content key below `event`, in hex.
  std::string Key() const;
  std::vector<std::string> Kids() const;
  // All content keys below `event`, in hex, by KID.
  std::map<std::string, std::string> Keys() const;
  // Puts each key where a playlist's URI of it leads, as a player's origin
  // would answer.
  void ServeKeys() const;

  // The names of a track's segments, in order.
  std::vector<std::filesystem::path> Segments(const std::string& track) const;
  // init.mp4 and all segments as one file.
  std::filesystem::path Joined(const std::string& track) const;
  // An init segment and the segments `first` to `last` as one file.
  std::filesystem::path Stretch(const std::string& track,
                                const std::string& init, int first,
                                int last) const;
  // What the boxes of the segments say.
  std::vector<Fragment> Fragments(const std::string& track) const;

 private:
  TempDir root_;
  std::vector<std::string> command_;
};

// `usher package` refuses `film` in one line that has all of `words`, and
// leaves nothing behind.
void ExpectRefused(const std::filesystem::path& film,
                   const std::vector<std::string>& flags,
                   const std::vector<std::string>& words);

// What FFmpeg reads of a file's first video ('v') or sound ('a') stream: the
// presentation time of each packet in seconds, and a hash of its bytes.
struct PacketFact {
  double seconds = 0;
  std::string hash;
  bool key = false;
};
std::vector<PacketFact> Packets(const std::filesystem::path& file, char kind);

std::vector<std::string> Hashes(const std::vector<PacketFact>& packets);

}  // namespace usher::testing
