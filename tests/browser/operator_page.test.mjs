// The operator's page, served by the nginx it tells about.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {until, withDemo, withPage} from './harness.mjs';

const kFigures = ['viewers', 'rate', 'origin', 'refused'];

function screenshot(page, name) {
  const directory = process.env.USHER_SCREENSHOTS;
  return directory &&
    page.screenshot({path: path.join(directory, `${name}.png`), fullPage: true});
}

// A viewer without a picture: the session of a ticket of its own.
async function watch(demo) {
  const url = `${demo.edge}/${demo.event}/master.m3u8?ticket=${demo.sell()}`;
  const {url: master} = await fetch(url);
  const media = async (from) => {
    const text = await (await fetch(from)).text();
    return text.split('\n').filter((line) => line && !line.startsWith('#'))
      .map((uri) => new URL(uri, from).href);
  };
  const [variant] = await media(master);
  for (const segment of (await media(variant)).slice(0, 3)) {
    await (await fetch(segment)).arrayBuffer();
  }
}

process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

test('the operator sees who watches, from where, and who is refused', () =>
  withDemo('aes-128', (demo) => withPage(async (page) => {
    const url = demo.metrics.replace(/metrics$/, 'operator/');
    for (const path of ['/operator/', '/status', '/metrics']) {
      const answer = await fetch(demo.edge + path);
      assert.ok([401, 404].includes(answer.status), 'viewers reach ' + path);
    }
    await page.goto(url);
    await page.getByText('Nobody has watched anything yet.').waitFor();
    for (let i = 0; i < 3; ++i) await watch(demo);
    await fetch(`${demo.edge}/${demo.event}/master.m3u8?ticket=junk`);

    // Three, and for a minute the one that the demo opened for itself.
    const viewers = page.locator('#viewers');
    await until(async () => {
      const {sessions} = await (await fetch(
        demo.metrics.replace(/metrics$/, 'status'))).json();
      return sessions.live >= 3 &&
        await viewers.textContent() === String(sessions.live);
    });
    const event = page.locator('#events tr').filter({hasText: demo.event});
    await event.waitFor();
    assert.match(await event.locator('td').nth(1).textContent(), /^[34]$/);
    assert.match(await event.locator('td').nth(3).textContent(), /^3, /);
    const refused = page.locator('#denials tr')
      .filter({hasText: 'ticket_invalid'});
    await refused.waitFor();
    assert.equal(await refused.locator('td').nth(2).textContent(), '1');
    assert.equal(await page.locator('#boxes tr').count(), 1);
    assert.equal(await page.locator('#chart svg path:not(.grid)').count(), 1);
    for (const id of kFigures) {
      assert.notEqual(await page.locator(`#${id}`).textContent(), '–', id);
    }
    // Nothing was asked for between two looks: there is no ratio to tell.
    await page.waitForFunction(
      () => document.getElementById('hits').textContent === '–');
    // Rates are of what happens now.
    const busy = setInterval(() => watch(demo).catch(() => {}), 300);
    await page.waitForFunction(
      () => document.getElementById('hits').textContent === '100 %');
    clearInterval(busy);
    await screenshot(page, 'operator-light');

    await page.emulateMedia({colorScheme: 'dark'});
    const ground = await page.evaluate(
      () => getComputedStyle(document.body).backgroundColor);
    assert.equal(ground, 'rgb(15, 14, 17)');
    await screenshot(page, 'operator-dark');

    await page.setViewportSize({width: 360, height: 740});
    assert.ok(await page.evaluate(() =>
      document.documentElement.scrollWidth <= window.innerWidth),
    'a phone scrolls sideways');
    await screenshot(page, 'operator-phone');
    assert.deepEqual(page.said, []);

    // Another box, that is not there.
    fs.writeFileSync(path.join(demo.prefix, 'operator/boxes.json'),
      JSON.stringify([{name: 'edge-1', status: '../status'},
        {name: 'edge-2', status: '../nowhere'}]));
    await page.reload();
    await page.getByText('1 of 2 boxes does not answer').waitFor();
    const rows = page.locator('#boxes tr');
    assert.equal(await rows.count(), 2);
    assert.match(await rows.first().textContent(), /edge-2.*HTTP 404/);

    // A box that is being emptied: its own answer, with that one member set.
    await page.route(/\/status$/, async (route) => {
      const response = await route.fetch();
      const json = await response.json();
      assert.equal(json.draining, false);
      await route.fulfill({response, json: {...json, draining: true}});
    });
    await page.getByText('edge-1, draining').waitFor();
  })));
