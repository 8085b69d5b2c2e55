import { expect, test } from "vitest";
import { assertDevice, type Device, devices, providerOf } from "./device.ts";

test.each<{ device: Device; on: readonly string[] }>([
  { device: "cpu", on: ["linux", "darwin", "win32", "freebsd"] },
  { device: "cuda", on: ["linux", "win32"] },
  { device: "mps", on: ["darwin"] },
])("$device is to be had on $on", ({ device, on }) => {
  for (const platform of ["linux", "darwin", "win32", "freebsd"]) {
    const asked = () => assertDevice(device, platform);
    if (on.includes(platform)) expect(asked).not.toThrow();
    else expect(asked).toThrow(`--device ${device} is not to be had on ${platform}`);
  }
});

test("every device has a provider of onnxruntime's", () => {
  expect(devices.map((device) => providerOf[device])).toEqual(["cpu", "cuda", "coreml"]);
});
