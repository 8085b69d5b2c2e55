import { parentPort } from "node:worker_threads";
import { startFixedBackend } from "./fixed-backend.ts";
import { generate } from "./generate.ts";
import type { LoadJob } from "./job.ts";

// Client and backend share this thread, so that together they take one core at most.
if (!parentPort) throw new Error("This file is the worker of load/driver.ts");
const port = parentPort;
port.on("message", async (job: LoadJob) => port.postMessage(await generate(job)));
port.postMessage(await startFixedBackend());
