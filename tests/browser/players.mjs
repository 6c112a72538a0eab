// Pages with one player each, to be served by withPlayerSite: `play(url)`
// starts it, `player` is what the test may ask further. And the two ways to ask
// that a demo plays in them.
import {expectPlays, withPage, withPlayerSite} from './harness.mjs';

export const kNative = `<!DOCTYPE html><video controls muted width="640"></video>
<script>
function play(url) {
  const video = document.querySelector('video');
  video.onerror = () => console.error(video.error.message);
  video.src = url;
  return video.play();
}
</script>`;

export const kHls = `<!DOCTYPE html><video controls muted width="640"></video>
<script src="/hls.js/dist/hls.min.js"></script>
<script>
function play(url) {
  const video = document.querySelector('video');
  window.player = new Hls();
  player.on(Hls.Events.ERROR, (_, data) =>
    console.error(data.type, data.details, data.fatal));
  player.loadSource(url);
  player.attachMedia(video);
  return video.play();
}
</script>`;

export const kDash = `<!DOCTYPE html><video controls muted width="640"></video>
<script src="/dashjs/dist/modern/umd/dash.all.min.js"></script>
<script>
function play(url) {
  window.player = dashjs.MediaPlayer().create();
  player.on('error', ({error}) => console.error(JSON.stringify(error)));
  player.initialize(document.querySelector('video'), url, true);
}
</script>`;

export const kShaka = `<!DOCTYPE html><video controls muted width="640"></video>
<script src="/shaka-player/dist/shaka-player.compiled.js"></script>
<script>
async function play(url, clearKeys = {}) {
  const video = document.querySelector('video');
  window.player = new shaka.Player();
  player.configure({drm: {clearKeys}});
  await player.attach(video);
  player.addEventListener('error', ({detail}) => console.error(detail.code));
  await player.load(url);
  await video.play();
}
</script>`;

// Plays `seconds` of the demo's playlist or MPD `name` in the player of `html`.
export function expectPlaysIn(html, demo, name, seconds) {
  const url = `${demo.edge}/${demo.event}/${name}?ticket=${demo.sell()}`;
  return withPlayerSite(html, (site) => withPage(async (page) => {
    await page.goto(site);
    await page.evaluate((url) => play(url), url);
    await expectPlays(page, seconds);
  }));
}

// The same in hls.js, on the watch page.
export function expectPlaysOnWatchPage(demo, seconds) {
  return withPage(async (page) => {
    await page.goto(demo.watchUrl(demo.sell()));
    await expectPlays(page, seconds);
  });
}
