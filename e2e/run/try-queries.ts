import { ask, chatBody } from "../ask.ts";

export interface Tried {
  readonly query: string;
  readonly model: string;
  readonly decision: string;
  readonly domain: string;
  /** The mock LLM that answered, by its own word. */
  readonly answeredBy: string;
  readonly ms: number;
  /** Since this process started. */
  readonly atMs: number;
}

export const sampleQueries = [
  "Find the integral of x * e^x dx",
  "Write a SQL query that lists the ten newest orders",
  "Suggest a name for a small black cat",
] as const;

/** Through Envoy, one after the other. */
export async function tryQueries(url: string): Promise<Tried[]> {
  const tried: Tried[] = [];
  for (const query of sampleQueries) {
    const answer = await ask(url, { body: chatBody(query) });
    if (answer.status !== 200) throw new Error(`Envoy answered ${answer.status}: ${answer.text}`);
    const header = (name: string): string =>
      String(answer.headers[`x-vsr-selected-${name}`] ?? "-");
    tried.push({
      query,
      model: header("model"),
      decision: header("decision"),
      domain: header("category"),
      answeredBy: JSON.parse(answer.text).model,
      ms: answer.ms,
      atMs: performance.now(),
    });
  }
  return tried;
}
