// Remembers which counter blocks of which key each cenc sample used, to find
// two samples that share one: such a pair gives the plaintext away (ISO/IEC
// 23001-7 9.2, 9.3). Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/keys/key_id.h"
#include "packager/inspect/finding.h"

namespace usher::inspect {

struct IvUse {
  keys::KeyId kid;
  std::array<uint8_t, 16> iv{};
  uint64_t blocks = 1;  // the counter runs on for so many
  uint64_t offset = 0;  // of the sample in the resource
};

class IvLedger {
 public:
  // `place` is shown; a resource read twice (by two manifests, as a range of
  // another) has one `location`.
  void Add(const std::string& location, const std::string& place,
           const IvUse& use);
  // One finding for each pair of places that share a block.
  void Report(Findings& findings);

 private:
  struct Entry {
    IvUse use;
    size_t resource = 0;
  };

  size_t ResourceOf(const std::string& location, const std::string& place);

  std::vector<Entry> entries_;
  std::vector<std::string> places_;          // of resources
  std::map<std::string, size_t> resources_;  // by location
};

}  // namespace usher::inspect
