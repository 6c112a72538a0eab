// Lines over time, as SVG.

const kWidth = 600;
const kHeight = 160;
const kNamespace = 'http://www.w3.org/2000/svg';

function make(name, attributes, text = '') {
  const element = document.createElementNS(kNamespace, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  element.textContent = text;
  return element;
}

// The next number above `value` that is easy to read: 1, 2 or 5 and zeroes.
export function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((step) => step * power)
    .find((step) => step >= value) ?? 10 * power;
}

// The path of points [[time, value], ...] in a box of kWidth by kHeight.
export function pathOf(points, from, to, top) {
  return points.map(([at, value], index) => {
    const x = (at - from) / Math.max(to - from, 1) * kWidth;
    const y = kHeight - value / top * kHeight;
    return `${index ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
  }).join('');
}

// `series`: [{name, points, colour}], colour a class of operator.css.
export function draw(parent, series, span) {
  const times = series.flatMap(({points}) => points.map(([at]) => at));
  const to = Math.max(...times, 0);
  const top = niceTop(Math.max(1, ...series.flatMap(({points}) =>
    points.map(([, value]) => value))));
  const svg = make('svg', {viewBox: `0 0 ${kWidth} ${kHeight}`,
    preserveAspectRatio: 'none', role: 'img',
    'aria-label': `Viewers in the last ${span / 60000} minutes, up to ${top}`});
  for (const share of [0, 0.5, 1]) {
    const y = kHeight * share;
    svg.append(make('path', {class: 'grid', d: `M0 ${y}H${kWidth}`}));
  }
  for (const {points, colour} of series) {
    const path = make('path', {d: pathOf(points, to - span, to, top)});
    path.style.stroke = `var(--${colour})`;
    svg.append(path);
  }
  const label = document.createElement('p');
  label.className = 'top';
  label.textContent = `${top.toLocaleString('en')} viewers`;
  parent.replaceChildren(label, svg);
}
