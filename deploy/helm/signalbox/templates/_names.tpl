{{- define "signalbox.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "signalbox.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := include "signalbox.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "signalbox.selectorLabels" -}}
app.kubernetes.io/name: {{ include "signalbox.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "signalbox.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "signalbox.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "signalbox.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "signalbox.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "signalbox.configMapName" -}}
{{- default (include "signalbox.fullname" .) .Values.existingConfigMap }}
{{- end }}

{{- define "signalbox.claimName" -}}
{{- default (printf "%s-models" (include "signalbox.fullname" .)) .Values.models.claim.existing }}
{{- end }}

{{- /* Of each revision another, so that a claim that several versions of Pods share has both. */}}
{{- define "signalbox.selectorsFolder" -}}
{{- printf "/models/selectors/%s" (.Values.models.download.revision | replace "/" "-") }}
{{- end }}

{{- /* Where Pods run, and what they mount has to be: with sidecar that is Envoy's. */}}
{{- define "signalbox.podNamespace" -}}
{{- ternary .Values.sidecar.podNamespace .Release.Namespace (eq .Values.mode "sidecar") }}
{{- end }}

{{- define "signalbox.image" -}}
{{- with .Values.image }}
{{- if .digest }}
{{- printf "%s@%s" .repository .digest }}
{{- else }}
{{- printf "%s:%s" .repository (default $.Chart.AppVersion .tag) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* What would be found out by a Pod that does not start. */}}
{{- define "signalbox.validate" -}}
{{- with .Values }}
{{- if and (eq .models.source "claim") (not .models.claim.existing) }}
{{- fail "models.source is claim: name it in models.claim.existing" }}
{{- end }}
{{- if and (eq .models.source "download") (not .models.download.repoId) (not .models.download.embedder) }}
{{- fail "models.source is download: give models.download.repoId for selectors, models.download.embedder for the embedder, or both" }}
{{- end }}
{{- if and .models.download.repoId (not .models.download.revision) }}
{{- fail "models.download.revision is missing: Pods that start later would get other selectors" }}
{{- end }}
{{- if and .autoscaling.enabled (gt (int .autoscaling.minReplicas) (int .autoscaling.maxReplicas)) }}
{{- fail "autoscaling.minReplicas is more than maxReplicas" }}
{{- end }}
{{- if and .tls.clientCa (not .tls.existingSecret) }}
{{- fail "tls.clientCa needs tls.existingSecret" }}
{{- end }}
{{- if and .tls.clientCa .gateway.name }}
{{- fail "tls.clientCa: Envoy Gateway gives Envoy no client certificate for an EnvoyExtensionPolicy; leave gateway.name empty and use an EnvoyPatchPolicy, or leave clientCa" }}
{{- end }}
{{- if and (eq .gateway.body "FullDuplexStreamed") .gateway.failOpen }}
{{- fail "gateway.body FullDuplexStreamed takes gateway.failOpen: false: Envoy keeps no body to go on with" }}
{{- end }}
{{- if and .tls.existingSecret (eq .mode "sidecar") }}
{{- fail "tls is for mode deployment: a sidecar listens on a Unix socket that only its Pod can open" }}
{{- end }}
{{- if and .serviceMonitor.enabled (eq .mode "sidecar") (not .sidecar.metrics) }}
{{- fail "serviceMonitor.enabled needs sidecar.metrics: there is nothing to scrape" }}
{{- end }}
{{- if eq .mode "sidecar" }}
{{- include "signalbox.validateSidecar" $ }}
{{- end }}
{{- if and (not .existingConfigMap) (eq .config.default_model "your-model") (or .gateway.name .config.decisions) }}
{{- fail "config.default_model is missing: your-model is the chart's placeholder, and no request may go there; name the model for what no decision sends elsewhere" }}
{{- end }}
{{- end }}
{{- end }}

{{- /* What the chart has no say in where the Pods are Envoy's, refused rather than dropped. */}}
{{- define "signalbox.validateSidecar" -}}
{{- if not .Values.gateway.name }}
{{- fail "mode sidecar needs gateway.name" }}
{{- end }}
{{- $ofPod := dict "podAnnotations" "annotations" "podLabels" "labels" }}
{{- range list "nodeSelector" "tolerations" "affinity" "priorityClassName" "topologySpreadConstraints" }}
{{- $_ := set $ofPod . . }}
{{- end }}
{{- range $name, $field := $ofPod }}
{{- if index $.Values $name }}
{{- fail (printf "%s is for mode deployment: a sidecar's Pods are Envoy's; set it in their EnvoyProxy, as sidecar.envoyProxy.provider.kubernetes.envoyDeployment.pod.%s" $name $field) }}
{{- end }}
{{- end }}
{{- with .Values }}
{{- range $name, $value := dict "metricsPeers" .networkPolicy.metricsPeers "apiPeers" .networkPolicy.apiPeers "egress" .networkPolicy.egress }}
{{- if $value }}
{{- fail (printf "networkPolicy.%s is for mode deployment: a policy for a sidecar would select Envoy's Pods and close the Gateway's listeners; sidecar.metrics says whether metrics are served, and the HTTP API is on the loopback only" $name) }}
{{- end }}
{{- end }}
{{- if or .serviceAccount.name .serviceAccount.annotations }}
{{- fail "serviceAccount is for mode deployment: a sidecar's Pods are Envoy's; set it in their EnvoyProxy, as sidecar.envoyProxy.provider.kubernetes.envoyServiceAccount" }}
{{- end }}
{{- if .autoscaling.queueWait.enabled }}
{{- fail "autoscaling is for mode deployment: a sidecar's Pods are Envoy's; set it in their EnvoyProxy, as sidecar.envoyProxy.provider.kubernetes.envoyHpa" }}
{{- end }}
{{- if .service.trafficDistribution }}
{{- fail "service.trafficDistribution is for mode deployment: Envoy asks a sidecar through a socket of their Pod" }}
{{- end }}
{{- end }}
{{- end }}
