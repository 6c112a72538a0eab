// MPEG-TS of which one packet in a hundred is destroyed, by `usher live`, in
// the players viewers use: their first picture that cannot be decoded would be
// their last.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {
  until, usher, withDirectory, withFiles, withPage, withPlayerSite,
} from './harness.mjs';
import {kDash, kHls, kShaka} from './players.mjs';

const kPacket = 188;
const kWholePackets = 400;
const kSeconds = 26;
const kPlayed = 20;

function makeStream(file) {
  execFileSync('ffmpeg', [
    '-v', 'error', '-nostdin', '-f', 'lavfi',
    '-i', `testsrc2=size=640x360:rate=25:duration=${kSeconds}`,
    '-f', 'lavfi', '-i', `sine=frequency=440:duration=${kSeconds}`,
    '-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '50',
    '-b:v', '1200k', '-pix_fmt', 'yuv420p', '-c:a', 'aac', file,
  ]);
}

// The same packets in each run (Park and Miller's generator).
function* randomNumbers() {
  for (let state = 1; ; yield state) state = state * 48271 % 2147483647;
}

// In turn: lost, overwritten behind its header, out of sync.
function damage(stream) {
  const random = randomNumbers();
  const pieces = [];
  for (let at = 0; at < stream.length; at += kPacket) {
    const packet = stream.subarray(at, at + kPacket);
    const whole = at < kWholePackets * kPacket ||
      random.next().value % 100 !== 0;
    pieces.push(whole ? packet : [
      () => Buffer.alloc(0),
      () => Buffer.concat([packet.subarray(0, 4), Buffer.from(
        packet.subarray(4).map((byte) => byte ^ random.next().value & 255))]),
      () => packet.subarray(random.next().value % kPacket),
    ][random.next().value % 3]());
  }
  return Buffer.concat(pieces);
}

async function expectPlaysOn(html, url) {
  await withPlayerSite(html, (site) => withPage(async (page) => {
    await page.goto(site);
    await page.evaluate((address) => {
      window.failed = [];
      document.querySelector('video').addEventListener('error', ({target}) =>
        failed.push(target.error?.message));
      play(address);
    }, url);
    const look = () => page.evaluate(() => {
      const video = document.querySelector('video');
      return {failed, time: video.currentTime,
        pictures: video.getVideoPlaybackQuality().totalVideoFrames};
    });
    let seen;
    await until(async () => {
      seen = await look();
      return seen.failed.length > 0 || seen.time > kPlayed;
    }, 240_000).catch(() => {});
    const told = `${JSON.stringify(seen)}\n${page.said.join('\n')}`;
    assert.deepEqual(seen.failed, [], told);
    assert.ok(seen.time > kPlayed, told);
    assert.ok(seen.pictures > kPlayed, told);
  }));
}

test('players go on where one packet in a hundred is destroyed', () =>
  withDirectory(async (directory) => {
    const whole = path.join(directory, 'whole.ts');
    const damaged = path.join(directory, 'damaged.ts');
    makeStream(whole);
    fs.writeFileSync(damaged, damage(fs.readFileSync(whole)));
    usher(['live', damaged, '--event', 'fight', '-o', directory,
      '--key-store', path.join(directory, 'keys'), '--encryption', 'none',
      '--window', 'all', '--segment-duration', '2', '--quiet']);
    await withFiles(path.join(directory, 'fight'), async (base) => {
      await expectPlaysOn(kHls, `${base}/master.m3u8`);
      await expectPlaysOn(kShaka, `${base}/master.m3u8`);
      await expectPlaysOn(kDash, `${base}/manifest.mpd`);
    });
  }));
