// The whole of `usher package` over one film: whatever its bytes are, it ends
// with a presentation or with one line and nothing left, in bounded memory.
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "packager/pipeline/package.h"
#include "tests/fakes/fixed_random.h"
#include "tests/fuzz/fuzz_target.h"

using namespace usher;
namespace fs = std::filesystem;

namespace {

// In memory where that is to be had: each run writes some dozen files.
class Workplace {
 public:
  Workplace() {
    const char* base = fs::exists("/dev/shm") ? "/dev/shm" : "/tmp";
    std::string name = std::string(base) + "/usher-fuzz-XXXXXX";
    FUZZ_EXPECT(::mkdtemp(name.data()) != nullptr);
    root_ = name;
  }
  ~Workplace() { fs::remove_all(root_); }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  fs::path operator/(const char* name) const { return root_ / name; }

 private:
  fs::path root_;
};

class NoProgress final : public Progress {
 public:
  void Report(std::string_view /*stage*/, double /*fraction*/,
              double /*media_seconds*/) override {}
};

bool HoldsFiles(const fs::path& directory) {
  if (!fs::exists(directory)) return false;
  return std::ranges::any_of(
      fs::recursive_directory_iterator(directory),
      [](const fs::directory_entry& entry) { return !entry.is_directory(); });
}

// What is asked for depends on nothing but the input.
config::PackageOptions OptionsFor(size_t size, const Workplace& place) {
  constexpr std::array kSchemes = {Scheme::kAes128, Scheme::kCbcs,
                                   Scheme::kCenc, Scheme::kNone};
  config::PackageOptions options;
  options.inputs = {{place / "film", {}, {}, {}}};
  options.output = place / "out";
  options.event = "film";
  options.schemes = {kSchemes[size % kSchemes.size()]};
  const bool clear = options.schemes.front() == Scheme::kNone;
  options.container = size % 3 == 0 && (clear || size % 4 == 0)
                          ? Container::kTs
                          : Container::kCmaf;
  options.single_file =
      size % 5 == 0 && size % 4 != 0 && options.container == Container::kCmaf;
  options.segment_duration = 1;
  options.thumbnails = clear && size % 7 == 0 ? 1 : 0;
  options.key_store = place / "keys";
  options.master_key = place / "master.key";
  return options;
}

void ExpectOneLine(const Error& error) {
  FUZZ_EXPECT(!error.what.empty());
  FUZZ_EXPECT(error.OneLine().find('\n') == std::string::npos);
}

// What an input of under a megabyte may cost; sanitizers have a price of their
// own, and libFuzzer a limit.
void ExpectLittleMemory() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
  constexpr long kMostKilobytes = 512 << 10;
  rusage used{};
  FUZZ_EXPECT(::getrusage(RUSAGE_SELF, &used) == 0);
  FUZZ_EXPECT(used.ru_maxrss < kMostKilobytes);
#endif
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Workplace place;
  std::ofstream(place / "film", std::ios::binary)
      .write(reinterpret_cast<const char*>(data),
             static_cast<std::streamsize>(size));
  testing::FixedRandom random;
  NoProgress progress;
  const Interrupt interrupt;
  const config::PackageOptions options = OptionsFor(size, place);
  const auto report = Package(options, {random, progress, interrupt});
  if (report) {
    FUZZ_EXPECT(fs::exists(place / "out/film/master.m3u8"));
    FUZZ_EXPECT(report->segments > 0);
  } else {
    ExpectOneLine(report.error());
    FUZZ_EXPECT(!HoldsFiles(place / "out"));
    FUZZ_EXPECT(!HoldsFiles(place / "keys"));
  }
  ExpectLittleMemory();
  return 0;
}
