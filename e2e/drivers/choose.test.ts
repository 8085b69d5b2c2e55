import { expect, test } from "vitest";
import { chooseDriver, runs } from "./choose.ts";

const bare = { docker: false, kind: false, go: false, gateways: false };

test.each([
  { machine: { docker: true, kind: true, go: true, gateways: true }, driver: "kind" },
  { machine: { ...bare, docker: true, go: true }, driver: "gateway" },
  { machine: { ...bare, kind: true, go: true }, driver: "gateway" },
  { machine: { ...bare, gateways: true }, driver: "gateway" },
  { machine: { ...bare, docker: true }, driver: "envoy" },
  { machine: bare, driver: "envoy" },
])("$machine runs $driver", ({ machine, driver }) => {
  expect(chooseDriver(undefined, machine).driver).toBe(driver);
  expect(chooseDriver("", machine).driver).toBe(driver);
});

test("what is asked for is taken, whatever the machine", () => {
  expect(chooseDriver("kind", bare).driver).toBe("kind");
});

test("an unknown driver is refused with the names there are", () => {
  expect(() => chooseDriver("docker", bare)).toThrow(
    "E2E_DRIVER is docker; it can be envoy, gateway, kind",
  );
});

test("a command that is not there does not run", () => {
  expect(runs("signalbox-no-such-command")).toBe(false);
  expect(runs(process.execPath, "--version")).toBe(true);
});
