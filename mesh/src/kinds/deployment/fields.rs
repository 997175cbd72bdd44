//! Fields of Deployment (apps/v1).

use crate::manifest::fields::{
    Effect::{Only, Rejected, Translated, WithoutEffect},
    Group, METADATA, Rule, STATUS,
};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, DEPLOYMENT, POD, CONTAINER, ENVIRONMENT, PROBES];

const ONE_MACHINE: &str = "the local mesh runs on one machine, without scheduling";
const NO_CONTAINER: &str = "programs run as plain processes of one ordinary user, without a container around them";
const ROLLOUT: &str = "the local mesh replaces the pods of a changed Deployment itself";

const DEPLOYMENT: &[Group] = &[
    Group {
        under: &["spec"],
        rules: &[
            Rule("replicas", Translated),
            Rule("selector.matchLabels{}", Translated),
            Rule("selector.matchExpressions", Rejected("use matchLabels; expressions are not supported")),
            Rule("paused", Only(&["false"], "remove it; the local mesh rolls out changes at once")),
            Rule("{minReadySeconds,progressDeadlineSeconds,revisionHistoryLimit,strategy}", WithoutEffect(ROLLOUT)),
        ],
    },
    Group {
        under: &["spec.template.metadata"],
        rules: &[
            Rule("{labels,annotations}{}", Translated),
            Rule("{name,namespace,generateName}", WithoutEffect("a pod is named after its Deployment")),
            Rule(
                "{creationTimestamp,generation,managedFields,resourceVersion,selfLink,uid}",
                WithoutEffect("a cluster writes it when it stores the resource"),
            ),
            Rule(
                "{deletionGracePeriodSeconds,deletionTimestamp,finalizers,ownerReferences}",
                WithoutEffect("it controls deletion in a cluster; a local pod ends with its process"),
            ),
        ],
    },
];

const POD: &[Group] = &[Group {
    under: &["spec.template.spec"],
    rules: &[
        Rule("{serviceAccountName,terminationGracePeriodSeconds}", Translated),
        Rule("serviceAccount", Rejected("write serviceAccountName, which replaces it")),
        Rule(
            "{initContainers,ephemeralContainers}",
            Rejected("remove them; a local pod is one program and its sidecar"),
        ),
        Rule("volumes", Rejected("remove them; local programs are configured only by args and env")),
        Rule(
            "hostAliases",
            Rejected("remove them; the local mesh configures callers with their sidecar's address, without DNS"),
        ),
        Rule("{hostNetwork,hostPID,hostIPC}", Only(&["false"], "remove it; every local pod has its own address")),
        Rule("restartPolicy", Only(&["Always"], "write Always, the only one that a Deployment may have")),
        Rule(
            "{activeDeadlineSeconds,readinessGates,schedulingGates}",
            Rejected("remove it; the local mesh has no scheduling gates"),
        ),
        Rule(
            "{affinity,nodeName,nodeSelector,tolerations,topologySpreadConstraints,schedulerName}",
            WithoutEffect(ONE_MACHINE),
        ),
        Rule("{preemptionPolicy,priority,priorityClassName,runtimeClassName,overhead}", WithoutEffect(ONE_MACHINE)),
        Rule("{resources,resourceClaims}", WithoutEffect("processes share the machine without limits")),
        Rule("{securityContext,hostUsers,os,shareProcessNamespace}", WithoutEffect(NO_CONTAINER)),
        Rule(
            "{automountServiceAccountToken}",
            WithoutEffect("the local mesh has no Kubernetes API that accepts a token"),
        ),
        Rule("imagePullSecrets", WithoutEffect("the programs are on this machine; no image is pulled")),
        Rule(
            "{dnsConfig,dnsPolicy}",
            WithoutEffect("the local mesh configures callers with their sidecar's address, without DNS"),
        ),
        Rule("enableServiceLinks", WithoutEffect("the local mesh sets no variables for Services")),
        Rule(
            "{hostname,hostnameOverride,setHostnameAsFQDN,subdomain}",
            WithoutEffect("a process has the machine's host name"),
        ),
    ],
}];

const CONTAINER: &[Group] = &[Group {
    under: &["spec.template.spec.containers[]"],
    rules: &[
        Rule("{name,image}", Translated),
        Rule("{args,command}[]", Translated),
        Rule("ports[].{name,containerPort}", Translated),
        Rule("ports[].protocol", Only(&["TCP"], "remove it or write TCP")),
        Rule("ports[].{hostIP,hostPort}", Rejected("remove it; use the ingress gateway for access from outside")),
        Rule(
            "{volumeMounts,volumeDevices}",
            Rejected("remove them; local programs are configured only by args and env"),
        ),
        Rule(
            "{restartPolicy,restartPolicyRules}",
            Rejected("remove it; it is for containers that start before the program"),
        ),
        Rule("imagePullPolicy", WithoutEffect("the programs are on this machine; no image is pulled")),
        Rule("{resources,resizePolicy}", WithoutEffect("processes share the machine without limits")),
        Rule("{securityContext,workingDir}", WithoutEffect(NO_CONTAINER)),
        Rule("lifecycle", Rejected("remove it; only preStop.sleep is accepted")),
        Rule(
            "lifecycle.preStop.sleep",
            WithoutEffect("endpoints are removed from all proxies before the program gets SIGTERM"),
        ),
        Rule("{stdin,stdinOnce,tty}", WithoutEffect("local programs have no terminal")),
        Rule(
            "{terminationMessagePath,terminationMessagePolicy}",
            WithoutEffect("the reason of an exit is in the program's log"),
        ),
    ],
}];

const ENVIRONMENT: &[Group] = &[Group {
    under: &["spec.template.spec.containers[]"],
    rules: &[
        Rule("env[].{name,value}", Translated),
        Rule("env[].valueFrom.fieldRef.fieldPath", Translated),
        Rule("env[].valueFrom.fieldRef.apiVersion", Only(&["v1"], "remove it or write v1")),
        Rule(
            "env[].valueFrom.{configMapKeyRef,secretKeyRef,fileKeyRef}",
            Rejected("write the value; the local mesh does not read ConfigMaps, Secrets and files"),
        ),
        Rule("env[].valueFrom.resourceFieldRef", Rejected("write the value; the local mesh has no resource limits")),
        Rule("envFrom", Rejected("write the variables; the local mesh does not read ConfigMaps and Secrets")),
    ],
}];

const PROBES: &[Group] = &[
    Group {
        under: &["spec.template.spec.containers[].readinessProbe"],
        rules: &[
            Rule("httpGet.{path,port}", Translated),
            Rule("httpGet.scheme", Only(&["HTTP"], "write HTTP; the programs answer probes without TLS")),
            Rule("httpGet.{host,httpHeaders}", Rejected("remove it; probes go to the pod's own port")),
            Rule("{failureThreshold,periodSeconds}", Translated),
            Rule("{exec,grpc,tcpSocket}", Rejected("use httpGet, the only supported probe")),
            Rule(
                "{initialDelaySeconds,successThreshold,timeoutSeconds,terminationGracePeriodSeconds}",
                WithoutEffect("probes begin at the start, and the first success makes the pod ready"),
            ),
        ],
    },
    Group {
        under: &["spec.template.spec.containers[]"],
        rules: &[Rule(
            "{livenessProbe,startupProbe}",
            WithoutEffect("the local mesh observes exits directly and does not kill a process that hangs"),
        )],
    },
];
