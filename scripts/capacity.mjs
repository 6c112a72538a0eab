#!/usr/bin/env node
// How many boxes an event needs: docs/capacity.md as a program.
//
//   scripts/capacity.mjs [--viewers N] [--ladder 8,5,3,1.5] [--audio 0.13]
//                        [--mean MBIT] [--segment 6] [--part 0] [--nic GBIT]
//                        [--fill 0.7] [--core GBIT] [--shields 2] [--edges N]
//                        [--json]
//   scripts/capacity.mjs --check COUNTS.json
//
// Without --viewers it prints the table of docs/capacity.md. --check compares
// what is reckoned with what a fleet was counted to do
// (tests/system/fleet_scenarios_test.cc), and exits 1 where they disagree.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

export const DEFAULTS = {
  ladder: [8, 5, 3, 1.5, 0.8], // Mbit/s of the video renditions
  audio: 0.13, //                 Mbit/s of sound; 0: none
  mean: 5, //                     Mbit/s of what a viewer watches, sound included
  segment: 6, //                  seconds
  part: 0, //                     seconds of a low-latency part; 0: none
  nic: 25, //                     Gbit/s of a box
  fill: 0.7, //                   of it that one plans with
  core: 6, //                     Gbit/s that one core encrypts and sends
  shields: 2,
  edges: 0, //                    0: as many as it takes
};

// All rates are per second, all traffic in Gbit/s.
export function plan(viewers, options = {}) {
  const o = { ...DEFAULTS, ...options };
  // A player takes a rendition of video and one of sound.
  const sounds = o.audio > 0 ? 1 : 0;
  const tracks = 1 + sounds;
  const unit = o.part || o.segment;
  // A segment, or its parts, and the playlist that tells of each.
  const perTrack = 2 / unit;
  // Caches ask for a playlist that is not held after half a target duration.
  const perRendition = 1 / unit + (o.part ? 1 / o.part : 2 / o.segment);
  const renditions = o.ladder.length + sounds;
  const everything =
    (o.ladder.reduce((sum, rate) => sum + rate, 0) + o.audio) / 1000;
  const egress = (viewers * o.mean) / 1000;
  const edges =
    o.edges || Math.max(1, Math.ceil(egress / (o.nic * o.fill)));
  const objects = renditions * perRendition;
  return {
    viewers,
    edges,
    viewersPerEdge: Math.ceil(viewers / edges),
    egress,
    coresPerEdge: Math.max(1, Math.ceil(egress / edges / o.core)),
    requestsPerEdge: Math.ceil((viewers / edges) * tracks * perTrack),
    // Each edge asks once for each object, whoever watches what.
    shieldRequests: Math.ceil((edges * objects) / o.shields),
    shieldEgress: (edges * everything) / o.shields,
    // Each object lies on one shield, which asks once.
    originRequests: objects,
    originEgress: everything,
    // 12 000 sessions a megabyte, tombstones as many again.
    zone: Math.max(8, Math.ceil((2 * viewers) / edges / 12000)),
  };
}

const HEAD = [
  'viewers', 'edges', 'viewers an edge', 'edge Gbit/s', 'cores an edge',
  'edge requests/s', 'shield requests/s', 'shield Gbit/s',
  'origin requests/s', 'origin Gbit/s', '`usher_zone`',
];

export function row(p) {
  return [
    p.viewers, p.edges, p.viewersPerEdge, (p.egress / p.edges).toFixed(1),
    p.coresPerEdge, p.requestsPerEdge, p.shieldRequests,
    p.shieldEgress.toFixed(2), p.originRequests.toFixed(1),
    p.originEgress.toFixed(3), `${p.zone}m`,
  ];
}

export function table(options = {}) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rows = [100, 1000, 10000, 100000, 1000000];
  return [line(HEAD), line(HEAD.map(() => '---')),
    ...rows.map((viewers) => line(row(plan(viewers, options))))].join('\n');
}

// Of an event of one rendition without sound. `counted`:
//   seconds, edges, shields, segment (seconds), rate (Mbit/s),
//   viewers, watched: seconds of media that they got together,
//   requests and bytes: {edge, shield, origin}, each of all such boxes
// Who joins asks with a ticket, for the master playlist and for a playlist.
// Requests may be fewer than reckoned where caches ask for playlists less often
// than they may, and more where players ask twice for one that has not grown.
export function compare(counted) {
  const { seconds, edges, shields, segment, rate } = counted;
  const p = plan(counted.watched / seconds,
    { ladder: [rate], audio: 0, mean: rate, segment, shields, edges });
  const bytes = (gigabits) => (gigabits * seconds * 1e9) / 8;
  const rows = [
    ['edge requests', p.requestsPerEdge * edges * seconds + 3 * counted.viewers,
      'requests', 'edge'],
    ['shield requests', p.shieldRequests * shields * seconds, 'requests', 'shield'],
    ['origin requests', p.originRequests * seconds, 'requests', 'origin'],
    ['edge bytes', bytes(p.egress), 'bytes', 'edge'],
    ['shield bytes', bytes(p.shieldEgress * shields), 'bytes', 'shield'],
    ['origin bytes', bytes(p.originEgress), 'bytes', 'origin'],
  ];
  return rows.map(([name, reckoned, what, tier]) => {
    const ratio = counted[what][tier] / reckoned;
    const [least, most] = what === 'bytes' ? [0.8, 1.25] : [0.5, 1.5];
    return { name, reckoned, counted: counted[what][tier], ratio,
      agrees: ratio >= least && ratio <= most };
  });
}

function check(file) {
  const rows = compare(JSON.parse(readFileSync(file, 'utf8')));
  for (const { name, reckoned, counted, ratio, agrees } of rows) {
    console.log(name.padEnd(16), Math.round(reckoned).toString().padStart(12),
      counted.toString().padStart(12), ratio.toFixed(2).padStart(6),
      agrees ? '' : ' disagrees');
  }
  process.exit(rows.every(({ agrees }) => agrees) ? 0 : 1);
}

function main() {
  const option = { type: 'string' };
  const { values } = parseArgs({
    options: {
      viewers: option, ladder: option, audio: option, mean: option,
      segment: option, part: option, nic: option, fill: option, core: option,
      shields: option, edges: option, check: option,
      json: { type: 'boolean' },
    },
  });
  if (values.check) return check(values.check);
  const options = {};
  for (const name of Object.keys(DEFAULTS)) {
    if (values[name] === undefined) continue;
    const numbers = values[name].split(',').map(Number);
    if (numbers.some((number) => !(number >= 0))) {
      console.error(`capacity: --${name} ${values[name]} is no number`);
      process.exit(2);
    }
    options[name] = name === 'ladder' ? numbers : numbers[0];
  }
  if (!values.viewers) return console.log(table(options));
  const planned = plan(Number(values.viewers), options);
  if (values.json) return console.log(JSON.stringify(planned, null, 2));
  HEAD.forEach((name, i) => console.log(`${name}: ${row(planned)[i]}`));
}

if (import.meta.url === `file://${process.argv[1]}`) main();
