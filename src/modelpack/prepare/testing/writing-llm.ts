import {
  type Asked,
  complete,
  refuse,
  startChatServer,
} from "../../../chat/testing/chat-server.ts";
import { random } from "../../../math/random.ts";

/** What the LLM does instead of answering well, by the number of its request; undefined: it answers well. */
export type Mood =
  | "refuses"
  | "repeats"
  | "cuts"
  | "fails"
  | "hangs"
  | "lies"
  | "copies"
  | "no_json"
  | undefined;

/** The prompt is the second message; what it asks for is read as a model would. */
function asksFor({ body }: Asked) {
  const prompt = String((body["messages"] as { content: string }[])[1]?.content);
  return {
    task: /Task: (\w+)/.exec(prompt)?.[1] ?? "",
    label: /Label: (\w+)/.exec(prompt)?.[1] ?? "",
    count: Number(/Write (\d+)/.exec(prompt)?.[1]),
    pair: prompt.includes("text_b"),
    seed: /from:\n(".*")/.exec(prompt)?.[1],
  };
}

/**
 * An LLM on loopback that writes sentences of invented words, other ones each time. `mood` says what each request gets.
 */
export async function writingLlm(mood: (request: number) => Mood = () => undefined) {
  let requests = 0;
  const hanging = new Set<() => void>();
  const server = await startChatServer(async (asked, response) => {
    const number = requests++;
    const { task, label, count, pair, seed } = asksFor(asked);
    const next = random(number * 7919 + 13);
    const word = () => words[Math.floor(next() * words.length)] as string;
    const sentence = () =>
      `${task} ${label.replaceAll("_", " ")} ${Array.from({ length: 9 }, word).join(" ")}.`;
    const sample = () => (pair ? { text_a: sentence(), text_b: sentence() } : { text: sentence() });
    const samples = Array.from({ length: count }, sample);
    const reply = JSON.stringify({ samples });
    switch (mood(number)) {
      case "refuses":
        return complete(
          response,
          "I'm sorry, but as an AI language model I cannot help with that.",
        );
      case "repeats":
        return complete(response, JSON.stringify({ samples: samples.map(() => samples[0]) }));
      case "cuts":
        return complete(response, `\`\`\`json\n${reply.slice(0, reply.length * 0.7)}`);
      case "fails":
        return refuse(response, 500);
      case "hangs":
        return new Promise((resolve) => hanging.add(() => resolve(undefined)));
      case "lies":
        return complete(
          response,
          JSON.stringify({ samples: [{ text: 7, text_a: null }, null, 3] }),
        );
      case "copies": {
        const text = JSON.parse(seed ?? '""');
        return complete(
          response,
          JSON.stringify({ samples: [{ text, text_a: text, text_b: text }] }),
        );
      }
      case "no_json":
        if (asked.body["response_format"] !== undefined) return refuse(response, 400);
        return complete(response, `Here you are:\n${reply}\nEnjoy!`);
      default:
        return complete(response, reply);
    }
  });
  async function close(): Promise<void> {
    for (const end of hanging) end();
    await server.close();
  }
  return { ...server, close, requests: () => requests };
}

const words =
  "amber basin cedar delta ember fjord grove harbor inlet jetty kettle lagoon meadow nectar orchard pebble quarry ridge saddle timber upland valley willow yonder zephyr anchor bramble copper drizzle furrow glacier hollow island juniper lantern marble needle oyster pasture ripple".split(
    " ",
  );
