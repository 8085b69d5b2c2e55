import { InvalidArgumentError } from "commander";

/** A parser of option values that `fits` accepts. */
const numberThat =
  (fits: (value: number) => boolean, wanted: string) =>
  (text: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!fits(value)) throw new InvalidArgumentError(`It must be ${wanted}.`);
    return value;
  };

export const integer = numberThat(Number.isSafeInteger, "a whole number");
export const whole = numberThat(
  (value) => Number.isSafeInteger(value) && value > 0,
  "a whole number above 0",
);
export const above0 = numberThat(
  (value) => Number.isFinite(value) && value > 0,
  "a number above 0",
);
export const part = numberThat((value) => value > 0 && value < 1, "above 0 and below 1");
export const share = numberThat((value) => value >= 0 && value <= 1, "a number from 0 to 1");
export const whole0 = numberThat(
  (value) => Number.isSafeInteger(value) && value >= 0,
  "a whole number, 0 or more",
);
export const atLeast0 = numberThat(
  (value) => Number.isFinite(value) && value >= 0,
  "a number, 0 or more",
);
export const finite = numberThat(Number.isFinite, "a number");
