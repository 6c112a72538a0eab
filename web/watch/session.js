// A seat at this edge: opened with a ticket, given back when the page is left.
// The credential lives in `base`, a path.
import {Problem} from './problem.js';

const kEndpoint = '/usher/session';
const kStored = 'usher.session';

// -> {base, license, expires}; throws Problem. The session this tab had before,
// as one that ends soon or from before a reload, is handed back: the new one
// takes over its seat, and what was asked for with the old one still arrives.
export async function openSession({ticket, event}) {
  const headers = {
    'Authorization': `Bearer ${ticket}`,
    'Content-Type': 'application/json',
  };
  const body = JSON.stringify({event: event || undefined, session: stored()});
  const answer = await ask(kEndpoint, {method: 'POST', headers, body});
  try {
    const session = await answer.json();
    store(session);
    return session;
  } catch {
    throw new Problem('server', answer.status);
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

function store({base}) {
  try {
    sessionStorage.setItem(kStored, base.split('/', 3)[2]);
  } catch {
    // Storage is switched off: a reload then takes a seat anew.
  }
}

function stored() {
  try {
    return sessionStorage.getItem(kStored) ?? undefined;
  } catch {
    return undefined;
  }
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
