"""One object of many kinds, written as people write them: short, with what the server fills in."""

from __future__ import annotations

from typing import Any

import yaml

MANY_KINDS: list[dict[str, Any]] = list(
    yaml.safe_load_all(
        """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080, name: http}, {port: 53, protocol: UDP, name: dns}]
---
apiVersion: v1
kind: Service
metadata: {name: none, namespace: shop}
spec: {clusterIP: None, selector: {}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Secret
metadata: {name: key, namespace: shop}
stringData: {password: "hunter2-and-more"}
data: {other: aGVsbG8=}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot, namespace: shop}
imagePullSecrets: [{name: registry}]
automountServiceAccountToken: false
---
apiVersion: v1
kind: ConfigMap
metadata: {name: empty, namespace: shop, labels: {}, annotations: {}}
data: {}
---
apiVersion: v1
kind: LimitRange
metadata: {name: limits, namespace: shop}
spec: {limits: [{type: Container, max: {cpu: "2", memory: 1Gi}}]}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: quota, namespace: shop}
spec: {hard: {requests.cpu: 4000m, pods: 100}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1024Mi}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: many-kinds-disk}
spec:
  accessModes: [ReadWriteOnce]
  capacity: {storage: 0.5Gi}
  hostPath: {path: /tmp/disk}
---
apiVersion: v1
kind: Namespace
metadata: {name: extra, labels: {team: blue}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      hostNetwork: false
      securityContext: {}
      tolerations: [{key: a, operator: Exists}]
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: zone
        whenUnsatisfiable: ScheduleAnyway
        labelSelector: {matchLabels: {app: db}}
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
          - weight: 1
            podAffinityTerm: {topologyKey: zone, labelSelector: {matchLabels: {app: db}}}
      volumes:
      - {name: tmp, emptyDir: {}}
      - {name: cfg, configMap: {name: settings}}
      - name: all
        projected:
          sources:
          - configMap: {name: settings}
          - serviceAccountToken: {path: token}
          - downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}
      - name: info
        downwardAPI:
          items: [{path: cpu, resourceFieldRef: {containerName: db, resource: limits.cpu}}]
      containers:
      - name: db
        image: db:1
        ports: [{containerPort: 5432}, {containerPort: 5432, protocol: UDP}]
        env:
        - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
        - {name: EMPTY, value: ""}
        envFrom: [{configMapRef: {name: settings}}]
        readinessProbe: {httpGet: {path: /, port: 80}}
        livenessProbe: {tcpSocket: {port: 5432}}
        lifecycle: {preStop: {exec: {command: [sleep, "1"]}}}
        resources: {limits: {cpu: 1, memory: 128Mi}}
        volumeMounts: [{name: tmp, mountPath: /tmp}, {name: cfg, mountPath: /cfg, readOnly: false}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: shop}
spec:
  selector: {matchLabels: {app: agent}}
  updateStrategy: {}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: "agent:1", command: [run], args: ["-v"]}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: shop}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: once, image: "once:1"}]}
---
apiVersion: batch/v1beta1
kind: CronJob
metadata: {name: nightly, namespace: shop}
spec:
  schedule: "0 3 * * *"
  suspend: false
  jobTemplate:
    spec:
      template:
        spec: {restartPolicy: Never, containers: [{name: once, image: "once:1"}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: shop}
spec:
  schedule: "0 3 * * *"
  suspend: false
  jobTemplate:
    spec:
      template:
        spec: {restartPolicy: Never, containers: [{name: once, image: "once:1"}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  tls: [{hosts: [shop.example], secretName: cert}]
  rules:
  - host: shop.example
    http:
      paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: open, namespace: shop}
spec:
  podSelector: {}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}, {namespaceSelector: {}}]
    ports: [{port: 80}]
  - {}
---
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: autoscaling/v2beta2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}
  - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1000M}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
  behavior: {scaleDown: {policies: [{type: Percent, value: 10, periodSeconds: 60}]}}
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}
  - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1000M}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules: [{apiGroups: [""], resources: [pods], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: readers, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: robot, namespace: shop}, {kind: User, name: ann}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: many-kinds}
rules: [{nonResourceURLs: [/metrics], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: many-kinds}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: many-kinds}
subjects: [{kind: Group, name: readers}]
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: many-kinds}
provisioner: example.io/none
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: many-kinds}
value: 1000
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: many-kinds}
webhooks:
- name: check.example.io
  clientConfig: {url: "https://check.example.io/"}
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Ignore
  rules: [{apiGroups: [example.io], apiVersions: [v1], operations: [CREATE], resources: [things]}]
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.many.example.io}
spec:
  group: many.example.io
  scope: Cluster
  preserveUnknownFields: false
  names: {kind: Gadget, plural: gadgets}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: lock, namespace: shop}
spec: {holderIdentity: me}
---
apiVersion: discovery.k8s.io/v1beta1
kind: EndpointSlice
metadata: {name: manual, namespace: shop}
addressType: IPv4
endpoints: [{addresses: [10.1.1.1]}]
ports: [{port: 80}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: manual, namespace: shop}
addressType: IPv4
endpoints: [{addresses: [10.1.1.1]}]
ports: [{port: 80}]
---
apiVersion: v1
kind: Endpoints
metadata: {name: outside, namespace: shop}
subsets: [{addresses: [{ip: 10.1.1.1}], ports: [{port: 80}]}]
---
apiVersion: v1
kind: ReplicationController
metadata: {name: old, namespace: shop}
spec:
  template:
    metadata: {labels: {app: old}}
    spec: {containers: [{name: old, image: "old:1"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: lone, namespace: shop}
spec: {containers: [{name: lone, image: "lone:1"}]}
"""
    )
)
