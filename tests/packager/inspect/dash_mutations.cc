#include "tests/packager/inspect/mutation.h"

namespace usher::inspect::testing {
namespace {

constexpr auto kError = Severity::kError;
constexpr auto kWarning = Severity::kWarning;
constexpr auto kNote = Severity::kNote;
constexpr Good kClear = Good::kClear;
constexpr auto kMpd = "manifest.mpd";
constexpr auto kVideo = "Representation[v180]";

// Writes another value into the first attribute of that name behind `behind`.
auto SetAttribute(const std::string& behind, const std::string& name,
                  const std::string& value) {
  return [behind, name, value](Presentation& p) {
    const std::string text = p.Read(kMpd);
    const size_t element = text.find(behind);
    const size_t begin = text.find(" " + name + "=\"", element);
    const size_t end = text.find('"', begin + name.size() + 3) + 1;
    p.Replace(kMpd, text.substr(element, end - element),
              text.substr(element, begin - element) + " " + name + "=\"" +
                  value + "\"");
  };
}

auto Change(const std::string& from, const std::string& to) {
  return [from, to](Presentation& p) { p.Replace(kMpd, from, to); };
}

// The timeline of the first representation, anew.
auto Timeline(const std::string& entries) {
  return [entries](Presentation& p) {
    const std::string text = p.Read(kMpd);
    const size_t begin = text.find("<S ");
    const size_t end = text.find("</SegmentTimeline>");
    p.Replace(kMpd, text.substr(begin, end - begin), entries);
  };
}

std::vector<Mutation> SyntaxMutations() {
  return {
      {"dash-syntax", kError, kClear, Change("</Period>", ""), kMpd},
      {"dash-syntax", kError, kClear, Change("schema:mpd", "schema:MPD"), kMpd},
      {"dash-syntax", kError, kClear, Change(" profiles=", " x-profiles="),
       kMpd},
      {"dash-syntax", kError, kClear, Change(" minBufferTime=", " x-buffer="),
       kMpd},
      {"dash-syntax", kError, kClear, Change("type=\"static\"", "type=\"vod\""),
       kMpd},
      {"dash-syntax", kError, kClear,
       Change("type=\"static\"",
              "type=\"static\" minimumUpdatePeriod=\"PT2S\""),
       kMpd},
      {"dash-syntax", kError, kClear,
       Change("type=\"static\"", "type=\"dynamic\""), kMpd},
      {"dash-syntax", kError, kClear, Change(" bandwidth=", " x-bandwidth="),
       kVideo},
      {"dash-syntax", kError, kClear, Change("id=\"v90\"", "id=\"v180\""),
       kVideo},
      {"dash-syntax", kError, kClear, SetAttribute("<S ", "d", "0"), kVideo},
      {"dash-syntax", kError, kClear,
       [](Presentation& p) { p.Write(kMpd, "<MDP>MPD</MDP>"); }, kMpd},
      {"dash-utc-timing", kWarning, kClear,
       Change("type=\"static\"", "type=\"dynamic\""), kMpd},
  };
}

std::vector<Mutation> TimeMutations() {
  return {
      {"dash-timeline-order", kError, kClear,
       Timeline("<S t=\"1024\" d=\"25600\"/><S t=\"20000\" d=\"25600\"/>"),
       kVideo},
      {"dash-timeline-gap", kWarning, kClear,
       Timeline("<S t=\"1024\" d=\"25600\"/><S t=\"30000\" d=\"25600\"/>"),
       kVideo},
      {"dash-timeline-size", kError, kClear,
       Timeline("<S t=\"0\" d=\"1\" r=\"2000000000\"/>"), kVideo},
      {"dash-duration", kError, kClear,
       SetAttribute("<MPD", "mediaPresentationDuration", "PT99S"), kVideo},
      {"dash-duration", kError, kClear,
       Change(" mediaPresentationDuration=", " x-duration="), "Period[1]"},
      {"ladder-end", kWarning, kClear,
       [](Presentation& p) {
         Timeline("<S t=\"1024\" d=\"25600\" r=\"2\"/>")(p);
         p.Remove("master.m3u8");
       },
       kVideo},
      {"dash-offset", kError, kClear,
       SetAttribute("id=\"v180\"", "presentationTimeOffset", "99999"), kVideo},
      {"segment-start", kError, kClear,
       [](Presentation& p) {
         SetAttribute("<S ", "t", "9000")(p);
         p.Remove("master.m3u8");
       },
       "v180/"},
      {"segment-duration", kError, kClear, SetAttribute("<S ", "d", "11000"),
       kVideo},
  };
}

std::vector<Mutation> PromiseMutations() {
  return {
      {"bandwidth", kError, kClear,
       SetAttribute("id=\"v180\"", "bandwidth", "9000"), kVideo},
      {"codecs", kError, kClear,
       SetAttribute("id=\"v180\"", "codecs", "avc1.000000"), kVideo},
      {"resolution", kError, kClear,
       SetAttribute("id=\"v180\"", "width", "640"), kVideo},
      {"frame-rate", kError, kClear,
       SetAttribute("id=\"v180\"", "frameRate", "30"), kVideo},
      {"sample-rate", kError, kClear,
       SetAttribute("id=\"a-eng\"", "audioSamplingRate", "32000"), "a-eng"},
      {"alignment", kError, kClear,
       [](Presentation& p) {
         p.Patch("v90/2.m4s", "moof/traf/tfdt", 10, {0x99, 0x99});
         p.Remove("master.m3u8");
       },
       "v90/2.m4s"},
      {"segment-key-frame", kError, kClear,
       [](Presentation& p) {
         p.Remove("master.m3u8");
         const size_t sample = p.FirstSample("v180/2.m4s");
         const std::string segment = p.Read("v180/2.m4s");
         const size_t idr = segment.find('\x65', sample);
         p.PatchAt("v180/2.m4s", idr, {0x61});
       },
       "v180/2.m4s"},
  };
}

// The first property of that name, with another value or none.
auto ChangeColour(const std::string& name, const std::string& from,
                  const std::string& to) {
  const std::string property = "cicp:" + name + "\" value=\"";
  return Change(property + from + "\"", property + to + "\"");
}

std::vector<Mutation> ColourMutations() {
  constexpr Good hdr = Good::kHdr;
  return {
      {"colour", kError, hdr, ChangeColour("ColourPrimaries", "9", "1"),
       kVideo},
      {"colour", kError, hdr,
       ChangeColour("TransferCharacteristics", "16", "18"), kVideo},
      {"colour", kError, hdr, ChangeColour("MatrixCoefficients", "9", "1"),
       kVideo},
      {"colour", kWarning, hdr,
       Change("cicp:TransferCharacteristics", "cicp:Transfer"), kVideo},
  };
}

std::vector<Mutation> AddressingMutations() {
  return {
      {"dash-template", kError, kClear, Change("$Number$", "$Numbre$"), kVideo},
      {"dash-addressing", kError, kClear,
       [](Presentation& p) {
         p.Replace(kMpd, "<SegmentTimeline>", "<Timeline>");
         p.Replace(kMpd, "</SegmentTimeline>", "</Timeline>");
       },
       kVideo},
      {"dash-index", kError, Good::kFfmpegOnDemand,
       [](Presentation& p) {
         const std::string text = p.Read(kMpd);
         const size_t begin = text.find("indexRange=\"") + 12;
         const size_t end = text.find('"', begin);
         p.Replace(kMpd, text.substr(begin, end - begin), "0-99");
       },
       "Representation[1]"},
      {"dash-not-enumerated", kNote, kClear,
       [](Presentation& p) {
         p.Write(kMpd,
                 "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" profiles=\"x\" "
                 "minBufferTime=\"PT1S\" mediaPresentationDuration=\"PT8S\">"
                 "<Period><AdaptationSet mimeType=\"video/mp4\">"
                 "<Representation id=\"1\" bandwidth=\"9\">"
                 "<BaseURL>film.mp4</BaseURL></Representation>"
                 "</AdaptationSet></Period></MPD>");
       },
       "Representation[1]"},
      {"file-missing", kError, kClear, Change("$Number$", "x$Number$"),
       "v180/"},
      {"uri", kError, kClear, Change("media=\"v180/", "media=\"ftp://h/"),
       kVideo},
  };
}

// In the MPD of an event that goes on, alone.
auto ChangeLive(const std::string& from, const std::string& to) {
  return [from, to](Presentation& p) {
    p.Replace("manifest-ll.mpd", from, to);
    p.Remove("manifest.mpd");
    p.Remove("master.m3u8");
  };
}

std::vector<Mutation> SequenceMutations() {
  constexpr Good running = Good::kRunning;
  const auto nothing = ChangeLive("<MPD", "<MPD");
  return {
      {"file-missing", kError, running,
       [nothing](Presentation& p) {
         nothing(p);
         p.Remove("v180/2.3.m4s");
       },
       "v180/2.3.m4s"},
      {"segment-empty", kError, running,
       [nothing](Presentation& p) {
         nothing(p);
         p.Write("v180/1.2.m4s", "");
       },
       "v180/1.2.m4s"},
      {"file-missing", kError, running, ChangeLive("k=\"5\"", "k=\"6\""),
       "v180/1.5.m4s"},
      {"segment-duration", kError, running, ChangeLive("k=\"5\"", "k=\"4\""),
       kVideo},
      {"dash-syntax", kError, running, ChangeLive("k=\"5\"", "k=\"0\""),
       kVideo},
      {"dash-timeline-size", kError, running,
       ChangeLive("k=\"5\"", "k=\"2000000000\""), kVideo},
      {"dash-template", kError, running,
       ChangeLive("$Number$.$SubNumber$", "$Number$.0"), kVideo},
      {"dash-template", kError, running,
       ChangeLive("$SubNumber$", "$SubNumbre$"), kVideo},
      {"cmaf-tfdt-gap", kError, Good::kRunningCbcs,
       [nothing](Presentation& p) {
         nothing(p);
         p.Write("v180/1.0.m4s", p.Read("v180/1.1.m4s"));
       },
       "v180/1.0.m4s"},
  };
}

std::vector<Mutation> ProtectionMutations() {
  const Good cbcs = Good::kCbcs;
  return {
      {"dash-protection-missing", kError, cbcs,
       Change("urn:mpeg:dash:mp4protection:2011", "urn:x"), kMpd},
      {"dash-protection-scheme", kError, cbcs,
       Change("value=\"cbcs\"", "value=\"cenc\""), kVideo},
      {"dash-default-kid", kError, cbcs, Change("00010203-", "ff010203-"),
       kVideo},
      {"dash-default-kid", kWarning, cbcs,
       Change("cenc:default_KID", "cenc:kid"), kVideo},
      {"dash-protection-clear", kError, kClear,
       Change("<Representation ",
              "<ContentProtection "
              "schemeIdUri=\"urn:mpeg:dash:mp4protection:2011\" "
              "value=\"cenc\"/><Representation "),
       kVideo},
      {"dash-pssh", kError, cbcs, Change("<cenc:pssh>", "<cenc:pssh>AAAA"),
       kVideo},
      {"dash-pssh", kError, cbcs,
       Change("1077efec-c0b2-4d02-ace3-3c1e52e2fb4b",
              "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"),
       kVideo},
      {"dash-pssh", kWarning, cbcs,
       [](Presentation& p) {  // one KID more in the init segment's
         p.Patch("v180/init.mp4", "moov/pssh", 3, {1});
       },
       kVideo},
  };
}

std::vector<Mutation> PeriodMutations() {
  constexpr Good rotated = Good::kRotated;
  constexpr auto second = "Period[2]";
  const std::string continuity =
      "urn:mpeg:dash:period-continuity:2015\" value=\"";
  return {
      {"dash-period-continuity", kError, rotated,
       Change(continuity + "1", continuity + "7"), second},
      {"dash-period-continuity", kError, rotated,
       SetAttribute("<Period id=\"2\"", "presentationTimeOffset", "30000"),
       second},
      {"dash-period-continuity", kError, rotated,
       SetAttribute("<Period id=\"2\"", "start", "PT2.1S"), second},
      {"dash-protection-missing", kError, rotated,
       Change("initialization=\"v180/init.mp4\"",
              "initialization=\"v180/init-2.mp4\""),
       "Period[1]"},
      {"dash-default-kid", kError, rotated,
       Change("initialization=\"v180/init-3.mp4\"",
              "initialization=\"v180/init-2.mp4\""),
       "Period[3]"},
      {"dash-period-gap", kWarning, rotated,
       SetAttribute("<Period id=\"3\"", "start", "PT9S"), second},
      {"dash-offset", kError, rotated,
       SetAttribute("<Period id=\"3\"", "presentationTimeOffset", "1024"),
       "Period[3]"},
  };
}

}  // namespace

// A reference of sidx: 12 bytes behind 28 of fields.
std::vector<Mutation> SingleFileMutations() {
  constexpr Good kSingle = Good::kSingleFile;
  constexpr auto kFile = "v180/v180.mp4";
  const auto patch = [=](size_t offset, int byte) {
    return [=](Presentation& p) { p.Patch(kFile, "sidx", offset, {byte}); };
  };
  return {
      // The size of the first subsegment, its duration, the time of all.
      {"segment-format", kError, kSingle, patch(32 + 3, 1), "subsegment 2"},
      {"segment-duration", kError, kSingle, patch(32 + 5, 1), "manifest.mpd"},
      {"segment-start", kError, kSingle, patch(12 + 5, 1), "subsegment 1"},
      {"dash-index", kError, kSingle,
       [](Presentation& p) {
         p.Replace("manifest.mpd", "indexRange=\"",
                   "indexRange=\"0-99\" was=\"");
       },
       "manifest.mpd"},
      {"segment-format", kError, kSingle,
       [](Presentation& p) {
         p.Replace("v180/media.m3u8",
                   "#EXT-X-BYTERANGE:", "#EXT-X-BYTERANGE:9@1\n#WAS:");
       },
       kFile},
      {"cmaf-box", kError, kSingle,
       [](Presentation& p) {
         const std::string text = p.Read("v180/media.m3u8");
         const size_t at = text.find("BYTERANGE:") + 10;
         const std::string length = text.substr(at, text.find('@', at) - at);
         p.Replace("v180/media.m3u8", "BYTERANGE:" + length,
                   "BYTERANGE:" + std::to_string(std::stoul(length) - 9));
       },
       kFile},
      {"cmaf-header", kError, kSingle,
       [](Presentation& p) {
         p.Replace("v180/media.m3u8", "BYTERANGE=\"", "BYTERANGE=\"1@9\",X=\"");
       },
       kFile},
  };
}

std::vector<Mutation> TrickPlayMutations() {
  constexpr Good trick = Good::kTrickPlay;
  const std::string of = "guidelines/trickmode\" value=\"";
  return {
      {"dash-trick-play", kError, trick, Change(of + "1", of + "7"), kMpd},
      {"dash-trick-play", kError, trick, Change(of + "1", of + "2"), kMpd},
      {"dash-coding-dependency", kError, trick,
       Change(" id=\"v180\"", " id=\"v180\" codingDependency=\"false\""),
       "v180/1.m4s"},
      {"alignment", kError, trick,
       [](Presentation& p) {
         p.Patch("v90-trick/2.m4s", "moof/traf/tfdt", 10, {0x99, 0x99});
       },
       "v90-trick/2.m4s"},
  };
}

std::vector<Mutation> DashMutations() {
  std::vector<Mutation> all = SyntaxMutations();
  for (auto& more :
       {TimeMutations(), PromiseMutations(), AddressingMutations(),
        SequenceMutations(), ProtectionMutations(), PeriodMutations(),
        SingleFileMutations(), TrickPlayMutations(), ColourMutations()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace usher::inspect::testing
