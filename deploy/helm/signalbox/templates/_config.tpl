{{- /* `config`, and what other values say about it where it says nothing itself. */}}
{{- define "signalbox.config" -}}
{{- $implied := dict }}
{{- if and (eq .Values.models.source "download") .Values.models.download.repoId }}
{{- $_ := set $implied "model_selection" (dict "ml" (dict "models_path" (include "signalbox.selectorsFolder" .))) }}
{{- end }}
{{- if .Values.redis.existingSecret }}
{{- $_ := set $implied "embedding" (dict "cache" (dict "redis_url" "${REDIS_URL}")) }}
{{- end }}
{{- mergeOverwrite $implied (deepCopy .Values.config) | toYaml }}
{{- end }}
