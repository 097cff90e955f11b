{{- define "watcher.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Names of Kubernetes are at most 63 characters; 10 are left for what is put behind. */}}
{{- define "watcher.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 53 | trimSuffix "-" -}}
{{- else if contains (include "watcher.name" .) .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "watcher.name" .) | trunc 53 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What never changes between versions: a selector can't be changed. */}}
{{- define "watcher.selector" -}}
app.kubernetes.io/name: {{ include "watcher.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "watcher.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "watcher.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "watcher.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "watcher.serviceAccount" -}}
{{- default (ternary (include "watcher.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "watcher.secret" -}}
{{- default (include "watcher.fullname" .) .Values.secret.existing -}}
{{- end -}}

{{- define "watcher.databaseUrl" -}}
{{- required "Set secret.databaseUrl (postgresql://user:password@host:5432/database), or secret.existing to the name of a Secret with the key DATABASE_URL." .Values.secret.databaseUrl -}}
{{- end -}}

{{/* The admin key: the one given, else the one that is there, else a new one. */}}
{{- define "watcher.adminKey" -}}
{{- $existing := lookup "v1" "Secret" .Release.Namespace (include "watcher.fullname" .) -}}
{{- if .Values.secret.adminKey -}}
{{- .Values.secret.adminKey -}}
{{- else if and $existing (hasKey (default (dict) $existing.data) "WATCHER_ADMIN_KEY") -}}
{{- index $existing.data "WATCHER_ADMIN_KEY" | b64dec -}}
{{- else -}}
{{- randAlphaNum 40 -}}
{{- end -}}
{{- end -}}

{{/* A value as quoted text. Helm reads 10000000 as a float, which toString would write as 1e+07. */}}
{{- define "watcher.text" -}}
{{- ternary . (toJson .) (kindIs "string" .) | quote -}}
{{- end -}}

{{/* Plain variables. Sorted by Helm, so that an unchanged release renders unchanged. */}}
{{- define "watcher.env" -}}
- name: HOST
  value: 0.0.0.0
- name: PORT
  value: "8000"
- name: WATCHER_MIGRATE
  value: {{ ternary "on" "off" (eq .Values.migration.mode "start") | quote }}
{{- range $name, $value := .Values.config }}
- name: {{ $name }}
  value: {{ include "watcher.text" $value }}
{{- end }}
{{- with .Values.alertRoutes }}
- name: WATCHER_ALERT_ROUTES
  value: {{ toJson . | quote }}
{{- end }}
{{- end -}}

{{- define "watcher.podAnnotations" -}}
{{- if not .Values.secret.existing }}
# A changed secret restarts the replicas.
checksum/secret: {{ toJson .Values.secret | sha256sum }}
{{- end }}
{{- if .Values.metrics.podAnnotations }}
prometheus.io/scrape: 'true'
prometheus.io/port: '8000'
prometheus.io/path: /metrics
{{- end }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What the service and the migration have in common. */}}
{{- define "watcher.podDefaults" -}}
automountServiceAccountToken: false
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
