/**
 * Writes config/config.schema.json from src/config/schema.ts, and its part of the Helm chart's values.schema.json. Run it
 * after a change there; tests tell.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { configJsonSchema } from "../src/config/json-schema.ts";
import { packageRoot } from "../src/config/paths.ts";
import { writeAtomic } from "../src/files/write-atomic.ts";
import { withConfigSchema } from "./chart-schema.ts";

const schema = configJsonSchema();
await writeAtomic(join(packageRoot, "config", "config.schema.json"), schema);
const chart = join(packageRoot, "deploy/helm/signalbox/values.schema.json");
await writeAtomic(chart, withConfigSchema(readFileSync(chart, "utf8"), schema));
