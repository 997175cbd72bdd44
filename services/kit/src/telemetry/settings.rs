//! The standard `OTEL_*` variables, as far as they concern this program.
//!
//! The SDK reads some of them itself (`OTEL_RESOURCE_ATTRIBUTES`, and the exporter's headers and timeout). Compression is
//! not built in; the log says so if it is asked for. The SDK does not know `OTEL_SDK_DISABLED` and `OTEL_PROPAGATORS`, and
//! the others here decide whether there is anything to trace for.

use super::BatchSettings;
use crate::propagation::Order;

/// What the environment says about traces.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TelemetrySettings {
    /// Where spans go. Without it, the process makes none and passes trace headers on as they are.
    pub collector: Option<Collector>,
    /// Which trace headers are believed when they differ.
    pub order: Order,
    /// How a trace that starts here is sampled.
    pub root: Root,
    /// How spans are batched.
    pub batch: BatchSettings,
    /// The service's name, where it is not the program's.
    pub service_name: Option<String>,
}

/// Where spans go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collector {
    /// The whole URL.
    pub endpoint: String,
    /// How to talk to it.
    pub protocol: Protocol,
}

/// The forms of OTLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `grpc`
    Grpc,
    /// `http/protobuf`
    HttpProtobuf,
}

/// How a trace that starts here is sampled.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Root {
    /// Every trace.
    #[default]
    All,
    /// No trace.
    None,
    /// This share of them.
    Ratio(f64),
}

impl TelemetrySettings {
    /// Reads the variables through a function, with remarks about values that mean nothing. As OpenTelemetry's
    /// specification asks, such a value counts as not set, and the program runs.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> (Self, Vec<String>) {
        let mut remarks = Vec::new();
        let set = |name: &str| variable(name).map(|v| v.trim().to_owned()).filter(|value| !value.is_empty());
        let (order, unknown) = Order::from_propagators(&set("OTEL_PROPAGATORS").unwrap_or_default());
        if !unknown.is_empty() {
            remarks.push(format!(
                "OTEL_PROPAGATORS names {}, which is not known; right would be tracecontext, baggage, b3, b3multi",
                unknown.join(", ")
            ));
        }
        let disabled = set("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let off = disabled || set("OTEL_TRACES_EXPORTER").as_deref() == Some("none");
        let collector = if off { None } else { collector(&set, &mut remarks) };
        let root = root(&set, &mut remarks);
        let batch = BatchSettings::read(&set, &mut remarks);
        // The variable of its own takes precedence over the attribute of the list.
        let service_name = set("OTEL_SERVICE_NAME").or_else(|| {
            let attributes = set("OTEL_RESOURCE_ATTRIBUTES")?;
            attributes.split(',').find_map(|pair| pair.trim().strip_prefix("service.name=").map(str::to_owned))
        });
        (Self { collector, order, root, batch, service_name }, remarks)
    }

    /// Reads the environment of the process.
    pub fn from_env() -> (Self, Vec<String>) {
        Self::read(|name| std::env::var(name).ok())
    }
}

fn collector(set: &impl Fn(&str) -> Option<String>, remarks: &mut Vec<String>) -> Option<Collector> {
    let of_signal = |name: &str| set(&format!("OTEL_EXPORTER_OTLP_TRACES_{name}"));
    let general = |name: &str| set(&format!("OTEL_EXPORTER_OTLP_{name}"));
    let protocol = match of_signal("PROTOCOL").or_else(|| general("PROTOCOL")).as_deref() {
        None | Some("grpc") => Protocol::Grpc,
        Some("http/protobuf") => Protocol::HttpProtobuf,
        Some(other) => {
            remarks.push(format!(
                "OTEL_EXPORTER_OTLP_PROTOCOL is '{other}'; right would be grpc or http/protobuf, so grpc is taken"
            ));
            Protocol::Grpc
        }
    };
    // The signal's own variable is a whole URL; the general one is a base, to which HTTP adds the signal's path.
    let endpoint = of_signal("ENDPOINT").or_else(|| {
        general("ENDPOINT").map(|base| match protocol {
            Protocol::Grpc => base,
            Protocol::HttpProtobuf => format!("{}/v1/traces", base.trim_end_matches('/')),
        })
    })?;
    if endpoint.starts_with("https://") {
        remarks.push(format!(
            "no spans are sent to {endpoint}: this program speaks plain HTTP to a collector; use http://, and let a \
             sidecar encrypt"
        ));
        return None;
    }
    let compression = of_signal("COMPRESSION").or_else(|| general("COMPRESSION"));
    if let Some(compression) = compression.filter(|compression| compression != "none") {
        remarks.push(format!(
            "OTEL_EXPORTER_OTLP_COMPRESSION is '{compression}', but spans are sent uncompressed; right would be none"
        ));
    }
    let endpoint = if endpoint.starts_with("http://") { endpoint } else { format!("http://{endpoint}") };
    Some(Collector { endpoint, protocol })
}

