#include "packager/input/rtmp/amf0.h"

#include <gtest/gtest.h>

#include <string>

#include "core/base/hex.h"

namespace usher::rtmp {
namespace {

Bytes Hex(std::string_view text) { return *FromHex(text); }

TEST(Amf0, ReadsNumbersBooleansTextAndNothing) {
  const auto values =
      ReadAllAmf(Hex("003ff0000000000000"  // 1.0
                     "0101"                // true
                     "020003616263"        // "abc"
                     "0c00000002"
                     "7879"  // a long string: "xy"
                     "05"
                     "06"));  // null, undefined
  ASSERT_TRUE(values.has_value());
  ASSERT_EQ(values->size(), 6U);
  EXPECT_EQ(*(*values)[0].number(), 1.0);
  EXPECT_EQ((*values)[1].scalar, AmfScalar(true));
  EXPECT_EQ(*(*values)[2].text(), "abc");
  EXPECT_EQ(*(*values)[3].text(), "xy");
  EXPECT_EQ((*values)[4].scalar, AmfScalar(AmfNothing{}));
  EXPECT_EQ((*values)[5].scalar, AmfScalar(AmfNothing{}));
}

TEST(Amf0, FindsAnObjectsPropertiesAndReadsOverWhatIsDeeper) {
  const auto values =
      ReadAllAmf(Hex("03"
                     "0003617070"
                     "0200046c697665"  // app: "live"
                     "0001"
                     "6f"
                     "03"
                     "0000"
                     "09"  // o: {}
                     "0001"
                     "61"
                     "0a00000001"
                     "05"  // a: [null]
                     "0001"
                     "64"
                     "0b"
                     "0000000000000000"
                     "0000"  // d: a date
                     "0000"
                     "09"));
  ASSERT_TRUE(values.has_value());
  ASSERT_EQ(values->size(), 1U);
  ASSERT_NE(values->front().TextOf("app"), nullptr);
  EXPECT_EQ(*values->front().TextOf("app"), "live");
  EXPECT_EQ(values->front().TextOf("o"), nullptr);
  EXPECT_EQ(values->front().TextOf("missing"), nullptr);
}

TEST(Amf0, ReadsAnEcmaArrayWhateverItsCountSays) {
  const auto values =
      ReadAllAmf(Hex("08ffffffff"
                     "000164"
                     "004024000000000000"
                     "000009"));
  ASSERT_TRUE(values.has_value());
  EXPECT_EQ(values->front().properties.size(), 1U);
}

TEST(Amf0, RefusesWhatIsCutShortTooDeepOrUnknown) {
  std::string deep;
  for (int i = 0; i < 20; ++i) deep += "03000161";
  for (const std::string& hex :
       {std::string("00"), std::string("003ff000"), std::string("02ffff61"),
        std::string("0200"), std::string("0cffffffff61"), std::string("03"),
        std::string("0300016105"), std::string("0affffffff"), std::string("04"),
        std::string("7f"), deep}) {
    EXPECT_FALSE(ReadAllAmf(Hex(hex)).has_value()) << hex;
  }
}

TEST(Amf0, ReadsWhatItWrites) {
  Bytes bytes;
  AmfWriter(bytes).Text("_result").Number(2.5).Null().Object({{"a", "b"}});
  const auto values = ReadAllAmf(bytes);
  ASSERT_TRUE(values.has_value());
  ASSERT_EQ(values->size(), 4U);
  EXPECT_EQ(*(*values)[0].text(), "_result");
  EXPECT_EQ(*(*values)[1].number(), 2.5);
  EXPECT_EQ(*(*values)[3].TextOf("a"), "b");
}

}  // namespace
}  // namespace usher::rtmp
