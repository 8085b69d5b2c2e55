import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * What a server does once instead of answering; `cut` answers and ends the connection after so many bytes, `stall`
 * leaves it open.
 */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly cut: number }
  | { readonly stall: number }
  | { readonly flip: true }
  | { readonly hang: true };

export interface Asked {
  readonly server: "hub" | "files";
  readonly method: string;
  readonly path: string;
  readonly range?: string | undefined;
  readonly token?: string | undefined;
}

/** A commit as it came. */
export interface TakenCommit {
  readonly summary: string;
  readonly paths: readonly string[];
}

interface Options {
  readonly kind?: "model" | "dataset";
  /** Files in LFS: they are served from another port, which the hub redirects to. */
  readonly lfs?: readonly string[];
  /** Without it anybody may read. */
  readonly token?: string;
  /** A mirror that lists names only. */
  readonly namesOnly?: boolean;
  /** A server that does not know ranges. */
  readonly wholeOnly?: boolean;
}

export const testCommit = "0123456789abcdef0123456789abcdef01234567";

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const gitBlob = (bytes: Buffer) =>
  createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");

/**
 * Two servers on loopback that speak the hub's API for one repository, `owner/name`: one that knows and one that keeps
 * the large files. `faults` are used up, first come first served, by requests whose path ends with their key.
 */
