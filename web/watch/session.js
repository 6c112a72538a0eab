// A seat at this edge: opened with a ticket, renewed before it ends, given
// back when the page is left. The credential lives in `base`, a path.
import {Problem} from './problem.js';

const kEndpoint = '/usher/session';

// -> {base, license, expires}; throws Problem.
export async function openSession({ticket, event}) {
  const headers = {
    'Authorization': `Bearer ${ticket}`,
    'Content-Type': 'application/json',
  };
  const body = JSON.stringify(event ? {event} : {});
  const answer = await ask(kEndpoint, {method: 'POST', headers, body});
  try {
    return await answer.json();
  } catch {
    throw new Problem('server', answer.status);
  }
}

// Opens the next session before the old one ends. Where the old one holds the
// ticket's last seat it has to stand up first.
export async function renewSession(admission, old) {
  try {
    const next = await openSession(admission);
    closeSession(old);
    return next;
  } catch (problem) {
    if (problem.code !== 'seats_taken') throw problem;
    await closeSession(old);
    return openSession(admission);
  }
}

// Never throws: a seat that is not given back frees itself when idle.
export async function closeSession({base}) {
  try {
    await fetch(prefixOf(base) + kEndpoint,
      {method: 'DELETE', keepalive: true, referrerPolicy: 'no-referrer'});
  } catch {
    // The page is going away, or the network is.
  }
}

export async function exists(url) {
  try {
    const answer = await fetch(url,
      {method: 'HEAD', referrerPolicy: 'no-referrer'});
    return answer.ok;
  } catch {
    return false;
  }
}

// "/s/<session>/<event>/" -> "/s/<session>"
export function prefixOf(base) {
  return base.split('/', 3).join('/');
}

async function ask(url, options) {
  let answer;
  try {
    answer = await fetch(url,
      {...options, cache: 'no-store', referrerPolicy: 'no-referrer'});
  } catch {
    throw new Problem('network');
  }
  if (answer.ok) return answer;
  throw Problem.from(
    answer.status, await answer.text(), answer.headers.get('Retry-After'));
}
