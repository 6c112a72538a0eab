#include "tests/packager/encrypt/trace_headers.h"

#include <sstream>
#include <stdexcept>

#include "tests/support/run_process.h"

namespace usher::testing {
namespace {

// A line of an element: "34  pic_order_cnt_lsb   000000 = 0". Returns the bit
// behind it, or 0 where the line is no element of a header.
size_t EndOfElement(const std::string& line) {
  std::istringstream fields(line);
  size_t position = 0;
  std::string name;
  std::string bits;
  if (!(fields >> position >> name >> bits)) return 0;
  if (name == "cabac_alignment_one_bit") return 0;
  return position + bits.size();
}

std::string WithoutPrefix(const std::string& line) {
  const size_t bracket = line.find("] ");
  return bracket == std::string::npos ? line : line.substr(bracket + 2);
}

// The sizes of the headers that begin with a line `heading`.
std::vector<size_t> TracedBits(const std::filesystem::path& file,
                               const std::vector<std::string>& input_options,
                               const std::string& units,
                               const std::string& heading) {
  std::vector<std::string> arguments = {"ffmpeg", "-hide_banner", "-nostats"};
  arguments.insert(arguments.end(), input_options.begin(), input_options.end());
  arguments.insert(
      arguments.end(),
      {"-i", file, "-map", "0:v:0", "-c", "copy", "-copyinkf", "-bsf:v",
       "filter_units=pass_types=" + units + ",trace_headers", "-f", "null",
       "-"});
  const ProcessResult result = RunProcess(arguments);
  if (result.exit_code != 0) throw std::runtime_error(result.err);
  std::vector<size_t> sizes;
  bool in_slice = false;
  std::istringstream lines(result.err);
  for (std::string line; std::getline(lines, line);) {
    line = WithoutPrefix(line);
    if (!line.empty() && (line[0] < '0' || line[0] > '9')) {
      in_slice = line == heading;
      if (in_slice) sizes.push_back(0);
    } else if (in_slice) {
      sizes.back() = std::max(sizes.back(), EndOfElement(line));
    }
  }
  return sizes;
}

}  // namespace

std::vector<size_t> TracedSliceHeaderBits(
    const std::filesystem::path& file,
    const std::vector<std::string>& input_options) {
  return TracedBits(file, input_options, "1|5|7|8", "Slice Header");
}

std::vector<size_t> TracedHevcSliceHeaderBits(
    const std::filesystem::path& file) {
  return TracedBits(file, {}, "0-9|16-21|32-34", "Slice Segment Header");
}

}  // namespace usher::testing
