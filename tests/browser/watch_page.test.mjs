// A viewer with a good ticket: the watch page plays, and keeps its secrets.
import assert from 'node:assert/strict';
import test from 'node:test';
import {expectPlays, kWait, until, withDemo, withPage} from './harness.mjs';

const state = (page) => page.evaluate(
  () => document.documentElement.dataset.state);
const widths = () => [document.documentElement.scrollWidth, innerWidth];

test('the watch page', async (t) => {
  await withDemo('aes-128,cbcs', async (demo) => {
    await t.test('plays five seconds of AES-128 in hls.js', () =>
      withPage(async (page) => {
        await page.goto(demo.watchUrl(demo.sell()));
        await expectPlays(page, 5);
        assert.equal(await state(page), 'playing');
        await screenshot(page, 'playing');
      }));

    await t.test('never sends the ticket in a URL, nor keeps it there', () =>
      withPage(async (page) => {
        const ticket = demo.sell();
        const asked = [];
        page.on('request', (request) => asked.push(request.url()));
        await page.goto(demo.watchUrl(ticket));
        await expectPlays(page, 1);
        assert.equal(new URL(page.url()).hash, '');
        // The browser shows a test the fragment of the page's own request.
        const urls = asked.map((url) => url.split('#')[0]);
        assert.ok(urls.length > 5);
        assert.deepEqual(urls.filter((url) => url.includes(ticket)), []);
        assert.deepEqual(urls.filter((url) => /ticket=/.test(url)), []);
      }));

    await t.test('asks nothing of a third party and breaks no policy', () =>
      withPage(async (page) => {
        const hosts = new Set();
        page.on('request', (request) => {
          if (request.url().startsWith('http')) {
            hosts.add(new URL(request.url()).origin);
          }
        });
        await page.goto(demo.watchUrl(demo.sell()));
        await expectPlays(page, 1);
        assert.deepEqual([...hosts], [demo.edge]);
        assert.deepEqual(
          page.said.filter((line) => /Content Security|uncaught/.test(line)),
          []);
      }));

    await t.test('plays again after a reload, without the fragment', () =>
      withPage(async (page) => {
        await page.goto(demo.watchUrl(demo.sell()));
        await expectPlays(page, 1);
        await page.reload();
        await expectPlays(page, 1);
      }));

    await t.test('takes over its own seat when it is loaded again', () =>
      withPage(async (page) => {
        const evicted = () => demo.status().then(
          ({sessions}) => sessions.evicted);
        const before = await evicted();
        // A browser that crashes gives nothing back.
        await page.route('**/usher/session', (route) =>
          route.request().method() === 'DELETE' ?
            route.abort() : route.continue());
        await page.goto(demo.watchUrl(demo.sell({sub: 'reload'})));
        await expectPlays(page, 1);
        await page.reload();
        await expectPlays(page, 1);
        assert.equal(await evicted(), before);
      }));

    await t.test('gives the seat back when it is left', () =>
      withPage(async (page) => {
        await page.goto(demo.watchUrl(demo.sell()));
        await expectPlays(page, 1);
        const deleted = () => (demo.log('access.log').match(
          /"DELETE [^"]*" 2\d\d/g) ?? []).length;
        const before = deleted();
        await page.close();
        await until(() => deleted() > before);
      }));

    await t.test('moves to a new session without a break', () =>
      withPage(async (page) => {
        let opened = 0;
        let renewed = false;
        await page.route('**/usher/session', async (route) => {
          if (route.request().method() !== 'POST') return route.continue();
          const answer = await route.fetch();
          const session = await answer.json();
          // The first session seems to end soon, so the page renews it.
          if (++opened === 1) session.expires = Date.now() / 1000 + 4;
          else renewed = true;
          await route.fulfill({response: answer, json: session});
        });
        const asked = [];
        page.on('request', (request) => {
          const [, session, file] =
            /\/s\/([^/]+)\/(.*m4s)/.exec(request.url()) ?? [];
          if (session) asked.push({session, file});
        });
        // Everything after the second segment is asked for after the renewal.
        await page.route('**/2.m4s', async (route) => {
          await until(() => renewed);
          await route.continue();
        });
        await page.goto(demo.watchUrl(demo.sell()));
        await expectPlays(page, 5);
        assert.equal(new Set(asked.map(({session}) => session)).size, 2);
        // One player, one pass over the film: no segment was asked for twice.
        const files = asked.map(({file}) => file);
        assert.equal(new Set(files).size, files.length, `${files}`);
      }));

    await t.test('offers a big play button where the browser wants a click',
      () => withPage(async (page) => {
        await page.addInitScript(() => {
          // Not navigator.userActivation: a test that waits for the button
          // looks for it as a user would.
          let clicked = false;
          addEventListener('pointerdown', () => clicked = true, true);
          const play = HTMLMediaElement.prototype.play;
          HTMLMediaElement.prototype.play = function() {
            if (clicked) return play.call(this);
            return Promise.reject(new DOMException('', 'NotAllowedError'));
          };
        });
        await page.goto(demo.watchUrl(demo.sell()));
        await page.getByRole('button', {name: 'Play'}).click();
        await expectPlays(page, 1);
      }, {autoplay: false}));

    await t.test('starts without sound where only that is allowed', () =>
      withPage(async (page) => {
        await page.addInitScript(() => {
          const play = HTMLMediaElement.prototype.play;
          HTMLMediaElement.prototype.play = function() {
            if (this.muted) return play.call(this);
            return Promise.reject(new DOMException('', 'NotAllowedError'));
          };
        });
        await page.goto(demo.watchUrl(demo.sell()));
        await expectPlays(page, 1);
        await screenshot(page, 'muted');
        await page.getByRole('button', {name: 'Sound on'}).click();
        assert.equal(await page.evaluate(
          () => document.querySelector('video').muted), false);
      }));

    await t.test('fits a phone, upright and on its side', async () => {
      for (const [width, height] of [[360, 640], [640, 360]]) {
        await withPage(async (page) => {
          await page.goto(demo.watchUrl(demo.sell()));
          await expectPlays(page, 1);
          const [scrolls, has] = await page.evaluate(widths);
          assert.ok(scrolls <= has, `${scrolls} px in ${has}`);
          await screenshot(page, `phone-${width}`);
        }, {viewport: {width, height}});
      }
    });

    await t.test('says that the picture has stopped when it has', () =>
      withPage(async (page) => {
        await page.addInitScript(() => {
          // A decoder that presents nothing while time goes on.
          HTMLVideoElement.prototype.getVideoPlaybackQuality =
            () => ({totalVideoFrames: 1});
        });
        await page.goto(demo.watchUrl(demo.sell()));
        await page.getByText('The picture has stopped').waitFor(
          {timeout: kWait});
        await page.getByRole('button', {name: 'Try again'}).waitFor();
      }));
  });
});

// For those who change the page: USHER_SCREENSHOTS=DIR keeps what it looks like.
async function screenshot(page, name) {
  const directory = process.env.USHER_SCREENSHOTS;
  if (directory) await page.screenshot({path: `${directory}/${name}.png`});
}
