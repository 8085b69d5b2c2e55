import { createHash } from "node:crypto";
import { createReadStream, openAsBlob } from "node:fs";
import { open, stat } from "node:fs/promises";
import { z } from "zod";
import { RouterError } from "../errors.ts";
import type { HubAccess } from "./list-files.ts";
import { apiPath, pagePath, type Repository, repositoryText } from "./repository.ts";
import { type HubResponse, hubRequest } from "./request.ts";
import { withRetries } from "./retry.ts";

/** A file to be, of a file here or of a text. */
export type UploadFile = { readonly path: string } & (
  | { readonly from: string }
  | { readonly text: string }
);

export interface UploadRequest extends HubAccess {
  readonly repository: Repository;
  readonly files: readonly UploadFile[];
  /** First line of the commit. */
  readonly message: string;
  /** If the repository has to be made. */
  readonly private?: boolean | undefined;
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
}

export interface UploadProgress {
  readonly path: string;
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface Uploaded {
  /** Undefined when the hub does not say. */
  readonly commit: string | undefined;
  readonly files: readonly {
    readonly path: string;
    readonly bytes: number;
    readonly sha256: string;
  }[];
  /** Sent to the store of large files; one that was there already is not sent. */
  readonly sentBytes: number;
}

/** More needs the hub's uploads in parts, which no selector or benchmark comes near. */
const maxFileBytes = 5e9;

/** What the hub looks at to tell text from binary. */
const sampleBytes = 512;

/** Of an answer: the list of some hundred files. */
const maxAnswerBytes = 4 * 1024 * 1024;

const Preupload = z.object({
  files: z.array(z.object({ path: z.string(), uploadMode: z.enum(["lfs", "regular"]) })),
});
const Action = z.object({
  href: z.url(),
  header: z.record(z.string(), z.string()).optional(),
});
const Batch = z.object({
  objects: z.array(
    z.object({
      oid: z.string(),
      actions: z.object({ upload: Action.optional(), verify: Action.optional() }).nullish(),
      error: z.object({ message: z.string() }).optional(),
    }),
  ),
});
const Commit = z.object({ commitOid: z.string().optional() });

/**
 * Puts files into a repository of the hub, which is made if need be, in one commit: large and binary ones go to its
 * store first (LFS), so that nothing is visible before all is there, and a second attempt sends only what is missing.
 * Rejects with RouterError `upload_failed`, or `config_invalid` for a file that cannot be read or is too large.
 */
export async function uploadRepository(request: UploadRequest): Promise<Uploaded> {
  const { onProgress } = request;
  const files = await Promise.all(request.files.map(described));
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  await createRepository(request);
  const large = await largeFiles(files, request);
  let sentBytes = 0;
  let bytes = 0;
  for (const file of files) {
    if (large.has(file.path)) sentBytes += await storeFile(file, request);
    bytes += file.bytes;
    onProgress?.({ path: file.path, bytes, totalBytes });
  }
  const commit = await commitFiles(files, large, request);
  const named = files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 }));
  return { commit, files: named, sentBytes };
}

interface Described {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly sample: Buffer;
  blob(): Promise<Blob>;
}

async function described(file: UploadFile): Promise<Described> {
  const { path } = file;
  if ("text" in file) {
    const content = Buffer.from(file.text);
    const sha256 = createHash("sha256").update(content).digest("hex");
    const blob = async () => new Blob([content]);
    return { path, bytes: content.length, sha256, sample: content.subarray(0, sampleBytes), blob };
  }
  const { from } = file;
  try {
    const { size: bytes } = await stat(from);
    if (bytes > maxFileBytes) throw tooLarge(from, bytes);
    await using handle = await open(from);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(sampleBytes), 0, sampleBytes, 0);
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(from, { highWaterMark: 2 ** 20 }))
      hash.update(chunk);
    const sample = buffer.subarray(0, bytesRead);
    return { path, bytes, sha256: hash.digest("hex"), sample, blob: () => openAsBlob(from) };
  } catch (cause) {
    if (cause instanceof RouterError) throw cause;
    const reason = cause instanceof Error && "code" in cause ? ` (${cause.code})` : "";
    const detail = `${from} cannot be read${reason}`;
    throw new RouterError("config_invalid", detail, "Check the path", { cause });
  }
}

async function createRepository({ repository, private: hidden = false, ...access }: UploadRequest) {
  const [organization, name] = repository.id.split("/");
  const { kind } = repository;
  const body = JSON.stringify({ name, organization, private: hidden, ...(kind && { type: kind }) });
  const made = asked("api/repos/create", body, { ...access, repository });
  // There already: 409. A token for this repository alone may not make others: 403; whether it may write, the next asks.
  await made.catch((thrown) => {
    const { code, detail } = RouterError.from(thrown);
    if (code !== "upload_failed" || !/answered (?:409|403)$/.test(detail)) throw thrown;
  });
}

