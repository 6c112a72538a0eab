// `usher inspect` finds nothing wrong in anything `usher package` makes: films
// packaged over a pairwise matrix of what one may ask for, each judged with
// its keys.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/packager/cli/run_usher.h"
#include "tests/packager/matrix/pairwise.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

// What a value asks for, and what it does not go with: names of other values.
struct Value {
  std::string name;
  Strings flags;
  Strings not_with = {};
};
using Parameter = std::vector<Value>;

class Matrix {
 public:
  Matrix() {
    WriteFile(directory_ / "en.srt",
              "1\n00:00:00,500 --> 00:00:02,500\nOne\n\n"
              "2\n00:00:02,000 --> 00:00:05,000\nTwo\n");
    WriteFile(directory_ / "de.vtt",
              "WEBVTT\n\nSTYLE\n::cue { color: lime }\n\n"
              "a\n00:01.000 --> 00:06.500 line:0\n<v Bob>Eins\n");
    const std::string en = (directory_ / "en.srt").string();
    const std::string de = (directory_ / "de.vtt").string();
    parameters_ = {
        {Film("film.mp4"),
         Film("fragmented.mp4"),
         Film("film.ts"),
         Film("film.mkv"),
         Film("film.flv"),
         {"hevc", {TestMedia("hevc.mp4").string()}, {"ts"}},
         Film("ntsc.mp4"),
         Film("trimmed.mp4"),
         Film("opengop.mp4"),
         {"ladder",
          {TestMedia("film.mp4").string() + ",lang=en",
           TestMedia("small.mp4").string()}},
         {"sound", {TestMedia("sound.m4a").string()}, {"thumbnails"}}},
        {{"aes-128", {"--encryption", "aes-128"}},
         {"cbcs", {"--encryption", "cbcs"}},
         {"cenc", {"--encryption", "cenc"}},
         {"none", {"--encryption", "none"}},
         {"both", {"--encryption", "cbcs,aes-128"}}},
        {{"one key", {}},
         {"rotation", {"--key-rotation", "4s"}, {"none"}},
         {"key per track", {"--key-per-track"}, {"none"}},
         {"clear lead", {"--clear-lead", "2s"}, {"none"}}},
        {{"no text", {}},
         {"text", {"--subtitle", "en:" + en + ",default"}},
         {"texts",
          {"--subtitle", "en:" + en + ",sdh,label=English", "--subtitle",
           "de:" + de + ",forced"}}},
        {{"no thumbnails", {}},
         {"thumbnails", {"--thumbnails", "0.3s", "--clear-thumbnails"}}},
        {{"2 s", {"--segment-duration", "2"}},
         {"3.5 s", {"--segment-duration", "3.5"}}},
        {{"cmaf", {}}, {"ts", {"--container", "ts"}, {"cbcs", "cenc", "both"}}},
        {{"no trick play", {}},
         {"trick play", {"--trick-play"}, {"aes-128", "ts"}}},
        {{"undated", {}},
         {"dated", {"--program-date-time", "2026-01-01T20:00:00Z"}}},
    };
  }

  std::vector<Choice> Choices() const {
    std::vector<size_t> sizes;
    for (const Parameter& parameter : parameters_) {
      sizes.push_back(parameter.size());
    }
    return AllPairs(sizes);
  }

  // The values of a choice; where two do not go together, the parameter's first
  // instead.
  std::vector<Value> ValuesOf(const Choice& choice) const {
    std::set<std::string> names;
    for (size_t i = 0; i < choice.size(); ++i) {
      names.insert(parameters_[i][choice[i]].name);
    }
    std::set<std::string> refused;
    for (size_t i = 0; i < choice.size(); ++i) {
      const Value& value = parameters_[i][choice[i]];
      for (const std::string& other : value.not_with) {
        if (names.contains(other)) refused.insert(i == 0 ? other : value.name);
      }
    }
    std::vector<Value> values;
    for (size_t i = 0; i < choice.size(); ++i) {
      const Value& value = parameters_[i][choice[i]];
      values.push_back(refused.contains(value.name) ? parameters_[i][0]
                                                    : value);
    }
    return values;
  }

  // What inspect finds, a line each.
  std::string Judge(const std::vector<Value>& values) {
    const fs::path out = directory_ / std::to_string(++runs_);
    Strings command = {"package",
                       "-o",
                       out.string(),
                       "--event",
                       "film",
                       "--key-store",
                       (out / ".." / "keys" / std::to_string(runs_)).string(),
                       "--verify",
                       "--json"};
    for (const Value& value : values) {
      command.insert(command.end(), value.flags.begin(), value.flags.end());
    }
    const Outcome outcome = RunUsher(command);
    std::string found = outcome.exit_code == 0 ? "" : outcome.err;
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) {
      const auto object = nlohmann::json::parse(line);
      if (object.contains("severity")) found += line + "\n";
    }
    fs::remove_all(out);
    return found;
  }

 private:
  static Value Film(const char* name) {
    return {name, {TestMedia(name).string()}};
  }

  TempDir directory_;
  std::vector<Parameter> parameters_;
  int runs_ = 0;
};

TEST(Matrix, InspectFindsNothingWrongInWhatIsPackaged) {
  Matrix matrix;
  const std::vector<Choice> choices = matrix.Choices();
  EXPECT_LT(choices.size(), 80U);
  for (const Choice& choice : choices) {
    const std::vector<Value> values = matrix.ValuesOf(choice);
    std::string name;
    for (const Value& value : values) name += value.name + ", ";
    EXPECT_EQ(matrix.Judge(values), "") << name;
  }
}

TEST(Pairwise, HasEveryPairOfAnyTwoParameters) {
  const std::vector<size_t> sizes = {4, 3, 1, 2};
  const std::vector<Choice> choices = AllPairs(sizes);
  EXPECT_LT(choices.size(), 20U);
  for (size_t a = 0; a < sizes.size(); ++a) {
    for (size_t b = a + 1; b < sizes.size(); ++b) {
      std::set<std::pair<size_t, size_t>> seen;
      for (const Choice& choice : choices) seen.emplace(choice[a], choice[b]);
      EXPECT_EQ(seen.size(), sizes[a] * sizes[b]) << a << " and " << b;
    }
  }
}

}  // namespace
}  // namespace usher::testing
