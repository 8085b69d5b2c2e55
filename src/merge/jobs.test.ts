import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { packageRoot } from "../config/paths.ts";

const folder = join(packageRoot, "deploy/jobs");
const read = (name: string): unknown => load(readFileSync(join(folder, name), "utf8"));

/** The parts of a Job that must fit together. What Kubernetes checks of the rest needs its API server. */
const Job = z.object({
  apiVersion: z.literal("batch/v1"),
  kind: z.literal("Job"),
  metadata: z.strictObject({ name: z.string().regex(/^[a-z0-9-]{1,63}$/) }),
  spec: z.strictObject({
    completionMode: z.literal("Indexed").optional(),
    completions: z.int().positive().optional(),
    parallelism: z.int().positive().optional(),
    backoffLimit: z.int().optional(),
    backoffLimitPerIndex: z.int().optional(),
    maxFailedIndexes: z.int().optional(),
    ttlSecondsAfterFinished: z.int(),
    podFailurePolicy: z.strictObject({ rules: z.array(z.unknown()) }).optional(),
    template: z.strictObject({
      spec: z.strictObject({
        restartPolicy: z.enum(["Never", "OnFailure"]),
        securityContext: z.object({ runAsNonRoot: z.literal(true) }),
        containers: z.tuple([
          z.strictObject({
            name: z.string(),
            image: z.literal("signalbox"),
            command: z.array(z.string()),
            args: z.tuple([z.string()]),
            envFrom: z.tuple([
              z.strictObject({ configMapRef: z.strictObject({ name: z.string() }) }),
            ]),
            securityContext: z.object({ readOnlyRootFilesystem: z.literal(true) }),
            resources: z.object({ limits: z.object({ memory: z.string() }) }),
            volumeMounts: z.tuple([z.strictObject({ name: z.string(), mountPath: z.string() })]),
          }),
        ]),
        volumes: z.tuple([
          z.strictObject({
            name: z.string(),
            persistentVolumeClaim: z.strictObject({ claimName: z.string() }),
          }),
        ]),
      }),
    }),
  }),
});
const Kustomization = z.object({
  resources: z.array(z.string()),
  configMapGenerator: z.tuple([
    z.strictObject({ name: z.string(), literals: z.array(z.string()) }),
  ]),
  images: z.tuple([z.object({ name: z.literal("signalbox") })]),
});

const kustomization = Kustomization.parse(read("kustomization.yaml"));
const label = Job.parse(read("label.yaml")).spec;
const merge = Job.parse(read("merge.yaml")).spec;
const [{ literals, name: configMap }] = kustomization.configMapGenerator;
const env = Object.fromEntries(literals.map((one) => one.split("=", 2))) as Record<string, string>;

test("the manifests fit together", () => {
  const claim = z.object({ metadata: z.object({ name: z.string() }) }).parse(read("volume.yaml"));
  expect(kustomization.resources).toEqual(["volume.yaml", "label.yaml", "merge.yaml"]);
  expect(label).toMatchObject({ completionMode: "Indexed", completions: Number(env["SHARDS"]) });
  // Kubernetes allows a limit an index, and a policy for exit codes, only with these.
  expect(label.template.spec.restartPolicy).toBe("Never");
  expect(label.backoffLimit).toBeUndefined();
  for (const { template } of [label, merge]) {
    const [container] = template.spec.containers;
    const [volume] = template.spec.volumes;
    expect(container.envFrom[0].configMapRef.name).toBe(configMap);
    expect(container.volumeMounts[0]).toEqual({ name: volume.name, mountPath: env["DATA"] });
    expect(volume.persistentVolumeClaim.claimName).toBe(claim.metadata.name);
  }
});

/** What the Job's container does, with another folder for the volume. */
function runContainer({ template }: typeof label, own: Record<string, string>): Promise<number> {
  const [{ command, args }] = template.spec.containers;
  const [program, ...flags] = command;
  expect(program).toBe("node");
  const script = args[0].replace("/app/dist/cli.js", join(packageRoot, "src/cli.ts"));
  expect(script).not.toBe(args[0]);
  return new Promise((ended) => {
    execFile(process.execPath, [...flags, script], { env: { ...env, ...own } }, (error) => {
      ended(error ? Number(error.code) : 0);
    });
  });
}

test("what the Jobs' containers run: parts, then merge, which refuses while one is missing", async () => {
  const data = mkdtempSync(join(tmpdir(), "signalbox-jobs-"));
  onTestFinished(() => rm(data, { recursive: true }));
  const topics = ["integrals", "contract law", "cells", "the Romans", "inflation", "friction"];
  const lines = topics.flatMap((topic) =>
    [1, 2].map((part) => ({ query: `About ${topic}, part ${part}` })),
  );
  writeFileSync(join(data, "in.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  mkdirSync(join(data, "label"));
  const own = { DATA: data, SHARDS: "3" };
  const part = (index: number) => runContainer(label, { ...own, JOB_COMPLETION_INDEX: `${index}` });
  expect(await Promise.all([part(0), part(2)])).toEqual([0, 0]);
  expect(await runContainer(merge, own)).toBe(2);
  expect(await part(1)).toBe(0);
  expect(await runContainer(merge, own)).toBe(0);
  const merged = readFileSync(join(data, "labelled.jsonl"), "utf8").split("\n").slice(0, -1);
  expect(merged.map((line) => JSON.parse(line).query)).toEqual(lines.map(({ query }) => query));
  for (const line of merged) expect(JSON.parse(line).category).toMatch(/^[a-z ]+$/);
}, 60_000);
