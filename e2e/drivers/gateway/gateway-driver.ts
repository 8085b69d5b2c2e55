import type { Driver, Variant } from "../driver.ts";
import type { Overlay } from "./resources.ts";
import { startGatewayStack } from "./start-stack.ts";

/** Beyond the profile's own deadline: a busy machine must not change a choice. */
const messageTimeout = "6s";

const variant = (name: string, overlay: Overlay): Variant => ({
  name,
  keepsBytes: !overlay.startsWith("ai-gateway"),
  async start(profile) {
    const stack = await startGatewayStack({ overlay, profile, messageTimeout });
    const llms = [...stack.llms.values()];
    return {
      url: stack.url,
      stop: stack.stop,
      async received() {
        return llms.flatMap((llm) =>
          llm.received().map((request) => ({ model: llm.model, request })),
        );
      },
      async forget() {
        for (const llm of llms) llm.forget();
      },
    };
  },
});

/** The real gateways without Kubernetes. */
export const gatewayDriver: Driver = {
  variants: [
    variant("Envoy Gateway, EnvoyExtensionPolicy", "envoy-gateway"),
    variant("Envoy Gateway, EnvoyPatchPolicy", "envoy-gateway-patched"),
    variant("AI Gateway, EnvoyExtensionPolicy", "ai-gateway"),
    variant("AI Gateway, EnvoyPatchPolicy", "ai-gateway-patched"),
  ],
};
