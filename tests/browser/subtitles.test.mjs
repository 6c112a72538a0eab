// Subtitles in the players pages use: the text is there, and it comes with the
// very picture it belongs to, though the media's own timeline starts later.
import {execFileSync} from 'node:child_process';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {kWait, usher, withDirectory, withFiles, withPage, withPlayerSite}
  from './harness.mjs';

// Black until 4 s, then white. B-frames put the first picture at 80 ms.
const kWhiteAt = 4;
const kFrame = 1 / 25;

const kPage = (scripts) => `<!DOCTYPE html>
<video muted width="160" crossorigin="anonymous"></video>${scripts}
<script>
const video = document.querySelector('video');
// All cues of the text track that is on.
window.cues = () => [...video.textTracks]
  .filter((track) => track.mode !== 'disabled' && track.cues)
  .flatMap((track) => [...track.cues])
  .map(({startTime, endTime, text}) => ({startTime, endTime, text}));
window.isWhiteAt = (time) => new Promise((resolve) => {
  const canvas = document.createElement('canvas');
  video.onseeked = () => requestAnimationFrame(() => {
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0, 8, 8);
    resolve(context.getImageData(4, 4, 1, 1).data[0] > 128);
  });
  video.currentTime = time;
});
</script>`;

const kPlayers = {
  'hls.js': {
    manifest: 'master.m3u8',
    page: kPage(`<script src="/hls.js/dist/hls.js"></script><script>
      window.load = (url) => {
        const hls = new Hls({maxBufferLength: 60});
        video.textTracks.onaddtrack = ({track}) => track.mode = 'showing';
        hls.loadSource(url);
        hls.attachMedia(video);
      };</script>`),
  },
  'shaka-player': {
    manifest: 'master.m3u8',
    page: kPage(kShaka()),
  },
  'shaka-player, DASH': {
    manifest: 'manifest.mpd',
    page: kPage(kShaka()),
  },
  'dash.js': {
    manifest: 'manifest.mpd',
    page: kPage(`<script src="/dashjs/dist/modern/umd/dash.all.min.js">
      </script><script>
      window.load = (url) => {
        const player = dashjs.MediaPlayer().create();
        player.initialize(video, url, true);
        player.on('error', ({error}) => console.error(JSON.stringify(error)));
        player.setInitialMediaSettingsFor('text', {lang: 'en'});
        player.enableText(true);
        player.on('allTextTracksAdded', () => player.setTextTrack(0));
      };</script>`),
  },
};

function kShaka() {
  return `<script src="/shaka-player/dist/shaka-player.compiled.js"></script>
    <script>
    window.load = async (url) => {
      const player = new shaka.Player();
      await player.attach(video);
      player.configure('streaming.bufferingGoal', 60);
      await player.load(url);
      const tracks = player.getTextTracks();
      player.selectTextTrack(tracks.find(({language}) => language === 'en'));
      await player.setTextTrackVisibility?.(true);
    };</script>`;
}

function makeEvent(directory) {
  const film = path.join(directory, 'film.mp4');
  execFileSync('ffmpeg', [
    '-v', 'error', '-nostdin', '-f', 'lavfi',
    '-i', `color=black:s=160x90:r=25:d=${kWhiteAt}`, '-f', 'lavfi',
    '-i', 'color=white:s=160x90:r=25:d=4', '-f', 'lavfi',
    '-i', 'sine=frequency=440:duration=8', '-filter_complex',
    '[0][1]concat=n=2[v]', '-map', '[v]', '-map', '2', '-c:v', 'libx264',
    '-bf', '2', '-g', '50', '-preset', 'veryfast', '-pix_fmt', 'yuv420p',
    '-c:a', 'aac', film,
  ]);
  const text = path.join(directory, 'film.srt');
  fs.writeFileSync(text, `1\n00:00:00,500 --> 00:00:01,500\nDark\n
2\n00:00:04,000 --> 00:00:07,000\nLight & <i>bright</i>\n`);
  usher(['package', film, '--subtitle', `en:${text}`, '-o', directory,
    '--event', 'event', '--encryption', 'none', '--segment-duration', '2',
    '--quiet']);
  return path.join(directory, 'event');
}

// By halves, to a few milliseconds: when the picture turns white.
async function whenWhite(page) {
  let [black, white] = [3, 5];
  while (white - black > 0.01) {
    const middle = (black + white) / 2;
    const isWhite = await page.evaluate((time) => isWhiteAt(time), middle);
    if (isWhite) white = middle; else black = middle;
  }
  return white;
}

await withDirectory((directory) => withFiles(makeEvent(directory), (files) =>
  test('Subtitles', async (t) => {
    for (const [name, {manifest, page: html}] of Object.entries(kPlayers)) {
      await t.test(`come with their picture in ${name}`, () =>
        withPlayerSite(html, (site) => withPage(async (page) => {
          await page.goto(site);
          await page.evaluate((url) => load(url), `${files}/${manifest}`);
          await page.waitForFunction(
            () => cues().some(({text, endTime}) =>
              text.includes('Light') && endTime > 6.5) &&
              document.querySelector('video').buffered.length &&
              document.querySelector('video').buffered.end(0) > 7,
            null, {timeout: kWait}).catch((error) => {
            throw new Error(`${error.message}: ${page.said.join('\n')}`);
          });
          const light = (await page.evaluate(() => cues()))
            .filter(({text}) => text.includes('Light'));
          const start = Math.min(...light.map((cue) => cue.startTime));
          const end = Math.max(...light.map((cue) => cue.endTime));
          const white = await whenWhite(page);
          assert.ok(Math.abs(start - white) < kFrame,
            `the cue starts at ${start}, the picture turns at ${white}`);
          assert.ok(Math.abs(end - start - 3) < 0.01, `${start} to ${end}`);
          assert.match(light[0].text, /Light (&|&amp;) (<i>)?bright/);
        })));
    }
  })));
