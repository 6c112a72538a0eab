// What `usher package` makes beyond the usual, in the players it is made for.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {
  expectPlays, packageFilm, until, usher, withDirectory, withFiles,
  withPackagedFilm, withPage, withPlayerSite,
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

// The KIDs and keys of a packaged event, as shaka takes them.
function clearKeysOf(event) {
  const keys = path.join(event, 'key');
  if (!fs.existsSync(keys)) return {};
  return Object.fromEntries(fs.readdirSync(keys).map((kid) =>
    [kid, fs.readFileSync(path.join(keys, kid)).toString('hex')]));
}

// Files of a player's page that it asks for as long as `test` runs.
async function requestsOf(page, test) {
  const urls = [];
  const note = (request) => urls.push(request.url());
  page.on('request', note);
  await test(urls);
  page.off('request', note);
  return urls;
}

const isTrick = (url) => url.includes('/v360-trick/');

const kWoundSeconds = 40;

// Winds through the rest of the film four times as fast.
async function windsInShaka(page) {
  const urls = await requestsOf(page, async (asked) => {
    await page.evaluate(() => player.trickPlay(4));
    await until(() => asked.some(isTrick));
    await until(() => page.evaluate((end) =>
      document.querySelector('video').currentTime > end, kWoundSeconds - 1));
  });
  // More than were buffered, and no segment of the whole video.
  const pictures = urls.filter(isTrick).filter((url) => url.endsWith('.m4s'));
  assert.ok(pictures.length > 10, urls.join('\n'));
  const wound = urls.slice(urls.findIndex(isTrick));
  assert.deepEqual(wound.filter((url) => url.includes('/v360/')), []);
  // The page says shaka's error codes.
  assert.deepEqual(page.said.filter((line) => /^\d+$/.test(line)), []);
}

for (const encryption of ['none', 'cbcs', 'cenc']) {
  test(`trick play, ${encryption}`, (t) => withDirectory((base) => {
    const event = packageFilm(base, ['--trick-play', '--encryption',
      encryption], kWoundSeconds);
    return withFiles(event, async (site) => {
      await t.test('is what shaka-player winds through', () =>
        withPlayerSite(kShaka, (html) => withPage(async (page) => {
          await page.goto(html);
          const urls = await requestsOf(page, async () => {
            await page.evaluate(([url, keys]) => play(url, keys),
              [`${site}/manifest.mpd`, clearKeysOf(event)]);
            await expectPlays(page, 2);
          });
          assert.deepEqual(urls.filter(isTrick), []);
          await windsInShaka(page);
        })));
      if (encryption !== 'none') return;
      await t.test('is left alone by dash.js', () =>
        plays(kDash, `${site}/manifest.mpd`, async (page) => {
          const video = await page.evaluate(() =>
            player.getTracksFor('video').length);
          assert.equal(video, 1);
        }));
    });
  }));
}

// A film that FFmpeg makes with `arguments`, packaged in the clear.
function withFilmOf(args, test) {
  return withDirectory((base) => {
    const film = path.join(base, 'film.mkv');
    execFileSync('ffmpeg', ['-v', 'error', ...args, film]);
    const output = path.join(base, 'out');
    usher(['package', film, '--output', output, '--event', 'film',
      '--encryption', 'none', '--segment-duration', '2', '--quiet']);
    return withFiles(path.join(output, 'film'), test);
  });
}

const kPicture = ['-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=25:d=8'];
const kTone = ['-f', 'lavfi', '-i', 'sine=frequency=440:d=8'];
const kCodecs = {
  'VP9 with Opus': ['-c:v', 'libvpx-vp9', '-deadline', 'realtime',
    '-cpu-used', '8', '-g', '50', '-c:a', 'libopus'],
  'AV1 with FLAC': ['-c:v', 'libsvtav1', '-preset', '12', '-g', '50',
    '-c:a', 'flac'],
};
for (const [codecs, args] of Object.entries(kCodecs)) {
  test(codecs, (t) => withFilmOf(
    [...kPicture, ...kTone, ...args], async (site) => {
      await t.test('plays as HLS in hls.js', () =>
        plays(kHls, `${site}/master.m3u8`));
      await t.test('plays as DASH in shaka-player', () =>
        plays(kShaka, `${site}/manifest.mpd`));
      await t.test('plays as DASH in dash.js', () =>
        plays(kDash, `${site}/manifest.mpd`));
    }));
}

