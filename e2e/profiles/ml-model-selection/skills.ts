import type { Skill } from "../../mock-llm/skill.ts";

/** Four models that differ by domain and in latency, so that there is something to learn. */
export const skills: Readonly<Record<string, Omit<Skill, "domainOf">>> = {
  "llama-3.2-1b": { accuracy: { other: 0.9, psychology: 0.6 }, otherwise: 0.25, latencyMs: 120 },
  "llama-3.2-3b": {
    accuracy: { physics: 0.75, chemistry: 0.75, biology: 0.9, health: 0.85 },
    otherwise: 0.45,
    latencyMs: 300,
  },
  "codellama-7b": {
    accuracy: { math: 0.85, "computer science": 0.95, engineering: 0.9, physics: 0.8 },
    otherwise: 0.2,
    latencyMs: 650,
  },
  "mistral-7b": {
    accuracy: { history: 0.9, philosophy: 0.9, law: 0.85, business: 0.85, economics: 0.9 },
    otherwise: 0.55,
    latencyMs: 700,
  },
};
