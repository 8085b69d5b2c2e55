/** A repository of the hub at a branch, tag or commit. */
export interface Repository {
  /** `owner/name`. */
  readonly id: string;
  readonly revision: string;
  /** Without it, a model. */
  readonly kind?: "model" | "dataset";
}

/** Of the hub's API for it, below the endpoint. */
export const apiPath = ({ id, kind = "model" }: Repository): string => `api/${kind}s/${id}`;

/** Of its pages and files, below the endpoint. */
export const pagePath = ({ id, kind }: Repository): string =>
  kind === "dataset" ? `datasets/${id}` : id;

const name = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
const form = new RegExp(`^(${name}/${name})(?:@([A-Za-z0-9][A-Za-z0-9._/-]{0,127}))?$`);

/** `owner/name`, or `owner/name@revision`; undefined for anything else. Without a revision it is `main`. */
export function parseRepository(text: string): Repository | undefined {
  const [, id, revision = "main"] = form.exec(text) ?? [];
  // A name becomes part of paths and URLs; nothing in it may climb.
  if (id === undefined || /\.\.|\/$|\/\//.test(text)) return undefined;
  return { id, revision };
}

export const repositoryText = ({ id, revision }: Repository): string =>
  revision === "main" ? id : `${id}@${revision}`;
