import type { Path } from "../config/problem.ts";
import { type Tree, valueAt } from "../config/tree.ts";
import { chatPath, leadsToChat, type RouteRule, selectedModelHeaders } from "./gateway-path.ts";
import { listAt, type Resource, textAt } from "./resource.ts";

/** The rules of an HTTPRoute or AIGatewayRoute. */
export function rulesOf(route: Resource): readonly RouteRule[] {
  const ai = route.kind === "AIGatewayRoute";
  const below: Readonly<Record<"rule" | "match" | "backend" | "timeout", Path>> = {
    rule: [],
    match: ["matches"],
    backend: ["backendRefs"],
    timeout: ["timeouts", "request"],
  };
  return listAt(route.tree, "spec", "rules").map((rule, i) => {
    const matches = listAt(rule, "matches");
    return {
      at: (field) => route.at(["spec", "rules", i, ...below[field]]),
      models: matches.flatMap((match) => valuesOf(match, "Exact")),
      patterns: matches.flatMap((match) => valuesOf(match, "RegularExpression")),
      // Without matches a rule matches everything.
      catchAll: matches.length === 0 || matches.some(matchesChat),
      overrides: ai
        ? listAt(rule, "backendRefs").map((ref) => textAt(ref, "modelNameOverride"))
        : undefined,
      timeoutGiven: valueAt(rule, ["timeouts", "request"]) !== undefined,
      ai,
    };
  });
}

const valuesOf = (match: Tree, type: string): readonly string[] =>
  listAt(match, "headers").flatMap((header) => {
    const named = selectedModelHeaders.includes((textAt(header, "name") ?? "").toLowerCase());
    const value = textAt(header, "value");
    const fits = (textAt(header, "type") ?? "Exact") === type;
    return named && fits && value !== undefined ? [value] : [];
  });

/** A match of every chat completion, whatever its headers. */
function matchesChat(match: Tree): boolean {
  const conditions = ["headers", "queryParams"].some((key) => listAt(match, key).length > 0);
  const method = textAt(match, "method") ?? "POST";
  if (conditions || method !== "POST") return false;
  const value = textAt(match, "path", "value") ?? "/";
  const type = textAt(match, "path", "type") ?? "PathPrefix";
  return type === "Exact" ? value === chatPath : type === "PathPrefix" && leadsToChat(value);
}
