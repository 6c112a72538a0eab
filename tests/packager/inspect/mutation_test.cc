// Every check is seen to fail where its rule is broken, and to be silent where
// it is not.
#include "tests/packager/inspect/mutation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

#include "tests/support/temp_dir.h"

namespace usher::inspect::testing {
namespace {

namespace fs = std::filesystem;

bool IsFound(const Findings& findings, const Mutation& mutation) {
  return std::ranges::any_of(findings.all(), [&](const Finding& finding) {
    return finding.check == mutation.check &&
           finding.severity == mutation.severity &&
           finding.place.find(mutation.place) != std::string::npos;
  });
}

void ExpectAllFound(const std::vector<Mutation>& mutations) {
  for (size_t i = 0; i < mutations.size(); ++i) {
    const Mutation& mutation = mutations[i];
    Presentation presentation(mutation.good);
    mutation.apply(presentation);
    const Inspection inspection = presentation.Inspect(mutation.with_key);
    EXPECT_TRUE(IsFound(inspection.findings, mutation))
        << "mutation " << i << ", " << SeverityName(mutation.severity) << " "
        << mutation.check << " at '" << mutation.place
        << "' was not found, but:\n"
        << AllLines(inspection.findings);
  }
}

TEST(Inspect, FindsEveryWayToBreakAPlaylist) {
  ExpectAllFound(PlaylistMutations());
}

TEST(Inspect, FindsEveryWayToBreakASegment) {
  ExpectAllFound(MediaMutations());
}

TEST(Inspect, FindsEveryWayToBreakEncryption) {
  ExpectAllFound(EncryptionMutations());
}

TEST(Inspect, FindsEveryWayToMisleadDrmSystems) {
  ExpectAllFound(DrmMutations());
}

TEST(Inspect, FindsEveryWayToBreakAnMpd) { ExpectAllFound(DashMutations()); }

TEST(Inspect, FindsEveryWayToBreakATransportStream) {
  ExpectAllFound(TransportStreamMutations());
}

TEST(Inspect, FindsEveryWayToBreakSubtitles) {
  ExpectAllFound(TextMutations());
}

TEST(Inspect, FindsNothingInWhatUsherPackages) {
  for (const Good good :
       {Good::kClear,    Good::kAes128,      Good::kCbcs,
        Good::kCenc,     Good::kRotated,     Good::kSeigCbcs,
        Good::kSeigCenc, Good::kDrmCbcs,     Good::kDrmCenc,
        Good::kHevc,     Good::kOpenGroups,  Good::kTrickPlay,
        Good::kVp9,      Good::kAv1,         Good::kDolby,
        Good::kHdr,      Good::kUneven,      Good::kSingleFile,
        Good::kParts,    Good::kPartsAes128, Good::kTs,
        Good::kTsAes128, Good::kRunning,     Good::kRunningCbcs}) {
    const Inspection inspection = Presentation(good).Inspect();
    EXPECT_TRUE(inspection.findings.all().empty())
        << AllLines(inspection.findings);
    EXPECT_GE(inspection.segments, 2U);
  }
}

TEST(Inspect, FindsNoErrorInWhatFfmpegPackages) {
  for (const Good good :
       {Good::kFfmpegTs, Good::kFfmpegFmp4, Good::kFfmpegHev1,
        Good::kFfmpegDash, Good::kFfmpegOnDemand, Good::kFfmpegDashTemplate}) {
    const Inspection inspection = Presentation(good).Inspect();
    EXPECT_EQ(inspection.findings.Count(Severity::kError), 0U)
        << AllLines(inspection.findings);
    EXPECT_GE(inspection.segments, 1U);
  }
}

// Every name a check has in the sources.
std::set<std::string> ChecksInSources() {
  static const std::regex kCheck(
      R"re((?:Error|Warning|Note)\(\s*"([a-z0-9-]+)"|Severity::k\w+,\s*"([a-z0-9-]+)")re");
  std::set<std::string> checks;
  for (const auto& entry : fs::directory_iterator("packager/inspect")) {
    if (entry.path().extension() != ".cc") continue;
    const std::string text = usher::testing::ReadFile(entry.path());
    for (std::sregex_iterator match(text.begin(), text.end(), kCheck), end;
         match != end; ++match) {
      checks.insert((*match)[1].matched ? (*match)[1] : (*match)[2]);
    }
  }
  return checks;
}

TEST(Inspect, HasAMutationForEveryCheck) {
  // Needs a server: http_test.cc.
  std::set<std::string> covered = {"key-missing"};
  for (const auto& mutations :
       {PlaylistMutations(), MediaMutations(), EncryptionMutations(),
        DashMutations(), DrmMutations(), TransportStreamMutations(),
        TextMutations()}) {
    for (const Mutation& mutation : mutations) covered.insert(mutation.check);
  }
  const std::set<std::string> checks = ChecksInSources();
  EXPECT_GT(checks.size(), 80U) << "not run from the repository's root?";
  for (const std::string& check : checks) {
    EXPECT_TRUE(covered.contains(check)) << check << " was never seen to fail";
  }
  for (const std::string& check : covered) {
    EXPECT_TRUE(checks.contains(check)) << check << " is no check any more";
  }
}

}  // namespace
}  // namespace usher::inspect::testing
