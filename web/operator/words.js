// Numbers as people read them.

const kSteps = ['', 'k', 'M', 'G', 'T'];

function scaled(number, unit) {
  let step = 0;
  while (number >= 1000 && step < kSteps.length - 1) {
    number /= 1000;
    ++step;
  }
  const digits = number >= 100 || (step === 0 && Number.isInteger(number))
    ? 0 : 1;
  return `${number.toFixed(digits)} ${kSteps[step]}${unit}`.trim();
}

export const count = (number) => Math.round(number).toLocaleString('en');
export const bitRate = (bytes) => scaled(bytes * 8, 'bit/s');
export const rate = (number) => `${number >= 10
  ? Math.round(number) : number.toFixed(1)}/s`;
export const percent = (share) =>
  share === null ? '–' : `${(share * 100).toFixed(share < 0.995 ? 1 : 0)} %`;

// `milliseconds`, null where it is not known.
export function time(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return '–';
  if (milliseconds < 1000) return `${milliseconds} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return seconds < 7200
    ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
