// Sprite sheets as players find them: which picture of which sheet.
import {execFileSync} from 'node:child_process';
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import {withFiles, usher, withDirectory, withPage, withPlayerSite}
  from './harness.mjs';

const kPage = (scripts) =>
  `<!DOCTYPE html><video muted width="160"></video>${scripts}`;

// Each page tells, of a time, {url, x, y, width, height}.
const kShaka = kPage(`
<script src="/shaka-player/dist/shaka-player.compiled.js"></script><script>
window.thumbnail = async (url, time) => {
  if (!window.player) {
    window.player = new shaka.Player();
    await player.attach(document.querySelector('video'));
    await player.load(url);
  }
  const [track] = player.getImageTracks();
  const {uris, positionX: x, positionY: y, width, height} =
    await player.getThumbnails(track.id, time);
  return {url: uris[0], x, y, width, height};
};</script>`);

const kDash = kPage(`
<script src="/dashjs/dist/modern/umd/dash.all.min.js"></script><script>
window.thumbnail = async (url, time) => {
  if (!window.player) {
    window.player = dashjs.MediaPlayer().create();
    const ready = new Promise((resolve) =>
      player.on('streamInitialized', resolve));
    player.initialize(document.querySelector('video'), url, true);
    await ready;
  }
  return new Promise((resolve) => player.provideThumbnail(time, resolve));
};</script>`);

function makeEvent(directory) {
  const film = path.join(directory, 'film.mp4');
  execFileSync('ffmpeg', [
    '-v', 'error', '-nostdin', '-f', 'lavfi',
    '-i', 'testsrc2=size=320x180:rate=25:duration=8', '-c:v', 'libx264',
    '-g', '25', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', film,
  ]);
  usher(['package', film, '-o', directory, '--event', 'event', '--encryption',
    'none', '--segment-duration', '2', '--thumbnails', '0.25s', '--quiet']);
  return path.join(directory, 'event');
}

await withDirectory((directory) => withFiles(makeEvent(directory), (files) =>
  test('Thumbnails', async (t) => {
    const cases = {
      'shaka-player, HLS': [kShaka, 'master.m3u8'],
      'shaka-player, DASH': [kShaka, 'manifest.mpd'],
      'dash.js': [kDash, 'manifest.mpd'],
    };
    for (const [name, [html, manifest]] of Object.entries(cases)) {
      await t.test(`are found by ${name}`, () =>
        withPlayerSite(html, (site) => withPage(async (page) => {
          await page.goto(site);
          const at = (time) => page.evaluate(
            ([url, seconds]) => thumbnail(url, seconds),
            [`${files}/${manifest}`, time]);
          const first = await at(0.1);
          assert.match(first.url, /thumbnails\/1\.jpg$/);
          assert.deepEqual([first.x, first.y, first.width, first.height],
            [0, 0, 192, 108]);
          // Picture 8 of the first sheet, and picture 1 of the second.
          const later = await at(2.1);
          assert.deepEqual([later.x, later.y], [3 * 192, 108]);
          const second = await at(6.6);
          assert.match(second.url, /thumbnails\/2\.jpg$/);
          assert.deepEqual([second.x, second.y], [192, 0]);
        })));
    }
  })));
