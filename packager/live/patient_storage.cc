#include "packager/live/patient_storage.h"

#include <thread>

namespace usher::live {

Status PatientStorage::Put(std::string_view path,
                           std::span<const ByteView> pieces) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kPause(200);
  const auto deadline = Clock::now() + patience_;
  Status put = storage_.Put(path, pieces);
  if (put) return put;
  log_(put.error().OneLine() + "; trying again");
  while (!put && Clock::now() < deadline) {
    std::this_thread::sleep_for(kPause);
    put = storage_.Put(path, pieces);
  }
  log_(put ? "storage works again" : put.error().OneLine());
  return put;
}

}  // namespace usher::live
