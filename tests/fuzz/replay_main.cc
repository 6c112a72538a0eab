// Runs a fuzz target over a directory of inputs, and over mutations of each: a
// few in a test run, more where a number says so. The mutations are the same in
// every run, so that a failure can be repeated.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "tests/fuzz/fuzz_target.h"

namespace {

namespace fs = std::filesystem;
using Input = std::vector<uint8_t>;

constexpr int kUsualMutations = 300;

std::vector<Input> ReadSeeds(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<Input> seeds;
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(in),
                       std::istreambuf_iterator<char>());
  }
  return seeds;
}

class Mutator {
 public:
  Input Mutate(Input input, const Input& other) {
    for (size_t edits = 1 + Below(3); edits > 0; --edits) Edit(input, other);
    return input;
  }

 private:
  size_t Below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  uint8_t Byte() {
    // Structure characters find more than random ones.
    constexpr char kTelling[] = "\"\\{}[]:,.=<>/0129-_ \n\t\x7f\xff";
    return Below(2) == 0
               ? static_cast<uint8_t>(random_())
               : static_cast<uint8_t>(kTelling[Below(sizeof kTelling)]);
  }

  void Edit(Input& input, const Input& other) {
    const size_t at = Below(input.size());
    const auto position = [&input](size_t offset) {
      return input.begin() + static_cast<std::ptrdiff_t>(offset);
    };
    switch (Below(6)) {
      case 0:
        if (!input.empty()) input[at] ^= static_cast<uint8_t>(1 << Below(8));
        break;
      case 1:
        if (!input.empty()) input[at] = Byte();
        break;
      case 2:
        input.insert(position(at), Byte());
        break;
      case 3:
        input.resize(at);
        break;
      case 4:
        input.erase(position(at), position(at + Below(input.size() - at)));
        break;
      default: {  // a piece of another seed
        const size_t from = Below(other.size());
        const size_t size = Below(other.size() - from);
        const auto begin = other.begin() + static_cast<std::ptrdiff_t>(from);
        input.insert(position(at), begin,
                     begin + static_cast<std::ptrdiff_t>(size));
      }
    }
  }

  std::mt19937 random_{20240229};  // NOLINT: the same in every run, on purpose
};

void Run(const Input& input) {
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: %s CORPUS_DIRECTORY [MUTATIONS]\n", argv[0]);
    return 2;
  }
  const int mutations = argc == 3 ? std::atoi(argv[2]) : kUsualMutations;
  const std::vector<Input> seeds = ReadSeeds(argv[1]);
  if (seeds.empty()) {
    std::fprintf(stderr, "%s: holds no inputs\n", argv[1]);
    return 1;
  }
  Run({});
  Mutator mutator;
  for (size_t i = 0; i < seeds.size(); ++i) {
    Run(seeds[i]);
    const Input& other = seeds[(i + 1) % seeds.size()];
    for (int n = 0; n < mutations; ++n) {
      Run(mutator.Mutate(seeds[i], other));
    }
  }
  std::printf("%zu inputs, %d mutations of each\n", seeds.size(), mutations);
}
