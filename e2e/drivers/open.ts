import type { DriverName } from "./choose.ts";
import type { Driver } from "./driver.ts";

/** Loads the one driver that is asked for. */
export async function openDriver(name: DriverName): Promise<Driver> {
  switch (name) {
    case "envoy":
      return (await import("./envoy/envoy-driver.ts")).envoyDriver;
    case "gateway":
      return (await import("./gateway/gateway-driver.ts")).gatewayDriver;
    case "kind":
      return (await import("./kind/kind-driver.ts")).kindDriver;
  }
}
