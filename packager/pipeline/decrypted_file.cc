#include "packager/pipeline/decrypted_file.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "packager/inspect/sample_decryptor.h"
#include "packager/pipeline/protected_movie.h"

namespace usher {
namespace {

using inspect::SampleView;
using inspect::TrackFragment;

// libavformat's bound, too.
constexpr uint32_t kMaxSampleSize = 64 << 20;

// A piece of the file being read.
struct Window {
  uint64_t offset = 0;
  std::span<uint8_t> bytes;

  uint64_t end() const { return offset + bytes.size(); }
};

void Apply(const std::vector<TypePatch>& patches, const Window& window) {
  const uint64_t from = window.offset < 4 ? 0 : window.offset - 3;
  auto patch = std::ranges::lower_bound(patches, from, {}, &TypePatch::offset);
  for (; patch != patches.end() && patch->offset < window.end(); ++patch) {
    for (size_t i = 0; i < patch->type.size(); ++i) {
      const uint64_t at = patch->offset + i;
      if (at < window.offset || at >= window.end()) continue;
      window.bytes[static_cast<size_t>(at - window.offset)] = patch->type[i];
    }
  }
}

class Decrypting final : public InputFile {
 public:
  Decrypting(InputFilePtr file, std::unique_ptr<const ProtectedMovie> movie,
             std::span<const config::InputKey> keys)
      : InputFile(file->where(), file->name()),
        file_(std::move(file)),
        movie_(std::move(movie)),
        keys_(keys) {}

  uint64_t size() const override { return file_->size(); }

  Status Read(uint64_t offset, std::span<uint8_t> out) override {
    if (auto read = file_->Read(offset, out); !read) return read;
    const Window window{offset, out};
    if (auto shown = Show(movie_->movie(), window); !shown) return shown;
    const auto& starts = movie_->fragments();
    auto next = std::ranges::upper_bound(starts, offset);
    size_t i = static_cast<size_t>(next - starts.begin());
    for (i -= i > 0 ? 1 : 0; i + 1 < starts.size() && starts[i] < window.end();
         ++i) {
      const auto stretch = Fragment(i);
      if (!stretch) return std::unexpected(stretch.error());
      if (auto shown = Show(**stretch, window); !shown) return shown;
    }
    return {};
  }

 private:
  using Stretch = std::shared_ptr<const ProtectedStretch>;

  Status Show(const ProtectedStretch& stretch, const Window& window) {
    Apply(stretch.patches, window);
    for (const TrackFragment& track : stretch.tracks) {
      if (auto shown = Decrypt(track, window); !shown) return shown;
    }
    return {};
  }

  // The last ones read stay, for a film is read from its start to its end.
  Result<Stretch> Fragment(size_t i) {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, stretch] : recent_) {
      if (stretch && number == i) return stretch;
    }
    auto read = movie_->ReadFragment(*file_, i);
    if (!read) return std::unexpected(read.error());
    std::swap(recent_[0], recent_[1]);
    recent_[0] = {i,
                  std::make_shared<const ProtectedStretch>(*std::move(read))};
    return recent_[0].second;
  }

  Status Decrypt(const TrackFragment& track, const Window& window) {
    const auto& samples = track.samples;
    const auto behind = std::ranges::upper_bound(samples, window.offset, {},
                                                 &SampleView::offset);
    size_t i = static_cast<size_t>(behind - samples.begin());
    for (i -= i > 0 ? 1 : 0;
         i < samples.size() && samples[i].offset < window.end(); ++i) {
      const SampleView& sample = samples[i];
      if (track.protections[i] == nullptr || sample.size == 0 ||
          sample.offset + sample.size <= window.offset) {
        continue;
      }
      auto decrypted = DecryptPart(track, i, window);
      if (!decrypted) return decrypted;
    }
    return {};
  }

  // A sample is decrypted as a whole, so one that lies in the window by half
  // is read once more, and kept for whoever reads on.
  Status DecryptPart(const TrackFragment& track, size_t i,
                     const Window& window) {
    const SampleView& sample = track.samples[i];
    const uint64_t end = sample.offset + sample.size;
    if (sample.offset >= window.offset && end <= window.end()) {
      return DecryptSample(
          track, i,
          window.bytes.subspan(
              static_cast<size_t>(sample.offset - window.offset), sample.size));
    }
    const std::lock_guard lock(mutex_);
    if (kept_offset_ != sample.offset || kept_.size() != sample.size) {
      if (sample.size > kMaxSampleSize) return std::unexpected(CutShort());
      kept_.clear();
      Bytes whole(sample.size);
      auto done = file_->Read(sample.offset, whole);
      if (done) done = DecryptSample(track, i, whole);
      if (!done) return done;
      kept_ = std::move(whole);
      kept_offset_ = sample.offset;
    }
    const uint64_t from = std::max(sample.offset, window.offset);
    const uint64_t to = std::min(end, window.end());
    std::ranges::copy(
        std::span(kept_).subspan(static_cast<size_t>(from - sample.offset),
                                 static_cast<size_t>(to - from)),
        window.bytes.begin() + static_cast<ptrdiff_t>(from - window.offset));
    return {};
  }

  Status DecryptSample(const TrackFragment& track, size_t i,
                       std::span<uint8_t> sample) const {
    const inspect::Protection& protection = *track.protections[i];
    const auto key =
        std::ranges::find(keys_, protection.kid, &config::InputKey::kid);
    if (key == keys_.end()) return NoKey(where(), protection.kid);
    const bool decrypted = inspect::DecryptSample(
        key->key.view(), protection,
        track.encryption.empty() ? nullptr : &track.encryption[i], sample);
    if (decrypted) return {};
    return BadInput(where(),
                    "is encrypted in a way that is damaged or that usher does "
                    "not know (" +
                        protection.scheme + ")",
                    "give the film in the clear");
  }

 public:
  static std::unexpected<Error> NoKey(const std::string& where,
                                      const keys::KeyId& kid) {
    return BadInput(where, "is encrypted under key " + kid.ToHex(),
                    "give that key, --input-key " + kid.ToHex() +
                        ":KEY, or the film in the clear");
  }

 private:
  InputFilePtr file_;
  std::unique_ptr<const ProtectedMovie> movie_;
  std::span<const config::InputKey> keys_;
  std::mutex mutex_;  // guards what follows
  std::array<std::pair<size_t, Stretch>, 2> recent_;
  uint64_t kept_offset_ = 0;
  Bytes kept_;
};

}  // namespace

Result<InputFilePtr> DecryptedFile(InputFilePtr file,
                                   std::span<const config::InputKey> keys) {
  auto movie = ProtectedMovie::Read(*file);
  if (!movie) return std::unexpected(movie.error());
  if (!*movie) return file;
  for (const keys::KeyId& kid : (*movie)->Kids()) {
    if (std::ranges::find(keys, kid, &config::InputKey::kid) == keys.end()) {
      return Decrypting::NoKey(file->where(), kid);
    }
  }
  return std::make_shared<Decrypting>(std::move(file), *std::move(movie), keys);
}

}  // namespace usher
