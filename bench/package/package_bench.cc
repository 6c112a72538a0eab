// Packaging a film, side by side: usher, FFmpeg's hls muxer, Shaka Packager and
// `cp` in turn, round by round, so that whatever else the machine does hits all
// alike. run.sh beside it makes the films; docs/performance.md holds the
// numbers.
//
//   package_bench [--rounds N] [--realtime] [--shaka PROGRAM]
//                 --usher PROGRAM --output DIR FILM
//
// Prints one Markdown row a contender: the median and, in brackets, the spread.
// With --realtime children run under SCHED_RR, in front of everything else.
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Command = std::vector<std::string>;

struct Options {
  std::string usher;
  std::string shaka;  // empty: left out
  fs::path output;
  fs::path film;
  int rounds = 5;
  bool realtime = false;
};

struct Run {
  double wall = 0;    // seconds
  double cpu = 0;     // user and system
  double memory = 0;  // MB at the peak
};

struct Contender {
  std::string name;
  Command command;
  std::vector<Run> runs;
};

constexpr char kKey[] = "00112233445566778899aabbccddeeff";

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "package_bench: %s\n", what.c_str());
  std::exit(1);
}

Contender Usher(const Options& options, const std::string& scheme) {
  const std::string directory = options.output;
  return {"usher, " + scheme,
          {options.usher, "package", options.film, "--output", directory,
           "--event", "film", "--encryption", scheme, "--segment-duration", "6",
           "--key-store", directory + "-keys", "--quiet"},
          {}};
}

Contender Ffmpeg(const Options& options, bool encrypted) {
  const std::string directory = options.output;
  Command command = {
      "ffmpeg",     "-nostdin",       "-v",    "error", "-i",
      options.film, "-map",           "0:v:0", "-map",  "0:a:0",
      "-c",         "copy",           "-f",    "hls",   "-hls_time",
      "6",          "-hls_list_size", "0"};
  if (encrypted) {
    command.insert(command.end(), {"-hls_enc", "1", "-hls_enc_key", kKey,
                                   "-hls_segment_type", "mpegts"});
  } else {
    command.insert(command.end(), {"-hls_segment_type", "fmp4"});
    // ADTS, as MPEG-TS has it, does not go into MP4 by itself.
    if (options.film.extension() == ".ts") {
      command.insert(command.end(), {"-bsf:a", "aac_adtstoasc"});
    }
  }
  command.push_back(directory + "/film.m3u8");
  return {encrypted ? "FFmpeg hls, aes-128 (TS)" : "FFmpeg hls, none",
          std::move(command),
          {}};
}

Contender Shaka(const Options& options, const std::string& scheme,
                bool uncached) {
  const std::string directory = options.output;
  Command command = {options.shaka,
                     "--quiet",
                     "--segment_duration",
                     "6",
                     "--hls_master_playlist_output",
                     directory + "/film.m3u8",
                     "--mpd_output",
                     directory + "/film.mpd"};
  for (const std::string stream : {"video", "audio"}) {
    const std::string track = directory + "/" + stream;
    command.push_back("in=" + options.film.string() + ",stream=" + stream +
                      ",init_segment=" + track +
                      "/init.mp4,segment_template=" + track +
                      "/$Number$.m4s,playlist_name=" + stream + ".m3u8");
  }
  if (scheme != "none") {
    command.insert(
        command.end(),
        {"--enable_raw_key_encryption", "--protection_scheme", scheme, "--keys",
         std::string("label=:key_id=") + kKey + ":key=" + kKey});
  }
  if (uncached) command.insert(command.end(), {"--io_cache_size", "0"});
  return {"Shaka, " + scheme + (uncached ? ", --io_cache_size 0" : ""),
          std::move(command),
          {}};
}

std::vector<Contender> Contenders(const Options& options) {
  std::vector<Contender> all;
  all.push_back({"cp", {"cp", options.film, options.output / "film.copy"}, {}});
  for (const char* scheme : {"none", "cbcs", "cenc", "aes-128"}) {
    all.push_back(Usher(options, scheme));
  }
  for (const bool encrypted : {false, true}) {
    all.push_back(Ffmpeg(options, encrypted));
  }
  if (options.shaka.empty()) return all;
  for (const bool uncached : {false, true}) {
    for (const char* scheme : {"none", "cbcs", "cenc"}) {
      all.push_back(Shaka(options, scheme, uncached));
    }
  }
  return all;
}

