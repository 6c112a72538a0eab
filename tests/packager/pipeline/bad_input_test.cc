// What bad input gets: one line that names the thing and the remedy, the right
// exit code, and nothing left under a final name.
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/packager/cli/run_usher.h"
#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

// From here on nothing lets this thread, or those it starts, pass over file
// permissions, not even root's capabilities.
void ObeyFilePermissions() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  ::syscall(SYS_capget, &header, data);
  constexpr uint32_t kOverrides =
      1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH;
  data[0].effective &= ~kOverrides;
  data[0].permitted &= ~kOverrides;
  ASSERT_EQ(::syscall(SYS_capset, &header, data), 0);
}

class BadInput : public ::testing::Test {
 protected:
  fs::path output() const { return directory_ / "out"; }

  Outcome Package(const std::vector<std::string>& inputs,
                  const std::vector<std::string>& flags = {}) {
    std::vector<std::string> command = {"package"};
    command.insert(command.end(), inputs.begin(), inputs.end());
    command.insert(command.end(), {"-o", output(), "--key-store",
                                   directory_ / "keys", "--quiet"});
    command.insert(command.end(), flags.begin(), flags.end());
    return RunUsher(command);
  }

  // Refused with exit code 2, and a line that has all of `words`.
  void ExpectRefused(const Outcome& outcome,
                     const std::vector<std::string>& words) {
    EXPECT_EQ(outcome.exit_code, 2);
    ExpectOneLineWith(outcome, words);
    EXPECT_FALSE(fs::exists(output()) && !fs::is_empty(output()));
  }

  static void ExpectOneLineWith(const Outcome& outcome,
                                const std::vector<std::string>& words) {
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    for (const std::string& word : words) {
      EXPECT_NE(outcome.err.find(word), std::string::npos)
          << "no \"" << word << "\" in: " << outcome.err;
    }
  }

  // No segment, playlist or hidden directory of an unfinished run.
  bool NothingIsLeft() const {
    return !fs::exists(output()) || fs::is_empty(output());
  }

  std::string Write(std::string_view name, std::string_view contents) {
    WriteFile(directory_ / name, contents);
    return directory_ / name;
  }

  TempDir directory_;
};

TEST_F(BadInput, MissingFile) {
  ExpectRefused(Package({directory_ / "no.mp4"}),
                {"no.mp4", "No such file", "check the path"});
}

TEST_F(BadInput, EmptyFile) {
  ExpectRefused(Package({Write("empty.mp4", "")}), {"empty.mp4", "is empty"});
}

TEST_F(BadInput, Directory) {
  ExpectRefused(Package({directory_.path()}), {"is a directory"});
}

TEST_F(BadInput, Device) {
  ExpectRefused(Package({"/dev/zero"}), {"/dev/zero", "not a regular file"});
}

TEST_F(BadInput, NoMedia) {
  ExpectRefused(Package({Write("letter.mp4", "Dear Sir or Madam,")}),
                {"letter.mp4", "not a film", "MP4"});
}

// A playlist is media to libavformat, and would be followed anywhere.
TEST_F(BadInput, PlaylistThatLeadsElsewhere) {
  const std::string playlist =
      "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n/etc/hostname\n";
  ExpectRefused(Package({Write("film.m3u8", playlist)}),
                {"film.m3u8", "not a film"});
}

TEST_F(BadInput, TruncatedWithIndexInFront) {
  const std::string whole = ReadFile(TestMedia("faststart.mp4"));
  for (const double part : {0.3, 0.6, 0.9}) {
    const auto size = static_cast<size_t>(whole.size() * part);
    ExpectRefused(Package({Write("cut.mp4", whole.substr(0, size))}),
                  {"cut.mp4", "cut short", "again"});
  }
}

TEST_F(BadInput, TruncatedWithIndexBehind) {
  const std::string whole = ReadFile(TestMedia("film.mp4"));
  ExpectRefused(Package({Write("cut.mp4", whole.substr(0, whole.size() / 2))}),
                {"cut.mp4", "whole"});
}

