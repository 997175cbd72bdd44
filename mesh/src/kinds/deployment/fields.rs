//! Deployment (apps/v1).

use crate::manifest::fields::{
    Effect::{Only, Refused, Translated, WithoutEffect},
    Group, METADATA, Rule, STATUS,
};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, DEPLOYMENT, POD, CONTAINER, ENVIRONMENT, PROBES];

const ONE_MACHINE: &str = "there is one machine, so nothing is to be placed";
const NO_CONTAINER: &str = "programs run as plain processes of one ordinary user, without a container around them";
const ROLLOUT: &str = "the local mesh replaces the pods of a changed Deployment itself";

const DEPLOYMENT: &[Group] = &[
    Group {
        under: &["spec"],
        rules: &[
            Rule("replicas", Translated),
            Rule("selector.matchLabels{}", Translated),
            Rule("selector.matchExpressions", Refused("use matchLabels: expressions are not understood")),
            Rule("paused", Only(&["false"], "leave it out: a change is rolled out at once here")),
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
                WithoutEffect("it tells a cluster what to do on deletion; here a pod ends with its process"),
            ),
        ],
    },
];

const POD: &[Group] = &[Group {
    under: &["spec.template.spec"],
    rules: &[
        Rule("{serviceAccountName,terminationGracePeriodSeconds}", Translated),
        Rule("serviceAccount", Refused("write serviceAccountName, which took its place")),
        Rule(
            "{initContainers,ephemeralContainers}",
            Refused("leave them out: a pod here is one program and its sidecar"),
        ),
        Rule("volumes", Refused("leave them out: programs here get their configuration from args and env alone")),
        Rule(
            "hostAliases",
            Refused("leave them out: names are not looked up here, callers are told where their sidecar is"),
        ),
        Rule(
            "{hostNetwork,hostPID,hostIPC}",
            Only(&["false"], "leave it out: every pod has an address of its own here"),
        ),
        Rule("restartPolicy", Only(&["Always"], "write Always, the only one that a Deployment may have")),
        Rule(
            "{activeDeadlineSeconds,readinessGates,schedulingGates}",
            Refused("leave it out: nothing here would open or end it"),
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
            WithoutEffect("there is no Kubernetes API here that a token would open"),
        ),
        Rule("imagePullSecrets", WithoutEffect("the programs are on this machine; no image is pulled")),
        Rule(
            "{dnsConfig,dnsPolicy}",
            WithoutEffect("names are not looked up here: callers are told where their sidecar is"),
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
        Rule("ports[].protocol", Only(&["TCP"], "leave it out or write TCP")),
        Rule("ports[].{hostIP,hostPort}", Refused("leave it out; the way in from outside is the ingress gateway")),
        Rule(
            "{volumeMounts,volumeDevices}",
            Refused("leave them out: programs here get their configuration from args and env alone"),
        ),
        Rule(
            "{restartPolicy,restartPolicyRules}",
            Refused("leave it out: it is for containers that start before the program"),
        ),
        Rule("imagePullPolicy", WithoutEffect("the programs are on this machine; no image is pulled")),
        Rule("{resources,resizePolicy}", WithoutEffect("processes share the machine without limits")),
        Rule("{securityContext,workingDir}", WithoutEffect(NO_CONTAINER)),
        Rule("lifecycle", Refused("leave it out: only preStop.sleep may stand here")),
        Rule(
            "lifecycle.preStop.sleep",
            WithoutEffect("a pod's endpoints are taken away everywhere before its program is told to end"),
        ),
        Rule("{stdin,stdinOnce,tty}", WithoutEffect("nobody types into a program here")),
        Rule(
            "{terminationMessagePath,terminationMessagePolicy}",
            WithoutEffect("why a program ended stands in its log"),
        ),
    ],
}];

const ENVIRONMENT: &[Group] = &[Group {
    under: &["spec.template.spec.containers[]"],
    rules: &[
        Rule("env[].{name,value}", Translated),
        Rule("env[].valueFrom.fieldRef.fieldPath", Translated),
        Rule("env[].valueFrom.fieldRef.apiVersion", Only(&["v1"], "leave it out or write v1")),
        Rule(
            "env[].valueFrom.{configMapKeyRef,secretKeyRef,fileKeyRef}",
            Refused("write the value: ConfigMaps, Secrets and files are not read here"),
        ),
        Rule("env[].valueFrom.resourceFieldRef", Refused("write the value: there are no resource limits here")),
        Rule("envFrom", Refused("write the variables: ConfigMaps and Secrets are not read here")),
    ],
}];

const PROBES: &[Group] = &[
    Group {
        under: &["spec.template.spec.containers[].readinessProbe"],
        rules: &[
            Rule("httpGet.{path,port}", Translated),
            Rule("httpGet.scheme", Only(&["HTTP"], "write HTTP: the programs answer probes without TLS")),
            Rule("httpGet.{host,httpHeaders}", Refused("leave it out: the pod's own port is asked")),
            Rule("{failureThreshold,periodSeconds}", Translated),
            Rule("{exec,grpc,tcpSocket}", Refused("use httpGet, the only probe that is understood")),
            Rule(
                "{initialDelaySeconds,successThreshold,timeoutSeconds,terminationGracePeriodSeconds}",
                WithoutEffect("a program is asked from its start on, and the first good answer makes it ready"),
            ),
        ],
    },
    Group {
        under: &["spec.template.spec.containers[]"],
        rules: &[Rule(
            "{livenessProbe,startupProbe}",
            WithoutEffect("the local mesh sees the end of a process itself, and does not end one that hangs"),
        )],
    },
];
