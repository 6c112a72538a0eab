// What viewers live through: players in Chromium watch a live event through
// origin and edge, with low latency, and are never loaded again by us, whatever
// breaks behind them. Afterwards they play on.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import {until, withPage, withPlayerSite} from './harness.mjs';
import {kPlayers, waitForNewPictures} from './live_latency.mjs';
import {mayMount, withStage} from './live_stage.mjs';

// For a machine that is busy with other things: a hang is what it ends.
const kPatience = 240_000;

const sleep = (seconds) =>
  new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

// Each of `lists`, [player, playlist], in a browser of its own.
function withViewers(stage, lists, test, viewers = []) {
  if (viewers.length === lists.length) return test(viewers);
  const [player, name] = lists[viewers.length];
  if (player === 'watch page') {
    return withWatchPage(stage, (page) => withViewers(
      stage, lists, test, [...viewers, {name: player, page, stage}]));
  }
  return withPlayerSite(kPlayers[player], (site) => withPage(async (page) => {
    await page.goto(site);
    // Not waited for: whether it plays is what the test asks afterwards.
    await page.evaluate((url) => {
      Promise.resolve(play(url)).catch((error) => failures.push(String(error)));
    }, stage.url(name));
    const viewer = {name: `${player} ${name}`, page, stage};
    await withViewers(stage, lists, test, [...viewers, viewer]);
  }));
}

function withWatchPage(stage, test) {
  return withPage(async (page) => {
    await page.goto(stage.watchUrl());
    await test(page);
  });
}

// How far behind, and how smoothly, is for bench/live: here machines are slow.
async function expectPlaysOn({name, page, stage}) {
  try {
    await waitForNewPictures(page, kPatience);
  } catch {
    const seen = await page.evaluate(() => {
      const {currentTime, readyState, paused, error, buffered} =
        document.querySelector('video');
      const ranges = Array.from(buffered,
        (_, i) => [buffered.start(i), buffered.end(i)]);
      return {currentTime, readyState, paused, error: error?.message, ranges,
        failures: window.failures};
    });
    assert.fail(`${name} does not play on: ${JSON.stringify(seen)}\n` +
      `${page.said.slice(-30).join('\n')}\n${stage.logs()}`);
  }
}

const allPlayOn = (viewers) => Promise.all(viewers.map(expectPlaysOn));

const kLowLatency = [['hls.js', 'master.m3u8'], ['shaka', 'master.m3u8'],
  ['dash.js', 'manifest-ll.mpd']];

function expectNothingWrong(stage) {
  for (const name of ['master.m3u8', 'master-event.m3u8', 'manifest.mpd']) {
    assert.doesNotMatch(stage.inspect(name), /warning:|error:/, name);
  }
}

// As where a phone changes its network: no answer at all, until so many requests
// have failed.
async function withoutNetwork({page}, requests) {
  let failed = 0;
  const every = /\.(m3u8|m4s)/;
  await page.route(every, (route) => {
    failed++;
    return route.abort('connectionreset');
  });
  await until(() => failed >= requests, kPatience);
  await page.unroute(every);
}

const kUnanswered = 6;

test('an origin', (t) => withStage({put: true},
  (stage) => withViewers(stage, [...kLowLatency, ['watch page']],
    async (viewers) => {
      await allPlayOn(viewers);
      await t.test('that is told to reload', async () => {
        await stage.reloadOrigin();
        await allPlayOn(viewers);
      });
      const watchPage = viewers.at(-1);
      await t.test('that a viewer cannot reach for a while', async () => {
        await withoutNetwork(watchPage, kUnanswered);
        await expectPlaysOn(watchPage);
      });
      await t.test('that is away for 20 s', async () => {
        await stage.stop('origin');
        await sleep(20);
        await stage.startOrigin();
        await allPlayOn(viewers);
      });
      await stage.end();
      expectNothingWrong(stage);
    })));

// 2^33 ticks of 90 kHz, some 26.5 hours: they are over in the tenth segment.
const kBeforeTheWrap = ['-output_ts_offset', String(2 ** 33 / 90000 - 20)];

test('a transport stream', (t) => withStage(
  {udp: true, clock: true, encoder: kBeforeTheWrap},
  (stage) => withViewers(stage, kLowLatency, async (viewers) => {
    await t.test('whose clock wraps around', async () => {
      await allPlayOn(viewers);
      await stage.waitForSegment(12);
      await allPlayOn(viewers);
    });
    await t.test("while the packager's clock is set", async () => {
      for (const hours of [1, -1]) {
        stage.setClock(3600 * hours);
        await allPlayOn(viewers);
      }
    });
    await stage.end();
    expectNothingWrong(stage);
    assert.doesNotMatch(fs.readFileSync(
      stage.eventFile('v198/event.m3u8'), 'utf8'), /DISCONTINUITY/);
  })));

const kDisk = mayMount();

test('an encoder by RTMP', (t) => withStage(kDisk ? {disk: '64m'} : {},
  (stage) => withViewers(stage, kLowLatency, async (viewers) => {
    await allPlayOn(viewers);
    await t.test('and a disk that is full for 5 s',
      {skip: kDisk ? false : 'needs a mount namespace of its own (root)'},
      async () => {
        await stage.withFullDisk(() => sleep(5));
        await allPlayOn(viewers);
      });
    await t.test('that is killed, and back after 10 s', async () => {
      await stage.stopEncoder();
      await sleep(10);
      stage.startEncoder();
      await allPlayOn(viewers);
    });
    await t.test('whose packager is killed, and started again', async () => {
      await stage.stop('packager', 'SIGKILL');
      stage.startPackager();
      await allPlayOn(viewers);
    });
    await stage.end();
    expectNothingWrong(stage);
  })));
