import { ask, chatBody } from "../../ask.ts";
import { rightAnswer } from "../../mock-llm/skill.ts";
import { type MockLlm, startMockLlm } from "../../mock-llm/start-mock-llm.ts";
import { domainOf, type Question } from "./questions.ts";
import { skills } from "./skills.ts";

/** A line of what `signalbox train` reads. */
export interface BenchmarkRecord {
  readonly query: string;
  readonly category: string;
  readonly model_name: string;
  readonly performance: number;
  readonly response_time: number;
}

/** The four models as servers, each with its skill. */
export const llmOptions = Object.entries(skills).map(([model, skill]) => ({
  model,
  skill: { ...skill, domainOf },
}));

/** Asks every model every question. The mocks say how long they would have taken, so nothing here waits. */
export async function runBenchmark(questions: readonly Question[]): Promise<BenchmarkRecord[]> {
  const llms = await Promise.all(llmOptions.map(startMockLlm));
  try {
    const records = await Promise.all(llms.map((llm) => askAll(llm, questions)));
    return records.flat();
  } finally {
    for (const llm of llms) await llm.close();
  }
}

async function askAll(
  { model, port }: MockLlm,
  questions: readonly Question[],
): Promise<BenchmarkRecord[]> {
  const records: BenchmarkRecord[] = [];
  for (const { query, domain } of questions) {
    const answer = await ask(`http://127.0.0.1:${port}`, { body: chatBody(query, { model }) });
    const [choice] = JSON.parse(answer.text).choices;
    records.push({
      query,
      category: domain,
      model_name: model,
      performance: choice.message.content === rightAnswer ? 1 : 0,
      response_time: Number(answer.headers["x-mock-latency-ms"]) / 1000,
    });
  }
  return records;
}
