// cbcs and cenc under Clear Key, in the players pages use. The players run on
// an origin of their own, so CORS is tested, too.
import test from 'node:test';
import {withDemo} from './harness.mjs';
import {
  expectPlaysIn, expectPlaysOnWatchPage, kDash, kShaka,
} from './players.mjs';

// What DRM systems are told must not keep others from playing.
const kCases = [
  ['cbcs', []], ['cenc', []], ['cenc', ['--drm', 'widevine,playready']]];

for (const [scheme, flags] of kCases) {
  test(`${scheme} under Clear Key ${flags.join(' ')}`, async (t) => {
    await withDemo(scheme, async (demo) => {
      await t.test('plays in hls.js on the watch page', () =>
        expectPlaysOnWatchPage(demo, 5));
      await t.test('plays as DASH in dash.js', () =>
        expectPlaysIn(kDash, demo, 'manifest.mpd', 5));
      await t.test('plays as DASH in shaka-player', () =>
        expectPlaysIn(kShaka, demo, 'manifest.mpd', 5));
      await t.test('plays as HLS with identity keys in shaka-player', () =>
        expectPlaysIn(kShaka, demo, 'master.m3u8', 5));
    }, flags);
  });
}
