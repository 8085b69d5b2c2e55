import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GenericContainer, StartedTestContainer } from "testcontainers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordLines } from "../../src/commands/testing/trained-folder.ts";
import { type Ask, ask, chatBody } from "../ask.ts";
import { envoyConfig } from "../envoy-config.ts";

const wanted = process.env["IMAGE_TEST"] === "1";
if (!wanted) {
  console.warn(
    "signalbox: THE IMAGES' TESTS ARE SKIPPED; with Docker, `make image-test` runs them",
  );
}

const ports = { envoy: 10_000, envoyAdmin: 10_001, mock: 8000, redis: 6379 };
const replica = { grpc: 50_052, api: 8081, metrics: 9191 };
const math = "What is the derivative of x squared, and the integral of its sine?";
const chat = "Recommend a film for tonight.";

// The configuration of e2e/wire, with a cache that both replicas share.
const config = `${readFileSync(join(import.meta.dirname, "../wire/wire.yaml"), "utf8")}
embedding:
  cache:
    redis_url: redis://127.0.0.1:${ports.redis}
    timeout_ms: 500
`;
const mock = {
  port: ports.mock,
  models: [{ name: "solver" }, { name: "everyday", latency_ms: 2000 }],
};

describe.runIf(wanted)(
  "the image, in one pod with a real Envoy, a real Redis and the mock",
  async () => {
    // Only here: it takes half a second, and asks for the engine.
    const { Wait } = await import("testcontainers");
    const { Hardened, dockerode, images, programContainer, programOf } = await import(
      "./engine.ts"
    );

    const started: StartedTestContainer[] = [];
    let folder: string;
    let pod: StartedTestContainer;
    let signalbox: StartedTestContainer;
    let second: StartedTestContainer;
    const at = (port: number): string => `http://127.0.0.1:${pod.getMappedPort(port)}`;

    /** Adds a container to the pod: as in a cluster, all share the first one's addresses. */
    async function joinPod(container: GenericContainer): Promise<StartedTestContainer> {
      const one = await container.withNetworkMode(`container:${pod.getId()}`).start();
      started.push(one);
      return one;
    }

    const serve = (...args: readonly string[]) =>
      new Hardened(images.signalbox)
        .withBindMounts([{ source: folder, target: "/etc/signalbox", mode: "ro" }])
        .withCommand(["serve", "--config", "/etc/signalbox/config.yaml", ...args]);

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "signalbox-image-"));
      writeFileSync(join(folder, "config.yaml"), config);
      writeFileSync(join(folder, "mock.yaml"), JSON.stringify(mock));
      const envoy = envoyConfig({
        listenPort: ports.envoy,
        adminPort: ports.envoyAdmin,
        extProcPort: 50_051,
        backends: { solver: ports.mock, everyday: ports.mock },
        defaultBackend: "everyday",
        messageTimeoutMs: 5000,
      });
      // The two that listen must hear what comes in by a published port.
      const [own, heard] = ['"127.0.0.1"', '"0.0.0.0"'];
      const text = JSON.stringify(envoy).replace(own, heard).replace(own, heard);
      writeFileSync(join(folder, "envoy.json"), text);
      chmodSync(folder, 0o755);

      pod = await new Hardened(images.mockLlm)
        .withBindMounts([
          { source: join(folder, "mock.yaml"), target: "/etc/mock-llm/config.yaml" },
        ])
        .withExposedPorts(
          ports.envoy,
          ports.envoyAdmin,
          ports.mock,
          8080,
          9190,
          replica.api,
          replica.metrics,
        )
        .withWaitStrategy(Wait.forHealthCheck())
        .start();
      started.push(pod);
      await joinPod(
        programContainer(programOf("get-redis.sh"), [
          "--save",
          "",
          "--dir",
          "/tmp",
        ]).withWaitStrategy(Wait.forLogMessage("Ready to accept connections")),
      );
      signalbox = await joinPod(serve().withWaitStrategy(Wait.forHealthCheck()));
      const others = ["--port", `${replica.grpc}`, "--api-port", `${replica.api}`];
      second = await joinPod(
        serve(...others, "--metrics-port", `${replica.metrics}`).withWaitStrategy(
          Wait.forLogMessage('"event":"ready"'),
        ),
      );
      const mounted = [
        { source: programOf("get-envoy.sh"), target: "/program", mode: "ro" },
        { source: folder, target: "/etc/envoy", mode: "ro" },
      ] as const;
      await joinPod(
        programContainer(mounted[0].source, [
          "-c",
          "/etc/envoy/envoy.json",
          "--disable-hot-restart",
        ])
          .withBindMounts([...mounted])
          .withWaitStrategy(Wait.forLogMessage("starting main dispatch loop")),
      );
    }, 120_000);

    afterAll(async () => {
      for (const container of started.reverse()) await container.stop({ timeout: 5000 });
      rmSync(folder, { recursive: true, force: true });
    }, 60_000);

    const post = (body: string, more: Partial<Ask> = {}) => ask(at(ports.envoy), { body, ...more });

    test("what a user gets: no root, no shell, a health check, no more than 250 MB", async () => {
      const image = await (await dockerode()).getImage(images.signalbox).inspect();
      expect(image.Config.User).toBe("65532:65532");
      expect(image.Config.Healthcheck?.Test).toContain("health");
      console.log(`${images.signalbox}: ${(image.Size / 1e6).toFixed(0)} MB`);
      expect(image.Size).toBeLessThan(250e6);
      await expect(signalbox.exec(["sh", "-c", "true"])).resolves.toMatchObject({ exitCode: 126 });
      const { exitCode, output } = await signalbox.exec(["node", "/app/dist/cli.js", "health"]);
      expect({ exitCode, output }).toEqual({ exitCode: 0, output: "SERVING\n" });
    });

    test("nothing can be written, and nothing but the platform's own library is there", async () => {
      const script = `
      const { accessSync, constants, globSync } = require("node:fs");
      const writable = ["/", "/app", "/tmp", "/etc/signalbox"].filter((path) => {
        try { accessSync(path, constants.W_OK); return true } catch { return false }
      });
      const native = globSync("/app/node_modules/**/*.{node,so,so.*,dylib,dll}");
      const needless = globSync("/app/**/*.{ts,map}");
      console.log(JSON.stringify({ uid: process.getuid(), writable, native, needless }));`;
      const { output } = await signalbox.exec(["node", "-e", script]);
      const { uid, writable, native, needless } = JSON.parse(output);
      expect({ uid, writable, needless }).toEqual({ uid: 65_532, writable: [], needless: [] });
      const own = `linux/${process.arch}/`;
      expect(native.length).toBeGreaterThan(0);
      expect(native.filter((path: string) => !path.includes(own))).toEqual([]);
    });

    test("Envoy routes by it, plain and streamed", async () => {
      const solved = await post(chatBody(math));
      expect(solved.status).toBe(200);
      expect(JSON.parse(solved.text).model).toBe("solver");
      expect(solved.headers["x-vsr-selected-model"]).toBe("solver");
      const streamed = await post(chatBody(math, { stream: true }));
      expect(streamed.text).toContain('"model":"solver"');
      expect(streamed.text.endsWith("data: [DONE]\n\n")).toBe(true);
      expect(JSON.parse((await post(chatBody(chat))).text).model).toBe("everyday");
    });

    test("a replica finds in Redis what the other embedded", async () => {
      const query = "Which theorem bounds the zeros of a polynomial of degree five?";
      await post(chatBody(query));
      const hits = async (): Promise<number> => {
        const text = await (await fetch(`${at(replica.metrics)}/metrics`)).text();
        return Number(
          /^signalbox_embedding_cache_hits_total{level="shared"} (\d+)/m.exec(text)?.[1] ?? 0,
        );
      };
      const before = await hits();
      const told = await ask(at(replica.api), { path: "/api/v1/explain", body: chatBody(query) });
      expect(told.status).toBe(200);
      expect(await hits()).toBe(before + 1);
    });

    test("the pages of a validation can be drawn: what was pruned is not missed", async () => {
      const data = join(folder, "data");
      mkdirSync(data);
      writeFileSync(join(data, "records.jsonl"), recordLines());
      const commands = [
        ["train", "--data-file", "/data/records.jsonl", "--output-dir", "/data/models"],
        ["validate", "--data-file", "/data/records.jsonl", "--models-dir", "/data/models"],
      ];
      const more = [
        ["--knn-k", "5", "--kmeans-clusters", "4"],
        ["--report", "/data/report", "--allow-seen"],
      ];
      for (const [which, command] of commands.entries()) {
        const job = new Hardened(images.signalbox)
          .withBindMounts([{ source: data, target: "/data", mode: "rw" }])
          // Whoever runs this test must be able to remove what it makes.
          .withUser(`${process.getuid?.() ?? 65_532}`)
          .withCommand([...command, "--cache-dir", "/data/vectors", ...(more[which] ?? [])])
          .withWaitStrategy(Wait.forOneShotStartup());
        await (await job.start()).stop();
      }
      expect(readFileSync(join(data, "report/report.html"), "utf8")).toContain("<svg");
    });

    test("what it took: start and memory", async () => {
      const engine = await dockerode();
      const stats = await engine.getContainer(second.getId()).stats({ stream: false });
      const log = await logOf(second);
      const ready = JSON.parse(
        log.split("\n").find((line) => line.includes('"event":"ready"')) ?? "",
      );
      const megabytes = (stats.memory_stats.usage / 1e6).toFixed(0);
      console.log(`ready in ${ready.startup_ms} ms; ${megabytes} MB in use`);
      expect(ready.startup_ms).toBeGreaterThan(0);
      // Each line is the log's own: no library writes beside it.
      for (const line of log.trim().split("\n")) expect(() => JSON.parse(line)).not.toThrow();
    });

    test("a command that knows nothing of signals ends by SIGTERM all the same, as process 1", async () => {
      const engine = await dockerode();
      const Cmd = ["embed"];
      const container = await engine.createContainer({
        Image: images.signalbox,
        Cmd,
        OpenStdin: true,
      });
      try {
        await container.start();
        const ended = container.wait();
        // Again and again: what comes before Node has begun is lost.
        const again = setInterval(() => {
          container.kill({ signal: "SIGTERM" }).catch(() => undefined);
        }, 300);
        const { StatusCode } = await ended;
        clearInterval(again);
        expect(StatusCode).toBe(128 + 15);
      } finally {
        await container.remove({ force: true });
      }
    });

    // Last: it ends the sidecar.
    test("SIGTERM as process 1: the request in flight is answered, and the exit is 0 within the grace", async () => {
      const inFlight = post(chatBody(chat));
      await expect
        .poll(async () => {
          const counts = await (await fetch(`${at(ports.mock)}/__counts`)).json();
          const { requests, answered } = (
            counts as Record<string, { requests: number; answered: number }>
          )["everyday"]!;
          return requests - answered;
        })
        .toBe(1);
      const engine = await dockerode();
      const container = engine.getContainer(signalbox.getId());
      await container.kill({ signal: "SIGTERM" });
      expect((await inFlight).status).toBe(200);
      const { StatusCode } = await container.wait();
      expect(StatusCode).toBe(0);
      expect(await logOf(signalbox)).toContain('"event":"stopped"');
      const mockContainer = engine.getContainer(pod.getId());
      await mockContainer.kill({ signal: "SIGTERM" });
      expect((await mockContainer.wait()).StatusCode).toBe(0);
    });

    async function logOf(container: StartedTestContainer): Promise<string> {
      const stream = await container.logs();
      const chunks: string[] = [];
      stream.on("data", (chunk) => chunks.push(String(chunk)));
      await new Promise((done) => setTimeout(done, 500));
      stream.destroy();
      return chunks.join("");
    }
  },
);
