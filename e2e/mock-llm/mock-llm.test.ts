import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ask, chatBody } from "../ask.ts";
import { startChild } from "../child.ts";
import { parseMockConfig } from "./config.ts";
import { type ConfiguredMock, startConfigured } from "./start-configured.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mock-llm-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const running: ConfiguredMock[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((mock) => mock.drain()));
});

/** Starts what the fields say, and gives the address of all models. */
async function start(fields: object, questionsPath?: string): Promise<string> {
  const config = parseMockConfig(JSON.stringify({ port: 0, drain_ms: 0, ...fields }), "test");
  const mock = await startConfigured({ config, questionsPath });
  running.push(mock);
  return `http://127.0.0.1:${mock.port}`;
}

const to = (model: string, query = "hello", more: object = {}) => ({
  body: chatBody(query, { model, ...more }),
});

const textOf = (answer: { text: string }): string =>
  JSON.parse(answer.text).choices[0].message.content;

const events = (text: string): Record<string, never>[] =>
  text
    .split("\n\n")
    .filter((event) => event.startsWith("data: {"))
    .map((event) => JSON.parse(event.slice("data: ".length)));

describe("the API", () => {
  test("a model that is asked for answers, plain and streamed, with the same text and usage", async () => {
    const url = await start({ models: [{ name: "a" }, { name: "b" }] });
    const plain = JSON.parse((await ask(url, to("b", "two words"))).text);
    expect(plain).toMatchObject({ object: "chat.completion", model: "b" });
    expect(plain.usage).toEqual({ prompt_tokens: 2, completion_tokens: 4, total_tokens: 6 });

    const streamed = await ask(url, to("b", "two words", { stream: true }));
    expect(streamed.headers["content-type"]).toBe("text/event-stream");
    expect(streamed.text.endsWith("data: [DONE]\n\n")).toBe(true);
    const chunks = events(streamed.text) as unknown as {
      choices: { delta: { content?: string } }[];
      usage?: object;
    }[];
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
    expect(text).toBe(plain.choices[0].message.content);
    expect(chunks.at(-1)?.usage).toEqual(plain.usage);
  });

  test("/v1/models lists all, /healthz is well, and nothing else is there", async () => {
    const url = await start({ models: [{ name: "a" }, { name: "b" }] });
    const models = JSON.parse((await ask(url, { method: "GET", path: "/v1/models" })).text);
    expect(models.data.map(({ id }: { id: string }) => id)).toEqual(["a", "b"]);
    expect((await ask(url, { method: "GET", path: "/healthz" })).status).toBe(200);
    expect((await ask(url, { method: "GET", path: "/v1/other" })).status).toBe(404);
  });

  test("what is no request of a model here is refused as a real server refuses it", async () => {
    const url = await start({ models: [{ name: "a" }] });
    const unknown = await ask(url, to("auto"));
    expect(unknown.status).toBe(404);
    expect(JSON.parse(unknown.text).error.code).toBe("model_not_found");
    expect((await ask(url, { body: "{" })).status).toBe(400);
    expect((await ask(url, { body: "null" })).status).toBe(400);
    expect((await ask(url, { body: '{"model":"a","messages":[null]}' })).status).toBe(200);
  });

  test("unknown_model answers for the others", async () => {
    const url = await start({ unknown_model: "a", models: [{ name: "a" }] });
    expect(JSON.parse((await ask(url, to("auto"))).text).model).toBe("a");
  });

  test("a port of its own answers in the model's name, whatever is asked for", async () => {
    await start({ models: [{ name: "a", port: 0 }, { name: "b" }] });
    const own = `http://127.0.0.1:${running[0]?.modelPorts["a"]}`;
    expect(JSON.parse((await ask(own, to("auto"))).text).model).toBe("a");
  });

  test("echo tells what was received, to the byte; /__requests and /__counts remember it", async () => {
    const url = await start({ keep_requests: 2, models: [{ name: "a", echo: true }] });
    const headers = { "x-selected-model": "a" };
    for (const query of ["one", "two", "three"]) await ask(url, { ...to("a", query), headers });
    const { received } = JSON.parse((await ask(url, { ...to("a", "ü"), headers })).text);
    expect(received).toMatchObject({ method: "POST", path: "/v1/chat/completions", headers });
    expect(Buffer.from(received.body, "base64").toString()).toBe(to("a", "ü").body);
    const [first] = events((await ask(url, to("a", "four", { stream: true }))).text);
    expect(first).toHaveProperty("received.method", "POST");

    const kept = JSON.parse((await ask(url, { method: "GET", path: "/__requests" })).text);
    expect(kept).toHaveLength(2);
    const counts = JSON.parse((await ask(url, { method: "GET", path: "/__counts" })).text);
    expect(counts.a).toEqual({ requests: 5, answered: 5, failed: 0, dropped: 0 });
    await ask(url, { method: "DELETE", path: "/__requests" });
    expect((await ask(url, { method: "GET", path: "/__requests" })).text).toBe("[]");
  });
});

