import { upperBits } from "./json-kernel.ts";

/** Powers that are doubles without loss. */
const powers = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const upper = powers.map(upperBits);
const lower = powers.map((power, exponent) => power - (upper[exponent] as number));

/** Digits that `high` and `low` hold each. */
export const digitsPerPart = 9;

/**
 * The double nearest to a decimal number of at most 18 digits: the first nine as `high`, those after them as `low`,
 * times 10^exponent. `digits` counts from the first that is not 0. NaN when doubles alone cannot say for sure.
 */
export function decimal(high: number, low: number, digits: number, exponent: number): number {
  if (digits <= 15 && exponent >= -22 && exponent <= 22) {
    const whole =
      digits <= digitsPerPart ? high : high * (powers[digits - digitsPerPart] as number) + low;
    // Both sides are exact, so that the one rounding is the right one (Clinger 1990).
    const power = powers[Math.abs(exponent)] as number;
    return exponent < 0 ? whole / power : whole * power;
  }
  if (digits <= digitsPerPart || exponent < -22 || exponent > 0) return Number.NaN;
  return quotient(high, low, powers[digits - digitsPerPart] as number, -exponent);
}

/**
 * (high * scale + low) / 10^k: a single near it, and what is left of the number after 10^k times that single, which is
 * exact because a single has 24 bits and each half of 10^k has 26. The rest is right to 2^-76 of the result; where the
 * sum with a little more and a little less rounds to the same double, that double is the nearest (Ziv 1991).
 */
function quotient(high: number, low: number, scale: number, k: number): number {
  const power = powers[k] as number;
  const large = (high >>> 15) * 2 ** 15 * scale;
  const small = (high & (2 ** 15 - 1)) * scale + low;
  const whole = large + small;
  const lost = small - (whole - large);
  const near = Math.fround(whole / power);
  const left = whole - near * (upper[k] as number) - near * (lower[k] as number) + lost;
  const step = left / power;
  const doubt = near * 2 ** -73;
  const value = near + (step - doubt);
  return value === near + (step + doubt) ? value : Number.NaN;
}
