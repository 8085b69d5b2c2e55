/**
 * node bench/benchmark.ts [QUERIES, 20000 by default]
 *
 * How many requests a second `signalbox benchmark` makes of a server that answers at once, at concurrency 64, beside
 * the floor: the same requests by node:http alone, in the same process, with the answers parsed and dropped. The server
 * is a process of its own; the two take turns, and the server counts what is under way. First it answers nothing until
 * 64 requests are there together, so a client that never has 64 under way would never end.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { benchmark } from "../src/benchmark/benchmark.ts";
import { chatBody } from "../src/benchmark/chat-body.ts";
import { namedModels } from "../src/benchmark/models.ts";
import type { Query } from "../src/benchmark/queries.ts";
import { median } from "./measure/median.ts";
import { showTable, writeResults } from "./measure/results.ts";

const concurrency = 64;
const rounds = 5;

interface Counts {
  readonly requests: number;
  readonly peak: number;
}

if (process.argv[2] === "--mock") await mock();
else await measure(Number(process.argv[2] ?? 20_000));

/** Answers at once, but the first 64 requests together. Tells its port, and its counts when asked. */
async function mock(): Promise<void> {
  let underWay = 0;
  let peak = 0;
  let requests = 0;
  let held: http.ServerResponse[] | undefined = [];
  const answer = JSON.stringify({
    choices: [{ message: { role: "assistant", content: "It is 42." }, finish_reason: "stop" }],
    usage: { prompt_tokens: 20, completion_tokens: 5 },
  });
  function end(response: http.ServerResponse): void {
    underWay--;
    response.writeHead(200, { "content-type": "application/json" }).end(answer);
  }
  const server = http.createServer((request, response) => {
    requests++;
    peak = Math.max(peak, ++underWay);
    request.resume().on("end", () => {
      if (!held) return end(response);
      held.push(response);
      if (held.length < concurrency) return;
      const together = held;
      held = undefined;
      together.forEach(end);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  process.on("message", () => {
    process.send?.({ requests, peak } satisfies Counts);
    requests = 0;
    peak = 0;
    held = [];
  });
  process.on("disconnect", () => process.exit());
  process.send?.((server.address() as AddressInfo).port);
}

async function measure(count: number): Promise<void> {
  const server = fork(import.meta.filename, ["--mock"]);
  const [port] = await once(server, "message");
  const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-"));
  const endpoint = `http://127.0.0.1:${port}/v1`;
  const models = namedModels(["mock"], { endpoint, apiKey: "none", maxTokens: 64, temperature: 0 });
  const queries = Array.from(
    { length: count },
    (_, at): Query => ({
      text: `What is ${at} and two, if a farmer has three fields of 12 acres and sells one of them?`,
      groundTruth: "42",
      metric: "GSM8K",
      fields: { ground_truth: "42", category: "math" },
    }),
  );
  const never = { soon: new AbortController().signal, now: new AbortController().signal };
  const contestants = {
    async "node:http alone"() {
      const bodies = queries.map((query) =>
        chatBody(models[0] as (typeof models)[0], query, { concise: false, stream: false }),
      );
      return () => postAll(`${endpoint}/chat/completions`, bodies);
    },
    async "signalbox benchmark"() {
      return () =>
        benchmark({
          models,
          queries,
          output: join(folder, "out.jsonl"),
          overwrite: true,
          concurrency,
          timeoutMs: 60_000,
          retries: 0,
          stream: false,
          concise: false,
          stop: never,
        });
    },
  };
  const runs = new Map<string, { rate: number; cpuMicros: number; peak: number }[]>();
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const [name, prepare] of Object.entries(contestants)) {
        const work = await prepare();
        const cpu = process.cpuUsage();
        const started = performance.now();
        await work();
        const seconds = (performance.now() - started) / 1000;
        const { user, system } = process.cpuUsage(cpu);
        server.send("counts");
        const [{ requests, peak }] = (await once(server, "message")) as [Counts];
        if (requests !== count || peak !== concurrency) {
          throw new Error(`${name}: ${requests} requests, at most ${peak} under way`);
        }
        // The first warms both up.
        if (round === 0) continue;
        const run = { rate: count / seconds, cpuMicros: (user + system) / count, peak };
        runs.set(name, [...(runs.get(name) ?? []), run]);
      }
    }
  } finally {
    server.disconnect();
    rmSync(folder, { recursive: true });
  }
  const results = [...runs].map(([name, all]) => ({
    name,
    "requests/s": median(all.map(({ rate }) => rate)),
    "CPU us a request": median(all.map(({ cpuMicros }) => cpuMicros)),
    "most under way": Math.max(...all.map(({ peak }) => peak)),
  }));
  showTable(`${count} requests at concurrency ${concurrency}, median of ${rounds} turns`, results);
  const [floor, ours] = results;
  const share = (ours?.["requests/s"] ?? Number.NaN) / (floor?.["requests/s"] ?? Number.NaN);
  console.info(`\nsignalbox makes ${(100 * share).toFixed(0)} % of the floor's requests a second`);
  console.info(
    `Raw results: ${writeResults("benchmark", { count, concurrency, share, results, runs: Object.fromEntries(runs) })}`,
  );
}

async function postAll(url: string, bodies: readonly string[]): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: concurrency, scheduling: "lifo" });
  const next = bodies.values();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (const body of next) await postOne(url, agent, body);
    }),
  );
  agent.destroy();
}

function postOne(url: string, agent: http.Agent, body: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    };
    const request = http.request(url, { method: "POST", agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
    });
    request.on("error", reject).end(body);
  });
}
