{{- define "wsg.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "wsg.selector" -}}
app.kubernetes.io/name: wsg
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "wsg.labels" -}}
{{ include "wsg.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "wsg.secret" -}}
{{- .Values.secret.existing | default (include "wsg.name" .) -}}
{{- end -}}

{{/* config.yml of the gateway. */}}
{{- define "wsg.config" -}}
{{- $name := include "wsg.name" . -}}
listen_addr: 0.0.0.0:8080
internal_listen_addr: 0.0.0.0:8081
internal_endpoint_access_whitelist:
  - 127.0.0.1/8
  {{- range .Values.internal.networks }}
  - {{ . | quote }}
  {{- end }}
internal_hosts:
  - {{ $name }}-internal
  - '*.{{ .Release.Namespace }}'
  - '*.svc'
  - '*.svc.cluster.local'
  {{- range .Values.internal.hosts }}
  - {{ . | quote }}
  {{- end }}
internal_api_keys_file: /etc/wsg-secret/internal-api-keys
{{- if gt (int .Values.workers) 1 }}
workers: {{ .Values.workers }}
{{- end }}
{{- if .Values.cluster.enabled }}
cluster:
  name: {{ .Values.cluster.name | default .Release.Name }}
  deadline_ms: {{ .Values.cluster.deadlineMs }}
  strict: {{ .Values.cluster.strict }}
  secret_file: /etc/wsg-secret/cluster-secret
{{- end }}
drain:
  pause_s: {{ .Values.drain.pauseSeconds }}
  close_spread_s: {{ .Values.drain.closeSpreadSeconds }}
  flush_timeout_s: {{ .Values.drain.flushTimeoutSeconds }}
{{- $config := deepCopy .Values.config }}
{{- $folder := dict "dead_letter_dir" "/var/lib/wsg/dead-letters" }}
{{- if .Values.persistence.enabled }}
{{- $folder = dict "dir" "/var/lib/wsg/outbox" }}
{{- end }}
{{- $_ := set $config "outbox" (merge (get $config "outbox" | default dict) $folder) }}
{{ toYaml $config }}
{{- end -}}