fn root(set: &impl Fn(&str) -> Option<String>, remarks: &mut Vec<String>) -> Root {
    let sampler = set("OTEL_TRACES_SAMPLER");
    // Whatever is named, a caller's decision is kept: a trace with holes is worth less than none.
    match sampler.as_deref().map(|name| name.trim_start_matches("parentbased_")) {
        None | Some("always_on") => Root::All,
        Some("always_off") => Root::None,
        Some("traceidratio") => {
            let argument = set("OTEL_TRACES_SAMPLER_ARG").unwrap_or_else(|| "1".into());
            match argument.parse::<f64>() {
                Ok(ratio) if (0.0..=1.0).contains(&ratio) => Root::Ratio(ratio),
                _ => {
                    remarks
                        .push(format!("OTEL_TRACES_SAMPLER_ARG is '{argument}'; right would be 0 to 1, so 1 is taken"));
                    Root::All
                }
            }
        }
        Some(_) => {
            remarks.push(format!(
                "OTEL_TRACES_SAMPLER is '{}'; right would be always_on, always_off, traceidratio, or one of them after \
                 parentbased_, so all traces are sampled",
                sampler.unwrap_or_default()
            ));
            Root::All
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> (TelemetrySettings, Vec<String>) {
        TelemetrySettings::read(|name| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
    }

    fn endpoint(variables: &[(&str, &str)]) -> Option<String> {
        read(variables).0.collector.map(|collector| collector.endpoint)
    }

    #[test]
    fn without_an_endpoint_there_are_no_spans() {
        assert_eq!(read(&[]), (TelemetrySettings::default(), vec![]));
        assert_eq!(endpoint(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]), None);
    }

    #[test]
    fn the_service_has_the_name_that_the_environment_gives_it() {
        let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=lab, service.name=shop");
        assert_eq!(read(&[attributes]).0.service_name.as_deref(), Some("shop"));
        assert_eq!(read(&[attributes, ("OTEL_SERVICE_NAME", "cart")]).0.service_name.as_deref(), Some("cart"));
    }

    #[test]
    fn the_sdk_can_be_disabled() {
        let here = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317");
        assert_eq!(endpoint(&[here]), Some("http://c:4317".into()));
        assert_eq!(endpoint(&[here, ("OTEL_SDK_DISABLED", "True")]), None);
        assert_eq!(endpoint(&[here, ("OTEL_TRACES_EXPORTER", "none")]), None);
    }

    #[test]
    fn http_adds_its_path_to_the_general_endpoint_only() {
        let http = ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        assert_eq!(
            endpoint(&[http, ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/")]),
            Some("http://c:4318/v1/traces".into())
        );
        assert_eq!(
            endpoint(&[http, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:4318/x")]),
            Some("http://c:4318/x".into())
        );
    }

    #[test]
    fn values_that_mean_nothing_are_remarked_upon() {
        for (variable, part) in [
            (("OTEL_PROPAGATORS", "jaeger"), "jaeger"),
            (("OTEL_TRACES_SAMPLER", "sometimes"), "'sometimes'"),
            (("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c:4317"), "http://"),
        ] {
            let (settings, remarks) = read(&[variable]);
            assert_eq!(settings, TelemetrySettings::default());
            assert!(remarks.len() == 1 && remarks[0].contains(part), "{remarks:?}");
        }
    }

    #[test]
    fn compression_is_remarked_upon_and_spans_go_uncompressed() {
        let here = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317");
        for name in ["OTEL_EXPORTER_OTLP_COMPRESSION", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION"] {
            let (settings, remarks) = read(&[here, (name, "gzip")]);
            assert!(settings.collector.is_some());
            assert!(remarks.len() == 1 && remarks[0].contains("'gzip'"), "{remarks:?}");
            assert_eq!(read(&[here, (name, "none")]).1, Vec::<String>::new());
        }
    }

    #[test]
    fn the_ratio_is_taken_from_its_argument() {
        let sampler = ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio");
        assert_eq!(read(&[sampler, ("OTEL_TRACES_SAMPLER_ARG", "0.25")]).0.root, Root::Ratio(0.25));
        assert_eq!(read(&[sampler, ("OTEL_TRACES_SAMPLER_ARG", "25")]).1.len(), 1);
    }
}
