#include "packager/pipeline/package.h"

#include <algorithm>
#include <memory>
#include <system_error>
#include <utility>

#include "core/layout/layout.h"
#include "packager/pipeline/package_keys.h"
#include "packager/pipeline/presentation_breaks.h"
#include "packager/pipeline/scheme_writer.h"
#include "packager/pipeline/segment_source.h"
#include "packager/pipeline/thumbnails.h"
#include "packager/pipeline/trick_play.h"
#include "packager/storage/publication.h"
#include "packager/ts/media_segment.h"

namespace usher {
namespace {

namespace fs = std::filesystem;

std::vector<Track> TracksOf(const PackagePlan& plan) {
  std::vector<Track> tracks;
  tracks.reserve(plan.tracks.size());
  for (const PlannedTrack& track : plan.tracks) tracks.push_back(track.track);
  return tracks;
}

using SchemeWriters = std::vector<std::unique_ptr<SchemeWriter>>;

Track DescribeText(const PlannedText& text) {
  Track track;
  track.kind = TrackKind::kText;
  track.name = text.name;
  track.language = text.language;
  track.role = text.role;
  track.codecs = "wvtt";
  return track;
}

// Playlists an earlier revision may have left that this one does not replace:
// they would go on telling of the old one.
std::vector<std::string> ObsoletePlaylists(
    const std::vector<std::string>& replaced) {
  std::vector<std::string> obsolete;
  for (const std::string_view directory :
       {"", "aes-128/", "cbcs/", "cenc/", "none/"}) {
    for (const std::string_view name :
         {layout::kMaster, layout::kMasterClearKey, layout::kMasterDrm,
          layout::kMpd, layout::kMpdDrm}) {
      std::string path = std::string(directory) + std::string(name);
      if (std::ranges::find(replaced, path) == replaced.end()) {
        obsolete.push_back(std::move(path));
      }
    }
  }
  return obsolete;
}

class Packaging {
 public:
  Packaging(const config::PackageOptions& options,
            const PackageContext& context)
      : options_(options), context_(context) {}
  Result<PackageReport> Run();

 private:
  Status ChooseRevision();
  Status Plan();
  Status RefuseSingleFile(uint64_t number) const;
  Status CheckContainer();
  Status Write();
  Status OpenSchemes(const PackageKeys& keys, JoiningStorage& storage);
  Status WriteSegments();
  Status WriteThumbnails();
  Status WriteToSchemes(size_t worker, size_t track, Fragment& fragment);
  Status Publish(Publication& publication);
  void Report(const PackageKeys& keys);
  std::string DirectoryOf(size_t scheme) const;

