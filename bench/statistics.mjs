// SPDX-License-Identifier: GPL-2.0-only

// Medians and quartiles: one run that was disturbed does not move them.

/** The value below which `part` of the samples lie, 0 to 1; between two samples in proportion. */
export function quantile(samples, part) {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const below = sorted[Math.floor(at)];
  return below + (sorted[Math.ceil(at)] - below) * (at - Math.floor(at));
}

export function median(samples) {
  return quantile(samples, 0.5);
}

/** A median, what is around it, and the samples as they came. */
export function spreadOf(samples) {
  return {
    median: median(samples),
    lower: quantile(samples, 0.25),
    upper: quantile(samples, 0.75),
    min: Math.min(...samples),
    max: Math.max(...samples),
    samples,
  };
}

/** The ratio of the medians; what is around it is of the ratios of samples of one round. */
export function ratioOf(samples, others) {
  const spread = spreadOf(samples.map((sample, i) => sample / others[i]));
  return { ...spread, median: median(samples) / median(others) };
}
