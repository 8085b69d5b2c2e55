import { InvalidArgumentError } from "commander";
import { RouterError } from "../errors.ts";
import { parseShard, type Shard } from "../shard/shard.ts";

/** Of --shard, for every command that has it. */
export function shardOption(text: string): Shard {
  try {
    return parseShard(text);
  } catch (thrown) {
    throw new InvalidArgumentError(RouterError.from(thrown).remedy);
  }
}