  const config::PackageOptions& options_;
  const PackageContext& context_;
  PackagePlan plan_;
  std::vector<KeyGroup> key_groups_;
  std::vector<TrickPlay> trick_plays_;
  std::vector<CryptoPeriod> crypto_periods_;
  std::optional<manifest::ThumbnailRecord> thumbnails_;
  SchemeWriters schemes_;
  PackageReport report_;
};

Result<PackageReport> Packaging::Run() {
  Status done = ChooseRevision();
  if (done) done = Plan();
  if (done && !options_.dry_run) done = Write();
  if (!done) return std::unexpected(done.error());
  return std::move(report_);
}

Status Packaging::ChooseRevision() {
  report_.directory = options_.output / options_.event;
  std::error_code error;
  if (!fs::exists(report_.directory, error)) return {};
  if (options_.force) {
    report_.revision = Publication::NextRevision(report_.directory);
    return {};
  }
  return BadInput(report_.directory.string(), "exists already",
                  "name another event with --event, or make a new revision "
                  "with --force");
}

Status Packaging::Plan() {
  auto plan = PlanPackage(options_, context_.progress, context_.interrupt);
  if (!plan) return std::unexpected(plan.error());
  plan_ = *std::move(plan);
  auto thumbnails = PlanThumbnails(options_, plan_, report_.revision);
  if (!thumbnails) return std::unexpected(thumbnails.error());
  thumbnails_ = *std::move(thumbnails);
  auto groups = GroupByKey(TracksOf(plan_), options_.keys);
  if (!groups) return std::unexpected(groups.error());
  key_groups_ = *std::move(groups);
  if (options_.trick_play) {
    trick_plays_ = PlanTrickPlay(plan_.tracks, key_groups_);
  }
  auto periods = PlanCryptoPeriods(plan_.segment_starts, options_.keys);
  if (!periods) return std::unexpected(periods.error());
  crypto_periods_ = *std::move(periods);
  if (auto enough = CheckGivenKeys(options_, key_groups_, crypto_periods_);
      !enough) {
    return enough;
  }
  if (auto possible = CheckContainer(); !possible) return possible;
  report_.event = options_.event;
  report_.container = options_.container;
  report_.seconds = plan_.seconds;
  report_.segments = plan_.segments;
  report_.warnings = plan_.warnings;
  if (options_.Encrypts()) {
    report_.key_store = options_.key_store;
    report_.master_key = options_.master_key;
  }
  report_.tracks = TracksOf(plan_);
  for (const PlannedText& text : plan_.texts) {
    report_.tracks.push_back(DescribeText(text));
  }
  for (size_t i = 0; i < options_.schemes.size(); ++i) {
    report_.schemes.push_back({options_.schemes[i], DirectoryOf(i), {}, {}});
  }
  return {};
}

// `number` is of the first segment behind a jump, or a change of coding.
Status Packaging::RefuseSingleFile(uint64_t number) const {
  const bool recoded =
      std::ranges::any_of(plan_.tracks, [number](const PlannedTrack& track) {
        return std::ranges::find(track.variants, number,
                                 &TrackVariant::first_number) !=
               track.variants.end();
      });
  const std::string at = FormatSeconds(plan_.segment_starts[number - 1]);
  return BadInput("--single-file",
                  recoded ? "the input's parameter sets change at " + at +
                                ", and a single file has one init segment"
                          : "the input's clock jumps at " + at +
                                ", and a single file has one clock",
                  "leave --single-file out, or give each part an event of "
                  "its own");
}

Status Packaging::CheckContainer() {
  if (options_.single_file && !plan_.jumps.empty()) {
    return RefuseSingleFile(plan_.jumps.front());
  }
  if (options_.container != Container::kTs) return {};
  for (const PlannedTrack& planned : plan_.tracks) {
    const auto writer = ts::SegmentWriter::Make(planned.track);
    if (!writer) return std::unexpected(writer.error());
    if (planned.track.rotation == 0) continue;
    plan_.warnings.push_back(
        planned.track.name +
        ": MPEG-TS cannot say that the pictures are to be turned by " +
        std::to_string(planned.track.rotation) +
        " degrees; encode them upright: ffmpeg -i IN OUT.mp4");
  }
  return {};
}

Status Packaging::Write() {
  auto publication = Publication::Begin(options_.output, options_.event);
  if (!publication) return std::unexpected(publication.error());
  auto keys = PackageKeys::Provide(options_, key_groups_, crypto_periods_,
                                   context_.random);
  if (!keys) return std::unexpected(keys.error());
  Status done = OpenSchemes(*keys, publication->storage());
  if (done) done = WriteSegments();
  if (done && thumbnails_) done = WriteThumbnails();
  if (!done) return done;
  // A revision is published playlist by playlist: if that stops half-way, some
  // name the new keys already.
  if (report_.revision > 1) keys->Keep();
  done = Publish(*publication);
  if (!done) return done;
  keys->Keep();
  Report(*keys);
  return {};
}

// The same sheets in every scheme's directory.
Status Packaging::WriteThumbnails() {
  const auto store = [this](uint64_t number, ByteView jpeg) -> Status {
    for (const auto& scheme : schemes_) {
      report_.bytes += jpeg.size();
      auto stored = scheme->WriteThumbnail(*thumbnails_, number, jpeg);
      if (!stored) return stored;
    }
    return {};
  };
  auto drawn = DrawThumbnails(plan_, context_.interrupt, store, *thumbnails_);
  if (!drawn) return drawn;
  for (const auto& scheme : schemes_) scheme->SetThumbnails(*thumbnails_);
  return {};
}

Status Packaging::OpenSchemes(const PackageKeys& keys,
                              JoiningStorage& storage) {
  for (size_t i = 0; i < options_.schemes.size(); ++i) {
    const SchemeWriter::Place place{options_.event,
                                    DirectoryOf(i),
                                    report_.revision,
                                    options_.container,
                                    options_.program_date_time,
                                    options_.single_file ? &storage : nullptr,
                                    trick_plays_};
    std::vector<TrackKeys> track_keys;
    for (size_t track = 0; track < plan_.tracks.size(); ++track) {
      track_keys.push_back(keys.Of(i, track));
    }
    auto writer = SchemeWriter::Open(options_.schemes[i], place, plan_.tracks,
                                     track_keys, storage, WorkerCount());
    if (!writer) return std::unexpected(writer.error());
    (*writer)->Shape(BreaksOf(options_.schemes[i], plan_, crypto_periods_),
                     plan_.aligned);
    schemes_.push_back(*std::move(writer));
  }
  return {};
}

Status Packaging::WriteSegments() {
  return ReadFragments(plan_, {context_.progress, context_.interrupt},
                       [this](size_t worker, size_t track, Fragment& fragment) {
                         return WriteToSchemes(worker, track, fragment);
                       });
}

// A scheme uses the fragment up; all but the last get a copy.
Status Packaging::WriteToSchemes(size_t worker, size_t track,
                                 Fragment& fragment) {
  for (size_t i = 0; i + 1 < schemes_.size(); ++i) {
    Fragment copy = fragment;
    auto written = schemes_[i]->Write(worker, track, copy);
    if (!written) return written;
  }
  return schemes_.back()->Write(worker, track, fragment);
}

Status Packaging::Publish(Publication& publication) {
  Publication::Revision made;
  for (size_t i = 0; i < schemes_.size(); ++i) {
    auto playlists = schemes_[i]->WritePlaylists(plan_.texts);
    if (!playlists) return std::unexpected(playlists.error());
    made.files.insert(made.files.end(), playlists->begin(), playlists->end());
    report_.schemes[i].playlists = *std::move(playlists);
    const auto directories = schemes_[i]->TrackDirectories();
    made.directories.insert(made.directories.end(), directories.begin(),
                            directories.end());
  }
  if (auto wanted = context_.interrupt.Check(); !wanted) return wanted;
  if (report_.revision == 1) return publication.PublishNew();
  made.obsolete = ObsoletePlaylists(made.files);
  return publication.PublishRevision(made);
}

void Packaging::Report(const PackageKeys& keys) {
  for (size_t i = 0; i < schemes_.size(); ++i) {
    report_.schemes[i].kids = keys.Kids(i);
    for (const auto& track : schemes_[i]->presentation().tracks) {
      for (const auto& segment : track.segments) report_.bytes += segment.bytes;
    }
    for (const auto& trick : schemes_[i]->presentation().trick_plays) {
      for (const auto& segment : trick.pictures.segments) {
        report_.bytes += segment.bytes;
      }
    }
    for (const auto& text : schemes_[i]->presentation().texts) {
      for (const auto* record : {&text.hls, &text.dash}) {
        for (const auto& segment : record->segments) {
          report_.bytes += segment.bytes;
        }
      }
    }
  }
}

// The first scheme lies at the event's own directory (core/layout).
std::string Packaging::DirectoryOf(size_t scheme) const {
  return scheme == 0 ? std::string()
                     : std::string(SchemeName(options_.schemes[scheme]));
}

}  // namespace

Result<PackageReport> Package(const config::PackageOptions& options,
                              const PackageContext& context) {
  return Packaging(options, context).Run();
}

}  // namespace usher
