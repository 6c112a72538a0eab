#include "tests/packager/inspect/good_presentation.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>
#include <vector>

#include "core/base/hex.h"
#include "tests/packager/cli/run_usher.h"
#include "tests/support/box_reader.h"
#include "tests/support/run_process.h"
#include "tests/support/test_media.h"

namespace usher::inspect::testing {
namespace {

namespace fs = std::filesystem;
using usher::testing::TempDir;
using usher::testing::TestMedia;

[[noreturn]] void GiveUp(const std::string& why) {
  std::fprintf(stderr, "good_presentation: %s\n", why.c_str());
  std::abort();
}

std::string OwnKey(std::string_view kid) {
  return std::string(kid) + ":" + std::string(kKey);
}

void Package(const fs::path& directory, const std::string& encryption,
             const std::vector<std::string>& more = {},
             const std::vector<std::string>& films = {}) {
  fs::path keys = directory.parent_path();
  keys += "-keys";
  std::vector<std::string> arguments = {"package"};
  for (const std::string& film : films) arguments.push_back(TestMedia(film));
  if (films.empty()) {
    arguments.push_back(TestMedia("film.mp4").string() + ",lang=en");
    arguments.push_back(TestMedia("small.mp4"));
  }
  const std::vector<std::string> flags = {"-o",
                                          directory.parent_path(),
                                          "--event",
                                          directory.filename(),
                                          "--encryption",
                                          encryption,
                                          "--segment-duration",
                                          "2",
                                          "--key-store",
                                          keys / "store",
                                          "--master-key",
                                          keys / "master",
                                          "--quiet"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  if (encryption != "none") {
    arguments.insert(arguments.end(), {"--key", OwnKey(kKid), "--salt",
                                       "202122232425262728292a2b2c2d2e2f"});
  }
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto outcome = usher::testing::RunUsher(std::move(arguments));
  if (outcome.exit_code != 0) GiveUp(outcome.err);
}

// With subtitles that overlap, and reach over segments.
void PackageText(const fs::path& directory) {
  fs::path file = directory.parent_path();
  file += ".srt";
  usher::testing::WriteFile(file,
                            "1\n00:00:00,500 --> 00:00:01,500\nOne\n\n"
                            "2\n00:00:01,900 --> 00:00:04,200\nTwo\n\n"
                            "3\n00:00:03,000 --> 00:00:05,000\nThree\n");
  const auto outcome = usher::testing::RunUsher(
      {"package", TestMedia("film.mp4"), "--subtitle", "en:" + file.string(),
       "-o", directory.parent_path(), "--event", directory.filename(),
       "--encryption", "none", "--segment-duration", "2", "--quiet",
       "--thumbnails", "1s"});
  if (outcome.exit_code != 0) GiveUp(outcome.err);
}

void Ffmpeg(const fs::path& directory, std::string_view film,
            std::vector<std::string> output) {
  fs::create_directories(directory);
  std::vector<std::string> argv = {"ffmpeg",        "-v", "error", "-i",
                                   TestMedia(film), "-c", "copy"};
  argv.insert(argv.end(), output.begin(), output.end());
  const auto result =
      usher::testing::RunProcess(argv, {.directory = directory});
  if (result.exit_code != 0) GiveUp(result.err);
}

void FfmpegHls(const fs::path& directory, std::string_view film,
               std::vector<std::string> more) {
  std::vector<std::string> output = {
      "-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod"};
  output.insert(output.end(), more.begin(), more.end());
  output.emplace_back("media.m3u8");
  Ffmpeg(directory, film, output);
}

std::string RangeOf(const usher::testing::Box& first,
                    const usher::testing::Box& last) {
  const size_t end = last.offset + 8 + last.payload.size();
  return std::to_string(first.offset) + "-" + std::to_string(end - 1);
}

void OnDemand(const fs::path& directory) {
  Ffmpeg(directory, "film.mp4",
         {"-an", "-movflags", "dash+frag_keyframe+global_sidx", "film.mp4"});
  const std::string film = usher::testing::ReadFile(directory / "film.mp4");
  const auto boxes = usher::testing::ReadBoxes(AsBytes(film));
  usher::testing::WriteFile(
      directory / "manifest.mpd",
      "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" "
      "profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\" "
      "minBufferTime=\"PT2S\" mediaPresentationDuration=\"PT8S\"><Period>"
      "<AdaptationSet mimeType=\"video/mp4\" startWithSAP=\"1\">"
      "<Representation id=\"1\" bandwidth=\"9000000\">"
      "<BaseURL>film.mp4</BaseURL><SegmentBase timescale=\"12800\" "
      "indexRange=\"" +
          RangeOf(boxes.At("sidx"), boxes.At("sidx")) +
          "\"><Initialization range=\"" +
          RangeOf(boxes.At("ftyp"), boxes.At("moov")) +
          "\"/></SegmentBase></Representation></AdaptationSet></Period>"
          "</MPD>\n");
}

// Takes the end of a playlist away: the parts of its last segment are there,
// the whole of it is not.
void Reopen(const fs::path& playlist, const std::string& other) {
  std::string text = usher::testing::ReadFile(playlist);
  const size_t whole = text.rfind("#EXTINF");
  if (whole == std::string::npos) GiveUp("no segment:\n" + text);
  text.erase(whole);
  const size_t part = text.rfind("URI=\"4.");
  if (part == std::string::npos) GiveUp("no parts of segment 4:\n" + text);
  text += "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"4." +
          std::to_string(std::stoi(text.substr(part + 7)) + 1) +
          ".m4s\"\n#EXT-X-RENDITION-REPORT:URI=\"../" + other +
          "/media.m3u8\",LAST-MSN=4,LAST-PART=3\n";
  usher::testing::WriteFile(playlist, text);
}

std::vector<std::string> LiveCommand(const fs::path& directory,
                                     const std::string& encryption) {
  fs::path keys = directory.parent_path();
  keys += "-keys";
  std::vector<std::string> arguments = {"live",
                                        TestMedia("film.mp4"),
                                        "-o",
                                        directory.parent_path(),
                                        "--event",
                                        directory.filename(),
                                        "--encryption",
                                        encryption,
                                        "--part-duration",
                                        "0.5",
                                        "--window",
                                        "all",
                                        "--key-store",
                                        keys / "store",
                                        "--master-key",
                                        keys / "master",
                                        "--quiet"};
  if (encryption != "none") {
    arguments.insert(arguments.end(), {"--key", OwnKey(kKid)});
  }
  return arguments;
}

void Live(const fs::path& directory, const std::string& encryption) {
  const auto outcome =
      usher::testing::RunUsher(LiveCommand(directory, encryption));
  if (outcome.exit_code != 0) GiveUp(outcome.err);
  Reopen(directory / "v180/media.m3u8", "a-und");
  Reopen(directory / "a-und/media.m3u8", "v180");
}

// What is there of an event in its third segment, at one moment.
void Running(const fs::path& directory, const std::string& encryption) {
  std::vector<std::string> command = LiveCommand(directory, encryption);
  command.insert(command.begin(), USHER_BINARY);
  command.emplace_back("--realtime");
  fs::path log = directory.parent_path();
  log += "-log";
  usher::testing::ChildProcess live(command, log);
  for (const char* part : {"v180/3.1.m4s", "a-und/3.0.m4s"}) {
    while (!fs::exists(directory / part)) {
      if (!live.running()) GiveUp(usher::testing::ReadFile(log));
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  live.Signal(SIGKILL);
  live.Wait(std::chrono::seconds(60));
}

std::vector<std::string> Seig() {
  return {"--key-rotation", "4",     "--rotation-style",
          "seig",           "--key", OwnKey(kSecondKid)};
}

void Make(Good good, const fs::path& directory) {
  const std::vector<std::string> fmp4 = {"-hls_segment_type", "fmp4",
                                         "-hls_segment_filename", "%d.m4s"};
  switch (good) {
    case Good::kClear:
      return Package(directory, "none");
    case Good::kAes128:
      return Package(directory, "aes-128");
    case Good::kCbcs:
      return Package(directory, "cbcs");
    case Good::kCenc:
      return Package(directory, "cenc");
    case Good::kRotated:
      return Package(directory, "cbcs",
                     {"--clear-lead", "2", "--key-rotation", "4", "--key",
                      OwnKey(kSecondKid)});
    case Good::kSeigCbcs:
      return Package(directory, "cbcs", Seig());
    case Good::kSeigCenc:
      return Package(directory, "cenc", Seig());
    case Good::kDrmCbcs:
      return Package(directory, "cbcs",
                     {"--drm", "widevine,playready,fairplay"});
    case Good::kDrmCenc:
      return Package(directory, "cenc", {"--drm", "widevine,playready"});
    case Good::kHevc:
      return Package(directory, "cbcs", {}, {"hevc.mp4"});
    case Good::kOpenGroups:
      return Package(directory, "none", {}, {"hevcopen.mp4"});
    case Good::kVp9:
      return Package(directory, "cenc", {}, {"vp9.webm"});
    case Good::kAv1:
      return Package(directory, "cbcs", {}, {"av1tiles.mkv"});
    case Good::kDolby:
      return Package(directory, "none", {}, {"ac3.mp4", "eac3.mp4"});
    case Good::kHdr:
      return Package(directory, "none", {}, {"hdr.mp4"});
    case Good::kUneven:
      return Package(directory, "none", {}, {"uneven.mp4"});
    case Good::kTrickPlay:
      return Package(directory, "cbcs", {"--trick-play"});
    case Good::kSingleFile:
      return Package(directory, "cenc", {"--single-file"});
    case Good::kParts:
      return Live(directory, "none");
    case Good::kPartsAes128:
      return Live(directory, "aes-128");
    case Good::kRunning:
      return Running(directory, "none");
    case Good::kRunningCbcs:
      return Running(directory, "cbcs");
    case Good::kTs:
      return Package(directory, "none", {"--container", "ts"});
    case Good::kTsAes128:
      return Package(directory, "aes-128", {"--container", "ts"});
    case Good::kText:
      return PackageText(directory);
    case Good::kFfmpegTs:
      return FfmpegHls(directory, "film.mp4",
                       {"-hls_segment_filename", "%d.ts"});
    case Good::kFfmpegFmp4:
      return FfmpegHls(directory, "film.mp4", fmp4);
    case Good::kFfmpegHev1: {
      std::vector<std::string> hev1 = {"-an", "-tag:v", "hev1"};
      hev1.insert(hev1.end(), fmp4.begin(), fmp4.end());
      return FfmpegHls(directory, "hevc.mp4", hev1);
    }
    case Good::kFfmpegDash:
      return Ffmpeg(
          directory, "film.mp4",
          {"-f", "dash", "-seg_duration", "2", "-single_file", "1",
           "-single_file_name", "$RepresentationID$.mp4", "manifest.mpd"});
    case Good::kFfmpegOnDemand:
      return OnDemand(directory);
    case Good::kFfmpegDashTemplate:
      return Ffmpeg(directory, "film.mp4",
                    {"-f", "dash", "-seg_duration", "2", "-use_timeline", "0",
                     "manifest.mpd"});
  }
}

// Made once in a test program.
fs::path Master(Good good) {
  static const TempDir all;
  static std::map<Good, fs::path> made;
  fs::path& directory = made[good];
  if (directory.empty()) {
    directory = all.path() / std::to_string(static_cast<int>(good)) / "event";
    fs::create_directories(directory.parent_path());
    Make(good, directory);
  }
  return directory;
}

}  // namespace

Presentation::Presentation(Good good) {
  fs::copy(Master(good), directory(), fs::copy_options::recursive);
}

std::string Presentation::Read(std::string_view file) const {
  return usher::testing::ReadFile(directory() / file);
}

void Presentation::Write(std::string_view file, std::string_view contents) {
  usher::testing::WriteFile(directory() / file, contents);
}

void Presentation::Replace(std::string_view file, std::string_view from,
                           std::string_view to) {
  std::string text = Read(file);
  const size_t at = text.find(from);
  if (at == std::string::npos) {
    GiveUp("no " + std::string(from) + " in " + std::string(file) + ":\n" +
           text);
  }
  Write(file, text.replace(at, from.size(), to));
}

void Presentation::ReplaceAll(std::string_view file, std::string_view from,
                              std::string_view to) {
  std::string text = Read(file);
  if (text.find(from) == std::string::npos) {
    GiveUp("no " + std::string(from) + " in " + std::string(file));
  }
  for (size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  Write(file, text);
}

void Presentation::Remove(std::string_view file) {
  if (!fs::remove(directory() / file)) GiveUp("no " + std::string(file));
}

void Presentation::RemoveLines(std::string_view file, std::string_view text,
                               int more) {
  std::string contents = Read(file);
  const size_t at = contents.find(text);
  if (at == std::string::npos) GiveUp("no line " + std::string(text));
  const size_t begin = contents.rfind('\n', at) + 1;
  size_t end = contents.find('\n', at) + 1;
  for (; more > 0; --more) end = contents.find('\n', end) + 1;
  Write(file, contents.erase(begin, end - begin));
}

size_t Presentation::Find(std::string_view file, std::string_view box) const {
  const std::string contents = Read(file);
  const ByteView bytes = AsBytes(contents);
  const auto boxes = usher::testing::ReadBoxes(bytes);
  return static_cast<size_t>(boxes.At(box).payload.data() - bytes.data());
}

void Presentation::Patch(std::string_view file, std::string_view box,
                         size_t offset, std::initializer_list<int> bytes) {
  PatchAt(file, Find(file, box) + offset, bytes);
}

uint32_t Presentation::ReadU32(std::string_view file, std::string_view box,
                               size_t offset) {
  const std::string contents = Read(file);
  usher::testing::FieldReader fields(
      AsBytes(contents).subspan(Find(file, box) + offset));
  return fields.U32();
}

void Presentation::Rename(std::string_view file, std::string_view box,
                          std::string_view type) {
  std::string contents = Read(file);
  Write(file, contents.replace(Find(file, box) - 4, 4, type));
}

size_t Presentation::FirstSample(std::string_view file) {
  return Find(file, "mdat");
}

void Presentation::PatchAt(std::string_view file, size_t offset,
                           std::initializer_list<int> bytes) {
  std::string contents = Read(file);
  for (const int byte : bytes) {
    contents.at(offset++) = static_cast<char>(byte);
  }
  Write(file, contents);
}

Inspection Presentation::Inspect(bool with_key) const {
  FileLoader loader;
  InspectOptions options;
  if (with_key) options.keys = TheKey();
  auto inspection =
      usher::inspect::Inspect(directory().string(), options, loader);
  if (!inspection) GiveUp(inspection.error().OneLine());
  return std::move(*inspection);
}

Inspection Presentation::InspectFile(std::string_view file) const {
  FileLoader loader;
  InspectOptions options;
  options.keys = TheKey();
  auto inspection =
      usher::inspect::Inspect((directory() / file).string(), options, loader);
  if (!inspection) GiveUp(inspection.error().OneLine());
  return std::move(*inspection);
}

KeyRing TheKey() {
  KeyRing keys;
  for (const std::string_view kid : {kKid, kSecondKid}) {
    keys.emplace(*usher::keys::KeyId::Parse(kid), SecretBytes(*FromHex(kKey)));
  }
  return keys;
}

std::string AllLines(const Findings& findings) {
  std::string lines;
  for (const Finding& finding : findings.all()) {
    lines += finding.OneLine() + "\n";
  }
  return lines;
}

}  // namespace usher::inspect::testing