/** The paths that the hub wants in its store of large files. */
async function largeFiles(
  files: readonly Described[],
  request: UploadRequest,
): Promise<ReadonlySet<string>> {
  const { repository } = request;
  const samples = files.map(({ path, bytes, sample }) => ({
    path,
    size: bytes,
    sample: sample.toString("base64"),
  }));
  const revision = encodeURIComponent(repository.revision);
  const path = `${apiPath(repository)}/preupload/${revision}`;
  const answer = await asked(path, JSON.stringify({ files: samples }), request);
  const modes = parsed(Preupload, answer, repository).files;
  return new Set(modes.filter((one) => one.uploadMode === "lfs").map((one) => one.path));
}

/** Sends the file unless the store has it. Returns the bytes that were sent. */
async function storeFile(file: Described, request: UploadRequest): Promise<number> {
  const { repository, settings, patience, signal } = request;
  const { sha256: oid, bytes: size } = file;
  const what = `${repositoryText(repository)}/${file.path}`;
  const type = "application/vnd.git-lfs+json";
  // The address to send to is signed for some minutes: a new attempt asks for a new one.
  return withRetries(
    what,
    async (signal) => {
      const answer = await once(
        `${settings.endpoint}/${pagePath(repository)}.git/info/lfs/objects/batch`,
        JSON.stringify({
          operation: "upload",
          transfers: ["basic"],
          hash_algo: "sha256",
          ref: { name: repository.revision },
          objects: [{ oid, size }],
        }),
        { ...request, signal, what, headers: { accept: type, "content-type": type } },
      );
      const object = parsed(Batch, answer, repository).objects.find((one) => one.oid === oid);
      if (!object || object.error)
        throw unlike(what, object?.error?.message.slice(0, 200) ?? "it is not named");
      const { upload, verify } = object.actions ?? {};
      if (!upload) return 0;
      const body = await file.blob();
      const headers = upload.header ?? {};
      const sent = { settings, patience, signal, what, method: "PUT", body, headers } as const;
      await emptied(await hubRequest(upload.href, sent));
      if (verify) {
        const text = JSON.stringify({ oid, size });
        const headers = { accept: type, "content-type": type, ...verify.header };
        await once(verify.href, text, { ...request, signal, what, headers });
      }
      return size;
    },
    { patience, signal, upload: true },
  );
}

async function commitFiles(
  files: readonly Described[],
  large: ReadonlySet<string>,
  request: UploadRequest,
): Promise<string | undefined> {
  const { repository, message } = request;
  const lines: object[] = [{ key: "header", value: { summary: message, description: "" } }];
  for (const file of files) {
    const { path, sha256: oid, bytes: size } = file;
    if (large.has(path)) {
      lines.push({ key: "lfsFile", value: { path, algo: "sha256", oid, size } });
    } else {
      const content = Buffer.from(await (await file.blob()).arrayBuffer()).toString("base64");
      lines.push({ key: "file", value: { path, content, encoding: "base64" } });
    }
  }
  const body = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const path = `${apiPath(repository)}/commit/${encodeURIComponent(repository.revision)}`;
  // When an answer was lost, the same commit again changes nothing.
  const answer = await asked(path, body, request, "application/x-ndjson");
  return parsed(Commit, answer, repository).commitOid;
}

/** The answer of the hub's API, in as many attempts as it takes. */
function asked(
  path: string,
  body: string,
  { repository, settings, patience, signal }: Pick<UploadRequest, "repository" | keyof HubAccess>,
  type = "application/json",
): Promise<string> {
  const what = repositoryText(repository);
  const url = `${settings.endpoint}/${path}`;
  const headers = { "content-type": type };
  return withRetries(
    what,
    (signal) => once(url, body, { settings, patience, signal, what, headers }),
    { patience, signal, upload: true },
  );
}

async function once(
  url: string,
  body: string,
  {
    settings,
    patience,
    signal,
    what,
    headers,
  }: HubAccess & {
    readonly what: string;
    readonly headers: Readonly<Record<string, string>>;
  },
): Promise<string> {
  const request = { settings, patience, signal, what, method: "POST", body, headers } as const;
  return emptied(await hubRequest(url, request));
}

async function emptied({ chunks }: HubResponse): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of chunks()) {
    bytes += piece.length;
    if (bytes <= maxAnswerBytes) pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function parsed<T>(schema: z.ZodType<T>, text: string, repository: Repository): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw unlike(repositoryText(repository), "its answer is not as the hub gives it");
  }
}

const unlike = (what: string, reason: string) =>
  new RouterError(
    "upload_failed",
    `${what}: ${reason}`,
    "Set HF_ENDPOINT to the hub; a mirror that is only read takes no files",
  );

const tooLarge = (path: string, bytes: number) =>
  new RouterError(
    "config_invalid",
    `${path} has ${(bytes / 1e9).toFixed(2)} GB, more than ${maxFileBytes / 1e9} GB`,
    "Upload it with the hub's own tool, or train with --precision int8",
  );