describe("answers", () => {
  const asked = Array.from({ length: 200 }, (_, at) => `Solve equation ${at}`);

  test("are right as often as the model's quality in the domain says, and the same each time", async () => {
    const url = await start({
      domains: { math: ["equation"] },
      models: [
        { name: "good", quality: { math: 0.9 }, otherwise: 0.1 },
        { name: "poor", quality: { math: 0.2 }, otherwise: 0.9 },
      ],
    });
    const all = (model: string) =>
      Promise.all(asked.map(async (query) => textOf(await ask(url, to(model, query)))));
    const share = (texts: string[]) => texts.filter((text) => text === "right").length / 200;
    const good = await all("good");
    // Three standard deviations of 200 draws.
    expect(Math.abs(share(good) - 0.9)).toBeLessThan(0.07);
    expect(Math.abs(share(await all("poor")) - 0.2)).toBeLessThan(0.09);
    expect(await all("good")).toEqual(good);
  });

  test("know the questions of a file: their domain, their truth, also inside a longer prompt", async () => {
    const path = join(folder, "questions.jsonl");
    const line = { query: "Who wrote Faust?", category: "literature", ground_truth: "Goethe" };
    writeFileSync(path, `${JSON.stringify(line)}\n\n`);
    const models = [{ name: "a", quality: { literature: 1 }, otherwise: 0 }];
    const url = await start({ models }, path);
    expect(textOf(await ask(url, to("a", "Who wrote Faust?")))).toBe("Goethe");
    expect(textOf(await ask(url, to("a", "Answer shortly. Who wrote Faust? A) ...")))).toBe(
      "Goethe",
    );
    expect(textOf(await ask(url, to("a", "Who wrote Emma?")))).toBe("wrong");
  });

  test("a questions' file that is wrong is named with its line", async () => {
    const path = join(folder, "bad.jsonl");
    writeFileSync(path, '{"query":"a"}\n{"question":"b"}\n');
    await expect(start({ models: [{ name: "a" }] }, path)).rejects.toThrow(/bad.jsonl line 2/);
  });

  test("say how long they took, and count the tokens that the file gives", async () => {
    const usage = { prompt_tokens: 11, completion_tokens: 7 };
    const url = await start({ models: [{ name: "a", answer: "yes", latency_ms: 3, usage }] });
    const answer = await ask(url, to("a"));
    expect(answer.headers["x-mock-latency-ms"]).toBe("3");
    expect(textOf(answer)).toBe("yes");
    expect(JSON.parse(answer.text).usage).toEqual({ ...usage, total_tokens: 18 });
  });

  test("a slow stream comes piece by piece", async () => {
    const url = await start({ models: [{ name: "a", answer: "one two three", chunk_ms: 20 }] });
    let pieces = 0;
    await ask(url, { ...to("a", "", { stream: true }), onData: () => pieces++ });
    expect(pieces).toBeGreaterThan(3);
  });
});

