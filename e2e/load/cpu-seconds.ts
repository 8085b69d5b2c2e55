import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Ticks of /proc a second: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** CPU time that a process has taken so far, all threads, user and system. */
export function cpuSeconds(pid: number): number {
  if (process.platform !== "linux") return fromPs(pid);
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name, in brackets, may hold spaces; user and system time are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** `[[dd-]hh:]mm:ss.ss` */
function fromPs(pid: number): number {
  const text = execFileSync("ps", ["-o", "time=", "-p", `${pid}`], { encoding: "utf8" }).trim();
  return text.split(/[-:]/).reduce((sum, part) => sum * 60 + Number(part), 0);
}
