import { join } from "node:path";
import { credentials, loadPackageDefinition, type ServiceClientConstructor } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Signalbox, startSignalbox } from "../start-signalbox.ts";

let signalbox: Signalbox;
beforeAll(async () => {
  signalbox = await startSignalbox({ config: join(import.meta.dirname, "wire.yaml") });
});
afterAll(() => signalbox.child.stop());

const folder = join(import.meta.dirname, "../../proto");
const loaded = loadSync("grpc/health/v1/health.proto", { includeDirs: [folder], enums: String });

interface Packages {
  readonly grpc: {
    readonly health: { readonly v1: { readonly Health: ServiceClientConstructor } };
  };
}

/** As an orchestrator's gRPC probe asks; the status, or the code of the error. */
function check(service: string): Promise<string | number> {
  const { Health } = (loadPackageDefinition(loaded) as unknown as Packages).grpc.health.v1;
  const client = new Health(`127.0.0.1:${signalbox.grpcPort}`, credentials.createInsecure());
  return new Promise((resolve) => {
    client["Check"]?.({ service }, (error: { code: number } | null, answer: { status: string }) => {
      client.close();
      resolve(error ? error.code : answer.status);
    });
  });
}

test.each(["", "liveness", "readiness", "envoy.service.ext_proc.v3.ExternalProcessor"])(
  "the health service %o is SERVING",
  async (service) => {
    expect(await check(service)).toBe("SERVING");
  },
);

test("another name is NOT_FOUND", async () => {
  expect(await check("elsewhere")).toBe(5);
});
