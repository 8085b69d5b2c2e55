import { openConnection } from "./connection.ts";
import type { LoadJob, LoadResult } from "./job.ts";

/** Sends requests over every connection as fast as they are answered. */
export async function generate(job: LoadJob): Promise<LoadResult> {
  const { port, connections, requests, limitSeconds = Number.POSITIVE_INFINITY } = job;
  const wires = job.bodies.map(wire);
  const failures: Record<string, number> = {};
  const latencies = new Float64Array(requests);
  const began = performance.now();
  const end = began + limitSeconds * 1000;
  let sent = 0;
  let routed = 0;
  let defaulted = 0;

  function fail(what: string): void {
    failures[what] = (failures[what] ?? 0) + 1;
  }

  function count(head: string): void {
    const status = head.slice(9, 12);
    if (status !== "200") fail(status);
    else if (head.includes("\r\nx-vsr-selected-model:")) {
      routed++;
      if (fellBack.test(head)) defaulted++;
    }
  }

  async function keepAsking(): Promise<void> {
    let connection = await openConnection(port);
    while (sent < requests && performance.now() < end) {
      const at = sent++;
      const started = performance.now();
      try {
        count(await connection.ask(wires[at % wires.length] as Buffer));
      } catch {
        fail("broken connection");
        connection = await openConnection(port);
      }
      latencies[at] = performance.now() - started;
    }
    connection.close();
  }

  await Promise.all(Array.from({ length: connections }, keepAsking));
  const seconds = (performance.now() - began) / 1000;
  const sorted = latencies.subarray(0, sent).sort();
  const percentile = (share: number): number => sorted[Math.floor(share * (sent - 1))] ?? 0;
  return {
    requests: sent,
    seconds,
    failures,
    routed,
    defaulted,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
  };
}

/** signalbox names a reason only when the default model stands in; that no decision matched is none of its faults. */
const fellBack = /\r\nx-vsr-selected-reason: (?!no_decision\r\n)/;

const wire = (body: string): Buffer =>
  Buffer.from(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: signalbox\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
