import { existsSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { htmlOf } from "./html.ts";
import { reportOf } from "./testing/report.ts";
import { frontierOf } from "./trade-off-chart.ts";
import { writeReport } from "./write-report.ts";

const plain = ["small", "a-model-with-a-long-name-8x22B-instruct-v0.1", "large"] as const;
const hostile = [
  `"><script>document.title = "broken"</script>`,
  `<img src=x onerror="document.title='broken'">`,
  `{b|${"very long ".repeat(30)}}]]>&lt;/svg>\u202e\u001b[31m`,
] as const;
const timed = {
  seconds: Array(4).fill([1, 2, 4]),
  dollars: Array(4).fill([0.001, 0.002, 0.01]),
};

test("the frontier leaves out the oracle and whatever is beaten at no higher price", () => {
  const at = (kind: string, price: number, quality: number) => ({ kind, price, quality });
  const placed = [
    at("oracle", 0, 1),
    at("always", 1, 0.4),
    at("always", 2, 0.3),
    at("selector", 2, 0.6),
    at("always", 5, 0.6),
  ];
  expect(frontierOf(placed)).toEqual([placed[1], placed[3]]);
});

test("the page fetches nothing and holds no script, and the same report gives the same bytes", () => {
  const page = htmlOf(reportOf(hostile, timed));
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/<script|<img|onerror="/);
  expect(page).not.toMatch(/(?:src|href)="(?!#)/);
  expect(page).not.toMatch(/url\((?!#)/);
});

const binary = [process.env["CHROMIUM_BIN"], "/usr/bin/chromium"].find(
  (path) => path !== undefined && existsSync(path),
);
if (!binary) {
  console.warn("report.html is not looked at: install chromium, or name it in CHROMIUM_BIN");
}

describe.skipIf(binary === undefined)("in a real browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    // Its sandbox needs privileges that a container often lacks; the page is ours.
    browser = await chromium.launch({ executablePath: binary as string, args: ["--no-sandbox"] });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
  });

  async function opened(names: readonly [string, string, string], more = {}): Promise<Page> {
    const folder = mkdtempSync(join(tmpdir(), "signalbox-report-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const files = await writeReport(reportOf(names, more), folder);
    const page = await browser.newPage({ viewport: { width: 1060, height: 900 } });
    const faults: string[] = [];
    page.on("console", (message) => faults.push(message.text()));
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("request", (request) => {
      if (!request.url().endsWith("/report.html")) faults.push(request.url());
    });
    await page.goto(pathToFileURL(files.at(-1) as string).href);
    expect(faults).toEqual([]);
    return page;
  }

  test("every plot has its marks, inside its frame and one beside the other", async () => {
    const page = await opened(plain, timed);
    expect(await page.locator("h2").allTextContents()).toEqual([
      "Strategies",
      "Quality per strategy",
      "Quality against cost",
      "Gain by domain",
      "How often each model is chosen",
    ]);
    const labels = await page.locator("figure svg text").allTextContents();
    for (const wanted of ["Oracle (best)", "SVM Selection (predicted)", "Always large", "law"]) {
      expect(labels).toContain(wanted);
    }
    const outside = await page.locator("figure svg").evaluateAll((pictures) =>
      pictures.flatMap((picture) => {
        const frame = picture.getBoundingClientRect();
        return [...picture.querySelectorAll("text")].flatMap((text) => {
          const box = text.getBoundingClientRect();
          const fits = box.left >= frame.left - 1 && box.right <= frame.right + 1;
          return fits && box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1
            ? []
            : [text.textContent];
        });
      }),
    );
    expect(outside).toEqual([]);
    // Lines of the legend stand beside each other: of two texts in a row neither covers the other.
    const covered = await page
      .locator("figure svg")
      .last()
      .evaluate((picture) => {
        const boxes = [...picture.querySelectorAll("text")].map((text) => ({
          text: text.textContent,
          box: text.getBoundingClientRect(),
        }));
        return boxes.flatMap(({ text, box }, at) =>
          boxes
            .slice(at + 1)
            .filter(
              ({ box: other }) =>
                Math.min(box.right, other.right) - Math.max(box.left, other.left) > 1 &&
                Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top) > 1,
            )
            .map((other) => `${text} / ${other.text}`),
        );
      });
    expect(covered).toEqual([]);
  });

  test("without cost and latency there is no plot of them", async () => {
    const page = await opened(plain);
    expect(await page.locator("figure").count()).toBe(3);
  });

  test("names that are markup stay names", async () => {
    const page = await opened(hostile, timed);
    expect(await page.title()).toBe("Validation of routing: test.jsonl");
    expect(await page.locator("img, script").count()).toBe(0);
    const shown = await page.locator("tbody td:first-child").allTextContents();
    expect(shown).toContain(`Always ${hostile[0]}`);
    expect(shown.join()).not.toContain("\u202e");
    const width = await page.evaluate("document.documentElement.scrollWidth");
    expect(width).toBeLessThanOrEqual(1060);
  });
});
