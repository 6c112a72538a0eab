// cbcs and cenc under Clear Key, in the players pages use. The players run on
// an origin of their own, so CORS is tested, too.
import test from 'node:test';
import {expectPlays, withDemo, withPage, withPlayerSite} from './harness.mjs';

const kDash = `<!DOCTYPE html><video controls muted width="640"></video>
<script src="/dashjs/dist/modern/umd/dash.all.min.js"></script>
<script>
function play(url) {
  const player = dashjs.MediaPlayer().create();
  player.on('error', ({error}) => console.error(JSON.stringify(error)));
  player.initialize(document.querySelector('video'), url, true);
}
</script>`;

const kShaka = `<!DOCTYPE html><video controls muted width="640"></video>
<script src="/shaka-player/dist/shaka-player.compiled.js"></script>
<script>
async function play(url) {
  const video = document.querySelector('video');
  const player = new shaka.Player();
  await player.attach(video);
  player.addEventListener('error', ({detail}) => console.error(detail.code));
  await player.load(url);
  await video.play();
}
</script>`;

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
