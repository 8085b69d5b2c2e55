# make help lists the targets. Everything a newcomer needs is installed under this folder, nothing outside it.
SHELL := /bin/sh
.DEFAULT_GOAL := help
NODE = $$(scripts/find-node.sh)
# The chosen Node stands first, so that npm, npx and every script run on it.
WITH_NODE = PATH="$$(dirname $(NODE)):$(CURDIR)/node_modules/.bin:$$PATH"
SOURCES := $(shell find src proto -type f ! -name '*.test.ts' 2>/dev/null)

.PHONY: help setup run test e2e-test observability-test check-manifests lint bench bench-transport bench-selectors bench-embed bench-train package image image-test sbom clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: node_modules/.installed dist/.built ## Install Node (when older than 24), packages and the build

.tools/.node: scripts/get-node.sh scripts/find-node.sh
	@scripts/find-node.sh >/dev/null 2>&1 || scripts/get-node.sh
	@mkdir -p .tools && touch $@

node_modules/.installed: .tools/.node package.json package-lock.json .npmrc
	@scripts/npm.sh ci
	@touch $@

dist/.built: node_modules/.installed tsconfig.json tsconfig.build.json $(SOURCES)
	@rm -rf dist
	@$(WITH_NODE) tsc -p tsconfig.build.json
	@touch $@

run: setup ## Start signalbox, a real Envoy and mock LLMs; try three queries; stay until Ctrl-C
	@$(WITH_NODE) node e2e/run.ts

test: setup ## Everything CI checks: lint, types, unused code, unit, parity and Envoy tests
	@$(WITH_NODE) biome ci .
	@$(WITH_NODE) tsc --noEmit
	@$(WITH_NODE) knip
	@scripts/get-redis.sh >/dev/null || echo "signalbox: the tests with a real Redis will be skipped" >&2
	@$(WITH_NODE) vitest run

e2e-test: setup ## A profile behind a gateway (E2E_PROFILE=ml-model-selection E2E_DRIVER=envoy|gateway|kind)
	@$(WITH_NODE) E2E_PROFILE="$(E2E_PROFILE)" E2E_DRIVER="$(E2E_DRIVER)" node e2e/e2e-test.ts

observability-test: setup ## Rules, alerts, dashboard and traces with a real Prometheus and Envoy (fetches Prometheus from Debian)
	@scripts/get-prometheus.sh >/dev/null
	@scripts/get-redis.sh >/dev/null || echo "signalbox: the shared cache's metrics will not be checked" >&2
	@$(WITH_NODE) vitest run --project unit src/observe
	@$(WITH_NODE) vitest run --project e2e e2e/observability

check-manifests: setup ## gateway-resources/ and deploy/ against the CRDs' own rules (needs Go; builds Helm once)
	@scripts/get-helm.sh >/dev/null
	@scripts/get-gateway.sh kustomize >/dev/null
	@scripts/get-crd-check.sh >/dev/null
	@$(WITH_NODE) vitest run --project e2e e2e/deploy

bench: setup ## Speed, as ratios; results under bench/results
	@$(WITH_NODE) node bench/load.ts

bench-transport: setup ## CPU and requests/s beside a Go ext_proc server, bodies up to 2 MB (needs Go; ARGS as below)
	@$(WITH_NODE) node bench/transport.ts $(ARGS)
	@$(WITH_NODE) node bench/bodies.ts $(ARGS)

bench-selectors: setup ## Selecting a model beside Rust (needs cargo; ARGS="--quick --no-peers")
	@$(WITH_NODE) node bench/selectors.ts $(ARGS)

bench-embed: setup .tools/bench-models/.made ## Embedding beside Rust (needs cargo, Python, 6 GB of disk; ARGS as above)
	@$(WITH_NODE) node bench/embed.ts $(ARGS)

.tools/bench-models/.made: bench/embed/make_qwen3.py bench/embed/requirements.txt
	@python3 -m venv .cache/bench
	@.cache/bench/bin/pip install --quiet -r bench/embed/requirements.txt
	@.cache/bench/bin/python bench/embed/make_qwen3.py --out .tools/bench-models
	@touch $@

bench-train: setup ## Training beside scikit-learn (needs Python; ARGS="--quick --large")
	@$(WITH_NODE) node bench/train.ts $(ARGS)

package: setup ## The npm package
	@$(WITH_NODE) scripts/npm.sh pack

image: ## The container images signalbox and signalbox-mock-llm (ENGINE, IMAGE, TAG, BASE, BUILD; ARGS go to the engine)
	@scripts/image/build.sh $(ARGS)

image-test: setup ## Build the images and try them in containers: docs/image.md (needs Docker)
	@scripts/image/build.sh $(ARGS)
	@scripts/get-redis.sh >/dev/null
	@scripts/get-envoy.sh >/dev/null
	@IMAGE_TEST=1 $(WITH_NODE) vitest run --project e2e e2e/image

sbom: setup ## List what ships, in CycloneDX: signalbox.cdx.json
	@$(WITH_NODE) node scripts/image/sbom.ts >signalbox.cdx.json

clean: ## Remove what setup made
	rm -rf dist node_modules .tools
