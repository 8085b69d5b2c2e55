import { expect, test } from "vitest";
import { checkEnvoy } from "./check-envoy.ts";
import { problemsAmong } from "./report.ts";

/** A listener with signalbox's filter, as a policy for routes makes it, and one route that is not by model. */
const dumpOf = (match: object) => ({
  configs: [
    {
      static_listeners: [
        {
          listener: {
            name: "chats",
            per_connection_buffer_limit_bytes: 52_428_800,
            filter_chains: [
              {
                filters: [
                  {
                    typed_config: {
                      "@type": "type.googleapis.com/x.HttpConnectionManager",
                      route_config: {
                        virtual_hosts: [
                          {
                            name: "all",
                            routes: [
                              {
                                match,
                                route: { timeout: "600s" },
                                typed_per_filter_config: { signalbox: { "@type": "x" } },
                              },
                            ],
                          },
                        ],
                      },
                      http_filters: [
                        {
                          name: "signalbox",
                          disabled: true,
                          typed_config: {
                            "@type":
                              "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
                            message_timeout: "1s",
                            failure_mode_allow: true,
                            processing_mode: { request_body_mode: "BUFFERED" },
                          },
                        },
                      ],
                    },
                  },
                ],
              },
            ],
          },
        },
      ],
    },
  ],
});
const problemsOf = (match: object, stats: readonly (readonly [string, number])[] = []) =>
  problemsAmong(checkEnvoy({ dump: dumpOf(match), stats: new Map(stats) }, {})).map(({ id }) => id);

test.each(["constructor", "to_string", "__proto__", "has_own_property"])(
  "a statistic that is called %s is none of the known ones",
  (name) => {
    expect(problemsOf({ prefix: "/" }, [[`http.x.ext_proc.${name}`, 3]])).toEqual([]);
  },
);

test("those whose growth is a fault are found", () => {
  const stats = [
    ["http.x.ext_proc.message_timeouts", 1],
    ["http.x.ext_proc.signalbox.streams_failed", 2],
    ["http.x.ext_proc.failure_mode_allowed", 0],
    ["http.x.downstream_rq_too_large", 3],
  ] as const;
  expect(problemsOf({ prefix: "/" }, stats)).toEqual([
    "message-timeouts-seen",
    "streams-failed-seen",
    "bodies-refused-seen",
  ]);
});

test.each([
  [{ prefix: "/v1/chat/comp" }, true],
  [{ prefix: "/v1/chat/completions/" }, false],
  [{ path_separated_prefix: "/v1/chat/comp" }, false],
  [{ path_separated_prefix: "/v1/chat/completions" }, true],
  [{ path: "/v1/chat/completions" }, true],
  [{ path: "/v1/models" }, false],
])("a route on %j catches every chat: %s", (match, catches) => {
  expect(problemsOf(match)).toEqual(catches ? [] : ["catch-all-missing"]);
});
