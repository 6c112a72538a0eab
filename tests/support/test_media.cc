#include "tests/support/test_media.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/run_process.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kVideo =
    " -c:v libx264 -preset ultrafast -bf 2 -sc_threshold 0 -pix_fmt yuv420p";

// `@NAME` stands for another clip, `$V` for kVideo.
struct Recipe {
  std::string_view name;
  std::string_view arguments;
};

constexpr std::array kRecipes = {
    Recipe{"film.mp4",
           "-f lavfi -i testsrc2=s=320x180:r=25:d=8 -f lavfi -i "
           "sine=frequency=440:beep_factor=4:sample_rate=48000:d=8 -ac 2$V -g "
           "50 -c:a aac"},
    Recipe{"faststart.mp4", "-i @film.mp4 -c copy -movflags +faststart"},
    Recipe{"fragmented.mp4",
           "-i @film.mp4 -c copy -movflags +frag_keyframe+empty_moov"},
    Recipe{"film.mov", "-i @film.mp4 -c copy"},
    Recipe{"film.mkv", "-i @film.mp4 -c copy"},
    Recipe{"film.ts", "-i @film.mp4 -c copy"},
    Recipe{"film.flv", "-i @film.mp4 -c copy"},
    Recipe{"ntsc.mp4",
           "-f lavfi -i testsrc2=s=320x180:r=30000/1001:d=7 -f lavfi -i "
           "sine=frequency=330:beep_factor=4:sample_rate=44100:d=7$V -g 60 "
           "-c:a aac -metadata:s:a:0 language=deu"},
    Recipe{"small.mp4", "-i @film.mp4 -an -vf scale=160:90$V -g 25"},
    Recipe{"narrow.mp4", "-i @film.mp4 -c:a copy -vf scale=160:90$V -g 25"},
    Recipe{"misaligned.mp4", "-i @film.mp4 -an -vf scale=160:90$V -g 37"},
    Recipe{"trimmed.mp4", "-ss 1.3 -i @film.mp4 -c copy"},
    Recipe{"clipped.mp4", "-ss 1.3 -t 3.1 -i @film.mp4 -c copy"},
    Recipe{"late.mp4",
           "-itsoffset 0.7 -i @film.mp4 -i @film.mp4 -map 0:v -map 1:a -c "
           "copy"},
    Recipe{"noedits.mp4", "-i @film.mp4 -c copy -use_editlist 0"},
    Recipe{"negative.mp4",
           "-i @film.mp4 -c copy -movflags negative_cts_offsets"},
    Recipe{"broadcast.mp4",
           "-i @film.mp4 -c copy -video_track_timescale 90000"},
    Recipe{"odd.mp4",
           "-f lavfi -i testsrc2=s=160x90:r=24000/1001:d=6 -an$V -bf 0 -g 30 "
           "-video_track_timescale 12345"},
    Recipe{"uneven.mp4",
           "-f lavfi -i testsrc2=s=160x90:r=25:d=8 -vf "
           "select=not(mod(n\\,7))+not(mod(n\\,3))+lt(n\\,20) -fps_mode vfr "
           "-an$V -g 30"},
    Recipe{"small.ts", "-i @small.mp4 -c copy"},
    Recipe{"opengop.mp4",
           "-i @film.mp4 -c:a copy$V -g 50 -x264-params open-gop=1"},
    Recipe{"sound.m4a",
           "-f lavfi -i sine=frequency=220:sample_rate=48000:d=7 -c:a aac "
           "-metadata:s:a:0 language=fra"},
    Recipe{"hevc.mp4",
           "-i @film.mp4 -c:v libx265 -preset ultrafast -tag:v hvc1 "
           "-x265-params "
           "keyint=50:min-keyint=50:scenecut=0:open-gop=0:repeat-headers=1:"
           "info=0:log-level=none -c:a copy"},
    Recipe{"hevc.ts", "-i @hevc.mp4 -c copy"},
    Recipe{"hevc.mkv", "-i @hevc.mp4 -c copy"},
    Recipe{"hev1.mp4", "-i @hevc.ts -c copy -tag:v hev1"},
    Recipe{"hevcopen.mp4",
           "-i @film.mp4 -an -c:v libx265 -preset ultrafast -tag:v hvc1 "
           "-x265-params "
           "keyint=50:min-keyint=50:scenecut=0:open-gop=1:bframes=4:b-pyramid="
           "1:log-level=none"},
    Recipe{"hevcopen.ts", "-i @hevcopen.mp4 -c copy"},
    Recipe{"hevccopy.mp4", "-i @hevcopen.ts -c copy -tag:v hvc1"},
    Recipe{"hevc10.mp4",
           "-f lavfi -i testsrc2=s=320x180:r=25:d=2 -c:v libx265 -preset "
           "ultrafast -pix_fmt yuv420p10le -x265-params log-level=none"},
    Recipe{"hdr.mp4",
           "-f lavfi -i testsrc2=s=320x180:r=25:d=8 -c:v libx265 -preset "
           "ultrafast -tag:v hvc1 -pix_fmt yuv420p10le -x265-params "
           "keyint=50:min-keyint=50:scenecut=0:open-gop=0:hdr10=1:colorprim="
           "bt2020:transfer=smpte2084:colormatrix=bt2020nc:log-level=none "
           "-color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc"},
    Recipe{"mpeg2.ts", "-i @film.mp4 -c:v mpeg2video -c:a mp2"},
    Recipe{"vp9.webm",
           "-i @film.mp4 -t 4 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 "
           "-auto-alt-ref 1 -lag-in-frames 10 -g 50 -c:a libopus"},
    Recipe{"vp910.mkv",
           "-i @film.mp4 -t 2 -an -pix_fmt yuv420p10le -c:v libvpx-vp9 "
           "-deadline realtime -cpu-used 8 -g 50"},
    Recipe{"av1.mkv", "-i @film.mp4 -t 4 -an -c:v libsvtav1 -preset 12 -g 50"},
    Recipe{"av1.mp4", "-i @av1.mkv -c copy"},
    Recipe{"av1tiles.mkv",
           "-i @film.mp4 -t 2 -an -vf scale=640:360 -c:v libaom-av1 -usage "
           "realtime -cpu-used 8 -tiles 2x2 -g 25"},
    Recipe{"mp3.ts", "-i @film.mp4 -c:v copy -c:a libmp3lame"},
    Recipe{"ac3.mp4", "-i @film.mp4 -c:v copy -c:a ac3"},
    Recipe{"ac3.ts", "-i @ac3.mp4 -c copy"},
    Recipe{"eac3.mp4", "-i @film.mp4 -c:v copy -c:a eac3 -ac 6"},
    Recipe{"eac3.ts", "-i @eac3.mp4 -c copy"},
    Recipe{"flac.mkv", "-i @film.mp4 -c:v copy -c:a flac"},
    Recipe{"flac.mp4", "-i @flac.mkv -c copy -strict -2"},
    Recipe{"opus.mp4", "-i @opus.mkv -c copy -strict -2"},
    Recipe{"aac51.mp4", "-i @film.mp4 -c:v copy -c:a aac -ac 6"},
    Recipe{"aac24.mp4", "-i @film.mp4 -vn -c:a aac -ar 24000"},
    Recipe{"film.aac", "-i @film.mp4 -vn -c copy"},
    Recipe{"mixed.mkv",
           "-i @film.mp4 -i @sound.m4a -map 0:v -map 0:a -map 1:a -map 0:a "
           "-map 1:a -c:v copy -c:a:0 copy -c:a:1 copy -c:a:2 ac3 -c:a:3 copy "
           "-metadata:s:a:0 language=eng -metadata:s:a:1 language=fra "
           "-metadata:s:a:2 language=eng -metadata:s:a:3 language=eng "
           "-disposition:a:3 visual_impaired"},
    Recipe{"opus.mkv", "-i @film.mp4 -c:v copy -c:a libopus"},
    Recipe{"rotated.mp4", "-i @film.mp4 -c copy -metadata:s:v:0 rotate=90"},
};

