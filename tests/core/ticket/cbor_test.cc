#include "core/ticket/cbor.h"

#include <gtest/gtest.h>

#include "core/base/hex.h"

namespace usher::ticket {
namespace {

std::optional<Cbor> Read(std::string_view hex, int nesting = 8) {
  return ReadCbor(*FromHex(hex), nesting);
}

// RFC 8949 appendix A, where it is of a kind we read.
TEST(Cbor, ReadsTheStandardsExamples) {
  const struct {
    const char* hex;
    int64_t number;
  } integers[] = {{"00", 0},
                  {"17", 23},
                  {"1818", 24},
                  {"1903e8", 1000},
                  {"1a000f4240", 1000000},
                  {"1b000000e8d4a51000", 1000000000000},
                  {"20", -1},
                  {"3863", -100},
                  {"3903e7", -1000}};
  for (const auto& each : integers) {
    const auto item = Read(each.hex);
    ASSERT_TRUE(item) << each.hex;
    EXPECT_EQ(item->Integer(), each.number) << each.hex;
  }
  EXPECT_EQ(Read("1bffffffffffffffff")->Integer(), std::nullopt);
  EXPECT_EQ(Read("3bffffffffffffffff")->Integer(), std::nullopt);
  EXPECT_EQ(Read("fb3ff199999999999a")->real, 1.1);
  EXPECT_EQ(Read("f93e00")->real, 1.5);
  EXPECT_EQ(Read("4401020304")->string, "\x01\x02\x03\x04");
  EXPECT_EQ(Read("6449455446")->string, "IETF");
  EXPECT_EQ(Read("83010203")->items.size(), 3U);
  EXPECT_EQ(Read("a201020304")->Find(3)->Integer(), 4);
  EXPECT_EQ(Read("c11a514b67b0")->tags, std::vector<uint64_t>{1});
  EXPECT_EQ(Read("f6")->kind, Cbor::Kind::kOther);
}

TEST(Cbor, RefusesWhatHasTwoMeaningsOrNone) {
  for (const char* hex :
       {"", "0000", "1c", "18", "1a0000", "44010203", "830102", "a10102a1",
        "a201020103", "a2616101616102", "a14001", "a1f601", "a1c10102",
        "5f42010243030405ff", "7f657374726561646d696e67ff", "9fff", "bfff",
        "ff", "c1"}) {
    EXPECT_FALSE(Read(hex)) << hex;
  }
}

// Deterministic encoding (RFC 8949 section 4.2) binds who encodes; CWT and COSE
// demand it of nobody, and what is signed is the bytes as they came.
TEST(Cbor, TakesLongerHeadsAndUnsortedKeysAndStillSeesDoubles) {
  for (const char* hex :
       {"17", "1817", "190017", "1a00000017", "1b0000000000000017"}) {
    const auto item = Read(hex);
    ASSERT_TRUE(item) << hex;
    EXPECT_EQ(item->Integer(), 23) << hex;
  }
  for (const char* hex : {"a201020403", "a204030102", "b8020403180102",
                          "b900021a0000000403180102"}) {
    const auto unsorted = Read(hex);
    ASSERT_TRUE(unsorted) << hex;
    ASSERT_NE(unsorted->Find(1), nullptr) << hex;
    EXPECT_EQ(unsorted->Find(1)->Integer(), 2) << hex;
    EXPECT_EQ(unsorted->Find(4)->Integer(), 3) << hex;
  }
  for (const char* hex : {"a20102180103", "a2190001021a0000000103",
                          "a22001380002", "a261610278016103"}) {
    EXPECT_FALSE(Read(hex)) << "one key, spelled twice: " << hex;
  }
}

TEST(Cbor, TakesNoMemoryForWhatIsNotThere) {
  for (const char* hex :
       {"9bffffffffffffffff", "9b7fffffffffffffff00", "bb7fffffffffffffff00",
        "5bffffffffffffffff", "7b7fffffffffffffff61", "9affffffff00",
        "ba8000000000", "5b000000ffffffffff00"}) {
    EXPECT_FALSE(Read(hex)) << hex;
  }
}

TEST(Cbor, GoesOnlySoDeep) {
  EXPECT_TRUE(Read("818100", 3));
  EXPECT_FALSE(Read("818100", 2));
  EXPECT_FALSE(Read("c1c1c100", 3));
  std::string deep;
  for (int i = 0; i < 4000; ++i) deep += "81";
  EXPECT_FALSE(Read(deep + "00"));
}

}  // namespace
}  // namespace usher::ticket
