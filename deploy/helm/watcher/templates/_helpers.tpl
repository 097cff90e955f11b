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

{{/* There is no default: a name without a registry is pulled from Docker Hub, where it is a stranger's. */}}
{{- define "watcher.image" -}}
{{- $repository := required "Set image.repository to where you pushed the image, such as registry.example.com/watcher: the chart has no default image." .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "watcher.serviceAccount" -}}
{{- default (ternary (include "watcher.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{/* The Secret whose keys become environment variables; empty where each variable comes from a Secret of its own. */}}
{{- define "watcher.secret" -}}
{{- if .Values.secret.existing -}}
{{- .Values.secret.existing -}}
{{- else if include "watcher.secretData" . -}}
{{- include "watcher.fullname" . -}}
{{- end -}}
{{- end -}}

{{- define "watcher.databaseUrl" -}}
{{- required "Set secret.databaseUrl (postgresql://user:password@host:5432/database), secret.from.DATABASE_URL to a key of a Secret, or secret.existing to the name of a Secret with the key DATABASE_URL." .Values.secret.databaseUrl -}}
{{- end -}}

{{/*
The admin key: the one given, else the one that the release has (an earlier version of the chart drew it). None is drawn:
where manifests are rendered without a cluster, as Argo CD does, each rendering would draw another.
*/}}
{{- define "watcher.adminKey" -}}
{{- $release := lookup "v1" "Secret" .Release.Namespace (include "watcher.fullname" .) -}}
{{- if .Values.secret.adminKey -}}
{{- .Values.secret.adminKey -}}
{{- else if and $release (hasKey (default (dict) $release.data) "WATCHER_ADMIN_KEY") -}}
{{- index $release.data "WATCHER_ADMIN_KEY" | b64dec -}}
{{- else -}}
{{- fail "Set secret.adminKey (`openssl rand -hex 32` draws a good one), secret.from.WATCHER_ADMIN_KEY to a key of a Secret, or secret.existing to the name of a Secret with the key WATCHER_ADMIN_KEY." -}}
{{- end -}}
{{- end -}}

{{/* What the chart's own Secret holds: what is given here, and in no other Secret. */}}
{{- define "watcher.secretData" -}}
{{- if not .Values.secret.existing }}
{{- if not (hasKey .Values.secret.from "DATABASE_URL") }}
DATABASE_URL: {{ include "watcher.databaseUrl" . | quote }}
{{- end }}
{{- if not (hasKey .Values.secret.from "WATCHER_ADMIN_KEY") }}
WATCHER_ADMIN_KEY: {{ include "watcher.adminKey" . | quote }}
{{- end }}
{{- range $name, $value := .Values.secret.values }}
{{ $name }}: {{ include "watcher.text" $value }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Changes with all that the pods read when they start, as far as it can be seen: Secrets of others only in a cluster. */}}
{{- define "watcher.secretChecksum" -}}
{{- $seen := dict "own" (include "watcher.secretData" .) -}}
{{- $names := list .Values.secret.existing .Values.ca.secret -}}
{{- range .Values.secret.from -}}
{{- $names = append $names .name -}}
{{- end -}}
{{- range $name := compact $names | uniq -}}
{{- with lookup "v1" "Secret" $.Release.Namespace $name -}}
{{- $_ := set $seen $name .data -}}
{{- end -}}
{{- end -}}
{{- with .Values.ca.configMap -}}
{{- with lookup "v1" "ConfigMap" $.Release.Namespace . -}}
{{- $_ := set $seen "ca" .data -}}
{{- end -}}
{{- end -}}
{{- if or $seen.own (gt (len $seen) 1) -}}
{{- toJson $seen | sha256sum -}}
{{- end -}}
{{- end -}}

{{/* A value as quoted text. Helm reads 1000000 as a float, which toString would write as 1e+06. */}}
{{- define "watcher.text" -}}
{{- ternary . (toJson .) (kindIs "string" .) | quote -}}
{{- end -}}

{{/* Plain variables. Sorted by Helm, so that an unchanged release renders unchanged. */}}
{{- define "watcher.env" -}}
- name: HOST
  value: {{ default "0.0.0.0" .Values.config.HOST | quote }}
- name: PORT
  value: "8000"
- name: WATCHER_MIGRATE
  value: {{ ternary "on" "off" (eq .Values.migration.mode "start") | quote }}
{{- if not .Values.console.enabled }}
- name: WATCHER_CONSOLE
  value: "off"
{{- end }}
{{- with .Values.database.shards }}
- name: WATCHER_SHARDS
  value: {{ . | quote }}
{{- end }}
{{- if not .Values.anomalies.enabled }}
- name: WATCHER_ANOMALIES
  value: "off"
{{- end }}
{{- if not .Values.pythonCompat.enabled }}
- name: WATCHER_PYTHON_COMPAT
  value: "off"
{{- end }}
{{- range $name, $value := omit .Values.config "HOST" }}
- name: {{ $name }}
  value: {{ include "watcher.text" $value }}
{{- end }}
{{- range $name, $key := .Values.secret.from }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      {{- toYaml $key | nindent 6 }}
{{- end }}
{{- include "watcher.caEnv" . }}
{{- with .Values.alertRoutes }}
- name: WATCHER_ALERT_ROUTES
  value: {{ toJson . | quote }}
{{- end }}
{{- end -}}

{{- define "watcher.podAnnotations" -}}
{{- with include "watcher.secretChecksum" . }}
# A changed secret restarts the replicas.
checksum/secret: {{ . }}
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

{{/* Certificates that are trusted beside those of Node, by all connections: to the database, an issuer, a webhook. */}}
{{- define "watcher.hasCa" -}}
{{- if or .Values.ca.secret .Values.ca.configMap }}true{{ end -}}
{{- end -}}

{{- define "watcher.caEnv" -}}
{{- if include "watcher.hasCa" . }}
- name: NODE_EXTRA_CA_CERTS
  value: /etc/watcher/ca/ca.crt
{{- end }}
{{- end -}}

{{- define "watcher.volumes" -}}
{{- if include "watcher.hasCa" . }}
- name: ca
  {{- if .Values.ca.secret }}
  secret:
    secretName: {{ .Values.ca.secret }}
  {{- else }}
  configMap:
    name: {{ .Values.ca.configMap }}
  {{- end }}
    items:
      - key: {{ .Values.ca.key }}
        path: ca.crt
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "watcher.volumeMounts" -}}
{{- if include "watcher.hasCa" . }}
- name: ca
  mountPath: /etc/watcher/ca
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What the service and the migration have in common. */}}
{{- define "watcher.podDefaults" -}}
automountServiceAccountToken: false
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with include "watcher.volumes" . | trim }}
volumes:
  {{- . | nindent 2 }}
{{- end }}
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
