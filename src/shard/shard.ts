import { createHash } from "node:crypto";
import { RouterError } from "../errors.ts";

/** One of `count` parts of a job. The parts have no key in common, and together they have all. */
export interface Shard {
  /** 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

/** More parts than this have fewer queries each than a process takes to start. */
export const maxShards = 65_536;

/** `i/n`, counted from 1, as in `2/8`. Throws RouterError `config_invalid`. */
export function parseShard(text: string): Shard {
  const [, first = "", second = ""] = /^([1-9]\d{0,4})\/([1-9]\d{0,4})$/.exec(text.trim()) ?? [];
  const shard = { index: Number(first), count: Number(second) };
  if (shard.count >= 1 && shard.index >= 1 && shard.index <= shard.count) {
    if (shard.count <= maxShards) return shard;
  }
  throw new RouterError(
    "config_invalid",
    `${JSON.stringify(text.slice(0, 40))} is no shard`,
    `Write i/n, counted from 1, with n up to ${maxShards}: 1/8 to 8/8 are the eight parts of a job`,
  );
}

/**
 * Whether the part has the key, which for a record is its query's text: all records of a query are in one part.
 * Deterministic: sha-256 of the text in UTF-8, its first 8 bytes as a big-endian number, modulo `count`. Without a
 * shard there is one part, with all.
 */
export function inShard(key: string, shard: Shard | undefined): boolean {
  return shard === undefined || inShardOf(createHash("sha256").update(key).digest(), shard);
}

/** The same for who has the key's sha-256 already. */
export const inShardOf = (sha256: Buffer, { index, count }: Shard): boolean =>
  shardIndexOf(sha256, count) === index;

/** Which of `count` parts has the key of this sha-256: 1 to `count`. */
export const shardIndexOf = (sha256: Buffer, count: number): number =>
  Number(sha256.readBigUInt64BE(0) % BigInt(count)) + 1;

export const shardText = ({ index, count }: Shard): string => `${index}/${count}`;
