// What went wrong, in the edge's terms: the `code` of its problem+json, the
// HTTP status (0: no answer at all) and Retry-After in seconds.
export class Problem extends Error {
  constructor(code, status = 0, retryAfter = 0) {
    super(code || `HTTP ${status}`);
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }

  static from(status, body, retryAfter) {
    return new Problem(codeOf(body), status, secondsOf(retryAfter));
  }

  static fromXhr(xhr) {
    const retryAfter = xhr.status ? xhr.getResponseHeader('Retry-After') : '';
    return Problem.from(xhr.status, textOf(xhr), retryAfter);
  }
}

function codeOf(body) {
  try {
    const {code} = JSON.parse(body);
    return typeof code === 'string' ? code : '';
  } catch {
    return '';
  }
}

function textOf(xhr) {
  const body = xhr.response;
  return body instanceof ArrayBuffer ? new TextDecoder().decode(body) : body;
}

// Retry-After: seconds, or an HTTP date (RFC 9110, section 10.2.3).
function secondsOf(header) {
  if (!header) return 0;
  if (/^\d+$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? 0 : Math.max(0, Math.ceil((at - Date.now()) / 1e3));
}
