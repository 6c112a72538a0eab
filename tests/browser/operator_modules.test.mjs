// The operator's page's modules that need no browser.
import assert from 'node:assert/strict';
import test from 'node:test';
import {niceTop, pathOf} from '../../web/operator/chart.js';
import {addUp, p95Between, ratesBetween} from '../../web/operator/rates.js';
import {bitRate, percent, rate, time} from '../../web/operator/words.js';

const status = (traffic = {}, more = {}) => ({
  traffic, origin: {}, events: {}, requests: {denied: {}}, ...more});
const flow = (requests, bytes) => ({requests, bytes});

test('rates are what was added, per second', () => {
  const before = {at: 1000, status: status(
    {segment: {hit: flow(10, 1000), miss: flow(5, 500)}},
    {origin: {segment: {fetches: 5}}})};
  const after = {at: 3000, status: status(
    {segment: {hit: flow(16, 1600), miss: flow(7, 700),
      coalesced: flow(2, 200)}, playlist: {miss: flow(4, 80)}},
    {origin: {segment: {fetches: 7}, playlist: {fetches: 4}}})};
  const rates = ratesBetween(before, after);
  assert.equal(rates.bytes, (600 + 200 + 200 + 80) / 2);
  assert.equal(rates.media, 5);
  assert.equal(rates.hitRatio, 0.8);
  assert.equal(rates.fetches, 3);
});

test('a counter that began anew is counted from nothing', () => {
  const before = {at: 0, status: status({segment: {hit: flow(100, 1000)}})};
  const after = {at: 1000, status: status({segment: {hit: flow(3, 30)}})};
  assert.equal(ratesBetween(before, after).bytes, 30);
});

test('where no media was asked for there is no ratio', () => {
  const sample = {at: 0, status: status({playlist: {hit: flow(1, 1)}})};
  assert.equal(ratesBetween(sample, {...sample, at: 1}).hitRatio, null);
  assert.equal(percent(null), '–');
});

test('refusals are those that ever happened', () => {
  const denied = (count) => ({requests: {denied: {
    ticket_invalid: count, ticket_early: 0}}});
  const rates = ratesBetween({at: 0, status: status({}, denied(4))},
    {at: 2000, status: status({}, denied(8))});
  assert.deepEqual(rates.denials, {ticket_invalid: {rate: 2, total: 8}});
});

test('boxes add up, and the one furthest ahead has the live edge', () => {
  const box = (sessions, newest, age, media, hitRatio) => ({
    bytes: 10, media, hitRatio, fetches: 1, denials: {},
    events: {fight: {sessions, bytes: 5, newest, age}}});
  const total = addUp([box(10, 7, 9000, 30, 1), box(20, 8, 1000, 10, 0.5)]);
  assert.equal(total.sessions, 30);
  assert.equal(total.bytes, 20);
  assert.equal(total.hitRatio, (30 + 5) / 40);
  assert.equal(total.events.fight.newest, 8);
  assert.equal(total.events.fight.age, 1000);
});

test('waits are those of late, and those beyond the last bucket are seen', () => {
  const waits = (...counts) => ({buckets: counts.map((count, index) =>
    [[5, 100, null][index], count])});
  assert.equal(p95Between(waits(0, 0, 90), waits(95, 5, 90)), 5);
  assert.equal(p95Between(waits(0, 0, 0), waits(94, 6, 0)), 100);
  assert.equal(p95Between(waits(0, 0, 0), waits(10, 0, 10)), Infinity);
  assert.equal(p95Between(waits(7, 7, 7), waits(7, 7, 7)), null);
  // A box that was started anew.
  assert.equal(p95Between(waits(100, 100, 100), waits(3, 0, 0)), 5);
});

test('numbers are read by people', () => {
  assert.equal(bitRate(125_000), '1.0 Mbit/s');
  assert.equal(bitRate(0), '0 bit/s');
  assert.equal(rate(0.25), '0.3/s');
  assert.equal(rate(1234.5), '1235/s');
  assert.equal(percent(0.987), '98.7 %');
  assert.equal(percent(1), '100 %');
  assert.equal(time(null), '–');
  assert.equal(time(250), '250 ms');
  assert.equal(time(90_000), '90.0 s');
  assert.equal(time(600_000), '10 min');
});

test('the scale of a chart is a round number, and its lines stay inside', () => {
  for (const [value, top] of [[1, 1], [3, 5], [11, 20], [501, 1000]]) {
    assert.equal(niceTop(value), top);
  }
  assert.equal(pathOf([[0, 0], [50, 5], [100, 10]], 0, 100, 10),
    'M0.0 160.0L300.0 80.0L600.0 0.0');
});
