{{- define "cassandre.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Labels of everything: the release, and which part of it. Called with (dict "root" $ "part" "web"). */}}
{{- define "cassandre.selector" -}}
app.kubernetes.io/name: cassandre
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- define "cassandre.labels" -}}
{{ include "cassandre.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "cassandre.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "cassandre.name" .) -}}
{{- end -}}

{{/* What every pod has in common. Nothing may be written but /data and /tmp. */}}
{{- define "cassandre.pod" -}}
{{- if not .inline }}
serviceAccountName: {{ include "cassandre.serviceAccount" .root }}
{{- end }}
automountServiceAccountToken: false
enableServiceLinks: false  # a service called "db" would set DB_PORT
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: data
    emptyDir: {}
  - name: tmp
    emptyDir: {}
  - name: secrets
    secret:
      secretName: {{ .root.Values.secret.name }}
      defaultMode: 0440
{{- end -}}

{{/* What every container has in common. `inline`: with its settings, for what comes before the
ConfigMap is there. */}}
{{- define "cassandre.container" -}}
image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{- if not .inline }}
envFrom:
  - configMapRef:
      name: {{ include "cassandre.name" .root }}
{{- end }}
env:
  {{- if .inline }}
  {{- range $name, $value := fromYaml (include "cassandre.settings" .root) }}
  - name: {{ $name }}
    value: {{ $value | quote }}
  {{- end }}
  {{- end }}
  {{- range .root.Values.secret.keys }}
  - name: {{ . }}_FILE
    value: /run/secrets/cassandre/{{ . }}
  {{- end }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
volumeMounts:
  - name: data
    mountPath: /data
  - name: tmp
    mountPath: /tmp
  - name: secrets
    mountPath: /run/secrets/cassandre
    readOnly: true
{{- end -}}

{{/* A new rollout where the settings have changed. */}}
{{- define "cassandre.annotations" -}}
checksum/config: {{ include (print .Template.BasePath "/configmap.yaml") . | sha256sum }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* (dict "root" $ "part" "web" "scaling" .Values.web.autoscaling) */}}
{{- define "cassandre.autoscaler" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "cassandre.name" .root }}-{{ .part }}
  labels:
    {{- include "cassandre.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "cassandre.name" .root }}-{{ .part }}
  minReplicas: {{ .scaling.minReplicas }}
  maxReplicas: {{ .scaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ .scaling.targetCPUUtilizationPercentage }}
  behavior:
    scaleDown:
      # A pod that ends hands its readers over: not at each lull.
      stabilizationWindowSeconds: 600
{{- end -}}

{{/* The variables that are no secrets, as a map of strings. */}}
{{- define "cassandre.settings" -}}
{{- $own := dict
  "DJANGO_SETTINGS_MODULE" "cassandre.prod_settings"
  "CASSANDRE_DATA" "/data"
  "HOST" "0.0.0.0"
  "PORT" "8000"
  "HTTPS" "true"
  "ALLOWED_HOSTS" .Values.host
  "ANSWER_GRACE_S" (toString .Values.web.answerGrace)
  "DB_HOST" .Values.database.host
  "DB_PORT" (toString .Values.database.port)
  "DB_NAME" .Values.database.name
  "DB_USER" .Values.database.user
  "DB_POOL_SIZE" (toString .Values.database.poolSize)
  "CHANNEL_REDIS" .Values.redis.channels
  "CELERY_BROKER_URL" .Values.redis.broker
  "MINIO_URL" .Values.s3.url
  "MINIO_STORAGE_BUCKET_NAME" .Values.s3.bucket
  "QDRANT_URL" .Values.qdrant.url
}}
{{- if .Values.monitoring.enabled }}
{{- $_ := set $own "METRICS_ALLOWED" .Values.monitoring.allowed }}
{{- $_ := set $own "METRICS_PORT" "9100" }}
{{- end }}
{{- range $name, $value := merge (deepCopy .Values.env) $own }}
{{ $name }}: {{ $value | toString | quote }}
{{- end }}
{{- end -}}
