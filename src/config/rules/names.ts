import type { Path, Problem } from "../problem.ts";
import type { RouterConfig } from "../schema.ts";

/** Longer than any model's name; Envoy refuses requests whose headers together pass 60 KiB. */
const maxNameBytes = 256;

const decisions: Path = ["decisions"];

export function namesAreUnique(config: RouterConfig): readonly Problem[] {
  return [
    ...repeated("decision", decisions, config.decisions),
    ...repeated("category", ["categories"], config.categories),
    ...repeated("endpoint", ["vllm_endpoints"], config.vllm_endpoints),
  ];
}

function repeated(
  kind: string,
  path: Path,
  items: readonly { readonly name: string }[],
): readonly Problem[] {
  const firsts = new Map<string, number>();
  return items.flatMap(({ name }, i) => {
    const first = firsts.get(name);
    if (first === undefined) {
      firsts.set(name, i);
      return [];
    }
    const message = `duplicate ${kind} name '${name}', the same as ${path.join()}[${first}]`;
    return [{ path: [...path, i, "name"], message }];
  });
}

/** `auto` would ask for the routing that has just taken place, and no route of Envoy's matches it. */
export function noNameAsksForRouting(config: RouterConfig): readonly Problem[] {
  const asking = ["auto", config.auto_model_name];
  return modelNames(config)
    .filter(({ name }) => asking.includes(name))
    .map(({ name, path }) => ({
      path,
      message: `'${name}' is the name by which clients ask for routing; write a model's name`,
    }));
}

/** These names travel in headers, where a line break would begin another header and Envoy drops what it cannot send. */
export function namesAreHeaderValues(config: RouterConfig): readonly Problem[] {
  const names = [
    ...modelNames(config),
    ...config.decisions.map(({ name }, i) => ({ name, path: [...decisions, i, "name"] })),
    ...config.categories.map(({ name }, i) => ({ name, path: ["categories", i, "name"] })),
    ...Object.keys(config.model_config).map((name) => ({ name, path: ["model_config", name] })),
  ];
  return names.flatMap(({ name, path }) => {
    const message = headerFault(name);
    return message === undefined ? [] : [{ path, message }];
  });
}

export function headerFault(name: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(name)) return "the name holds a control character or a line break";
  if (!name.isWellFormed()) return "the name is not valid Unicode";
  if (name.trim() !== name) return "the name begins or ends with a space";
  if (Buffer.byteLength(name) > maxNameBytes)
    return `the name is longer than ${maxNameBytes} bytes`;
  return undefined;
}

interface Placed {
  readonly name: string;
  readonly path: Path;
}

function modelNames(config: RouterConfig): readonly Placed[] {
  const refs = config.decisions.flatMap(({ modelRefs }, i) =>
    modelRefs.flatMap(({ model, lora_name }, j) => {
      const path = [...decisions, i, "modelRefs", j];
      const lora =
        lora_name === undefined ? [] : [{ name: lora_name, path: [...path, "lora_name"] }];
      return [{ name: model, path: [...path, "model"] }, ...lora];
    }),
  );
  return [{ name: config.default_model, path: ["default_model"] }, ...refs];
}
