//! Files become objects, or problems that say what would be right.

use std::{
    fs,
    path::{Path, PathBuf},
};

use meshwalk_mesh::{
    manifest::Key,
    resources::{ParsedManifests, Resources},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn workload() -> Resources {
    let reading = Resources::read(&[root().join("k8s/base")]).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    Resources::default().with(&reading).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

/// What is said of a text, without the name of the file.
fn refusal(text: &str) -> String {
    ParsedManifests::parse(text, "a.yaml".as_ref()).unwrap_err().to_string()
}

#[test]
fn the_workload_is_read_and_every_field_of_it_is_accounted_for() {
    let set = workload();
    let deployments: Vec<&str> = set.deployments.keys().map(|key| key.name.as_str()).collect();
    assert_eq!(deployments, ["backend-v1", "backend-v2", "frontend", "outsider", "unauthorized"]);
    assert!(set.deployments.keys().all(|key| key.namespace == "meshwalk"));
    assert_eq!(set.deployments[&Key::new("meshwalk", "backend-v1")].spec.replicas, 2);
    assert!(set.without_effect.iter().any(|field| {
        field.resource == "Deployment meshwalk/frontend"
            && field.field == "spec.template.spec.containers[].resources"
            && field.reason == "processes share the machine without limits"
    }));
}

#[test]
fn every_file_of_the_walkthrough_is_read_and_fits_the_workload() {
    let mut files = yaml_files(&root().join("istio"));
    // Input files of `istioctl`, not resources of a mesh.
    files.retain(|file| !file.starts_with(root().join("istio/install")));
    assert!(files.len() > 10, "{files:?}");
    let base = ["istio/gateway/http.yaml", "istio/subsets.yaml"].map(|file| root().join(file));
    let base = workload().with(&Resources::read(&base).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))).unwrap();
    // Files of a lab apply to its own workloads.
    let chain = ["k8s/chain", "istio/chain/subset.yaml"].map(|file| root().join(file));
    let chain = base.with(&Resources::read(&chain).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))).unwrap();
    for file in files {
        let base = if file.starts_with(root().join("istio/chain")) { &chain } else { &base };
        let reading = Resources::read(&[&file]).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
        let with = base.with(&reading).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
        assert!(reading.resources.iter().all(|resource| with.get(resource).as_ref() == Some(resource)));
    }
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(yaml_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files
}

#[test]
fn documents_that_were_kept_are_read_to_the_same_set() {
    let set = workload();
    let documents: Vec<_> = set.all().iter().map(|resource| resource.document().clone()).collect();
    let again = Resources::default().with(&ParsedManifests::from_documents(&documents).unwrap()).unwrap();
    let said = |set: &Resources| set.all().iter().map(|resource| resource.document().clone()).collect::<Vec<_>>();
    assert_eq!(said(&again), said(&set));
    assert_eq!(again.deployments.len(), set.deployments.len());
}

#[test]
fn reports_a_misspelt_field_with_location_and_suggestion() {
    assert_eq!(
        refusal(
            "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n    - name: http\n      prot: 80\n"
        ),
        "a.yaml:7:7: Service default/a: spec.ports[0].prot: unknown field; did you mean `port`?"
    );
    assert_eq!(
        refusal("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n    - name: http\n"),
        "a.yaml:6:7: Service default/a: spec.ports[0].port: this field is required"
    );
    assert_eq!(
        refusal("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports: {http: 80}\n"),
        "a.yaml:5:10: Service default/a: spec.ports: expected a list, not a map"
    );
    assert_eq!(
        refusal("apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  labels: {tier: 1}\nspec: {ports: []}\n"),
        "a.yaml:5:18: Service default/a: metadata.labels.tier: expected text, not a number"
    );
    assert_eq!(
        refusal(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec:\n  hosts: [a]\n  http:\n    - timeout: 5\n"
        ),
        "a.yaml:7:16: VirtualService default/a: spec.http[0].timeout: expected text, not a number"
    );
}

#[test]
fn rejects_resources_without_fields_that_a_cluster_requires() {
    assert_eq!(
        refusal(
            "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec:\n  servers:\n    - hosts: [a.example]\n      port: {number: 80, protocol: HTTP}\n"
        ),
        "a.yaml:7:13: Gateway default/a: spec.servers[0].port.name: this field is required"
    );
}

#[test]
fn rejects_unsupported_fields_with_help() {
    assert_eq!(
        refusal(
            "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a, namespace: b}\nspec:\n  action: AUDIT\n"
        ),
        "a.yaml:5:3: AuthorizationPolicy b/a: spec.action: the local mesh does not support the value `AUDIT`; write ALLOW \
         or DENY; AUDIT and CUSTOM need a provider that the local mesh does not have"
    );
    assert_eq!(
        refusal(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec:\n  hosts: [a]\n  tcp:\n    - route: []\n"
        ),
        "a.yaml:6:3: VirtualService default/a: spec.tcp: the local mesh does not support this field; use http; TCP \
         routes are not supported"
    );
    assert_eq!(
        refusal("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: LoadBalancer, ports: []}\n"),
        "a.yaml:4:8: Service default/a: spec.type: the local mesh does not support the value `LoadBalancer`; write \
         ClusterIP; use the ingress gateway for access from outside"
    );
}

