// Films for tests, made by FFmpeg on first use and kept in the build directory.
// Tests that run at the same time wait for whoever makes one.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace usher::testing {

// Names and what they are:
//
//   film.mp4        8 s, 320x180 at 25/s, GOP 50 with B-frames, AAC 48 kHz
//   stereo
//                   with priming; moov behind the media
//   faststart.mp4   the same, moov in front      fragmented.mp4  in fragments
//   film.mov film.mkv film.ts film.flv           the same, re-muxed
//   ntsc.mp4        30000/1001, AAC 44.1 kHz, language deu
//   small.mp4       film.mp4 at 160x90, GOP 25, no sound: lines up with it
//   misaligned.mp4  the same with GOP 37: does not
//   trimmed.mp4     film.mp4 from 1.3 s on, by an edit list in mid-GOP
//   clipped.mp4     3.1 s from the middle of it, by edit lists
//   late.mp4        film.mp4 with pictures 0.7 s late, by an empty edit
//   noedits.mp4     without edit lists          negative.mp4  negative offsets
//   broadcast.mp4   video in a timescale of 90000
//   odd.mp4         24000/1001 in a timescale of 12345, no B-frames, no sound
//   uneven.mp4      variable frame rate with B-frames, no sound
//   small.ts        small.mp4 re-muxed
//   opengop.mp4     key frames that are no IDR pictures, but for the first
//   sound.m4a       only AAC, 7 s, language fra
//   hevc.mp4 hevc.ts hevc.mkv    film.mp4 as HEVC, closed GOPs of 50
//   hev1.mp4        the same, parameter sets in the samples
//   hevcopen.mp4 hevcopen.ts     key frames that are CRA pictures, no sound
//   hevc10.mp4      10 bits a sample, no sound
//   mpeg2.ts        MPEG-2 video and MPEG audio: not packaged
//   vp9.webm        VP9 with hidden frames, Opus; 4 s
//   vp910.mkv av1.mkv av1.mp4 av1tiles.mkv    VP9 of 10 bits; AV1, in one and
//                   in four tiles; no sound
//   mp3.ts          its sound as MP3: not packaged
//   ac3.mp4 ac3.ts eac3.mp4 eac3.ts flac.mkv flac.mp4 opus.mkv opus.mp4
//                   its sound in those codecs (E-AC-3: 5.1)
//   aac51.mp4 aac24.mp4 film.aac    5.1 channels; 24 kHz; ADTS
//   mixed.mkv       English AAC and AC-3, French AAC, English for the blind
//   rotated.mp4     turned by 90 degrees
//
// Aborts the test program where one cannot be made.
std::filesystem::path TestMedia(std::string_view name);

// Runs FFmpeg for a film of one test; it fails the test where FFmpeg fails.
void Ffmpeg(const std::vector<std::string>& arguments);

}  // namespace usher::testing
