//! The page for a browser. Everything it needs is embedded, so that it works in a cluster without a way out.

use axum::{
    Router,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
    response::IntoResponse,
    routing::get,
};

/// The page loads from its own origin only and runs no inline code, so that nothing in an answer that it shows could
/// ever become part of it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page: its path, type and content. Paths are relative in the page, so a gateway may put it anywhere.
struct Asset(&'static str, &'static str, &'static str);

const ASSETS: [Asset; 7] = [
    Asset("/", "text/html; charset=utf-8", include_str!("../assets/page.html")),
    Asset("/assets/page.css", "text/css; charset=utf-8", include_str!("../assets/page.css")),
    Asset("/assets/page.js", "text/javascript; charset=utf-8", include_str!("../assets/page.js")),
    Asset("/assets/request.js", "text/javascript; charset=utf-8", include_str!("../assets/request.js")),
    Asset("/assets/tree.js", "text/javascript; charset=utf-8", include_str!("../assets/tree.js")),
    Asset("/assets/charts.js", "text/javascript; charset=utf-8", include_str!("../assets/charts.js")),
    Asset("/assets/icon.svg", "image/svg+xml", include_str!("../assets/icon.svg")),
];

/// The page's routes. They are not under the fault layer, because a user who looks at a fault needs the page.
pub(crate) fn router() -> Router {
    ASSETS.into_iter().fold(Router::new(), |router, Asset(path, kind, content)| {
        let answer = move || async move {
            let headers = [
                (CONTENT_TYPE, kind),
                (CONTENT_SECURITY_POLICY, POLICY),
                (X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (REFERRER_POLICY, "no-referrer"),
                // The next release has other files under the same names.
                (CACHE_CONTROL, "no-cache"),
            ];
            (headers, content).into_response()
        };
        router.route(path, get(answer))
    })
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn every_file_is_served_with_its_type_and_a_strict_policy() {
        for Asset(path, kind, _) in ASSETS {
            let request = Request::builder().uri(path).body(Body::empty()).unwrap();
            let response = router().oneshot(request).await.unwrap();
            assert_eq!(response.status(), 200, "{path}");
            assert_eq!(response.headers()[CONTENT_TYPE], kind);
            let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
        }
    }

    #[test]
    fn the_page_names_only_files_that_are_served_and_nothing_elsewhere() {
        let served = |name: &str| ASSETS.iter().any(|Asset(path, ..)| path.ends_with(name));
        for Asset(path, kind, content) in ASSETS {
            let foreign = content.replace("http://www.w3.org/2000/svg", "");
            assert!(!foreign.contains("http://") && !foreign.contains("https://"), "{path} names another host");
            for part in content.split('"').filter(|part| part.starts_with("assets/") || part.starts_with("./")) {
                assert!(served(part.trim_start_matches("./")), "{path} asks for {part}");
            }
            if kind.starts_with("text/html") {
                assert!(!content.contains(" style=") && !content.contains(" onclick="), "{path} has inline code");
                assert_eq!(content.matches("<script").count(), content.matches("src=\"assets/page.js\"").count());
            }
        }
    }
}