describe("faults", () => {
  test("the first requests fail with the status and Retry-After, the next are answered", async () => {
    const faults = [{ status: 429, first: 2, retry_after_s: 7 }];
    const url = await start({ models: [{ name: "a", faults }] });
    const answers = [];
    for (let at = 0; at < 4; at++) answers.push(await ask(url, to("a")));
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 200, 200]);
    expect(answers[0]?.headers["retry-after"]).toBe("7");
    expect(JSON.parse(answers[0]?.text ?? "").error.message).toContain("429");
  });

  test("a rate fails about that share of the requests, and the same ones in every run", async () => {
    const fields = { models: [{ name: "a", faults: [{ status: 503, rate: 0.25 }] }] };
    const run = async (): Promise<number[]> => {
      const url = await start(fields);
      const statuses = [];
      for (let at = 0; at < 200; at++) statuses.push((await ask(url, to("a"))).status);
      return statuses;
    };
    const first = await run();
    const failed = first.filter((status) => status === 503).length;
    expect(Math.abs(failed / 200 - 0.25)).toBeLessThan(0.1);
    expect(await run()).toEqual(first);
  });

  test.each([
    { after: 0, stream: false, seen: false },
    { after: 1, stream: false, seen: true },
    { after: 0, stream: true, seen: false },
    { after: 2, stream: true, seen: true },
  ])(
    "a connection breaks after $after chunks (streamed: $stream)",
    async ({ after, stream, seen }) => {
      const faults = [{ drop_after_chunks: after, first: 1 }];
      const url = await start({ models: [{ name: "a", faults }] });
      const pieces: Buffer[] = [];
      const broken = ask(url, {
        ...to("a", "", { stream }),
        onData: (piece) => pieces.push(piece),
      });
      await expect(broken).rejects.toThrow();
      expect(pieces.length > 0).toBe(seen);
      expect((await ask(url, to("a"))).status).toBe(200);
      const counts = JSON.parse((await ask(url, { method: "GET", path: "/__counts" })).text);
      expect(counts.a).toMatchObject({ answered: 1, dropped: 1 });
    },
  );

  test("a port that is taken leaves no other port open", async () => {
    const url = await start({ models: [{ name: "a" }] });
    const port = Number(new URL(url).port);
    await expect(start({ models: [{ name: "b", port }] })).rejects.toThrow(/EADDRINUSE/);
    expect(running).toHaveLength(1);
  });
});

describe("the program", () => {
  const main = join(import.meta.dirname, "main.ts");
  const program = (name: string, args: readonly string[]) =>
    startChild({ name, command: process.execPath, args: [main, ...args] });

  test("a SIGTERM lets what is in flight end, and the exit is 0", async () => {
    const config = join(folder, "slow.yaml");
    writeFileSync(config, "port: 0\nmodels: [{ name: a, answer: one two three, chunk_ms: 200 }]\n");
    const child = await program("mock-llm", ["--config", config]);
    await expect.poll(child.output, { timeout: 20_000 }).toContain('"event":"listening"');
    const { port } = JSON.parse(child.output().split("\n")[0] ?? "");
    let signalled = false;
    const answer = await ask(`http://127.0.0.1:${port}`, {
      ...to("a", "", { stream: true }),
      onData() {
        if (!signalled) child.signal("SIGTERM");
        signalled = true;
      },
    });
    expect(answer.text.endsWith("data: [DONE]\n\n")).toBe(true);
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  test.each([
    { args: [], code: 2, says: "no --config" },
    { args: ["--colour"], code: 2, says: "--colour" },
    { args: ["--config", "/nowhere"], code: 2, says: "config_not_found" },
    { args: ["--config", join(import.meta.dirname, "example.yaml"), "--check"], code: 0, says: "" },
    { args: ["--help"], code: 0, says: "--config" },
  ])("$args ends with $code", async ({ args, code, says }) => {
    const child = await program("mock-llm", args);
    expect((await child.exited).code).toBe(code);
    expect(child.output()).toContain(says);
  });

  test("--health asks the one that runs", async () => {
    const url = await start({ models: [{ name: "a" }] });
    const config = join(folder, "health.yaml");
    writeFileSync(config, `port: ${new URL(url).port}\nmodels: [{ name: a }]\n`);
    expect(await (await program("well", ["--config", config, "--health"])).exited).toEqual({
      code: 0,
      signal: null,
    });
    await running.pop()?.drain();
    expect((await (await program("gone", ["--config", config, "--health"])).exited).code).toBe(1);
  });
});
