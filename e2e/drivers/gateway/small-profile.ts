import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Profile } from "../driver.ts";

/** Every model of the manifests, none of them learned: hard subjects, and everything else. */
const text = `
auto_model_name: MoM
default_model: mistral-7b
decisions:
  - name: code
    rules: { operator: AND, conditions: [{ type: domain, name: computer science }] }
    modelRefs: [{ model: codellama-7b }]
  - name: science
    rules: { operator: AND, conditions: [{ type: domain, name: physics }] }
    modelRefs: [{ model: llama-3.2-3b }]
  - name: other
    rules: { operator: AND, conditions: [{ type: domain, name: other }] }
    modelRefs: [{ model: llama-3.2-1b }]
`;

const models = ["llama-3.2-1b", "llama-3.2-3b", "codellama-7b", "mistral-7b"];

/** A busy machine must not change a choice. */
const patient = "limits:\n  deadline_ms: 5000\n";

/** Writes a configuration that needs no training into `folder`; `shipped` leaves the limits as they come. */
export function smallProfile(folder: string, limits: "patient" | "shipped" = "patient"): Profile {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, "config.yaml");
  writeFileSync(config, limits === "patient" ? text + patient : text);
  return { config, env: {}, llms: models.map((model) => ({ model })), defaultModel: "mistral-7b" };
}

/** Queries whose choice is beyond doubt. */
export const codeQuery = "Write a Python function that reverses a linked list";
export const physicsQuery = "Why does a magnetic field bend the path of a moving electron?";
