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

function watches(demo, player, name) {
  const url = `${demo.edge}/${demo.event}/${name}?ticket=${demo.sell()}`;
  return withPlayerSite(kPlayers[player], (site) => withPage(async (page) => {
    await page.goto(site);
    await page.evaluate((url) => play(url), url);
    let seen;
    await until(async () => {
      seen = await watchLatency(page, 3);
      return seen.frames_per_second > 5 &&
        seen.behind_live.median < kFarBehind &&
        seen.behind_encoder.median < kFarBehind;
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

for (const scheme of ['aes-128', 'none']) {
  test(`a live event, ${scheme}`, () => withDemo(scheme, async (demo) => {
    // First the one that once could not play so young an event.
    await watches(demo, 'shaka', 'master.m3u8');
    await watches(demo, 'hls.js', 'master.m3u8');
    if (scheme === 'none') {
      await watches(demo, 'dash.js', 'manifest-ll.mpd');
      await watches(demo, 'shaka', 'manifest-ll.mpd');
    }
  }, [], {live: true}));
}
