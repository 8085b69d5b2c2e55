import { load } from "js-yaml";

export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

interface Status {
  readonly conditions?: readonly Condition[];
  readonly ancestors?: readonly { readonly conditions: readonly Condition[] }[];
}

const written = /Got new status for (\w+)\n([\s\S]*?)\n\t\{[^\n]*"key": "([^"]*)"/g;

/** The last status of every object, by kind and name: what `kubectl get -o yaml` would show, from the program's log. */
export function readStatuses(log: string): ReadonlyMap<string, readonly Condition[]> {
  const found = [...log.matchAll(written)].map(([, kind, text, key = ""]) => {
    const { conditions = [], ancestors = [] } = load(text ?? "") as Status;
    const all = [...conditions, ...ancestors.flatMap((one) => one.conditions)];
    return [`${kind} ${key.slice(key.indexOf("/") + 1)}`, all] as const;
  });
  return new Map(found);
}
