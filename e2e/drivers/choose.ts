import { spawnSync } from "node:child_process";

export const driverNames = ["envoy", "gateway", "kind"] as const;
export type DriverName = (typeof driverNames)[number];

/** What of this machine decides which driver can run. */
export interface Machine {
  /** A Docker engine answers. */
  readonly docker: boolean;
  readonly kind: boolean;
  readonly go: boolean;
  /** Both gateway programs are there: ENVOY_GATEWAY_BIN and AIGW_BIN, or built before into .tools/. */
  readonly gateways: boolean;
}

export interface Choice {
  readonly driver: DriverName;
  /** For people: ends the sentence "Driver NAME: ". */
  readonly why: string;
}

/** Throws on an unknown name. */
export function driverNamed(asked: string): DriverName {
  const driver = driverNames.find((name) => name === asked);
  if (!driver) throw new Error(`E2E_DRIVER is ${asked}; it can be ${driverNames.join(", ")}`);
  return driver;
}

/** The driver that was asked for, else the one nearest to production that this machine can run. */
export function chooseDriver(asked: string | undefined, machine: Machine): Choice {
  if (asked) return { driver: driverNamed(asked), why: "E2E_DRIVER says so" };
  const { docker, kind, go, gateways } = machine;
  if (docker && kind) return { driver: "kind", why: "Docker answers and kind is here" };
  const noKind = docker ? "no kind here" : "no Docker engine answers";
  if (gateways) return { driver: "gateway", why: `${noKind}; both gateway programs are here` };
  if (go) return { driver: "gateway", why: `${noKind}; Go is here and builds the gateways` };
  return { driver: "envoy", why: `${noKind}, no gateway programs and no Go to build them with` };
}

/** Whether a command runs and exits with 0. */
export const runs = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: "ignore", timeout: 10_000 }).status === 0;
