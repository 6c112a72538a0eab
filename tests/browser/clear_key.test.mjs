// cbcs and cenc under Clear Key, in the players pages use. The players run on
// an origin of their own, so CORS is tested, too.
import test from 'node:test';
import {expectPlays, withDemo, withPage, withPlayerSite} from './harness.mjs';
import {kDash, kShaka} from './players.mjs';

for (const scheme of ['cbcs', 'cenc']) {
  test(`${scheme} under Clear Key`, async (t) => {
    await withDemo(scheme, async (demo) => {
      const session = async (name) => {
        const ticket = demo.sell();
        return `${demo.edge}/${demo.event}/${name}?ticket=${ticket}`;
      };
      const plays = (html, name) => withPlayerSite(html, (site) =>
        withPage(async (page) => {
          await page.goto(site);
          await page.evaluate((url) => play(url), await session(name));
          await expectPlays(page, 5);
        }));

      await t.test('plays in hls.js on the watch page', () =>
        withPage(async (page) => {
          await page.goto(demo.watchUrl(demo.sell()));
          await expectPlays(page, 5);
        }));
      await t.test('plays as DASH in dash.js', () =>
        plays(kDash, 'manifest.mpd'));
      await t.test('plays as DASH in shaka-player', () =>
        plays(kShaka, 'manifest.mpd'));
      await t.test('plays as HLS with identity keys in shaka-player', () =>
        plays(kShaka, 'master.m3u8'));
    });
  });
}
