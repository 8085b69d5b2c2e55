{{- define "signalbox.securityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
privileged: false
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- /* Of the program and of what fetches its models: both read the configuration. */}}
{{- define "signalbox.env" -}}
{{- if ne .Values.models.source "builtin" }}
- name: HF_HUB_CACHE
  value: /models/hub
{{- end }}
{{- with .Values.redis.existingSecret }}
- name: REDIS_URL
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ $.Values.redis.key }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "signalbox.downloadEnv" -}}
{{- with .Values.models.download }}
{{- if .endpoint }}
- name: HF_ENDPOINT
  value: {{ .endpoint | quote }}
{{- end }}
{{- if .tokenSecret.name }}
- name: HF_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ .tokenSecret.name }}
      key: {{ .tokenSecret.key }}
{{- end }}
{{- end }}
{{- include "signalbox.env" . }}
{{- end }}

{{- define "signalbox.downloadContainer" -}}
image: {{ include "signalbox.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
env:
  {{- include "signalbox.downloadEnv" . | trim | nindent 2 }}
{{- with .Values.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "signalbox.securityContext" . | nindent 2 }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  - name: config
    mountPath: /etc/signalbox
    readOnly: true
  - name: models
    mountPath: /models
{{- end }}

{{- /* Containers that fill /models before signalbox starts. What is there already is kept. */}}
{{- define "signalbox.downloadContainers" -}}
{{- if eq .Values.models.source "download" }}
{{- with .Values.models.download.repoId }}
- name: download-selectors
  args:
    - download
    - --repo-id={{ . }}
    - --revision={{ $.Values.models.download.revision }}
    - --output-dir={{ include "signalbox.selectorsFolder" $ }}
    - --if-missing
  {{- include "signalbox.downloadContainer" $ | nindent 2 }}
{{- end }}
{{- if .Values.models.download.embedder }}
- name: download-embedder
  args: [download, --config=/etc/signalbox/config.yaml]
  {{- include "signalbox.downloadContainer" . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The kubelet's gRPC probe knows neither TLS nor Unix sockets. The HTTP API answers the same two questions; a sidecar's is
       on the loopback, where only a command in the container reaches anything. */}}
{{- define "signalbox.probe" -}}
{{- if eq .root.Values.mode "sidecar" -}}
exec:
  command: [node, /app/dist/cli.js, health, --address=unix:/run/signalbox/ext-proc.sock, --service={{ .service }}]
{{- else if .root.Values.tls.existingSecret -}}
httpGet:
  path: {{ ternary "/ready" "/health" (eq .service "readiness") }}
  port: {{ .root.Values.service.ports.api }}
{{- else -}}
grpc:
  port: {{ .root.Values.service.ports.grpc }}
  service: {{ .service }}
{{- end }}
{{- end }}

{{- /* Everything of the container but its name and what its mode adds. */}}
{{- define "signalbox.container" -}}
{{- $sidecar := eq .Values.mode "sidecar" }}
{{- $metrics := or (not $sidecar) .Values.sidecar.metrics -}}
image: {{ include "signalbox.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args:
  - serve
  - --config=/etc/signalbox/config.yaml
  {{- if eq .Values.mode "sidecar" }}
  - --socket=/run/signalbox/ext-proc.sock
  # Envoy's Pods have no NetworkPolicy of the chart; kubectl port-forward reaches the loopback.
  - --api-host=127.0.0.1
  {{- else }}
  - --port={{ .Values.service.ports.grpc }}
  {{- end }}
  - --api-port={{ .Values.service.ports.api }}
  - --metrics-port={{ ternary .Values.service.ports.metrics 0 $metrics }}
  {{- if .Values.tls.existingSecret }}
  - --tls-cert=/etc/signalbox-tls/tls.crt
  - --tls-key=/etc/signalbox-tls/tls.key
  {{- if .Values.tls.clientCa }}
  - --tls-client-ca=/etc/signalbox-tls/ca.crt
  {{- end }}
  {{- end }}
  {{- with .Values.extraArgs }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- if and $sidecar $metrics }}
ports:
  # Envoy's container has a port `metrics` of its own.
  - name: signalbox-stats
    containerPort: {{ .Values.service.ports.metrics }}
{{- else if not $sidecar }}
ports:
  - name: grpc
    containerPort: {{ .Values.service.ports.grpc }}
  - name: api
    containerPort: {{ .Values.service.ports.api }}
  - name: metrics
    containerPort: {{ .Values.service.ports.metrics }}
{{- end }}
{{- with include "signalbox.env" . | trim }}
env:
  {{- . | nindent 2 }}
{{- end }}
{{- with .Values.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
startupProbe:
  {{- include "signalbox.probe" (dict "root" . "service" "readiness") | nindent 2 }}
  {{- /* A command is a process of 60 MB that takes a tenth of a second of CPU, so it is asked less often. */}}
  periodSeconds: {{ ternary 2 1 $sidecar }}
  timeoutSeconds: {{ ternary 5 2 $sidecar }}
  # Two minutes: the built-in model is there in a second, a large one is read and verified first.
  failureThreshold: {{ ternary 60 120 $sidecar }}
readinessProbe:
  {{- include "signalbox.probe" (dict "root" . "service" "readiness") | nindent 2 }}
  periodSeconds: {{ ternary 10 5 $sidecar }}
  timeoutSeconds: {{ ternary 5 2 $sidecar }}
  failureThreshold: 2
livenessProbe:
  {{- include "signalbox.probe" (dict "root" . "service" "liveness") | nindent 2 }}
  periodSeconds: {{ ternary 20 10 $sidecar }}
  timeoutSeconds: {{ ternary 10 5 $sidecar }}
  failureThreshold: {{ ternary 3 6 $sidecar }}
{{- if ne .Values.mode "sidecar" }}
lifecycle:
  preStop:
    sleep:
      seconds: {{ .Values.drain.preStopSeconds }}
{{- end }}
securityContext:
  {{- include "signalbox.securityContext" . | nindent 2 }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  # The whole folder: a file mounted with subPath never changes.
  - name: config
    mountPath: /etc/signalbox
    readOnly: true
  {{- if ne .Values.models.source "builtin" }}
  - name: models
    mountPath: /models
    readOnly: true
  {{- end }}
  {{- if eq .Values.mode "sidecar" }}
  - name: signalbox-socket
    mountPath: /run/signalbox
  {{- end }}
  {{- if .Values.tls.existingSecret }}
  - name: tls
    mountPath: /etc/signalbox-tls
    readOnly: true
  {{- end }}
  {{- with .Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "signalbox.volumes" -}}
- name: config
  configMap:
    name: {{ include "signalbox.configMapName" . }}
{{- if ne .Values.models.source "builtin" }}
- name: models
  {{- if or .Values.models.claim.existing .Values.models.claim.create }}
  persistentVolumeClaim:
    claimName: {{ include "signalbox.claimName" . }}
  {{- else }}
  emptyDir:
    sizeLimit: {{ .Values.models.download.sizeLimit }}
  {{- end }}
{{- end }}
{{- if eq .Values.mode "sidecar" }}
- name: signalbox-socket
  emptyDir:
    medium: Memory
    sizeLimit: 1Mi
{{- end }}
{{- if .Values.tls.existingSecret }}
- name: tls
  secret:
    secretName: {{ .Values.tls.existingSecret }}
    defaultMode: 0440
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
