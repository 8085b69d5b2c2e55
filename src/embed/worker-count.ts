/** More threads than this win little for one sidecar; replicas do, and they fail apart. */
const maxWorkers = 4;

/** An open session takes its file's size and up to half of it again, for prepacked weights and what runs need. */
const memoryPerModelByte = 1.5;

/** What a thread takes beside that, its own V8 and tokenizer: 62 MB were measured with the built-in model. */
const threadBytes = 64 * 2 ** 20;

/** The rest is for the process itself, the caches, and what else shares the machine. */
const memoryShare = 0.5;

export interface Machine {
  readonly cores: number;
  /** Of the machine, or what its container may use. */
  readonly memoryBytes: number;
}

/** How many threads of a model suit a machine: all cores but the one for the event loop, as far as memory allows. */
export function workerCount(
  modelBytes: number,
  minWorkers: number,
  { cores, memoryBytes }: Machine,
): number {
  const workerBytes = threadBytes + memoryPerModelByte * modelBytes;
  const room = Math.floor((memoryShare * memoryBytes) / workerBytes);
  return Math.max(minWorkers, 1, Math.min(cores - 1, maxWorkers, room));
}
