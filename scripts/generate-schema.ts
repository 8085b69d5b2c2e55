/** Writes config/config.schema.json from src/config/schema.ts. Run it after a change there; a test tells. */
import { join } from "node:path";
import { configJsonSchema } from "../src/config/json-schema.ts";
import { packageRoot } from "../src/config/paths.ts";
import { writeAtomic } from "../src/files/write-atomic.ts";

await writeAtomic(join(packageRoot, "config", "config.schema.json"), configJsonSchema());
