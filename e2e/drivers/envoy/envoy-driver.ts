import { startStack } from "../../stack.ts";
import type { Driver } from "../driver.ts";

/** Beyond the profile's own deadline: a busy machine must not change a choice. */
const messageTimeoutMs = 6000;

/** The real Envoy with a configuration file, no control plane. */
export const envoyDriver: Driver = {
  variants: [
    {
      name: "envoy",
      keepsBytes: true,
      async start({ config, env, llms, defaultModel }) {
        const stack = await startStack({
          signalbox: { config, env },
          llms,
          defaultModel,
          envoy: { messageTimeoutMs },
        });
        const mocks = [...stack.llms.values()];
        return {
          url: stack.envoy.url,
          async received() {
            return mocks.flatMap((llm) =>
              llm.received().map((request) => ({ model: llm.model, request })),
            );
          },
          async forget() {
            for (const llm of mocks) llm.forget();
          },
          stop: stack.stop,
        };
      },
    },
  ],
};
