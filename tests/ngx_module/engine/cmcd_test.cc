#include "ngx_module/engine/cmcd.h"

#include <gtest/gtest.h>

namespace usher::engine {
namespace {

// As in the examples of CTA-5004 section 4.
constexpr std::string_view kData =
    "bl=21300,br=3200,bs,cid=\"faec5fc2\",d=4004,dl=18500,mtp=48100,"
    "nor=\"..%2F300kbps%2Ftrack.m4v\",ot=v,pr=1.08,rtp=12000,sf=h,"
    "sid=\"6e2fb550\",st=v,su,tb=6000";

TEST(Cmcd, ReadsNumbersTokensAndFlags) {
  EXPECT_EQ(CmcdValue(kData, "br"), "3200");
  EXPECT_EQ(CmcdValue(kData, "bl"), "21300");
  EXPECT_EQ(CmcdValue(kData, "pr"), "1.08");
  EXPECT_EQ(CmcdValue(kData, "sf"), "h");
  EXPECT_EQ(CmcdValue(kData, "bs"), "1");
  EXPECT_EQ(CmcdValue(kData, "su"), "1");
  EXPECT_EQ(CmcdValue("br=1, bs", "bs"), "1") << "headers have spaces";
}

TEST(Cmcd, FreeTextIsNotReadForItMayHoldACredential) {
  for (const char* key : {"sid", "cid", "nor", "nrr", "com.example-x", ""}) {
    EXPECT_EQ(CmcdValue(kData, key), "") << key;
  }
}

TEST(Cmcd, WhatIsMalformedIsNotThere) {
  EXPECT_EQ(CmcdValue("br=", "br"), "");
  EXPECT_EQ(CmcdValue("br=\"3\"", "br"), "");
  EXPECT_EQ(CmcdValue("br=12345678901234567", "br"), "");
  EXPECT_EQ(CmcdValue("br=3\n200", "br"), "");
  EXPECT_EQ(CmcdValue("xbr=3", "br"), "");
  EXPECT_EQ(CmcdValue("brx=3", "br"), "");
  EXPECT_EQ(CmcdValue("sid=\"a,br=3\",bl=2", "br"), "") << "quoted";
  EXPECT_EQ(CmcdValue("sid=\"a\\\",br=3\",bl=2", "bl"), "2") << "escaped";
  EXPECT_EQ(CmcdValue("sid=\"open,br=3", "br"), "");
}

TEST(Cmcd, IsFoundInAQuery) {
  EXPECT_EQ(CmcdOfQuery("ticket=x&CMCD=br%3D3200%2Cbs&a=b"), "br=3200,bs");
  for (const char* query : {"", "CMCD", "cmcd=bs", "XCMCD=bs", "CMCD=%",
                            "CMCD=%4", "CMCD=%zz", "CMCD=bs&CMCD=br%3D1"}) {
    EXPECT_EQ(CmcdOfQuery(query), "") << query;
  }
  EXPECT_EQ(CmcdOfQuery("CMCD=" + std::string(1025, 'a')), "");
}

}  // namespace
}  // namespace usher::engine
