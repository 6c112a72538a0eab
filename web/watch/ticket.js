// Where the page's ticket comes from: the URL fragment, which a browser never
// sends to a server, else this tab's storage, so that a reload works.
//
//   /usher/watch/#event=fight-night&ticket=eyJ...

const kStored = 'usher.ticket';

// {ticket, event}, or null where there is none. The fragment is taken out of
// the address bar: a shared screen or a copied address must not hold a ticket.
export function takeTicket() {
  const fragment = parseFragment(location.hash);
  if (location.hash) {
    history.replaceState(null, '', location.pathname + location.search);
  }
  if (fragment) remember(fragment);
  return fragment ?? stored();
}

export function remember(admission) {
  try {
    sessionStorage.setItem(kStored, JSON.stringify(admission));
  } catch {
    // Storage is switched off: a reload then asks for the ticket again.
  }
}

export function forget() {
  try {
    sessionStorage.removeItem(kStored);
  } catch {
    // See remember().
  }
}

// What was pasted: a ticket, or the whole watch link.
export function parsePasted(text) {
  const pasted = text.trim();
  const hash = pasted.indexOf('#');
  if (hash >= 0) return parseFragment(pasted.slice(hash));
  return pasted ? admissionFor(pasted, null) : null;
}

export function parseFragment(fragment) {
  const values = new URLSearchParams(fragment.replace(/^#/, ''));
  const ticket = values.get('ticket')?.trim();
  return ticket ? admissionFor(ticket, values.get('event')) : null;
}

// The events a ticket names. Read, not believed: the edge checks the signature.
export function eventsOf(ticket) {
  const event = claimsOf(ticket).event;
  const events = Array.isArray(event) ? event : [event];
  return events.filter((name) => typeof name === 'string');
}

// UNIX seconds; Infinity for what is no ticket.
export function expiryOf(ticket) {
  const {exp} = claimsOf(ticket);
  return typeof exp === 'number' ? exp : Infinity;
}

// With several events to choose from, none is chosen here.
function admissionFor(ticket, event) {
  const events = eventsOf(ticket);
  return {ticket, event: event || (events.length === 1 ? events[0] : null)};
}

function claimsOf(ticket) {
  try {
    const payload = ticket.split('.')[1].replace(/-/g, '+').replace(/_/g, '/');
    const bytes = Uint8Array.from(atob(payload), (c) => c.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) ?? {};
  } catch {
    return {};
  }
}

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(kStored));
  } catch {
    return null;
  }
}
