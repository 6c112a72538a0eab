#include "packager/live/patient_storage.h"

#include <gtest/gtest.h>

#include <string>

namespace usher::live {
namespace {

using std::chrono::milliseconds;

class FailingStorage final : public Storage {
 public:
  explicit FailingStorage(int failures) : failures_(failures) {}
  Status Put(std::string_view, std::span<const ByteView>) override {
    ++puts;
    if (failures_-- > 0) return Failed("disk", "is full", "make room");
    return {};
  }
  Status Remove(std::string_view) override { return {}; }
  int puts = 0;

 private:
  int failures_;
};

TEST(PatientStorage, TriesAgainUntilTheStorageWorksAndSaysSoOnce) {
  FailingStorage failing(3);
  std::string log;
  PatientStorage patient(failing, milliseconds(60'000),
                         [&log](const std::string& line) { log += line; });
  EXPECT_TRUE(patient.Put("a", {}).has_value());
  EXPECT_EQ(failing.puts, 4);
  EXPECT_EQ(log, "disk: is full; make room; trying againstorage works again");
}

TEST(PatientStorage, GivesUpWhenItWouldBeTooLate) {
  FailingStorage failing(1000);
  std::string log;
  PatientStorage patient(failing, milliseconds(0),
                         [&log](const std::string& line) { log += line; });
  EXPECT_FALSE(patient.Put("a", {}).has_value());
  EXPECT_LE(failing.puts, 2);
}

TEST(PatientStorage, SaysNothingWhereNothingIsWrong) {
  FailingStorage working(0);
  std::string log;
  PatientStorage patient(working, milliseconds(0),
                         [&log](const std::string& line) { log += line; });
  EXPECT_TRUE(patient.Put("a", {}).has_value());
  EXPECT_EQ(log, "");
}

}  // namespace
}  // namespace usher::live