// Held upright: players get the film as it lies, and a matrix.
test('a film that is to be turned', (t) => withDirectory((base) => {
  const lying = path.join(base, 'lying.mp4');
  const film = path.join(base, 'film.mp4');
  execFileSync('ffmpeg', ['-v', 'error', ...kPicture, ...kTone, '-c:v',
    'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '50',
    '-c:a', 'aac', lying]);
  execFileSync('ffmpeg', ['-v', 'error', '-i', lying, '-c', 'copy',
    '-metadata:s:v:0', 'rotate=90', film]);
  const output = path.join(base, 'out');
  usher(['package', film, '--output', output, '--event', 'film',
    '--encryption', 'none', '--segment-duration', '2', '--quiet']);
  const expectUpright = async (page) => {
    const size = await page.evaluate(() => {
      const {videoWidth, videoHeight} = document.querySelector('video');
      return `${videoWidth}x${videoHeight}`;
    });
    if (size !== '360x640') throw new Error(`is shown as ${size}`);
  };
  return withFiles(path.join(output, 'film'), async (site) => {
    await t.test('stands upright in hls.js', () =>
      plays(kHls, `${site}/master.m3u8`, expectUpright));
    await t.test('stands upright in shaka-player', () =>
      plays(kShaka, `${site}/manifest.mpd`, expectUpright));
    await t.test('stands upright in dash.js', () =>
      plays(kDash, `${site}/manifest.mpd`, expectUpright));
  });
}));

// Two recordings of different encoders, joined as they are: 640x360 for 6 s,
// then 320x180.
test('a film whose pictures change on the way', (t) => withDirectory((base) => {
  const parts = ['640x360', '320x180'].map((size) => {
    const part = path.join(base, `${size}.ts`);
    execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i',
      `testsrc2=s=${size}:r=25:d=6`, '-f', 'lavfi', '-i',
      'sine=frequency=440:d=6', '-c:v', 'libx264', '-preset', 'ultrafast',
      '-pix_fmt', 'yuv420p', '-g', '50', '-c:a', 'aac', part]);
    return part;
  });
  const film = path.join(base, 'film.ts');
  fs.writeFileSync(film, Buffer.concat(parts.map((p) => fs.readFileSync(p))));
  const packaged = (name, flags) => {
    usher(['package', film, '--output', base, '--event', name, '--encryption',
      'none', '--segment-duration', '2', '--quiet', ...flags]);
  };
  const expectSmall = async (page) => {
    await until(() => page.evaluate(() =>
      document.querySelector('video').videoWidth === 320));
    await until(() => page.evaluate(() =>
      document.querySelector('video').currentTime > 11));
    assert.deepEqual(page.said.filter((line) => /^\d+$|true/.test(line)), []);
  };
  packaged('cmaf', []);
  packaged('ts', ['--container', 'ts']);
  return withFiles(base, async (site) => {
    for (const [player, html, url] of [
      ['hls.js', kHls, 'cmaf/master.m3u8'],
      ['hls.js, as MPEG-TS', kHls, 'ts/master.m3u8'],
      ['shaka-player', kShaka, 'cmaf/manifest.mpd'],
      ['shaka-player, as HLS', kShaka, 'cmaf/master.m3u8'],
      ['dash.js', kDash, 'cmaf/manifest.mpd'],
    ]) {
      await t.test(`plays on in ${player}`, () =>
        plays(html, `${site}/${url}`, expectSmall));
    }
  });
}));
