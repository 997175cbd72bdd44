//! Tests that the local mesh accepts and rejects the same resources as an API server with Istio.

use meshwalk_conformance::{
    admission::{self, AdmissionCase, LocalAdmission},
    names::NAMESPACE,
};

fn differs(local: &LocalAdmission, question: &AdmissionCase) -> Option<String> {
    let refused = local.refuses(&question.resource("admission", NAMESPACE));
    let location = question.location.as_ref().map(ToString::to_string).unwrap_or_default();
    match (refused, &question.refused) {
        (None, None) => None,
        (None, Some(words)) => Some(format!("{location}: it is taken, though Istio says {words:?}")),
        (Some(diagnostics), None) => Some(format!("{location}: it is refused, though Istio takes it: {diagnostics}")),
        (Some(diagnostics), Some(_)) => {
            let in_field = diagnostics.0.iter().any(|diagnostic| diagnostic.field == question.field);
            let is_placed =
                diagnostics.0.iter().all(|diagnostic| diagnostic.location.is_some() && diagnostic.resource.is_some());
            let field = question.field.as_deref().unwrap_or_default();
            (!in_field || !is_placed).then(|| format!("{location}: it is not refused for {field}: {diagnostics}"))
        }
    }
}

#[test]
fn the_local_mesh_refuses_what_the_api_server_refuses_and_takes_what_it_takes() {
    let local = LocalAdmission::new().unwrap();
    let questions = admission::read_all().unwrap();
    let differences: Vec<_> = questions.iter().filter_map(|question| differs(&local, question)).collect();
    assert!(questions.iter().any(|question| question.refused.is_some()));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn a_refusal_says_what_would_be_right() {
    let local = LocalAdmission::new().unwrap();
    for question in admission::read_all().unwrap().iter().filter(|question| question.refused.is_some()) {
        let Some(diagnostics) = local.refuses(&question.resource("admission", NAMESPACE)) else { continue };
        for diagnostic in &diagnostics.0 {
            let says = diagnostic.help.is_some()
                || ["required", "expected", "write ", "below 1ms", "milliseconds"]
                    .iter()
                    .any(|word| diagnostic.message.contains(word))
                || diagnostic.message.contains("exactly one of");
            assert!(says, "{:?}: {diagnostic}", question.location);
        }
    }
}
