import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { defaultLimits, openSandbox } from "./sandbox.ts";

const limits = {
  ...defaultLimits,
  seconds: 8,
  eachSeconds: 2,
  memoryBytes: 256 * 1024 ** 2,
  fileBytes: 4 * 1024 ** 2,
};
const sandbox = await openSandbox("python3", limits).catch((thrown: Error) => {
  console.warn(`The sandbox's tests are left out: ${thrown.message}`);
  return undefined;
});
const never = new AbortController().signal;

/** The assertions that hold after the code. */
async function holding(code: string, assertions: readonly string[]): Promise<readonly string[]> {
  const passed = await sandbox?.run(code, assertions, never);
  if (passed?.length !== assertions.length) throw new Error("no verdict");
  return assertions.filter((_, at) => passed[at]);
}

const outside = mkdtempSync(join(tmpdir(), "signalbox-outside-"));
writeFileSync(join(outside, "secret"), "secret");

const attempt = (statement: string): string => `
try:
    ${statement}
    failed = None
except BaseException as fault:
    failed = type(fault).__name__
`;

test.skipIf(!sandbox)("code runs, and each assertion by itself", async () => {
  const code = "seen = []\ndef f(x):\n    seen.append(x)\n    return 2 * x";
  const held = ["assert f(2) == 4", "assert f(1) == 2 and seen == [1]"];
  const broken = ["assert f(2) == 5", "assert g(1)", "assert (", "f(1)["];
  expect(await holding(code, [...broken, ...held])).toEqual(held);
});

test.skipIf(!sandbox).each([
  { case: "a syntax error", code: "def f(:" },
  { case: "an exception", code: "raise ValueError" },
  { case: "an exit that looks like success", code: "import sys; sys.exit(0)" },
  { case: "an end without a word", code: "import os; os._exit(0)" },
  { case: "its own death", code: "import os, signal; os.kill(os.getpid(), signal.SIGKILL)" },
  {
    case: "a wrong word on every file",
    code: "import os\nfor fd in range(99):\n    try: os.write(fd, b'x' * 64)\n    except OSError: pass",
  },
  { case: "a stack without end", code: "def f(): f()\nf()" },
])("$case fails every assertion", async ({ code }) => {
  expect(await holding(code, ["assert True", "assert 1"])).toEqual([]);
});

test.skipIf(!sandbox)("an endless loop ends, and costs only its own assertion", async () => {
  const code = "def f(x):\n    while x: pass\n    return x";
  expect(await holding(code, ["assert f(1)", "assert f(0) == 0"])).toEqual(["assert f(0) == 0"]);
});

test.skipIf(!sandbox)("one that ignores signals and sleeps ends as well", async () => {
  const code = `import signal, time
for one in range(1, 32):
    try: signal.signal(one, signal.SIG_IGN)
    except OSError: pass
while True: time.sleep(60)`;
  expect(await holding(code, ["assert True"])).toEqual([]);
});

test.skipIf(!sandbox)("processes are bounded, and none survives", async () => {
  const mark = `3${process.pid}`;
  const code = `import os, subprocess
started = 0
try:
    for _ in range(40):
        subprocess.Popen(["/bin/sleep", "${mark}"], start_new_session=True)
        started += 1
except OSError: pass`;
  // Of eight two or three are ours: without root one more process of ours has the same user.
  const counts = ["assert started > 4", "assert started < 7"];
  expect(await holding(code, counts)).toEqual(counts);
  const running = readdirSync("/proc").filter((pid) => commandOf(pid).includes(mark));
  expect(running).toEqual([]);
});

test.skipIf(!sandbox)("a fork bomb goes off inside only", async () => {
  const code = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass";
  expect(await holding(code, ["assert True"])).toEqual([]);
  expect(await holding("x = 1", ["assert x == 1"])).toHaveLength(1);
});

test.skipIf(!sandbox)("ten gigabytes are not there", async () => {
  const code = attempt("block = bytearray(10 * 1024 ** 3)");
  expect(await holding(code, ["assert failed == 'MemoryError'"])).toHaveLength(1);
});

test.skipIf(!sandbox)("a flood of output goes nowhere", async () => {
  const code =
    "import sys\nfor _ in range(3000):\n    print('x' * 10000)\n    sys.stderr.write('y' * 10000)";
  expect(await holding(code, ["assert True"])).toHaveLength(1);
});

