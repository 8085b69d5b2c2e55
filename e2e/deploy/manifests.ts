import { loadAll } from "js-yaml";

/** A Kubernetes object, as much of it as tests look at. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: what a manifest holds is the test's to say
  readonly [part: string]: any;
}

export const manifestsOf = (yaml: string): Manifest[] =>
  (loadAll(yaml) as (Manifest | null)[]).filter((one) => one !== null);

/** The only one of its kind. Throws when there is none, or another. */
export function theOnly(manifests: readonly Manifest[], kind: string): Manifest {
  const [found, other] = manifests.filter((one) => one.kind === kind);
  if (!found || other) throw new Error(`not one ${kind} among ${manifests.map((one) => one.kind)}`);
  return found;
}
