import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, chatBody } from "../../../ask.ts";
import { runBenchmark } from "../../../profiles/ml-model-selection/benchmark.ts";
import { obtainProfile, profile } from "../../../profiles/ml-model-selection/profile.ts";
import { questions } from "../../../profiles/ml-model-selection/questions.ts";
import type { Deployment } from "../../driver.ts";
import { nodePorts } from "../files.ts";
import { kindDriver, sharedCluster } from "../kind-driver.ts";
import type { Step } from "../plan.ts";
import { outputOf, type Runner } from "../run-plan.ts";

const here = process.env["E2E_DRIVER"] === "kind";
if (!here) console.warn("SKIPPED: a kind cluster; make e2e-test E2E_DRIVER=kind");

describe.skipIf(!here)("in a kind cluster", () => {
  let deployed: Deployment;
  let runner: Runner;
  let prometheus: string;
  beforeAll(async () => {
    await obtainProfile(await runBenchmark(questions));
    const [variant] = kindDriver.variants;
    deployed = (await variant?.start(profile)) as Deployment;
    const cluster = await sharedCluster(profile);
    runner = cluster.runner;
    prometheus = `http://127.0.0.1:${cluster.ports[nodePorts.prometheus]}`;
  });
  afterAll(() => deployed?.stop());

  async function kubectl(...args: readonly string[]): Promise<string> {
    const step: Step = { name: args.join(" "), program: "kubectl", args };
    const { failed, output } = await outputOf(step, runner);
    if (failed) throw new Error(output);
    return output;
  }

  async function sample(query: string): Promise<number> {
    const path = `/api/v1/query?query=${encodeURIComponent(query)}`;
    const { text } = await ask(prometheus, { method: "GET", path });
    const [found] = JSON.parse(text).data.result;
    return Number(found?.value[1] ?? Number.NaN);
  }

  /** Asks until it is told to stop; every answer has to be one of signalbox's. */
  async function underLoad(happen: () => Promise<void>): Promise<readonly string[]> {
    const failures: string[] = [];
    let over = false;
    const caller = async (): Promise<void> => {
      while (!over) {
        try {
          const { status, headers } = await ask(deployed.url, {
            body: chatBody("What is 7 times 8?", { model: "MoM" }),
          });
          if (status !== 200) failures.push(`${status}`);
          if (headers["x-vsr-selected-model"] === undefined) failures.push("not routed");
        } catch (error) {
          failures.push((error as Error).message);
        }
      }
    };
    const callers = Array.from({ length: 4 }, caller);
    try {
      await happen();
    } finally {
      over = true;
      await Promise.all(callers);
    }
    return failures;
  }

  async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const began = performance.now();
    while (!(await holds())) {
      if (performance.now() - began > 180_000) throw new Error(`not within 180 s: ${what}`);
      await sleep(1000);
    }
  }

  test("Prometheus scrapes both Pods and counts what they routed", async () => {
    await until("two Pods up", async () => (await sample('sum(up{job="signalbox"})')) === 2);
    const routed = "sum(llm_model_requests_total)";
    const before = (await sample(routed)) || 0;
    for (let at = 0; at < 10; at++) {
      await ask(deployed.url, { body: chatBody(`What is 7 times ${at}?`, { model: "MoM" }) });
    }
    await until("ten more", async () => (await sample(routed)) >= before + 10);
  });

  test("a changed ConfigMap is taken over by running Pods, and no request fails", async () => {
    const pods = () =>
      kubectl(
        ...["get", "pods", "-n", "default", "-l", "app.kubernetes.io/name=signalbox"],
        ...["-o", "jsonpath={.items[*].metadata.uid}"],
      );
    const before = await pods();
    const failures = await underLoad(async () => {
      const output = await kubectl("get", "configmap", "signalbox", "-n", "default", "-o", "json");
      const text: string = JSON.parse(output).data["config.yaml"];
      const data = { "config.yaml": text.replaceAll("math_decision", "sums_decision") };
      await kubectl(
        ...["patch", "configmap", "signalbox", "-n", "default"],
        ...["--type", "merge", "-p", JSON.stringify({ data })],
      );
      // Both Pods: the kubelet writes mounted ConfigMaps again once a minute or so.
      await until("both have another configuration", async () => {
        const changed = await sample('sum(signalbox_config_generation{job="signalbox"} > bool 1)');
        return changed === 2;
      });
    });
    expect(failures).toEqual([]);
    expect(await pods()).toBe(before);
    const answer = await ask(deployed.url, {
      body: chatBody("What is the derivative of x squared?", { model: "MoM" }),
    });
    expect(answer.headers["x-vsr-selected-decision"]).toBe("sums_decision");
  });

  test("Pods are replaced under load, and no request fails", async () => {
    const failures = await underLoad(async () => {
      await kubectl("rollout", "restart", "deployment/signalbox", "-n", "default");
      await kubectl("rollout", "status", "deployment/signalbox", "-n", "default", "--timeout=5m");
    });
    expect(failures).toEqual([]);
  });

  test("nobody in the cluster reaches the HTTP API, whom the NetworkPolicy does not name", async () => {
    const script =
      'fetch("http://signalbox.default:8080/ready",{signal:AbortSignal.timeout(5000)})' +
      '.then(({status})=>console.log("answered",status),()=>console.log("no answer"))';
    const output = await kubectl(
      ...["run", "stranger", "-n", "default", "--rm", "--attach", "--restart=Never", "--quiet"],
      ...["--image=signalbox-mock-llm:e2e", "--image-pull-policy=Never", "--command"],
      ...["--", "node", "-e", script],
    );
    expect(output).toContain("no answer");
  });
});