#[test]
fn kinds_are_understood_without_effect_or_refused() {
    let budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a, namespace: b}\nspec: {minAvailable: 1}\n";
    let reading = ParsedManifests::parse(budget, "a.yaml".as_ref()).unwrap();
    assert!(reading.resources.is_empty());
    assert_eq!(reading.without_effect[0].resource, "PodDisruptionBudget b/a");
    assert_eq!(reading.without_effect[0].field, "*");
    assert_eq!(
        refusal("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\n"),
        "a.yaml:2:1: kind: the local mesh does not support the kind `StatefulSet` of `apps/v1`; supported are \
         Namespace, ServiceAccount, Service, Deployment, Gateway, DestinationRule, VirtualService, \
         PeerAuthentication, AuthorizationPolicy"
    );
    assert!(
        refusal("apiVersion: apps/v1\nkind: Deploymnet\nmetadata: {name: a}\n").ends_with("did you mean `Deployment`?")
    );
    assert_eq!(
        refusal("apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: a}\n"),
        "a.yaml:1:1: apiVersion: the local mesh does not support the Gateway API; write Istio's Gateway \
         (networking.istio.io/v1) and a VirtualService"
    );
    assert_eq!(refusal("kind: Service\n"), "a.yaml:1:1: apiVersion: a resource needs apiVersion");
}

#[test]
fn rejects_names_that_a_cluster_rejects() {
    assert_eq!(
        refusal("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: ../a}\n"),
        "a.yaml:3:12: ServiceAccount ../a: metadata.name: invalid resource name `../a`; use up to 253 lower-case \
         letters, digits, hyphens and dots, with a letter or digit around each dot, first and last"
    );
    let named = |kind: &str, length: usize| {
        let version = if kind == "ServiceAccount" { "v1" } else { "apps/v1" };
        refusal(&format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {}}}\n", "a".repeat(length)))
    };
    assert!(named("ServiceAccount", 254).contains("up to 253") && named("Deployment", 64).contains("up to 63"));
    assert!(
        refusal("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: B}\n")
            .contains("invalid resource name `B`")
    );
    assert!(refusal("apiVersion: v1\nkind: ServiceAccount\n").contains("metadata.name: a resource needs a name"));
    assert!(
        refusal("apiVersion: v1\nkind: Namespace\nmetadata: {name: a, namespace: b}\n")
            .contains("a Namespace is cluster-scoped and has no namespace")
    );
}

#[test]
fn istios_own_labels_and_annotations_are_judged_and_others_left_alone() {
    let account = |annotation: &str| {
        format!("apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n  annotations: {{{annotation}}}\n")
    };
    assert!(ParsedManifests::parse(&account("example.org/any: thing"), "a.yaml".as_ref()).is_ok());
    assert!(ParsedManifests::parse(&account("sidecar.istio.io/inject: \"false\""), "a.yaml".as_ref()).is_ok());
    assert!(refusal(&account("sidecar.istio.io/inject: \"no\"")).contains(
        "metadata.annotations[\"sidecar.istio.io/inject\"]: the local mesh does not support the value `no`; write \"true\" or \"false\""
    ));
    assert!(
        refusal(&account("traffic.sidecar.istio.io/excludeInboundPorts: \"80\""))
            .contains("does not support this label or annotation")
    );
}

#[test]
fn a_list_is_its_items_and_what_occurs_twice_is_refused() {
    let account = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a}}";
    let reading =
        ParsedManifests::parse(&format!("apiVersion: v1\nkind: List\nitems:\n  - {account}\n"), "a.yaml".as_ref())
            .unwrap();
    assert_eq!(reading.resources[0].identity(), "ServiceAccount default/a");
    assert_eq!(
        refusal(&format!("{account}\n---\n{account}\n")),
        "a.yaml:3:1: ServiceAccount default/a: duplicate resource; keep one of them; the first is at a.yaml:1:1"
    );
}

#[test]
fn an_element_of_a_list_with_nothing_in_it_is_refused() {
    let text =
        "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a}\nspec:\n  rules:\n    -\n";
    assert!(refusal(text).ends_with("spec.rules[0]: expected a map, not nothing"));
    let all = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a}\nspec: {rules: [{}]}\n";
    assert_eq!(ParsedManifests::parse(all, "a.yaml".as_ref()).unwrap().resources.len(), 1);
}
