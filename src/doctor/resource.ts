import { type Path, pathText } from "../config/problem.ts";
import { isMapping, type Tree, valueAt } from "../config/tree.ts";

/** A Kubernetes resource, as a manifest or a cluster has it. */
export interface Resource {
  /** Without its version: `gateway.networking.k8s.io`, `` for the core. */
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly tree: Tree;
  /** Where a field is written, or would be. */
  readonly at: (path: Path) => string;
}

/** `source` tells where a path is, in front of the resource's name: `file:line: `. */
export function resourceOf(
  tree: Tree,
  source: (path: Path) => string = () => "",
): Resource | undefined {
  const kind = textAt(tree, "kind");
  const apiVersion = textAt(tree, "apiVersion");
  if (kind === undefined || apiVersion === undefined) return undefined;
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
  const name = textAt(tree, "metadata", "name") ?? "";
  const namespace = textAt(tree, "metadata", "namespace") ?? "default";
  const title = `${kind} ${namespace}/${name}`;
  return {
    group,
    kind,
    namespace,
    name,
    tree,
    at: (path) => [`${source(path)}${title}`, pathText(path)].filter(Boolean).join(": "),
  };
}

export const textAt = (tree: Tree, ...path: Path): string | undefined => {
  const value = valueAt(tree, path);
  return typeof value === "string" ? value : undefined;
};

/** Numbers as YAML has them, and as JSON of protobuf writes large ones: as text. */
export const numberAt = (tree: Tree, ...path: Path): number | undefined => {
  const value = valueAt(tree, path);
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
};

export const isTrueAt = (tree: Tree, ...path: Path): boolean => valueAt(tree, path) === true;

export const listAt = (tree: Tree, ...path: Path): readonly Tree[] => {
  const value = valueAt(tree, path);
  return Array.isArray(value) ? value : [];
};

/** `kubectl get` gives a List; its items, or the resource itself. */
export const itemsOf = (tree: Tree): readonly Tree[] =>
  isMapping(tree) && Array.isArray(tree["items"]) ? tree["items"] : [tree];

const durationUnits: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** `1s`, `200ms`, `1m30s` as Kubernetes and `0.200s` as protobuf write it; undefined for what is neither. */
export function durationMs(text: string | undefined): number | undefined {
  if (text === undefined || !/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g);
  return [...parts].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (durationUnits[unit ?? ""] ?? 0),
    0,
  );
}

const quantityUnits: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

/** `50Mi`, `32768`; undefined for what is no quantity. */
export function quantityBytes(value: Tree): number | undefined {
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?)(k|M|G|Ki|Mi|Gi)?$/.exec(`${value}`) ?? [];
  return count === undefined ? undefined : Number(count) * (quantityUnits[unit] as number);
}
