// Reads all inputs of a plan in step, so that none runs ahead of the others.
// Not thread-safe.
#pragma once

#include <optional>
#include <vector>

#include "core/base/error.h"
#include "packager/input/interrupt.h"
#include "packager/input/media_file.h"
#include "packager/pipeline/package_plan.h"
#include "packager/track/packet.h"

namespace usher {

class FilmReader {
 public:
  // `plan` outlives the reader.
  static Result<FilmReader> Open(const PackagePlan& plan,
                                 const Interrupt& interrupt);

  // The next packet of the input that is furthest behind; its `track` is an
  // index into the plan's. Nothing at the end of all inputs.
  Result<std::optional<Packet>> Next();
  // Seconds of the presentation read from every input.
  double seconds() const;

 private:
  struct Input {
    MediaFile file;
    std::vector<std::optional<size_t>> planned;  // by the input's track
    double seconds = 0;
    bool ended = false;
  };

  explicit FilmReader(const PackagePlan& plan) : plan_(&plan) {}
  Input* FurthestBehind();
  Status CheckPlanned(const Input& input, const Packet& packet) const;
  // Nothing where the packet is to be left out.
  std::optional<Packet> Place(Input& input, Packet packet) const;

  const PackagePlan* plan_;
  std::vector<Input> inputs_;
};

}  // namespace usher
