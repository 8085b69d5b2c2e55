import { z } from "zod";
import { RouterError } from "../errors.ts";
import { apiPath, pagePath, type Repository, repositoryText } from "./repository.ts";
import { type HubResponse, hubRequest } from "./request.ts";
import { type Patience, withRetries } from "./retry.ts";
import type { HubSettings } from "./settings.ts";

/** A file of a repository, before a byte of it is here. */
export interface HubFile {
  /** Relative to the repository. */
  readonly path: string;
  readonly bytes: number;
  /** 64 hex digits: sha-256 of its bytes (LFS). 40: git's name for its content, sha-1 of a header and its bytes. */
  readonly hash: string;
}

export interface Listing {
  /** What the revision stands for: 40 hex digits. */
  readonly commit: string;
  readonly files: readonly string[];
  /** Size and hash of one of `files`. Rejects with `download_failed` when the hub does not say them. */
  describe(path: string): Promise<HubFile>;
}

export interface HubAccess {
  readonly settings: HubSettings;
  readonly patience: Patience;
  readonly signal?: AbortSignal | undefined;
}

const Sibling = z.object({
  rfilename: z.string().min(1),
  size: z.int().nonnegative().optional(),
  blobId: z.string().optional(),
  lfs: z.object({ sha256: z.string(), size: z.int().nonnegative() }).nullish(),
});
const Info = z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/), siblings: z.array(Sibling) });

/** The list of a repository with 10,000 files has about 2 MB. */
const maxListBytes = 16 * 1024 * 1024;

const hashForm = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** What the repository holds at the revision, in one request, so that all of it is of one commit. */
export async function listFiles(repository: Repository, access: HubAccess): Promise<Listing> {
  const { endpoint } = access.settings;
  const what = repositoryText(repository);
  const revision = encodeURIComponent(repository.revision);
  const url = `${endpoint}/${apiPath(repository)}/revision/${revision}?blobs=true`;
  const { sha: commit, siblings } = await withRetries(
    what,
    async (signal) => parsed(await hubRequest(url, { ...access, signal, what }), what),
    access,
  );
  const byPath = new Map(siblings.map((one) => [one.rfilename, one]));

  async function describe(path: string): Promise<HubFile> {
    const { lfs, size, blobId } = byPath.get(path) ?? {};
    const bytes = lfs?.size ?? size;
    const hash = lfs?.sha256 ?? blobId;
    if (bytes !== undefined && hash !== undefined && hashForm.test(hash))
      return { path, bytes, hash };
    // A mirror may list names only; the headers of each file say the rest.
    return headOf({ path, commit, repository }, access);
  }
  return { commit, files: [...byPath.keys()], describe };
}

async function parsed({ chunks }: HubResponse, what: string): Promise<z.infer<typeof Info>> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of chunks()) {
    bytes += piece.length;
    if (bytes > maxListBytes) throw unlike(what, "its list of files is longer than 16 MiB");
    pieces.push(piece);
  }
  try {
    return Info.parse(JSON.parse(Buffer.concat(pieces).toString("utf8")));
  } catch {
    throw unlike(what, "its list of files is not as the hub gives it");
  }
}

export const fileUrl = (
  endpoint: string,
  repository: Repository,
  commit: string,
  path: string,
): string =>
  `${endpoint}/${pagePath(repository)}/resolve/${commit}/${path.split("/").map(encodeURIComponent).join("/")}`;

async function headOf(
  { path, commit, repository }: { path: string; commit: string; repository: Repository },
  access: HubAccess,
): Promise<HubFile> {
  const what = `${repositoryText(repository)}/${path}`;
  const url = fileUrl(access.settings.endpoint, repository, commit, path);
  const { headers } = await withRetries(
    what,
    (signal) => hubRequest(url, { ...access, signal, what, method: "HEAD", follow: false }),
    access,
  );
  const bytes = Number(headers.get("x-linked-size") ?? headers.get("content-length") ?? Number.NaN);
  const hash = (headers.get("x-linked-etag") ?? headers.get("etag") ?? "")
    .replace(/^W\//, "")
    .replaceAll('"', "");
  if (Number.isSafeInteger(bytes) && hashForm.test(hash)) return { path, bytes, hash };
  throw unlike(what, "its size and hash are not said, so it could not be verified");
}

const unlike = (what: string, reason: string) =>
  new RouterError(
    "download_failed",
    `${what}: ${reason}`,
    "Set HF_ENDPOINT to the hub, or to a whole mirror of it",
  );
