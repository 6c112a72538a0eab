// Asks every box for its usher_status, and shows what happens.
//
// boxes.json beside this page names them, [{"name", "status"}], each `status`
// a URL of this same server (a proxy_pass to the box).
import {draw} from './chart.js';
import {addUp, p95Between, ratesBetween} from './rates.js';
import {bitRate, count, percent, rate, time} from './words.js';

const kEvery = 2000;
const kHistory = 15 * 60_000;
const kWaits = 60_000;
const kColours = 6;

const byId = (id) => document.getElementById(id);
const history = new Map();  // event -> [[time, sessions], ...]
const colours = new Map();  // event -> class

async function ask(box) {
  try {
    const answer = await fetch(box.status, {cache: 'no-store',
      signal: AbortSignal.timeout(kEvery)});
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const sample = {at: performance.now(), status: await answer.json()};
    if (box.last) box.rates = ratesBetween(box.last, sample);
    box.last = sample;
    box.failure = '';
    rememberWaits(box, sample);
  } catch (error) {
    box.failure = error.name === 'TimeoutError' ? 'no answer' : error.message;
    box.rates = null;
  }
}

function rememberWaits(box, {at, status}) {
  box.waits ??= [];
  box.waits.push({at, followers: status.waits.followers});
  while (box.waits[0].at < at - kWaits) box.waits.shift();
  box.p95 = p95Between(box.waits[0].followers, status.waits.followers);
}

function remember(events) {
  const now = Date.now();
  for (const [name, {sessions}] of Object.entries(events)) {
    if (!history.has(name)) {
      colours.set(name, `series-${history.size % kColours}`);
      history.set(name, []);
    }
    const points = history.get(name);
    points.push([now, sessions]);
    while (points[0][0] < now - kHistory) points.shift();
  }
}

function cell(text, name = '') {
  const td = document.createElement('td');
  td.textContent = text;
  td.className = name;
  return td;
}

function fill(id, rows, columns, otherwise) {
  const row = (cells) => {
    const tr = document.createElement('tr');
    tr.append(...cells);
    return tr;
  };
  const none = cell(otherwise, 'none');
  none.colSpan = columns;
  byId(id).replaceChildren(...(rows.length ? rows.map(row) : [row([none])]));
}

function eventRow([name, event]) {
  const first = cell(name);
  const swatch = document.createElement('span');
  swatch.className = `swatch ${colours.get(name)}`;
  first.prepend(swatch);
  return [first, cell(count(event.sessions)), cell(bitRate(event.bytes)),
    cell(event.newest ? `${event.newest}, ${time(event.age)} ago` : '–')];
}

function boxRow(box) {
  if (box.failure) {
    const told = cell(box.failure, 'wrong');
    told.colSpan = 5;
    return [cell(box.name), told];
  }
  const {draining, sessions} = box.last.status;
  const use = sessions.live / Math.max(sessions.capacity, 1);
  return [cell(draining ? `${box.name}, draining` : box.name),
    cell(count(sessions.live)), cell(percent(box.rates?.hitRatio ?? null)),
    cell(rate(box.rates?.fetches ?? 0)),
    cell(box.p95 === Infinity ? 'over 10 s' : time(box.p95)),
    cell(percent(use), use > 0.9 ? 'wrong' : '')];
}

// Slowest first: who does not answer, then who lets viewers wait.
const waitOf = (box) => box.failure ? 1e9
  : Math.min(box.p95 ?? -1, 1e6);

function show(boxes) {
  const answering = boxes.filter(({failure}) => !failure);
  const silent = boxes.length - answering.length;
  const total = addUp(answering.flatMap(({rates}) => rates ?? []));
  remember(total.events);
  const heard = byId('heard');
  heard.textContent = silent
    ? `${silent} of ${boxes.length} boxes ${silent > 1 ? 'do' : 'does'} not answer`
    : `${boxes.length} ${boxes.length > 1 ? 'boxes' : 'box'}, ` +
      new Date().toLocaleTimeString('en-GB');
  heard.classList.toggle('wrong', silent > 0);
  byId('viewers').textContent = count(answering.reduce(
    (sum, {last}) => sum + last.status.sessions.live, 0));
  byId('rate').textContent = bitRate(total.bytes);
  byId('hits').textContent = percent(total.hitRatio);
  byId('origin').textContent = rate(total.fetches);
  byId('refused').textContent = rate(Object.values(total.denials)
    .reduce((sum, denial) => sum + denial.rate, 0));
  draw(byId('chart'), [...history].map(([name, points]) =>
    ({name, points, colour: colours.get(name)})), kHistory);
  fill('events', Object.entries(total.events)
    .sort(([, a], [, b]) => b.sessions - a.sessions).map(eventRow), 4,
  'Nobody has watched anything yet.');
  fill('denials', Object.entries(total.denials)
    .sort(([, a], [, b]) => b.rate - a.rate || b.total - a.total)
    .map(([code, denial]) => [cell(code), cell(rate(denial.rate)),
      cell(count(denial.total))]), 3, 'Nobody was refused.');
  fill('boxes', [...boxes].sort((a, b) => waitOf(b) - waitOf(a)).map(boxRow), 6,
    'There are no boxes.');
}

const boxes = await (await fetch('boxes.json', {cache: 'no-store'})).json();
for (;;) {
  const started = performance.now();
  await Promise.all(boxes.map(ask));
  show(boxes);
  await new Promise((resolve) =>
    setTimeout(resolve, Math.max(200, kEvery - (performance.now() - started))));
}
