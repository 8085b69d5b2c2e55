/**
 * Reads the numbers of a JSON array as trained files hold them: 0.0312571227550506, of 16 to 19 decimals and below 1, and
 * the 0.0 and 1.0 of a one-hot.
 * src/artifact/json-numbers.ts reads all others, and says why the rounding is exact: this is the same arithmetic, eight
 * digits at a time. The host puts the tables there.
 */

/** By decimals less 16: 10^(8+k), 10^k, 10^(16+k), its reciprocal, and 10^(16+k) in two parts of 26 bits. */
const scaleTable: usize = 0;
const smallTable: usize = 32;
const inverseTable: usize = 64;
const upperTable: usize = 96;
const lowerTable: usize = 128;
/** What `read` says beside where it stopped. */
const countAt: usize = 160;
const stateAt: usize = 164;

const elementNext: u32 = 0;
const elementRead: u32 = 1;

const zeros: u64 = 0x3030303030303030;

/** Not 0 when one of the eight bytes, less "0", is no digit. */
@inline
function strangers(word: u64): u64 {
  return (word | (word + 0x7676767676767676)) & 0x8080808080808080;
}

/** Of eight digits, the first in the lowest byte: neighbours are added up to 2, 4 and 8 digits. */
@inline
function eightDigits(word: u64): f64 {
  const pairs = word * 10 + (word >> 8);
  const ends: u64 = 0x000000ff000000ff;
  const sum = (pairs & ends) * 0x000f424000000064 + ((pairs >> 16) & ends) * 0x0000271000000001;
  return f64(u32(sum >> 32));
}

@inline
function fourDigits(word: u32): f64 {
  const pairs = (word * 10 + (word >> 8)) & 0x00ff00ff;
  return f64((pairs * 100 + (pairs >> 16)) & 0xffff);
}

@inline
function afterSpace(at: usize, end: usize): usize {
  while (at < end && (load<u8>(at) == 32 || load<u8>(at) == 10)) at++;
  return at;
}

@inline
function endsNumber(byte: u8): bool {
  return byte == 44 || byte == 93 || byte == 32 || byte == 10;
}

/** Bytes of one digit, or of one digit with .0, that stand there alone; else 0. */
@inline
function lengthOfWhole(at: usize): usize {
  if (u32(load<u8>(at)) - 48 > 9) return 0;
  if (endsNumber(load<u8>(at + 1))) return 1;
  return load<u16>(at + 1) == 0x302e && endsNumber(load<u8>(at + 3)) ? 3 : 0;
}

function stop(at: usize, count: u32, state: u32): usize {
  store<u32>(countAt, count);
  store<u32>(stateAt, state);
  return at;
}

/**
 * Reads elements from `at` on into the doubles at `target`, `most` at most, and tells where it stopped: before an element
 * that is none of its kind (`elementNext`), or after one that no comma follows (`elementRead`). 32 bytes after `end` must
 * belong to the memory.
 */
export function read(at: usize, end: usize, target: usize, most: u32): usize {
  let count: u32 = 0;
  while (true) {
    if (load<u8>(at) <= 32) at = afterSpace(at, end);
    if (count == most || at + 32 > end) return stop(at, count, elementNext);
    const negative = u64(load<u8>(at) == 45);
    const from = at + usize(negative);
    const first = load<u64>(from + 2) - zeros;
    const second = load<u64>(from + 10) - zeros;
    const rest = load<u32>(from + 18) - u32(zeros);
    const ends = (rest | (rest + 0x76767676)) & 0x80808080;
    if (load<u16>(from) != 0x2e30 || (strangers(first) | strangers(second)) != 0 || ends == 0) {
      const length = lengthOfWhole(from);
      if (length == 0) return stop(at, count, elementNext);
      const digit = f64(u32(load<u8>(from)) - 48);
      store<u64>(target + (usize(count++) << 3), reinterpret<u64>(digit) | (negative << 63));
      at = afterSpace(from + length, end);
      if (at == end || load<u8>(at) != 44) return stop(at, count, elementRead);
      at++;
      continue;
    }
    const more = u32(ctz(ends)) >> 3;
    const after = from + 18 + more;
    // Else an exponent, or no JSON.
    if (!endsNumber(load<u8>(after))) return stop(at, count, elementNext);
    const row = usize(more << 3);
    const digits = fourDigits((rest << 8) << (24 - (more << 3)));
    const large = eightDigits(first) * load<f64>(scaleTable + row);
    const small = eightDigits(second) * load<f64>(smallTable + row) + digits;
    const high = large + small;
    const low = small - (high - large);
    const inverse = load<f64>(inverseTable + row);
    const near = f64(f32(high * inverse));
    const left = high - near * load<f64>(upperTable + row) - near * load<f64>(lowerTable + row) + low;
    const step = left * inverse;
    const doubt = near * 1.0587911840678754e-22;
    const value = near + (step - doubt);
    if (value != near + (step + doubt)) return stop(at, count, elementNext);
    store<u64>(target + (usize(count++) << 3), reinterpret<u64>(value) | (negative << 63));
    at = load<u8>(after) == 44 ? after : afterSpace(after, end);
    if (at >= end || load<u8>(at) != 44) return stop(at, count, elementRead);
    at++;
  }
}
