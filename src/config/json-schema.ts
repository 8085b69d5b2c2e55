import { z } from "zod";
import { RouterConfig } from "./schema.ts";

/** What config/config.schema.json holds: for editors, which show its descriptions and mark what does not fit. */
export function configJsonSchema(): string {
  const schema = z.toJSONSchema(RouterConfig, {
    io: "input",
    override: ({ jsonSchema }) => {
      // zod's bounds of a safe integer say nothing to an operator.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  const titled = { title: "signalbox configuration", ...schema };
  return `${JSON.stringify(titled, null, 2)}\n`;
}
