// A storage that fails for a while does not end an event: what cannot be put is
// tried again, and given up only when it would be too late anyway.
#pragma once

#include <chrono>

#include "packager/input/interrupt.h"
#include "packager/live/live_source.h"
#include "packager/storage/storage.h"

namespace usher::live {

class PatientStorage final : public Storage {
 public:
  // All outlive the object.
  PatientStorage(Storage& storage, std::chrono::milliseconds patience, Log log)
      : storage_(storage), patience_(patience), log_(std::move(log)) {}

  Status Put(std::string_view path, std::span<const ByteView> pieces) override;
  Status Remove(std::string_view path) override {
    return storage_.Remove(path);
  }
  Status RemoveLeftover(std::string_view path) override {
    return storage_.RemoveLeftover(path);
  }
  Status Flush() override { return storage_.Flush(); }
  bool HasLost(std::string_view path) override {
    return storage_.HasLost(path);
  }

 private:
  Storage& storage_;
  const std::chrono::milliseconds patience_;
  Log log_;
};

}  // namespace usher::live
