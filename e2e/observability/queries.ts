import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { observabilityFolder } from "./start-prometheus.ts";

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}
interface Recording {
  readonly record: string;
  readonly expr: string;
}

const rules = (load(read("signalbox.rules.yaml")) as { groups: { rules: (Alert | Recording)[] }[] })
  .groups;

export const alerts: readonly Alert[] = rules.flatMap((group) =>
  group.rules.filter((rule) => "alert" in rule),
);
export const recordings: readonly Recording[] = rules.flatMap((group) =>
  group.rules.filter((rule) => "record" in rule),
);

export interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit: string;
      readonly decimals?: number;
      readonly custom?: { readonly stacking?: object };
    };
  };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

export const dashboard = JSON.parse(read("grafana/dashboards/signalbox.json")) as {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
};

/** An expression of the dashboard with Grafana's variables filled in. */
export const filledIn = (expr: string, rateInterval: string, range: string): string =>
  expr
    .replaceAll("$job", ".*")
    .replaceAll("$__rate_interval", rateInterval)
    .replaceAll("$__range", range);

/** What an alert compares: both sides of the last comparison of its expression that no bracket holds. */
export function sidesOf(expr: string): readonly string[] {
  let depth = 0;
  let at = -1;
  for (let i = 0; i < expr.length; i++) {
    const char = expr[i] ?? "";
    if ("([{".includes(char)) depth++;
    else if (")]}".includes(char)) depth--;
    else if (depth === 0 && /\s/.test(char) && /^(?:[<>]=?|[=!]=)\s/.test(expr.slice(i + 1)))
      at = i + 1;
  }
  if (at < 0) throw new Error(`no comparison in ${expr}`);
  return [expr.slice(0, at), expr.slice(at).replace(/^\S+/, "")].map((side) => side.trim());
}

function read(name: string): string {
  return readFileSync(join(observabilityFolder, name), "utf8");
}
