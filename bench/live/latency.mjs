// How far behind live players are: encoder, `usher live`, origin and edge on
// this machine, one player in Chromium after another. A line each.
//
//   USHER_BUILD_DIR=DIR node bench/live/latency.mjs \
//       [SECONDS [SCHEME [PLAYER|all [PARTS]]]]
//
//   SECONDS  how long each is watched (default: 60)
//   SCHEME   aes-128 (default) or none, which low-latency DASH needs
//   PLAYER   hls.js, shaka or dash.js alone (default: all)
//   PARTS    how long parts may be, seconds (default: 0.5)
import {
  withDemo, withPage, withPlayerSite,
} from '../../tests/browser/harness.mjs';
import {kPlayers, watchLatency} from '../../tests/browser/live_latency.mjs';

const seconds = Number(process.argv[2] ?? 60);
const scheme = process.argv[3] ?? 'aes-128';
const only = process.argv[4] ?? 'all';
const parts = process.argv[5] ?? '0.5';
const kSettling = 15;

const lists = [['hls.js', 'master.m3u8'], ['shaka', 'master.m3u8']];
if (scheme === 'none') {
  lists.push(['dash.js', 'manifest-ll.mpd'], ['shaka', 'manifest-ll.mpd'],
    ['dash.js', 'manifest.mpd'], ['shaka', 'manifest.mpd']);
}

const watched = lists.filter(([player]) =>
  only === 'all' || player === only);
if (watched.length === 0) {
  console.error(`latency: no list for ${only} with ${scheme}; PLAYER is hls.js ` +
    'or shaka, and with none dash.js, too');
  process.exit(2);
}

await withDemo(scheme, async (demo) => {
  for (const [player, name] of watched) {
    const url = `${demo.edge}/${demo.event}/${name}?ticket=${demo.sell()}`;
    await withPlayerSite(kPlayers[player], (site) => withPage(async (page) => {
      await page.goto(site);
      await page.evaluate((url) => play(url), url);
      await watchLatency(page, kSettling);
      const seen = await watchLatency(page, seconds);
      const text = ({median, worst}) =>
        `${median?.toFixed(2)} s (at most ${worst?.toFixed(2)} s)`;
      console.log(`${player} ${name} ${scheme}: behind live ` +
        `${text(seen.behind_live)}, behind the encoder's clock ` +
        `${text(seen.behind_encoder)}, ${seen.stalls} stalls, ` +
        `${seen.frames_per_second.toFixed(1)} pictures/s`);
      for (const line of page.said) console.log(`  ${line}`);
    }));
  }
}, ['--part-duration', parts], {live: true});
