// Subtitles from file or film to .vtt and wvtt, read back by FFmpeg.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "packager/input/text_tracks.h"
#include "packager/text/cue_timing.h"
#include "packager/text/wvtt_sample.h"
#include "tests/packager/cli/run_usher.h"
#include "tests/packager/pipeline/packaged_film.h"
#include "tests/support/run_process.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSubRip =
    "1\n00:00:00,500 --> 00:00:01,500\nOne\n\n"
    "2\n00:00:01,900 --> 00:00:04,200\nTwo <i>spans</i>\n\n"
    "3\n00:00:03,000 --> 00:00:05,000\nThree overlaps\n";

struct Shown {
  int64_t start = 0;  // ms
  int64_t end = 0;
  std::string text;
  auto operator<=>(const Shown&) const = default;
};
using ShownCues = std::set<Shown>;

void PrintTo(const Shown& shown, std::ostream* out) {
  *out << shown.start << "-" << shown.end << " " << shown.text;
}

const ShownCues kCues = {{500, 1500, "One"},
                         {1900, 4200, "Two <i>spans</i>"},
                         {3000, 5000, "Three overlaps"}};

std::string RunTool(const std::vector<std::string>& command) {
  const ProcessResult result = RunProcess(command);
  EXPECT_EQ(result.exit_code, 0) << command.back() << ": " << result.err;
  return result.out;
}

// As FFmpeg's WebVTT demuxer and muxer tell it: each line with an arrow begins
// a cue, whose text is the next line.
ShownCues InWebVtt(const fs::path& directory) {
  ShownCues cues;
  for (int n = 1; fs::exists(directory / (std::to_string(n) + ".vtt")); ++n) {
    std::istringstream told(
        RunTool({"ffmpeg", "-v", "error", "-f", "webvtt", "-i",
                 directory / (std::to_string(n) + ".vtt"), "-c", "copy", "-f",
                 "webvtt", "-"}));
    for (std::string line; std::getline(told, line);) {
      const auto timing = text::ParseCueTiming(line);
      if (!timing) continue;
      std::getline(told, line);
      cues.insert({timing->start.count(), timing->end.count(), line});
    }
  }
  return cues;
}

// As FFmpeg's MP4 demuxer finds the samples; parts of one source id are one
// cue. `origin` is where the film starts on the track's timeline.
ShownCues InWvtt(const PackagedFilm& film, const std::string& track,
                 int64_t origin) {
  const fs::path file = film.Joined(track);
  const std::string bytes = ReadFile(file);
  const auto probed = nlohmann::json::parse(RunTool(
      {"ffprobe", "-v", "error", "-show_packets", "-of", "json", file}));
  const auto& packets = probed.at("packets");
  std::map<uint32_t, Shown> cut;
  ShownCues cues;
  for (size_t i = 0; i + 1 < packets.size(); ++i) {
    const int64_t start = packets[i].at("pts").get<int64_t>() / 90 - origin;
    const int64_t end = packets[i + 1].at("pts").get<int64_t>() / 90 - origin;
    const auto at = std::stoul(packets[i].at("pos").get<std::string>());
    const auto size = std::stoul(packets[i].at("size").get<std::string>());
    const auto sample =
        text::ReadWvttSample(AsBytes(std::string_view(bytes).substr(at, size)));
    EXPECT_TRUE(sample) << i;
    for (const text::WvttCue& cue : sample.value()) {
      const Shown shown{start, end, cue.payload};
      if (!cue.source_id) {
        cues.insert(shown);
      } else {
        cut.try_emplace(*cue.source_id, shown).first->second.end = end;
      }
    }
  }
  for (const auto& [id, cue] : cut) cues.insert(cue);
  return cues;
}

class SubtitlesTest : public ::testing::Test {
 protected:
  fs::path Write(std::string_view name, std::string_view text) {
    WriteFile(directory_ / name, text);
    return directory_ / name;
  }

  // The film with subtitles muxed in.
  fs::path Muxed(std::string_view film, std::string_view name,
                 const std::string& codec) {
    const fs::path file = directory_ / name;
    RunTool({"ffmpeg", "-nostdin", "-v", "error", "-i", TestMedia(film), "-i",
             Write("muxed.srt", kSubRip), "-map", "0", "-map", "1", "-c",
             "copy", "-c:s", codec, "-metadata:s:s:0", "language=ger", file});
    return file;
  }

