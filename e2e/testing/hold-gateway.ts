import { join } from "node:path";
import { smallProfile } from "../drivers/gateway/small-profile.ts";
import { startGatewayStack } from "../drivers/gateway/start-stack.ts";

/** Starts Envoy Gateway and what belongs to it, prints its address and waits to be killed. */
const profile = smallProfile(join(import.meta.dirname, "../.work/hold-gateway"));
const stack = await startGatewayStack({ overlay: "envoy-gateway", profile });
process.stdout.write(`${stack.url}\n`);
