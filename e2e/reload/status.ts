import { setTimeout as sleep } from "node:timers/promises";
import type { ConfigStatus } from "../../src/reload/status.ts";
import type { Signalbox } from "../start-signalbox.ts";

export async function configStatus({ apiUrl }: Signalbox): Promise<ConfigStatus> {
  const answer = await fetch(`${apiUrl}/config/status`);
  if (!answer.ok) throw new Error(`/config/status answers ${answer.status}`);
  return (await answer.json()) as ConfigStatus;
}

/** Of a loaded machine; a reload takes about half a second, most of it waiting for quiet. */
const limitMs = 30_000;

/** Resolves once `is` holds of it. */
export async function untilStatus(
  signalbox: Signalbox,
  is: (status: ConfigStatus) => boolean,
): Promise<ConfigStatus> {
  const late = performance.now() + limitMs;
  for (;;) {
    const status = await configStatus(signalbox);
    if (is(status)) return status;
    if (performance.now() > late) throw new Error(`not reached: ${JSON.stringify(status)}`);
    await sleep(20);
  }
}
