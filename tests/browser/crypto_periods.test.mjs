// Films whose first segment is clear and whose keys change on the way: segments
// of 4 s, 1 clear, 2 under one key, 3 and 4 under the next.
import test from 'node:test';
import {withDemo} from './harness.mjs';
import {
  expectPlaysIn, expectPlaysOnWatchPage, kDash, kShaka,
} from './players.mjs';

const kFlags = ['--clear-lead', '4s', '--key-rotation', '8s'];
const kOverBothSeams = 10;

test('aes-128 in crypto periods', () => withDemo('aes-128', (demo) =>
  expectPlaysOnWatchPage(demo, kOverBothSeams), kFlags));

for (const scheme of ['cbcs', 'cenc']) {
  test(`${scheme} in crypto periods`, async (t) => {
    await withDemo(scheme, async (demo) => {
      await t.test('plays in hls.js on the watch page', () =>
        expectPlaysOnWatchPage(demo, kOverBothSeams));
      await t.test('plays as DASH in dash.js', () =>
        expectPlaysIn(kDash, demo, 'manifest.mpd', kOverBothSeams));
      await t.test('plays as DASH in shaka-player', () =>
        expectPlaysIn(kShaka, demo, 'manifest.mpd', kOverBothSeams));
      await t.test('plays as HLS with identity keys in shaka-player', () =>
        expectPlaysIn(kShaka, demo, 'master.m3u8', kOverBothSeams));
    }, kFlags);
  });
}

// One init segment, and keys that change by sample groups. Not dash.js, which
// asks for the key of the init segment only, and not shaka-player in HLS, which
// takes KIDs from init segments.
for (const scheme of ['cbcs', 'cenc']) {
  test(`${scheme} with keys that change by sample groups`, async (t) => {
    await withDemo(scheme, async (demo) => {
      await t.test('plays in hls.js on the watch page', () =>
        expectPlaysOnWatchPage(demo, kOverBothSeams));
      await t.test('plays as DASH in shaka-player', () =>
        expectPlaysIn(kShaka, demo, 'manifest.mpd', kOverBothSeams));
    }, ['--key-rotation', '8s', '--rotation-style', 'seig']);
  });
}

// Not hls.js: under Clear Key it asks for the first of two keys only.
test('cenc with a key for each track', async (t) => {
  await withDemo('cenc', async (demo) => {
    await t.test('plays as DASH in dash.js', () =>
      expectPlaysIn(kDash, demo, 'manifest.mpd', kOverBothSeams));
    await t.test('plays as DASH in shaka-player', () =>
      expectPlaysIn(kShaka, demo, 'manifest.mpd', kOverBothSeams));
    await t.test('plays as HLS with identity keys in shaka-player', () =>
      expectPlaysIn(kShaka, demo, 'master.m3u8', kOverBothSeams));
  }, [...kFlags, '--key-per-track']);
});
