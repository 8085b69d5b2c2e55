import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type HubEnvironment, type HubSettings, hubSettings } from "./settings.ts";

const settingsOf = (env: HubEnvironment) => hubSettings({ XDG_CACHE_HOME: "/cache", ...env });

test.each<{ env: HubEnvironment; want: Partial<HubSettings> }>([
  {
    env: {},
    want: {
      endpoint: "https://huggingface.co",
      cacheFolder: "/cache/huggingface/hub",
      offline: false,
    },
  },
  { env: { HF_ENDPOINT: "http://mirror:8080/hf/" }, want: { endpoint: "http://mirror:8080/hf" } },
  { env: { HF_HOME: "/models" }, want: { cacheFolder: "/models/hub" } },
  { env: { HF_HOME: "/models", HF_HUB_CACHE: "/other" }, want: { cacheFolder: "/other" } },
  { env: { HF_HUB_OFFLINE: "1" }, want: { offline: true } },
  { env: { HF_HUB_OFFLINE: "0" }, want: { offline: false } },
  { env: { HF_TOKEN: " hf_x\n" }, want: { token: "hf_x" } },
])("$env", ({ env, want }) => {
  expect(settingsOf(env)).toMatchObject(want);
});

test("a token may be in a file, as secrets are mounted", async () => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-token-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "token");
  await writeFile(path, "hf_file\n");
  expect(settingsOf({ HF_TOKEN_PATH: path }).token).toBe("hf_file");
  expect(() => settingsOf({ HF_TOKEN_PATH: "/nowhere" })).toThrow("HF_TOKEN_PATH is /nowhere");
});

test.each(["huggingface.co", "ftp://x", "https://user:secret@x"])(
  "HF_ENDPOINT %s is refused without being shown",
  (HF_ENDPOINT) => {
    expect(() => settingsOf({ HF_ENDPOINT })).toThrow("HF_ENDPOINT is no http or https URL");
    expect(() => settingsOf({ HF_ENDPOINT })).not.toThrow("secret");
  },
);
