//! Fields of Deployment (apps/v1).

use crate::manifest::fields::{
    Effect::{Only, Rejected, Translated, WithoutEffect},
    FieldRule, Group, METADATA, STATUS,
};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, DEPLOYMENT, POD, CONTAINER, ENVIRONMENT, PROBES];

const ONE_MACHINE: &str = "the local mesh runs on one machine, without scheduling";
const NO_CONTAINER: &str = "programs run as plain processes of one ordinary user, without a container around them";
const ROLLOUT: &str = "the local mesh replaces the pods of a changed Deployment itself";

const DEPLOYMENT: &[Group] = &[
    Group {
        under: &["spec"],
        rules: &[
            FieldRule("replicas", Translated),
            FieldRule("selector.matchLabels{}", Translated),
            FieldRule("selector.matchExpressions", Rejected("use matchLabels; expressions are not supported")),
            FieldRule("paused", Only(&["false"], "remove it; the local mesh rolls out changes at once")),
            FieldRule(
                "{minReadySeconds,progressDeadlineSeconds,revisionHistoryLimit,strategy}",
                WithoutEffect(ROLLOUT),
            ),
        ],
    },
    Group {
        under: &["spec.template.metadata"],
        rules: &[
            FieldRule("{labels,annotations}{}", Translated),
            FieldRule("{name,namespace,generateName}", WithoutEffect("a pod is named after its Deployment")),
            FieldRule(
                "{creationTimestamp,generation,managedFields,resourceVersion,selfLink,uid}",
                WithoutEffect("a cluster writes it when it stores the resource"),
            ),
            FieldRule(
                "{deletionGracePeriodSeconds,deletionTimestamp,finalizers,ownerReferences}",
                WithoutEffect("it controls deletion in a cluster; a local pod ends with its process"),
            ),
        ],
    },
];

const POD: &[Group] = &[Group {
    under: &["spec.template.spec"],
    rules: &[
        FieldRule("{serviceAccountName,terminationGracePeriodSeconds}", Translated),
        FieldRule("serviceAccount", Rejected("write serviceAccountName, which replaces it")),
        FieldRule(
            "{initContainers,ephemeralContainers}",
            Rejected("remove them; a local pod is one program and its sidecar"),
        ),
        FieldRule("volumes", Rejected("remove them; local programs are configured only by args and env")),
        FieldRule(
            "hostAliases",
            Rejected("remove them; the local mesh configures callers with their sidecar's address, without DNS"),
        ),
        FieldRule("{hostNetwork,hostPID,hostIPC}", Only(&["false"], "remove it; every local pod has its own address")),
        FieldRule("restartPolicy", Only(&["Always"], "write Always, the only one that a Deployment may have")),
        FieldRule(
            "{activeDeadlineSeconds,readinessGates,schedulingGates}",
            Rejected("remove it; the local mesh has no scheduling gates"),
        ),
        FieldRule(
            "{affinity,nodeName,nodeSelector,tolerations,topologySpreadConstraints,schedulerName}",
            WithoutEffect(ONE_MACHINE),
        ),
        FieldRule(
            "{preemptionPolicy,priority,priorityClassName,runtimeClassName,overhead}",
            WithoutEffect(ONE_MACHINE),
        ),
        FieldRule("{resources,resourceClaims}", WithoutEffect("processes share the machine without limits")),
        FieldRule("{securityContext,hostUsers,os,shareProcessNamespace}", WithoutEffect(NO_CONTAINER)),
        FieldRule(
            "{automountServiceAccountToken}",
            WithoutEffect("the local mesh has no Kubernetes API that accepts a token"),
        ),
        FieldRule("imagePullSecrets", WithoutEffect("the programs are on this machine; no image is pulled")),
        FieldRule(
            "{dnsConfig,dnsPolicy}",
            WithoutEffect("the local mesh configures callers with their sidecar's address, without DNS"),
        ),
        FieldRule("enableServiceLinks", WithoutEffect("the local mesh sets no variables for Services")),
        FieldRule(
            "{hostname,hostnameOverride,setHostnameAsFQDN,subdomain}",
            WithoutEffect("a process has the machine's host name"),
        ),
    ],
}];

