#include "packager/input/text_tracks.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "packager/input/av_handles.h"
#include "packager/input/container.h"
#include "packager/input/format_io.h"
#include "packager/input/text_stream.h"

namespace usher {
namespace {

constexpr char kFormats[] = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts";
// As much text as a subtitle file may hold.
constexpr size_t kMaxText = 16 << 20;

std::string TitleOf(const AVStream& stream) {
  const AVDictionaryEntry* entry =
      av_dict_get(stream.metadata, "title", nullptr, 0);
  return entry == nullptr ? "" : entry->value;
}

// Reads one file; lives for one call of ReadTextTracks.
class Reader {
 public:
  Reader(AVFormatContext& format, std::string where, const Interrupt& interrupt)
      : format_(format), where_(std::move(where)), interrupt_(interrupt) {}

  Result<TextTracks> Run() {
    ChooseStreams();
    if (!streams_.empty()) {
      if (const auto read = ReadPackets(); !read) {
        return std::unexpected(read.error());
      }
    }
    for (Source& source : streams_) Finish(source);
    return std::move(found_);
  }

 private:
  struct Source {
    int index = 0;
    TextTrack track;
    std::unique_ptr<TextStream> reader;
  };

  void ChooseStreams() {
    for (unsigned i = 0; i < format_.nb_streams; ++i) {
      AVStream& stream = *format_.streams[i];
      stream.discard = AVDISCARD_ALL;
      if (!IsSubtitle(stream)) continue;
      auto reader = TextStream::Make(stream);
      if (!reader) {
        found_.warnings.push_back(where_ + ": " + WhyNot(stream));
        continue;
      }
      stream.discard = AVDISCARD_DEFAULT;
      constexpr int kSdh =
          AV_DISPOSITION_HEARING_IMPAIRED | AV_DISPOSITION_CAPTIONS;
      TextTrack track;
      track.language = LanguageOf(stream);
      track.title = TitleOf(stream);
      track.forced = (stream.disposition & AV_DISPOSITION_FORCED) != 0;
      track.sdh = !track.forced && (stream.disposition & kSdh) != 0;
      streams_.push_back({stream.index, std::move(track), std::move(reader)});
    }
  }

  static std::string WhyNot(const AVStream& stream) {
    const std::string codec = avcodec_get_name(stream.codecpar->codec_id);
    const std::string language = LanguageOf(stream);
    return "subtitles in " + codec + " (" + language +
           ") are no text that can be carried over, and are left out; make a "
           "text file of them and name it: --subtitle " +
           language + ":FILE.srt";
  }

  Status ReadPackets() {
    const PacketPtr packet(av_packet_alloc());
    size_t size = 0;
    while (av_read_frame(&format_, packet.get()) >= 0) {
      const auto source =
          std::ranges::find(streams_, packet->stream_index, &Source::index);
      if (source != streams_.end()) {
        source->reader->Read(*packet, source->track.subtitles.cues);
        size += static_cast<size_t>(std::max(packet->size, 0));
      }
      av_packet_unref(packet.get());
      if (size > kMaxText) {
        return BadInput(where_, "holds more than 16 MiB of subtitles",
                        "leave them out: ffmpeg -i IN -c copy -sn OUT.mp4");
      }
    }
    return interrupt_.Check();
  }

  void Finish(Source& source) {
    auto& cues = source.track.subtitles.cues;
    source.reader->Finish(cues);
    if (cues.empty()) return;
    std::ranges::stable_sort(cues, {}, &text::Cue::start);
    found_.tracks.push_back(std::move(source.track));
  }

  AVFormatContext& format_;
  std::string where_;
  const Interrupt& interrupt_;
  std::vector<Source> streams_;
  TextTracks found_;
};

}  // namespace

Result<TextTracks> ReadTextTracks(const InputFilePtr& file,
                                  const Interrupt& interrupt) {
  const auto opened = FormatIo::Open(file, interrupt, {.formats = kFormats});
  if (!opened) return std::unexpected(opened.error());
  const auto& io = *opened;
  if (!io || avformat_find_stream_info(io->format(), nullptr) < 0) {
    if (const auto wanted = interrupt.Check(); !wanted) {
      return std::unexpected(wanted.error());
    }
    return BadInput(file->where(), "has subtitles that cannot be read",
                    "leave them out: ffmpeg -i IN -c copy -sn OUT.mp4");
  }
  auto found = Reader(*io->format(), file->where(), interrupt).Run();
  if (found && io->error()) return std::unexpected(*io->error());
  return found;
}

}  // namespace usher
