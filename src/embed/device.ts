import { RouterError } from "../errors.ts";

/** What a model runs on. `mps`: Apple's GPU or neural engine, through Core ML. */
export const devices = ["cpu", "cuda", "mps"] as const;
export type Device = (typeof devices)[number];

/** onnxruntime's name for it. */
export const providerOf: Readonly<Record<Device, string>> = {
  cpu: "cpu",
  cuda: "cuda",
  mps: "coreml",
};

/** Throws RouterError `config_invalid` where onnxruntime has nothing for this system that runs on `device`. */
export function assertDevice(device: Device, platform: string = process.platform): void {
  const systems = device === "mps" ? ["darwin"] : device === "cuda" ? ["linux", "win32"] : [];
  if (device === "cpu" || systems.includes(platform)) return;
  throw new RouterError(
    "config_invalid",
    `--device ${device} is not to be had on ${platform}`,
    `Leave it out: the CPU is used. ${device} is for ${systems.join(" and ")}`,
  );
}
