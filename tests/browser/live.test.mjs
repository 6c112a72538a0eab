// A live event as viewers see it: a test encoder publishes to `usher live`, an
// origin and an edge serve it, players in Chromium play it with low latency.
import assert from 'node:assert/strict';
import test from 'node:test';
import {until, withDemo, withPage, withPlayerSite} from './harness.mjs';
import {kPlayers, watchLatency} from './live_latency.mjs';

// The goals are for an idle machine (bench/live measures them); here players
// share two cores with other tests, and only what low latency would not be is a
// failure: a player that never, in minutes, gets so near.
const kFarBehind = 5;
const kPatience = 240_000;

// The page cannot read the clock out of pictures that came encrypted (EME).
function watches(demo, player, name, readable) {
  const url = `${demo.edge}/${demo.event}/${name}?ticket=${demo.sell()}`;
  return withPlayerSite(kPlayers[player], (site) => withPage(async (page) => {
    await page.goto(site);
    await page.evaluate((url) => play(url), url);
    let seen;
    await until(async () => {
      seen = await watchLatency(page, 3);
      return seen.frames_per_second > 5 &&
        seen.behind_live.median < kFarBehind &&
        (!readable || seen.behind_encoder.median < kFarBehind);
    }, kPatience).catch((error) => {
      throw new Error(`${player} ${name}: ${error.message}\n` +
        `${JSON.stringify(seen)}\n${page.said.join('\n')}`);
    });
    // shaka takes the time of the newest segment instead.
    if (player === 'dash.js') {
      const asked = await page.evaluate(() =>
        performance.getEntriesByType('resource').map(({name}) => name));
      assert.ok(asked.some((url) => /\/s\/[^/]+\/usher\/time(\?|$)/.test(url)),
        `asked nobody for the time: ${asked.join('\n')}`);
    }
  }));
}

// First the player that once could not play so young an event.
const kHls = [['shaka', 'master.m3u8'], ['hls.js', 'master.m3u8']];
const kDash = [['dash.js', 'manifest-ll.mpd'], ['shaka', 'manifest-ll.mpd']];
const kCases = {
  'aes-128': kHls,
  'none': [...kHls, ...kDash],
  'cbcs': kDash,  // under Clear Key
};

for (const [scheme, lists] of Object.entries(kCases)) {
  test(`a live event, ${scheme}`, () => withDemo(scheme, async (demo) => {
    for (const [player, name] of lists) {
      await watches(demo, player, name, scheme !== 'cbcs');
    }
  }, [], {live: true}));
}