  // What `usher package` says where it refuses.
  std::string Refusal(std::vector<std::string> more) {
    std::vector<std::string> command = {
        "package", TestMedia("film.mp4"), "-o",  directory_ / "out", "--event",
        "film",    "--encryption",        "none"};
    command.insert(command.end(), more.begin(), more.end());
    const Outcome outcome = RunUsher(command);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_FALSE(fs::exists(directory_ / "out" / "film"));
    return outcome.err;
  }

  TempDir directory_;
};

TEST_F(SubtitlesTest, OfAFileAreTheSameCuesInHlsAndDash) {
  for (const char* scheme : {"none", "cbcs", "cenc"}) {
    const PackagedFilm film(
        {TestMedia("film.mp4")},
        {"--encryption", scheme, "--verify", "--quiet", "--subtitle",
         "en:" + Write("film.srt", kSubRip).string()});
    EXPECT_EQ(InWebVtt(film.directory() / "s-eng"), kCues) << scheme;
    EXPECT_EQ(InWvtt(film, "s-eng", 80), kCues) << scheme;
  }
}

TEST_F(SubtitlesTest, AreClearAndWebVttOnlyUnderAes128) {
  const PackagedFilm film(
      {TestMedia("film.mp4")},
      {"--verify", "--quiet", "--subtitle",
       "en:" + Write("film.srt", kSubRip).string() + ",sdh,label=English"});
  EXPECT_EQ(InWebVtt(film.directory() / "s-eng"), kCues);
  EXPECT_FALSE(fs::exists(film.directory() / "s-eng" / "init.mp4"));
  const std::string list = ReadFile(film.directory() / "s-eng/media.m3u8");
  EXPECT_EQ(list.find("EXT-X-KEY"), std::string::npos);
  EXPECT_EQ(list.find("EXT-X-MAP"), std::string::npos);
  const std::string master = ReadFile(film.directory() / "master.m3u8");
  EXPECT_NE(master.find("TYPE=SUBTITLES,GROUP-ID=\"subtitles\","
                        "NAME=\"English\",LANGUAGE=\"en\",DEFAULT=NO,"
                        "AUTOSELECT=YES,CHARACTERISTICS=\"public.accessibility."
                        "transcribes-spoken-dialog,public.accessibility."
                        "describes-music-and-sound\",URI=\"s-eng/media.m3u8\""),
            std::string::npos)
      << master;
  EXPECT_NE(master.find("AUDIO=\"audio\",SUBTITLES=\"subtitles\""),
            std::string::npos);
}

TEST_F(SubtitlesTest, InsideAFilmAreCarriedOver) {
  const std::pair<const char*, const char*> cases[] = {{"tx3g.mp4", "mov_text"},
                                                       {"srt.mkv", "srt"},
                                                       {"vtt.mkv", "webvtt"},
                                                       {"ass.mkv", "ass"}};
  for (const auto& [name, codec] : cases) {
    const PackagedFilm film({Muxed("small.mp4", name, codec)},
                            {"--encryption", "none", "--verify", "--quiet"});
    const ShownCues cues = InWebVtt(film.directory() / "s-deu");
    if (std::string_view(name) == "tx3g.mp4") {
      // A sample of tx3g ends where the next begins.
      ASSERT_EQ(cues.size(), 3u) << name;
      EXPECT_EQ(cues.begin()->text, "One");
      continue;
    }
    EXPECT_EQ(cues, kCues) << name;
  }
}

TEST_F(SubtitlesTest, OfWvttAreReadAgain) {
  const PackagedFilm film({TestMedia("film.mp4")},
                          {"--encryption", "none", "--quiet", "--subtitle",
                           "en:" + Write("film.srt", kSubRip).string()});
  const Interrupt interrupt;
  const auto read = ReadTextTracks(
      OpenInput(film.Joined("s-eng"), {}, interrupt).value(), interrupt);
  ASSERT_TRUE(read) << read.error().OneLine();
  ASSERT_EQ(read->tracks.size(), 1u);
  EXPECT_EQ(read->tracks[0].language, "en");
  ShownCues cues;
  for (const text::Cue& cue : read->tracks[0].subtitles.cues) {
    cues.insert({cue.start.count() - 80, cue.end.count() - 80, cue.payload});
  }
  EXPECT_EQ(cues, kCues);
}

