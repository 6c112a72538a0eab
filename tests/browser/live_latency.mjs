// How far behind the encoder a player is: the test encoder draws the clock into
// the picture (scripts/test_encoder.sh), and the page reads it back.
import {until} from './harness.mjs';

// Pages like those of players.mjs, each in its low-latency mode. `behind()` is
// what the player says of itself, in seconds; `failures` what it gave up for.
const page = (script, code) => `<!DOCTYPE html>
<video muted width="640" height="360"></video>
<script>const failures = [];</script>
<script src="${script}"></script><script>${code}</script>`;

export const kPlayers = {
  'hls.js': page('/hls.js/dist/hls.min.js', `
    function play(url) {
      const video = document.querySelector('video');
      window.player = new Hls({maxLiveSyncPlaybackRate: 1.1});
      // Not among the options above: those would want liveSyncDurationCount
      // beside it, which ends low latency.
      player.config.liveMaxLatencyDurationCount = 4;
      player.on(Hls.Events.ERROR, (_, data) => {
        console.error(data.type, data.details, data.fatal, data.reason,
          JSON.stringify(data.bufferInfo));
        if (data.fatal) failures.push(data.details);
      });
      player.loadSource(url);
      player.attachMedia(video);
      return video.play();
    }
    const behind = () => player.latency;`),
  'shaka': page('/shaka-player/dist/shaka-player.compiled.js', `
    async function play(url) {
      const video = document.querySelector('video');
      window.player = new shaka.Player();
      await player.attach(video);
      player.addEventListener('error', ({detail}) => {
        console.error(detail.code ?? detail.stack, detail.severity);
      });
      player.configure({
        // Else it forgets what it has while an encoder is away (docs/live.md).
        manifest: {availabilityWindowOverride: 120},
        streaming: {
          lowLatencyMode: true, liveSync: {enabled: true, maxPlaybackRate: 1.1},
        },
      });
      await player.load(url);
      await video.play();
    }
    const behind = () => player.getStats().liveLatency;`),
  'dash.js': page('/dashjs/dist/modern/umd/dash.all.min.js', `
    function play(url) {
      window.player = dashjs.MediaPlayer().create();
      player.on('error', ({error}) => console.error(JSON.stringify(error)));
      player.initialize(document.querySelector('video'), url, true);
    }
    const behind = () => player.getCurrentLiveLatency();`),
};

// Looking costs what a slow machine does not have.
const kGlance = 250;

// Waits until a picture is shown that the encoder made after this call, and one
// of a second later: whatever happened before, the player has lived through it.
// However slow the machine is, it gets there; so much (ms) is waited at most.
export async function waitForNewPictures(page, wait) {
  await page.evaluate(kClockReader);
  const begun = hundredths();
  let first;
  await until(async () => {
    // What is no clock seems to be far ahead.
    const age = ahead(await page.evaluate(() => readClock()), begun);
    if (age < 0 || ahead(hundredths(), begun) < age) return false;
    first ??= age;
    return age >= first + 100;
  }, wait, kGlance);
}

const hundredths = () => Math.floor(Date.now() / 10) % 2 ** 20;
// Of two clocks, from -2^19 to 2^19.
const ahead = (a, b) => (a - b + 3 * 2 ** 19) % 2 ** 20 - 2 ** 19;

// Watches for `seconds`. Returns what was seen: seconds behind the encoder's
// clock and as the player says (median, and the worst of all), how often the
// picture stood still for half a second, and pictures a second.
export async function watchLatency(page, seconds) {
  await page.evaluate(kClockReader);
  return page.evaluate(observe, seconds);
}

// What is drawn in the picture that is shown.
const kClockReader = `window.readClock ??= (() => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [352, 32];
  const context = canvas.getContext('2d', {willReadFrequently: true});
  return () => {
    const video = document.querySelector('video');
    const scale = video.videoHeight / 360;
    context.drawImage(video, 0, video.videoHeight - 32 * scale, 352 * scale,
      32 * scale, 0, 0, 352, 32);
    const {data} = context.getImageData(0, 16, 352, 1);
    let drawn = 0;
    for (let bit = 0; bit < 20; bit++) {
      if (data[4 * (16 * bit + 8)] > 128) drawn += 2 ** bit;
    }
    return drawn;
  };
})(); 0`;

// In the page.
async function observe(seconds) {
  const video = document.querySelector('video');
  const clock = [];
  const told = [];
  let frames = 0;
  let stalls = 0;
  let last = performance.now();
  const end = last + seconds * 1000;
  await new Promise((resolve) => {
    const finish = setTimeout(resolve, seconds * 1000 + 5000);
    const onFrame = (now) => {
      frames++;
      if (performance.now() - last > 500) stalls++;
      last = performance.now();
      const behind_clock =
        (Math.floor(Date.now() / 10) - readClock() + 2 ** 21) % 2 ** 20 / 100;
      if (behind_clock < 600) clock.push(behind_clock);
      told.push(behind());
      if (last < end) return video.requestVideoFrameCallback(onFrame);
      clearTimeout(finish);
      resolve();
    };
    video.requestVideoFrameCallback(onFrame);
  });
  const summary = (values) => {
    const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
    return {median: sorted[sorted.length >> 1], worst: sorted.at(-1)};
  };
  return {behind_encoder: summary(clock), behind_live: summary(told), stalls,
    frames_per_second: frames / seconds};
}