TEST_F(BadInput, TruncatedMatroskaAndFlv) {
  for (const char* name : {"film.mkv", "film.flv"}) {
    const std::string whole = ReadFile(TestMedia(name));
    ExpectRefused(Package({Write(name, whole.substr(0, whole.size() / 2))}),
                  {name, "cut short"});
  }
}

TEST_F(BadInput, Unreadable) {
  ASSERT_NO_FATAL_FAILURE(ObeyFilePermissions());
  const std::string file = Write("secret.mp4", "x");
  fs::permissions(file, fs::perms::none);
  ExpectRefused(Package({file}), {"secret.mp4", "Permission denied"});
}

TEST_F(BadInput, NoIdrPicture) {
  // The second half of an open-GOP film has none.
  const fs::path stream = directory_ / "open.ts";
  ASSERT_EQ(RunProcess({"ffmpeg", "-v", "error", "-i", TestMedia("opengop.mp4"),
                        "-c", "copy", stream})
                .exit_code,
            0);
  const std::string whole = ReadFile(stream);
  constexpr size_t kTsPacket = 188;
  const size_t middle = whole.size() / kTsPacket / 2 * kTsPacket;
  ExpectRefused(Package({Write("late.ts", whole.substr(middle))}),
                {"late.ts", "IDR", "ffmpeg"});
}

TEST_F(BadInput, UnsupportedCodecsAreNamedWithTheRemedy) {
  ExpectRefused(Package({TestMedia("mpeg2.ts")}),
                {"mpeg2video", "not supported", "libx264"});
  ExpectRefused(Package({TestMedia("mp3.ts")}),
                {"mp3", "not supported", "-c:a aac"});
}

TEST_F(BadInput, MisalignedLadderIsRefusedBeforeAnythingIsWritten) {
  ExpectRefused(Package({TestMedia("film.mp4"), TestMedia("misaligned.mp4")}),
                {"v180", "v90", "key frames", " s ", "-force_key_frames"});
  EXPECT_FALSE(fs::exists(output()));
  EXPECT_FALSE(fs::exists(directory_ / "keys"));
}

TEST_F(BadInput, OutputThatIsAFile) {
  WriteFile(output(), "in the way");
  const Outcome outcome = Package({TestMedia("film.mp4")});
  EXPECT_EQ(outcome.exit_code, 1);
  ExpectOneLineWith(outcome, {output(), "--output"});
  EXPECT_EQ(ReadFile(output()), "in the way");
}

TEST_F(BadInput, UnwritableOutput) {
  ASSERT_NO_FATAL_FAILURE(ObeyFilePermissions());
  fs::create_directory(output());
  fs::permissions(output(), fs::perms::owner_read | fs::perms::owner_exec);
  const Outcome outcome = Package({TestMedia("film.mp4")});
  EXPECT_EQ(outcome.exit_code, 1);
  ExpectOneLineWith(outcome, {output(), "Permission denied", "--output"});
}

TEST_F(BadInput, EventThatExistsAlready) {
  ASSERT_EQ(Package({TestMedia("film.mp4")}).exit_code, 0);
  const auto keys_of = [&] {
    return std::distance(fs::directory_iterator(directory_ / "keys" / "film"),
                         fs::directory_iterator());
  };
  EXPECT_EQ(keys_of(), 1);
  const Outcome again = Package({TestMedia("film.mp4")});
  EXPECT_EQ(again.exit_code, 2);
  ExpectOneLineWith(again, {"film", "exists already", "--event", "--force"});
  EXPECT_EQ(keys_of(), 1);
}

// A limit on file sizes does what a full disk does: a write fails half-way.
TEST_F(BadInput, AFileThatCannotBeWrittenWhole) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit small{60'000, limit.rlim_max};
  TestMedia("film.mp4");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Outcome outcome = Package({TestMedia("film.mp4")});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_EQ(outcome.exit_code, 1);
  ExpectOneLineWith(outcome, {"m4s", "cannot write", "ulimit"});
  EXPECT_TRUE(NothingIsLeft());
  EXPECT_TRUE(fs::is_empty(directory_ / "keys" / "film"));
}

}  // namespace
}  // namespace usher::testing
