{{- define "pod" }}
    metadata:
      labels: {app: maesh, component: {{ .component }}, release: {{ .root.Release.Name }}}
    spec:
      serviceAccountName: {{ .root.Release.Name }}-{{ .component }}
      enableServiceLinks: false
      terminationGracePeriodSeconds: 1
      volumes:
        - name: scripts
          configMap: {name: {{ .root.Release.Name }}-scripts}
{{- end }}
{{- define "container" }}
          image: {{ if eq .Values.fault "image" }}registry.invalid/no/such:image{{ else }}{{ .Values.image | quote }}{{ end }}
          imagePullPolicy: IfNotPresent
          volumeMounts: [{name: scripts, mountPath: /scripts}]
          securityContext: {runAsNonRoot: true, runAsUser: 10001}
          resources: {requests: {cpu: 10m, memory: 24Mi}}
{{- end }}