// Another one whenever a recipe changes: no test sees a clip of an older one.
fs::path Directory() {
  std::string all(kVideo);
  for (const Recipe& recipe : kRecipes) {
    all.append(recipe.name).append(recipe.arguments);
  }
  const fs::path directory = fs::path(USHER_TEST_MEDIA_DIR) /
                             std::to_string(std::hash<std::string>{}(all));
  fs::create_directories(directory);
  return directory;
}

[[noreturn]] void Abort(const std::string& what) {
  std::fprintf(stderr, "TestMedia: %s\n", what.c_str());
  std::abort();
}

std::string Replaced(std::string text, std::string_view from,
                     std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::vector<std::string> Words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) {
    words.push_back(word.starts_with('@') ? TestMedia(word.substr(1)).string()
                                          : word);
  }
  return words;
}

void Make(const Recipe& recipe, const fs::path& file) {
  const fs::path unfinished =
      file.parent_path() / ("making-" + file.filename().string());
  std::vector<std::string> command = {"ffmpeg", "-nostdin", "-v", "error",
                                      "-y"};
  for (std::string& word :
       Words(Replaced(std::string(recipe.arguments), "$V", kVideo))) {
    command.push_back(std::move(word));
  }
  command.push_back(unfinished.string());
  const ProcessResult made = RunProcess(command);
  if (made.exit_code != 0) Abort(file.string() + ": " + made.err);
  fs::rename(unfinished, file);
}

// Held while one test program makes a clip.
class Lock {
 public:
  explicit Lock(const fs::path& file)
      : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (fd_ < 0 || ::flock(fd_, LOCK_EX) != 0)
      Abort("cannot lock " + file.string());
  }
  ~Lock() { ::close(fd_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int fd_;
};

const Recipe& Find(std::string_view name) {
  for (const Recipe& recipe : kRecipes) {
    if (recipe.name == name) return recipe;
  }
  Abort("no recipe for " + std::string(name));
}

}  // namespace

fs::path TestMedia(std::string_view name) {
  const Recipe& recipe = Find(name);
  const fs::path file = Directory() / name;
  const Lock lock(Directory() / ("." + std::string(name) + ".lock"));
  if (!fs::exists(file)) Make(recipe, file);
  return file;
}

void Ffmpeg(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {"ffmpeg", "-nostdin", "-v", "error",
                                      "-y"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const ProcessResult made = RunProcess(command);
  ASSERT_EQ(made.exit_code, 0) << made.err;
}

}  // namespace usher::testing