const CONTAINER: &[Group] = &[Group {
    under: &["spec.template.spec.containers[]"],
    rules: &[
        FieldRule("{name,image}", Translated),
        FieldRule("{args,command}[]", Translated),
        FieldRule("ports[].{name,containerPort}", Translated),
        FieldRule("ports[].protocol", Only(&["TCP"], "remove it or write TCP")),
        FieldRule("ports[].{hostIP,hostPort}", Rejected("remove it; use the ingress gateway for access from outside")),
        FieldRule(
            "{volumeMounts,volumeDevices}",
            Rejected("remove them; local programs are configured only by args and env"),
        ),
        FieldRule(
            "{restartPolicy,restartPolicyRules}",
            Rejected("remove it; it is for containers that start before the program"),
        ),
        FieldRule("imagePullPolicy", WithoutEffect("the programs are on this machine; no image is pulled")),
        FieldRule("{resources,resizePolicy}", WithoutEffect("processes share the machine without limits")),
        FieldRule("{securityContext,workingDir}", WithoutEffect(NO_CONTAINER)),
        FieldRule("lifecycle", Rejected("remove it; only preStop.sleep is accepted")),
        FieldRule(
            "lifecycle.preStop.sleep",
            WithoutEffect("endpoints are removed from all proxies before the program gets SIGTERM"),
        ),
        FieldRule("{stdin,stdinOnce,tty}", WithoutEffect("local programs have no terminal")),
        FieldRule(
            "{terminationMessagePath,terminationMessagePolicy}",
            WithoutEffect("the reason of an exit is in the program's log"),
        ),
    ],
}];

const ENVIRONMENT: &[Group] = &[Group {
    under: &["spec.template.spec.containers[]"],
    rules: &[
        FieldRule("env[].{name,value}", Translated),
        FieldRule("env[].valueFrom.fieldRef.fieldPath", Translated),
        FieldRule("env[].valueFrom.fieldRef.apiVersion", Only(&["v1"], "remove it or write v1")),
        FieldRule(
            "env[].valueFrom.{configMapKeyRef,secretKeyRef,fileKeyRef}",
            Rejected("write the value; the local mesh does not read ConfigMaps, Secrets and files"),
        ),
        FieldRule(
            "env[].valueFrom.resourceFieldRef",
            Rejected("write the value; the local mesh has no resource limits"),
        ),
        FieldRule("envFrom", Rejected("write the variables; the local mesh does not read ConfigMaps and Secrets")),
    ],
}];

const PROBES: &[Group] = &[
    Group {
        under: &["spec.template.spec.containers[].readinessProbe"],
        rules: &[
            FieldRule("httpGet.{path,port}", Translated),
            FieldRule("httpGet.scheme", Only(&["HTTP"], "write HTTP; the programs answer probes without TLS")),
            FieldRule("httpGet.{host,httpHeaders}", Rejected("remove it; probes go to the pod's own port")),
            FieldRule("{failureThreshold,periodSeconds}", Translated),
            FieldRule("{exec,grpc,tcpSocket}", Rejected("use httpGet, the only supported probe")),
            FieldRule(
                "{initialDelaySeconds,successThreshold,timeoutSeconds,terminationGracePeriodSeconds}",
                WithoutEffect("probes begin at the start, and the first success makes the pod ready"),
            ),
        ],
    },
    Group {
        under: &["spec.template.spec.containers[]"],
        rules: &[FieldRule(
            "{livenessProbe,startupProbe}",
            WithoutEffect("the local mesh observes exits directly and does not kill a process that hangs"),
        )],
    },
];