export async function localHub(
  files: Readonly<Record<string, Buffer | string>>,
  { kind = "model", lfs = [], token, namesOnly = false, wholeOnly = false }: Options = {},
) {
  const contents = new Map(Object.entries(files).map(([path, one]) => [path, Buffer.from(one)]));
  const asked: Asked[] = [];
  const stored = new Map<string, Buffer>();
  const commits: TakenCommit[] = [];
  const root = kind === "dataset" ? "/datasets/owner/name" : "/owner/name";
  const faults = new Map<string, Fault[]>();

  const hash = (path: string, bytes: Buffer) =>
    lfs.includes(path) ? sha256(bytes) : gitBlob(bytes);

  function faultOf(path: string): Fault | undefined {
    for (const [end, waiting] of faults) {
      if (path.endsWith(end) && waiting.length > 0) return waiting.shift();
    }
    return undefined;
  }

  function remember(server: Asked["server"], { method = "", url = "", headers }: IncomingMessage) {
    const path = decodeURIComponent(url);
    asked.push({ server, method, path, range: headers.range, token: headers.authorization });
    return path;
  }

  function send(
    bytes: Buffer,
    { method, headers }: IncomingMessage,
    response: ServerResponse,
    fault: Fault | undefined,
  ): void {
    const from = wholeOnly ? 0 : Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
    const body = Buffer.from(bytes.subarray(from));
    if (fault && "flip" in fault) body[0] = (body[0] ?? 0) ^ 1;
    response.writeHead(from > 0 ? 206 : 200, {
      "content-length": body.length,
      ...(from > 0 && { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    if (method === "HEAD") response.end();
    else if (fault && "cut" in fault) {
      response.write(body.subarray(0, fault.cut));
      // Later, because an error takes with it what the other side has received and not yet read.
      setTimeout(() => response.destroy(), 30);
    } else if (fault && "stall" in fault) response.write(body.subarray(0, fault.stall));
    else response.end(body);
  }

  /** Whether the fault was all there is to answer. */
  function failedBy(fault: Fault | undefined, response: ServerResponse): boolean {
    if (!fault || "cut" in fault || "stall" in fault || "flip" in fault) return false;
    if ("status" in fault) response.writeHead(fault.status, fault.headers).end("refused");
    return true;
  }

  async function bodyOf(request: IncomingMessage): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** PUT of a large file: under its hash, if it has it. */
  async function keep(path: string, request: IncomingMessage, response: ServerResponse) {
    const fault = faultOf(path);
    if (fault && "cut" in fault) {
      request.once("data", () => request.socket.destroy());
      return;
    }
    const bytes = await bodyOf(request);
    if (failedBy(fault, response)) return;
    const right = path === `/put/${sha256(bytes)}?signature=secret`;
    // As S3: the length is said beforehand, and no token of the hub comes here.
    const plain =
      request.headers["content-length"] === `${bytes.length}` && !request.headers.authorization;
    if (right && plain) stored.set(sha256(bytes), bytes);
    response.writeHead(right && plain ? 200 : 400).end();
  }

  /** What a client asks on the way to a commit. */
  async function take(path: string, request: IncomingMessage, response: ServerResponse) {
    const body = (await bodyOf(request)).toString("utf8");
    if (failedBy(faultOf(path), response)) return;
    const api = `/api/${kind}s/owner/name`;
    const type = request.headers["content-type"];
    if (path === "/api/repos/create") {
      const { name, organization, type = "model" } = JSON.parse(body);
      const ours = name === "name" && organization === "owner" && type === kind;
      response.writeHead(!ours ? 403 : contents.size > 0 ? 409 : 200).end("{}");
    } else if (path === `${api}/preupload/main`) {
      const { files } = JSON.parse(body) as { files: { path: string; size: number }[] };
      const large = (one: string, size: number) => lfs.includes(one) || size > 100_000;
      const modes = files.map(({ path: one, size }) => ({
        path: one,
        uploadMode: large(one, size) ? "lfs" : "regular",
        shouldIgnore: false,
      }));
      response.end(JSON.stringify({ files: modes, commitOid: testCommit }));
    } else if (path === `${root}.git/info/lfs/objects/batch`) {
      const { objects } = JSON.parse(body) as { objects: { oid: string; size: number }[] };
      const href = (way: string, oid: string) =>
        `http://127.0.0.1:${portOf(way === "put" ? store : hub)}/${way}/${oid}?signature=secret`;
      const answers = objects.map(({ oid, size }) => ({
        oid,
        size,
        ...(!stored.has(oid) && {
          actions: { upload: { href: href("put", oid) }, verify: { href: href("verify", oid) } },
        }),
      }));
      response.end(JSON.stringify({ transfer: "basic", objects: answers }));
    } else if (path.startsWith("/verify/")) {
      response.writeHead(stored.has(JSON.parse(body).oid) ? 200 : 404).end();
    } else if (path === `${api}/commit/main` && type === "application/x-ndjson") {
      commit(body, response);
    } else response.writeHead(404).end();
  }

  function commit(body: string, response: ServerResponse): void {
    const lines = body.trimEnd().split("\n");
    const [head, ...files] = lines.map((line) => JSON.parse(line));
    for (const { key, value } of files) {
      const bytes =
        key === "lfsFile" ? stored.get(value.oid) : Buffer.from(value.content, value.encoding);
      if (!bytes) {
        response.writeHead(400).end("no such object");
        return;
      }
      contents.set(value.path, bytes);
    }
    commits.push({ summary: head.value.summary, paths: files.map(({ value }) => value.path) });
    response.end(JSON.stringify({ success: true, commitOid: testCommit }));
  }

  const store = createServer((request, response) => {
    const path = remember("files", request);
    if (request.method === "PUT") {
      void keep(path, request, response);
      return;
    }
    const bytes = contents.get(path.slice(1).split("?")[0] ?? "");
    const fault = faultOf(path);
    if (failedBy(fault, response)) return;
    if (bytes) send(bytes, request, response, fault);
    else response.writeHead(404).end();
  });
  const hub = createServer((request, response) => {
    const path = remember("hub", request);
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401).end();
      return;
    }
    if (request.method === "POST") {
      void take(path, request, response);
      return;
    }
    if (path.startsWith(`/api/${kind}s/owner/name/revision/`)) {
      if (failedBy(faultOf(path), response)) return;
      const siblings = [...contents].map(([rfilename, bytes]) => ({
        rfilename,
        ...(!namesOnly && { size: bytes.length, blobId: gitBlob(bytes) }),
        ...(!namesOnly &&
          lfs.includes(rfilename) && {
            lfs: { sha256: sha256(bytes), size: bytes.length, pointerSize: 134 },
          }),
      }));
      response.end(JSON.stringify({ sha: testCommit, siblings }));
      return;
    }
    const start = `${root}/resolve/${testCommit}/`;
    const file = path.startsWith(start) ? path.slice(start.length) : "";
    const bytes = contents.get(file);
    if (!bytes) {
      response.writeHead(404).end();
      return;
    }
    if (lfs.includes(file)) {
      response.writeHead(302, {
        location: `http://127.0.0.1:${portOf(store)}/${file}?signature=secret`,
        "x-linked-size": bytes.length,
        "x-linked-etag": `"${hash(file, bytes)}"`,
      });
      response.end();
      return;
    }
    const fault = faultOf(path);
    if (failedBy(fault, response)) return;
    response.setHeader("etag", `W/"${hash(file, bytes)}"`);
    send(bytes, request, response, fault);
  });

  const portOf = (server: typeof hub) => (server.address() as AddressInfo).port;
  for (const server of [hub, store]) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  return {
    endpoint: `http://127.0.0.1:${portOf(hub)}`,
    asked,
    faults,
    commits,
    /** What the repository has. */
    contents,
    hash: (path: string) => hash(path, contents.get(path) ?? Buffer.alloc(0)),
    async close() {
      for (const server of [hub, store]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}
