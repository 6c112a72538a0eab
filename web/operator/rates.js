// From what usher_status answers at two times to what happens in between.
// Counters only grow; one that fell was started anew.

const kFromCache = ['hit', 'coalesced', 'stale', 'updating', 'revalidated'];
const kMedia = ['segment', 'part'];

const grown = (before, after) =>
  (after ?? 0) >= (before ?? 0) ? (after ?? 0) - (before ?? 0) : after;

const sum = (values) => values.reduce((total, value) => total + value, 0);

// `before` and `after`: {at, status}, `at` in milliseconds. Rates are per
// second; `hitRatio` is null where no media was asked for.
export function ratesBetween(before, after) {
  const seconds = Math.max((after.at - before.at) / 1000, 0.001);
  const old = before.status;
  const now = after.status;
  const flows = flowsBetween(old.traffic, now.traffic);
  const media = flows.filter(({kind}) => kMedia.includes(kind));
  const cached = media.filter(({cache}) => kFromCache.includes(cache));
  const all = sum(media.map(({requests}) => requests));
  const origin = Object.entries(now.origin ?? {}).map(([kind, {fetches}]) =>
    grown(old.origin?.[kind]?.fetches, fetches));
  return {
    bytes: sum(flows.map(({bytes}) => bytes)) / seconds,
    media: all / seconds,
    hitRatio: all ? sum(cached.map(({requests}) => requests)) / all : null,
    fetches: sum(origin) / seconds,
    denials: denialsBetween(old, now, seconds),
    events: eventsBetween(old.events, now.events, seconds),
  };
}

// The 95th percentile of what was added between two of `waits.followers`, in
// milliseconds, as the upper end of its bucket: Infinity where that has none,
// null where nobody waited.
export function p95Between(before, after) {
  const added = after.buckets.map(([end, count], index) =>
    [end ?? Infinity, grown(before?.buckets[index][1], count)]);
  const wanted = 0.95 * sum(added.map(([, count]) => count));
  let until = 0;
  if (wanted === 0) return null;
  return added.find(([, count]) => (until += count) >= wanted)[0];
}

function flowsBetween(before, after) {
  return Object.entries(after ?? {}).flatMap(([kind, outcomes]) =>
    Object.entries(outcomes).map(([cache, {requests, bytes}]) => ({
      kind,
      cache,
      requests: grown(before?.[kind]?.[cache]?.requests, requests),
      bytes: grown(before?.[kind]?.[cache]?.bytes, bytes),
    })));
}

// {code: {rate, total}} of the codes that ever happened.
function denialsBetween(before, after, seconds) {
  const denied = after.requests.denied;
  return Object.fromEntries(Object.entries(denied)
    .filter(([, total]) => total > 0)
    .map(([code, total]) => [code, {
      rate: grown(before.requests.denied[code], total) / seconds, total}]));
}

function eventsBetween(before, after, seconds) {
  return Object.fromEntries(Object.entries(after ?? {}).map(([name, event]) =>
    [name, {
      sessions: event.sessions,
      bytes: grown(before?.[name]?.bytes, event.bytes) / seconds,
      newest: event.newest_segment,
      age: event.newest_segment_age_ms,
    }]));
}

// What several boxes add up to. `rates`: of ratesBetween.
export function addUp(rates) {
  const total = {bytes: 0, media: 0, fetches: 0, hitRatio: null, sessions: 0,
    events: {}, denials: {}};
  let hits = 0;
  for (const box of rates) {
    total.bytes += box.bytes;
    total.media += box.media;
    total.fetches += box.fetches;
    hits += (box.hitRatio ?? 0) * box.media;
    for (const [name, event] of Object.entries(box.events)) {
      const sums = total.events[name] ??=
        {sessions: 0, bytes: 0, newest: 0, age: null};
      sums.sessions += event.sessions;
      sums.bytes += event.bytes;
      total.sessions += event.sessions;
      // The box that is furthest ahead knows how old the live edge is.
      if (event.newest > sums.newest) {
        sums.newest = event.newest;
        sums.age = event.age;
      } else if (event.newest === sums.newest && event.age !== null) {
        sums.age = Math.max(sums.age ?? 0, event.age);
      }
    }
    for (const [code, {rate, total: count}] of Object.entries(box.denials)) {
      const sums = total.denials[code] ??= {rate: 0, total: 0};
      sums.rate += rate;
      sums.total += count;
    }
  }
  if (total.media > 0) total.hitRatio = hits / total.media;
  return total;
}
