import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePorts } from "../free-ports.ts";
import { runSignalbox } from "../run-signalbox.ts";

const holder = createServer();
let taken = 0;
beforeAll(async () => {
  [taken = 0] = await freePorts(1);
  holder.listen(taken, "127.0.0.1");
  await once(holder, "listening");
});
afterAll(() => void holder.close());

test.each(["--port", "--api-port", "--metrics-port"])(
  "a %s that is taken ends serve with what to do, whatever it listened on before",
  async (flag) => {
    const free = await freePorts(3);
    const ports = ["--port", "--api-port", "--metrics-port"].flatMap((name, at) => [
      name,
      String(name === flag ? taken : free[at]),
    ]);
    await expect(runSignalbox(["serve", "--host", "127.0.0.1", ...ports])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`choose another with ${flag}`),
    });
  },
);
