#include "tests/support/source_track.h"

#include <sstream>
#include <stdexcept>

#include "tests/support/box_reader.h"
#include "tests/support/movie_fragment.h"
#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"

namespace usher::testing {
namespace {

std::string RunFfmpeg(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"ffmpeg", "-v", "error", "-y"});
  ProcessResult result = RunProcess(arguments);
  if (result.exit_code != 0) throw std::runtime_error(result.err);
  return std::move(result.out);
}

void ReadVideoEntry(const Box& entry, Track& track) {
  FieldReader fields = entry.Fields();
  fields.Skip(24);
  track.width = fields.U16();
  track.height = fields.U16();
  track.decoder_config =
      entry.At("avcC").Fields().Take(entry.At("avcC").payload.size());
}

// One descriptor: its tag is checked, its size returned.
size_t EnterDescriptor(FieldReader& fields, uint8_t tag) {
  if (fields.U8() != tag) throw std::runtime_error("esds: another descriptor");
  size_t size = 0;
  uint8_t byte = 0;
  do {
    byte = fields.U8();
    size = size << 7 | (byte & 0x7F);
  } while ((byte & 0x80) != 0);
  return size;
}

void ReadAudioEntry(const Box& entry, Track& track) {
  FieldReader fields = entry.Fields();
  fields.Skip(16);
  track.channels = fields.U16();
  fields.Skip(6);
  track.sample_rate = fields.U32() >> 16;
  FieldReader esds = entry.At("esds").Fields();
  esds.U32();
  EnterDescriptor(esds, 3);
  esds.Skip(3);
  EnterDescriptor(esds, 4);
  esds.Skip(13);
  track.decoder_config = esds.Take(EnterDescriptor(esds, 5));
}

Track ReadTrack(const Box& file, TrackKind kind) {
  const Box& mdia = file.At("moov/trak/mdia");
  const Box& entry = mdia.At("minf/stbl/stsd").children.at(0);
  Track track;
  track.kind = kind;
  FieldReader mdhd = mdia.At("mdhd").Fields();
  mdhd.Skip(12);
  track.timescale = mdhd.U32();
  track.language = "und";
  if (kind == TrackKind::kVideo) {
    ReadVideoEntry(entry, track);
    track.name = "v" + std::to_string(track.height);
  } else {
    track.name = "a-und";
    track.codec = Codec::kAac;
    ReadAudioEntry(entry, track);
  }
  return track;
}

}  // namespace

std::filesystem::path MakeVideo(
    const std::filesystem::path& file,
    const std::vector<std::string>& encoder_options) {
  std::vector<std::string> arguments = {
      "-f",      "lavfi",    "-i",       "testsrc2=s=320x240:r=25:d=2",
      "-c:v",    "libx264",  "-g",       "25",
      "-preset", "veryfast", "-pix_fmt", "yuv420p"};
  arguments.insert(arguments.end(), encoder_options.begin(),
                   encoder_options.end());
  arguments.push_back(file);
  RunFfmpeg(arguments);
  return file;
}

std::filesystem::path MakeAudio(const std::filesystem::path& file) {
  RunFfmpeg({"-f", "lavfi", "-i",
             "sine=frequency=440:sample_rate=48000:duration=2", "-ac", "2",
             "-c:a", "aac", file});
  return file;
}

SourceTrack ReadSourceTrack(const std::filesystem::path& file, TrackKind kind) {
  const TempDir directory;
  const std::filesystem::path fragmented = directory / "track.mp4";
  const bool video = kind == TrackKind::kVideo;
  RunFfmpeg({"-i", file, "-map", video ? "0:v:0" : "0:a:0", "-c", "copy", "-f",
             "mp4", "-frag_duration", "1000000", "-movflags",
             video ? "frag_keyframe+empty_moov+default_base_moof"
                   : "empty_moov+default_base_moof",
             fragmented});
  const std::string bytes = ReadFile(fragmented);
  const Box boxes = ReadBoxes(AsBytes(bytes));
  return {.track = ReadTrack(boxes, kind),
          .fragments = ReadMovieFragments(boxes)};
}

std::vector<std::string> FrameHashes(
    const std::filesystem::path& file,
    const std::vector<std::string>& input_options) {
  std::vector<std::string> arguments = input_options;
  arguments.insert(arguments.end(), {"-i", file, "-f", "framemd5", "-"});
  std::istringstream lines(RunFfmpeg(arguments));
  std::vector<std::string> hashes;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line[0] != '#') {
      hashes.push_back(line.substr(line.rfind(' ') + 1));
    }
  }
  return hashes;
}

}  // namespace usher::testing
