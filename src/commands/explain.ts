import { dirname, join } from "node:path";
import type { Command } from "commander";
import { loadConfig } from "../config/load.ts";
import { packageRoot } from "../config/paths.ts";
import { RouterError } from "../errors.ts";
import { type Explanation, explain } from "../explain.ts";
import { openRouter } from "../open-router.ts";
import { lines, print } from "./text-lines.ts";

interface Options {
  readonly config: string;
  readonly input?: string;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("explain")
    .description("Say which model a request would get, and why")
    .argument("[query]", "a query, instead of --input")
    .option("--config <file>", "configuration", join(packageRoot, "config/default.yaml"))
    .option(
      "--input <file>",
      'chat-completion bodies or {"query": ...}, one a line; - for standard input',
    )
    .option("--json", "one JSON object a line, in the order of the input")
    .action(run);
}

async function run(query: string | undefined, options: Options): Promise<void> {
  if ((query === undefined) === (options.input === undefined)) {
    throw new RouterError(
      "invalid_request",
      "nothing to explain",
      "Give a query or --input FILE, not both",
    );
  }
  const { config, warnings } = loadConfig(options.config, process.env);
  const places = { configFolder: dirname(options.config), cwd: process.cwd() };
  const opened = await openRouter(config, places);
  for (const warning of [...warnings, ...opened.warnings])
    process.stderr.write(`warning: ${warning}\n`);
  try {
    for await (const line of inputs(query, options.input)) {
      const explanation = await explain(opened.router, line);
      await print(options.json ? JSON.stringify(explanation) : describe(explanation));
    }
  } finally {
    await opened.router.embedder.close();
  }
}

async function* inputs(query: string | undefined, path = "-"): AsyncGenerator<string> {
  if (query !== undefined) {
    yield JSON.stringify({ query });
    return;
  }
  for await (const line of lines(path)) if (line.trim() !== "") yield line;
}

function describe(explanation: Explanation): string {
  if ("error" in explanation) {
    const { code, message, remedy } = explanation.error;
    return `error      [${code}] ${message}. ${remedy}\n`;
  }
  const { model, decision, domain, confidence, algorithm, reason, scores, domains, timings_ms } =
    explanation;
  const lines = [
    `model      ${model}  (${algorithm}, ${reason})`,
    `decision   ${decision ?? "none"}  confidence ${confidence.toFixed(3)}`,
    `domain     ${domain ?? "none"}  ${domains
      .slice(0, 3)
      .map((one) => `${one.name} ${one.confidence.toFixed(3)}`)
      .join(", ")}`,
    ...scores.map(
      (one, at) => `${at === 0 ? "scores    " : "          "} ${one.score.toFixed(4)} ${one.model}`,
    ),
    `time       ${timings_ms.total.toFixed(2)} ms, of which embedding ${timings_ms.embed.toFixed(2)} ms`,
    ...(explanation.truncated ? ["truncated  only the head and tail of the query were read"] : []),
  ];
  return `${lines.join("\n")}\n`;
}
