// A viewer without a good ticket is told what is wrong and what to do.
import assert from 'node:assert/strict';
import test from 'node:test';
import {expectPlays, until, withDemo, withPage} from './harness.mjs';
import {messages} from '../../web/watch/messages.js';

const now = () => Math.floor(Date.now() / 1000);
const says = (page, code) => page.getByText(messages[code].text).waitFor();

test('the watch page tells', async (t) => {
  await withDemo('aes-128', async (demo) => {
    const refused = [
      ['an expired ticket', {exp: now() - 3600}, 'ticket_expired'],
      ['a ticket that is not valid yet', {nbf: now() + 3600}, 'ticket_early'],
      ['a ticket for another event', {event: 'other'}, 'ticket_scope'],
    ];
    for (const [what, claims, code] of refused) {
      await t.test(`about ${what}`, () => withPage(async (page) => {
        await page.goto(demo.watchUrl(demo.sell(claims)));
        await says(page, code);
      }));
    }

    await t.test('about a forged ticket', () => withPage(async (page) => {
      const [head, body, signature] = demo.sell().split('.');
      const forged = [head, body, [...signature].reverse().join('')].join('.');
      await page.goto(demo.watchUrl(forged));
      await says(page, 'ticket_invalid');
    }));

    await t.test('that a ticket is missing, and takes a pasted one', () =>
      withPage(async (page) => {
        await page.goto(`${demo.edge}/usher/watch/`);
        await says(page, 'ticket_missing');
        const field = page.getByLabel('Ticket or watch link');
        await page.getByRole('button', {name: 'Watch'}).click();
        await page.getByText('does not look like a ticket').waitFor();
        await field.fill(demo.sell());
        await page.keyboard.press('Tab');
        await page.keyboard.press('Enter');
        await expectPlays(page, 1);
      }));

    await t.test('which event, where a ticket is good for several', () =>
      withPage(async (page) => {
        const ticket = demo.sell({event: ['other', demo.event]});
        await page.goto(`${demo.edge}/usher/watch/#ticket=${ticket}`);
        await page.getByRole('button', {name: 'Fight night'}).click();
        await expectPlays(page, 1);
      }));

    await t.test('that the server cannot be reached, then plays', () =>
      withPage(async (page) => {
        await page.route('**/usher/session', (route) => route.abort());
        await page.goto(demo.watchUrl(demo.sell()));
        await says(page, 'network');
        await page.unroute('**/usher/session');
        await page.getByRole('button', {name: 'Try again'}).click();
        await expectPlays(page, 1);
      }));

    await t.test('when the doors open, and opens them by itself', () =>
      withPage(async (page) => {
        await refuse(page, 403, 'event_not_started', 1);
        await page.goto(demo.watchUrl(demo.sell()));
        await says(page, 'event_not_started');
        await page.getByText('Trying again in').waitFor();
        await page.unroute('**/usher/session');
        await expectPlays(page, 1);
      }));

    await t.test('that a box is being emptied, and tries again by itself', () =>
      withPage(async (page) => {
        await refuse(page, 503, 'draining', 1);
        await page.goto(demo.watchUrl(demo.sell()));
        await says(page, 'draining');
        await page.getByText('Trying again in').waitFor();
        await page.unroute('**/usher/session');
        await expectPlays(page, 1);
      }));

    await t.test('that another screen took the seat, and takes it back', () =>
      withPage(async (page) => {
        const segment = '**/2.m4s';
        await page.route(segment, (route) =>
          route.fulfill(problem(403, 'session_evicted')));
        await page.goto(demo.watchUrl(demo.sell()));
        await says(page, 'session_evicted');
        await page.unroute(segment);
        await page.getByRole('button', {name: 'Watch here'}).click();
        await expectPlays(page, 1);
      }));

    await t.test('an evicted screen, and gives the seat back to who asks', () =>
      withPage(async (page) => {
        const ticket = demo.sell({sub: 'two-screens'});
        // Nothing is asked for any more once the whole film was fetched.
        await page.route('**/4.m4s', async (route) => {
          await until(() => elsewhere);
          await route.continue();
        });
        let elsewhere = false;
        await page.goto(demo.watchUrl(ticket));
        await expectPlays(page, 1);
        const other = await page.request.post(`${demo.edge}/usher/session`,
          {headers: {'Authorization': `Bearer ${ticket}`}});
        assert.ok(other.ok());
        elsewhere = true;
        await says(page, 'session_evicted');
        await page.getByRole('button', {name: 'Watch here'}).click();
        await expectPlays(page, 1);
      }));

    await t.test('a viewer whose ticket was refunded', () =>
      withPage(async (page) => {
        await demo.order('POST', 'revocations', {ticket: 'refunded'});
        await page.goto(demo.watchUrl(demo.sell({sub: 'refunded'})));
        await says(page, 'ticket_revoked');
      }));

    await t.test('viewers in front of closed doors, and lets them in', () =>
      withPage(async (page) => {
        await demo.order('PUT', `events/${demo.event}`,
          {state: 'open', starts: now() + 5});
        await page.route('**/usher/session', async (route) => {
          const answer = await route.fetch();
          // Who comes last waits for a minute; not this test.
          const headers = {...answer.headers(), 'retry-after': '6'};
          await route.fulfill(
            answer.ok() ? {response: answer} : {response: answer, headers});
        });
        await page.goto(demo.watchUrl(demo.sell()));
        await says(page, 'event_not_started');
        await page.getByText('Trying again in').waitFor();
        await expectPlays(page, 1);
      }));

    await t.test('that an event is over', () => withPage(async (page) => {
      await demo.order('PUT', `events/${demo.event}`, {state: 'ended'});
      await page.goto(demo.watchUrl(demo.sell()));
      await says(page, 'event_ended');
      await demo.order('PUT', `events/${demo.event}`, {state: 'open'});
    }));

    await t.test('nothing when a lost session can be opened again', () =>
      withPage(async (page) => {
        let refused = 0;
        await page.route('**/v360/2.m4s', (route) => refused++ ?
          route.continue() : route.fulfill(problem(403, 'session_invalid')));
        await page.goto(demo.watchUrl(demo.sell()));
        await expectPlays(page, 5);
        assert.equal(refused, 2);
      }));

    await t.test('what each code means, on a small phone', () =>
      withPage(async (page) => {
        for (const code of Object.keys(messages)) {
          await refuse(page, 403, code, 0);
          await page.goto(demo.watchUrl(demo.sell()));
          await says(page, code);
          const [scrolls, has] = await page.evaluate(
            () => [document.documentElement.scrollWidth, innerWidth]);
          assert.ok(scrolls <= has, `${code}: ${scrolls} px in ${has}`);
          await page.unroute('**/usher/session');
          await page.goto('about:blank');
        }
      }, {viewport: {width: 320, height: 568}}));
  });
});

function refuse(page, status, code, retryAfter) {
  return page.route('**/usher/session', (route) =>
    route.fulfill(problem(status, code, retryAfter)));
}

function problem(status, code, retryAfter = 0) {
  return {
    status,
    contentType: 'application/problem+json',
    headers: retryAfter ? {'retry-after': String(retryAfter)} : {},
    body: JSON.stringify({code, status}),
  };
}