test.skipIf(!sandbox)("files are bounded, and only in the scratch folder", async () => {
  const large = attempt("open('/tmp/large', 'wb').write(bytes(8 * 1024 ** 2))");
  expect(await holding(large, ["assert failed is not None"])).toHaveLength(1);
  const many = attempt("[open(f'/tmp/{n}', 'wb').write(bytes(1024 ** 2)) for n in range(8)]");
  expect(await holding(many, ["assert failed == 'OSError'"])).toHaveLength(1);
  const scratch = "open('note', 'w').write('kept')";
  expect(await holding(scratch, ["assert open('/tmp/note').read() == 'kept'"])).toHaveLength(1);
});

test.skipIf(!sandbox)("nothing outside can be written or read", async () => {
  const path = JSON.stringify(join(outside, "made"));
  const code = `${attempt(`open(${path}, "w").write("x")`)}
import os
def fails(work):
    try: work()
    except OSError: return True
    return False
`;
  const assertions = [
    "assert failed is not None",
    `assert fails(lambda: open(${JSON.stringify(join(outside, "secret"))}))`,
    `assert fails(lambda: open(${JSON.stringify(import.meta.filename)}))`,
    "assert fails(lambda: open(os.__file__, 'a'))",
    "assert fails(lambda: open('/usr/made', 'w'))",
    "assert fails(lambda: os.unlink('/usr/bin/env'))",
    "assert not any(os.path.exists(p) for p in ['/proc', '/dev', '/run', '/home', '/etc', '/sys'])",
    "assert not any('KEY' in name or 'TOKEN' in name for name in os.environ)",
    "assert fails(lambda: os.chroot('/tmp'))",
    "assert fails(lambda: os.setuid(0))",
    "import ctypes; assert ctypes.CDLL(None).mount(b'none', b'/tmp', b'tmpfs', 0, None) != 0",
  ];
  expect(await holding(code, assertions)).toEqual(assertions);
  expect(existsSync(join(outside, "made"))).toBe(false);
});

test.skipIf(!sandbox)("the network is not there", async () => {
  let visits = 0;
  const server = createServer((_, response) => {
    visits++;
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const code = attempt(`import urllib.request; urllib.request.urlopen("http://127.0.0.1:${port}")`);
  try {
    expect(await holding(code, ["assert failed == 'URLError'"])).toHaveLength(1);
    expect(visits).toBe(0);
  } finally {
    server.close();
  }
});

test.skipIf(!sandbox)(
  "all assertions together have a deadline",
  async () => {
    const sleeping = new Array(4).fill("import time; time.sleep(60)");
    expect(await holding("x = 1", ["assert x", ...sleeping, "assert x == 1"])).toEqual([
      "assert x",
    ]);
  },
  60_000,
);

test.skipIf(!sandbox)("a run can be stopped", async () => {
  const stop = new AbortController();
  const run = sandbox?.run("while True: pass", ["assert True"], stop.signal);
  setTimeout(() => stop.abort(new Error("stopped")), 200);
  await expect(run).rejects.toThrow("stopped");
});

test.skipIf(!sandbox)(
  "what runs in it ends with us, even when we are killed",
  async () => {
    const mark = `4${process.pid}`;
    const code = `import subprocess
subprocess.Popen(["/bin/sleep", "${mark}"], start_new_session=True)
while True: pass`;
    const script = `import { openSandbox } from ${JSON.stringify(join(import.meta.dirname, "sandbox.ts"))};
const limits = ${JSON.stringify({ ...limits, seconds: 600, eachSeconds: 600 })};
const sandbox = await openSandbox("python3", limits);
await sandbox.run(${JSON.stringify(code)}, ["assert True"], new AbortController().signal);`;
    const owner = spawn(process.execPath, ["--input-type=module", "--eval", script]);
    const running = () =>
      readdirSync("/proc").filter((pid) => commandOf(pid).includes(`sleep\0${mark}`));
    await vi.waitFor(() => expect(running()).toHaveLength(1), 20_000);
    owner.kill("SIGKILL");
    await vi.waitFor(() => expect(running()).toEqual([]), 20_000);
  },
  60_000,
);

test("without Python there is no sandbox", async () => {
  await expect(openSandbox("/nowhere/python3")).rejects.toMatchObject({
    code: "sandbox_unavailable",
  });
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