void Execute(const Command& command, bool realtime) {
  if (realtime) {
    const sched_param priority{1};
    if (::sched_setscheduler(0, SCHED_RR, &priority) != 0) ::_exit(126);
  }
  const int null = ::open("/dev/null", O_RDWR);
  ::dup2(null, STDOUT_FILENO);
  std::vector<char*> arguments;
  for (const std::string& word : command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + time.tv_usec / 1e6;
}

Run Measure(const Contender& contender, bool realtime) {
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) Execute(contender.command, realtime);
  int status = 0;
  rusage usage{};
  if (child < 0 || ::wait4(child, &status, 0, &usage) != child || status != 0) {
    Fail(contender.name + " failed");
  }
  const std::chrono::duration<double> wall =
      std::chrono::steady_clock::now() - begin;
  return {wall.count(), Seconds(usage.ru_utime) + Seconds(usage.ru_stime),
          usage.ru_maxrss / 1024.0};
}

// Nothing of the run before is still on its way to the disk.
void Clean(const fs::path& directory) {
  fs::remove_all(directory);
  fs::create_directories(directory);
  const int fd = ::open(directory.c_str(), O_RDONLY);
  ::syncfs(fd);
  ::close(fd);
}

void WarmCache(const fs::path& film) {
  std::ifstream file(film, std::ios::binary);
  std::vector<char> buffer(1 << 20);
  while (file.read(buffer.data(), static_cast<long>(buffer.size()))) {
  }
}

struct Spread {
  double least, median, most;
};

Spread Of(const std::vector<Run>& runs, double Run::* value) {
  std::vector<double> values;
  for (const Run& run : runs) values.push_back(run.*value);
  std::ranges::sort(values);
  return {values.front(), values[values.size() / 2], values.back()};
}

double Load() {
  double load = 0;
  return ::getloadavg(&load, 1) == 1 ? load : 0;
}

void Print(const std::vector<Contender>& contenders) {
  std::printf(
      "| | wall, s | user + sys, s | peak memory, MB | wall / cp | "
      "user + sys / cp |\n|---|---|---|---|---|---|\n");
  const Spread copy_wall = Of(contenders.front().runs, &Run::wall);
  const Spread copy_cpu = Of(contenders.front().runs, &Run::cpu);
  for (const Contender& contender : contenders) {
    const Spread wall = Of(contender.runs, &Run::wall);
    const Spread cpu = Of(contender.runs, &Run::cpu);
    std::printf(
        "| %s | %.2f (%.2f to %.2f) | %.2f (%.2f to %.2f) | %.0f | %.2f | "
        "%.2f |\n",
        contender.name.c_str(), wall.median, wall.least, wall.most, cpu.median,
        cpu.least, cpu.most, Of(contender.runs, &Run::memory).most,
        wall.median / copy_wall.median, cpu.median / copy_cpu.median);
  }
}

Options Parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto value = [&] { return i + 1 < argc ? argv[++i] : ""; };
    if (word == "--usher") {
      options.usher = value();
    } else if (word == "--shaka") {
      options.shaka = value();
    } else if (word == "--output") {
      options.output = fs::path(value()) / "package-bench";
    } else if (word == "--rounds") {
      options.rounds = std::atoi(value());
    } else if (word == "--realtime") {
      options.realtime = true;
    } else {
      options.film = word;
    }
  }
  if (options.usher.empty() || options.output.empty() || options.film.empty() ||
      options.rounds < 1) {
    Fail(
        "usage: package_bench [--rounds N] [--realtime] [--shaka PROGRAM] "
        "--usher PROGRAM --output DIR FILM");
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = Parse(argc, argv);
  std::vector<Contender> contenders = Contenders(options);
  WarmCache(options.film);
  const double load_before = Load();
  for (int round = 0; round < options.rounds; ++round) {
    for (Contender& contender : contenders) {
      Clean(options.output);
      contender.runs.push_back(Measure(contender, options.realtime));
    }
  }
  fs::remove_all(options.output);
  fs::remove_all(options.output.string() + "-keys");
  std::printf("%s, %.2f GB, to %s; %d rounds%s, load %.1f to %.1f\n\n",
              options.film.filename().c_str(),
              static_cast<double>(fs::file_size(options.film)) / 1e9,
              options.output.parent_path().c_str(), options.rounds,
              options.realtime ? " under SCHED_RR" : "", load_before, Load());
  Print(contenders);
  std::printf("\n");
  return 0;
}
