// What `usher package` makes beyond the usual, in the players it is made for.
import test from 'node:test';
import {
  expectPlays, withPackagedFilm, withPage, withPlayerSite,
} from './harness.mjs';
import {kDash, kHls, kNative, kShaka} from './players.mjs';

// Plays `url` on a page of `html`; `more` may go on from there.
function plays(html, url, more = () => {}) {
  return withPlayerSite(html, (site) => withPage(async (page) => {
    await page.goto(site);
    await page.evaluate((media) => play(media), url);
    await expectPlays(page, 4);
    const heard = await page.evaluate(
      () => document.querySelector('video').webkitAudioDecodedByteCount);
    if (!heard) throw new Error('there is no sound');
    await more(page);
  }));
}

for (const encryption of ['none', 'aes-128']) {
  test(`MPEG-TS, ${encryption}`, (t) => withPackagedFilm(
    ['--container', 'ts', '--encryption', encryption], async (site) => {
      const master = `${site}/master.m3u8`;
      await t.test('plays in Chromium without any player', () =>
        plays(kNative, master));
      await t.test('plays in hls.js', () => plays(kHls, master));
    }));
}

test('a single file a track', (t) => withPackagedFilm(
  ['--single-file', '--encryption', 'none'], async (site) => {
    await t.test('plays as DASH in dash.js', () =>
      plays(kDash, `${site}/manifest.mpd`));
    await t.test('plays as DASH in shaka-player', () =>
      plays(kShaka, `${site}/manifest.mpd`));
    await t.test('plays as HLS in hls.js', () =>
      plays(kHls, `${site}/master.m3u8`));
  }));
