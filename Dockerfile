# Two images: `signalbox`, the default, and `mock-llm`. docs/image.md says how to build, run and verify them.
# Both bases can be replaced: BASE by any image that has Node 24 as `node` on PATH or at /nodejs/bin/node, BUILD by one
# that has a shell and npm beside it. No RUN of a final stage, so that BASE needs no shell.
ARG BASE=gcr.io/distroless/nodejs24-debian13:nonroot
ARG BUILD=node:24-trixie-slim

FROM ${BUILD} AS packages
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci

FROM packages AS compiled
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN node node_modules/typescript/bin/tsc -p tsconfig.build.json --declaration false --sourceMap false --inlineSources false

FROM packages AS pruned
COPY scripts/image/prune-modules.ts scripts/image/
RUN npm prune --omit=dev && node scripts/image/prune-modules.ts node_modules
# The list of what ships, from the same lockfile, travels in the image.
COPY scripts/image/sbom.ts scripts/image/
RUN node scripts/image/sbom.ts >sbom.cdx.json
# What the packages are big with, in layers of its own: it changes least.
RUN mkdir -p large && mv node_modules/onnxruntime-node large/

FROM ${BUILD} AS complete
WORKDIR /app
COPY --from=pruned /build/large node_modules
COPY --from=pruned /build/node_modules node_modules
COPY --from=compiled /build/dist dist
COPY package.json LICENSE NOTICE ./
COPY proto proto
COPY config config
COPY models/default models/default
# Every package and every command loads, and the default configuration opens its models: an image that cannot serve is
# not built.
RUN node --input-type=module --eval \
  "const { default: own } = await import('/app/package.json', { with: { type: 'json' } }); \
  for (const name of Object.keys(own.dependencies)) await import(name)" && \
  node dist/cli.js --help >/dev/null && node dist/cli.js check config/default.yaml

FROM ${BASE} AS mock-llm
ENV PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin NODE_ENV=production
WORKDIR /app
COPY --from=pruned /build/node_modules/js-yaml node_modules/js-yaml
COPY --from=pruned /build/node_modules/zod node_modules/zod
COPY package.json LICENSE NOTICE ./
COPY src/errors.ts src/
COPY src/files/read-bounded.ts src/files/
COPY e2e/mock-llm e2e/mock-llm
COPY e2e/mock-llm/example.yaml /etc/mock-llm/config.yaml
USER 65532:65532
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["node", "/app/e2e/mock-llm/main.ts", "--config", "/etc/mock-llm/config.yaml", "--health"]
ENTRYPOINT ["node", "/app/e2e/mock-llm/main.ts"]
CMD ["--config", "/etc/mock-llm/config.yaml", "--host", "0.0.0.0"]

FROM ${BASE} AS signalbox
# As bin/signalbox: glibc would keep the large blocks that a model takes while it opens, and V8 its garbage. Nothing
# is told to the maker of onnxruntime.
ENV PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin \
  NODE_ENV=production \
  MALLOC_MMAP_THRESHOLD_=1048576 \
  ORT_DISABLE_TELEMETRY=1
WORKDIR /app
COPY --from=complete /app/node_modules/onnxruntime-node node_modules/onnxruntime-node
COPY --from=complete /app/models models
COPY --from=pruned /build/node_modules node_modules
COPY --from=complete /app/config config
COPY --from=complete /app/proto proto
COPY package.json LICENSE NOTICE ./
COPY --from=pruned /build/sbom.cdx.json ./
COPY --from=compiled /build/dist dist
USER 65532:65532
EXPOSE 50051 8080 9190
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "/app/dist/cli.js", "health"]
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "--max-semi-space-size=4", "/app/dist/cli.js"]
CMD ["serve"]
LABEL org.opencontainers.image.title="signalbox" \
  org.opencontainers.image.description="An Envoy ext_proc sidecar that routes LLM requests to the model that answers them best" \
  org.opencontainers.image.licenses="Apache-2.0"
