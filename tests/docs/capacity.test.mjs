// The table of docs/capacity.md is what scripts/capacity.mjs prints, and what
// it prints hangs together.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import {compare, plan, table} from '../../scripts/capacity.mjs';

const page =
  fs.readFileSync(new URL('../../docs/capacity.md', import.meta.url), 'utf8');

test('the page has the table the program prints', () =>
  assert.ok(page.includes(table()), table()));

test('viewers never reach the origin', () => {
  const [few, many] = [plan(100), plan(1e6)];
  assert.equal(few.originRequests, many.originRequests);
  assert.equal(few.originEgress, many.originEgress);
});

test('boxes carry what they are given, and no box too many', () => {
  for (const viewers of [1, 3500, 3501, 99999]) {
    const planned = plan(viewers);
    const carried = planned.edges * 25 * 0.7;
    assert.ok(carried >= planned.egress, `${viewers}`);
    assert.ok(planned.edges === 1 || carried - 25 * 0.7 < planned.egress);
    assert.ok(planned.edges * planned.viewersPerEdge >= viewers);
  }
});

test('a tier that is asked too often does not agree', () => {
  const counted = {seconds: 10, edges: 4, shields: 2, segment: 1, rate: 0.16,
    viewers: 60, watched: 570,
    requests: {edge: 1500, shield: 90, origin: 22},
    bytes: {edge: 11_600_000, shield: 808_000, origin: 202_000}};
  assert.ok(compare(counted).every(({agrees}) => agrees));
  for (const [what, tier] of [['requests', 'origin'], ['bytes', 'shield']]) {
    const wrong = structuredClone(counted);
    wrong[what][tier] *= 3;
    const rows = compare(wrong).filter(({agrees}) => !agrees);
    assert.deepEqual(rows.map(({name}) => name), [`${tier} ${what}`]);
  }
});

test('what the page says of parts is what they cost', () => {
  const planned = plan(1e6, {part: 0.5});
  assert.equal(Math.round(planned.requestsPerEdge / 1000), 28);
  assert.equal(Math.round(planned.shieldRequests / 100), 34);
});