TEST_F(SubtitlesTest, AloneAreNoFilm) {
  const PackagedFilm film({TestMedia("film.mp4")},
                          {"--encryption", "none", "--quiet", "--subtitle",
                           "en:" + Write("film.srt", kSubRip).string()});
  const Outcome outcome =
      RunUsher({"package", film.Joined("s-eng"), "-o", directory_ / "text",
                "--encryption", "none"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("neither pictures nor sound"), std::string::npos)
      << outcome.err;
}

TEST_F(SubtitlesTest, OfAFileStandInForThoseInsideTheFilm) {
  const PackagedFilm film(
      {Muxed("film.mp4", "in.mkv", "srt")},
      {"--encryption", "none", "--quiet", "--subtitle",
       "de:" + Write("de.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nAnders\n")
                   .string()});
  EXPECT_EQ(InWebVtt(film.directory() / "s-deu"),
            (ShownCues{{1000, 2000, "Anders"}}));
  EXPECT_FALSE(fs::exists(film.directory() / "s-deu-2"));
}

TEST_F(SubtitlesTest, KeepStepWhereTheFilmsClockStartsElsewhere) {
  const fs::path late = directory_ / "late.mkv";
  RunTool({"ffmpeg", "-nostdin", "-v", "error", "-i",
           Muxed("small.mp4", "in.mkv", "srt"), "-map", "0", "-c", "copy",
           "-output_ts_offset", "2", late});
  const PackagedFilm film({late}, {"--encryption", "none", "--quiet"});
  EXPECT_EQ(InWebVtt(film.directory() / "s-deu"), kCues);
}

TEST_F(SubtitlesTest, EndWithTheFilm) {
  const fs::path file = Write("long.srt",
                              "1\n00:00:07,000 --> 00:01:00,000\nEnd\n\n"
                              "2\n00:00:09,000 --> 00:00:10,000\nToo late\n");
  const PackagedFilm film({TestMedia("small.mp4")},
                          {"--encryption", "none", "--quiet", "--verify",
                           "--subtitle", "en:" + file.string()});
  EXPECT_EQ(InWebVtt(film.directory() / "s-eng"),
            (ShownCues{{7000, 8000, "End"}}));
}

TEST_F(SubtitlesTest, AreASegmentForEachOfThePictures) {
  const PackagedFilm film({TestMedia("film.mp4")},
                          {"--encryption", "none", "--quiet", "--subtitle",
                           "en:" + Write("film.srt", kSubRip).string()});
  EXPECT_EQ(film.Segments("s-eng").size(), film.Segments("v180").size());
  EXPECT_EQ(ReadFile(film.directory() / "s-eng/4.vtt"),
            "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:7200\n");
}

TEST_F(SubtitlesTest, ThatCannotBeUsedAreRefusedBeforeAnythingIsWritten) {
  EXPECT_NE(Refusal({"--subtitle", "en:/absent.vtt"}).find("does not exist"),
            std::string::npos);
  const std::string file = Write("film.srt", kSubRip);
  EXPECT_NE(Refusal({"--subtitle", "en:" + file + ",name=v180"})
                .find("the track name v180 is taken"),
            std::string::npos);
  EXPECT_NE(Refusal({"--subtitle", "en:" + file + ",default", "--subtitle",
                     "de:" + file + ",default"})
                .find("more than one is the default"),
            std::string::npos);
  EXPECT_NE(Refusal({"--subtitle",
                     "en:" + Write("late.srt",
                                   "1\n01:00:00,000 --> 01:00:01,000\nLate\n")
                                 .string()})
                .find("all its subtitles lie behind the film's end"),
            std::string::npos);
  EXPECT_NE(Refusal({file}).find("is a subtitle file, not a film"),
            std::string::npos);
}

TEST_F(SubtitlesTest, ThatArePicturesAreLeftOutByName) {
  const fs::path file = Muxed("film.mp4", "pictures.mkv", "srt");
  std::string bytes = ReadFile(file);
  const std::string_view kText = "S_TEXT/UTF8";
  bytes.replace(bytes.find(kText), kText.size(),
                std::string("S_HDMV/PGS") + '\0');
  WriteFile(file, bytes);
  const Outcome outcome = RunUsher({"package", file, "-o", directory_ / "out",
                                    "--event", "film", "--encryption", "none"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.err.find("subtitles in hdmv_pgs_subtitle (de) are no text"),
            std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("--subtitle de:FILE.srt"), std::string::npos);
  EXPECT_FALSE(fs::exists(directory_ / "out/film/s-deu"));
}

}  // namespace
}  // namespace usher::testing
