use std::fs;

use axum::{Router, body::Body, middleware, routing::get};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn with(content: &[u8]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        fs::write(folder.path(), content).unwrap();
        folder
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("token")
    }
}

fn router(file: TokenFile) -> Router {
    Router::new().route("/", get(async || "in")).layer(middleware::from_fn_with_state(Some(file), only_with_token))
}

async fn ask(router: &Router, authorizations: &[&str]) -> (u16, String, String) {
    let mut request = Request::builder().uri("/");
    for value in authorizations {
        request = request.header(header::AUTHORIZATION, *value);
    }
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let challenge = response.headers().get(header::WWW_AUTHENTICATE).map(|value| value.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, challenge.unwrap_or_default(), String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn only_the_token_opens_the_port() {
    let folder = Folder::with(b"s3cret-token\n");
    let router = router(TokenFile::new(&folder.path()).unwrap());
    for right in ["Bearer s3cret-token", "bearer s3cret-token", "BEARER   s3cret-token"] {
        assert_eq!(ask(&router, &[right]).await.0, 200, "{right}");
    }
    for (none, challenge) in [
        (&[][..], CHALLENGE),
        (&["Basic czNjcmV0LXRva2Vu"], CHALLENGE),
        (&["s3cret-token"], CHALLENGE),
        (&["Bearer s3cret-token", "Bearer s3cret-token"], CHALLENGE),
        (&["Bearer "], WRONG_TOKEN),
        (&["Bearer s3cret-tokeN"], WRONG_TOKEN),
        (&["Bearer s3cret-toke"], WRONG_TOKEN),
        (&["Bearer s3cret-tokens3cret-token"], WRONG_TOKEN),
    ] {
        let (status, told, text) = ask(&router, none).await;
        assert_eq!((status, told.as_str()), (401, challenge), "{none:?}: {text}");
        assert!(text.contains("--control-token-file") && !text.contains("s3cret"), "{text}");
    }
}

#[tokio::test]
async fn a_file_that_changes_changes_the_token() {
    let folder = Folder::with(b"old");
    let router = router(TokenFile::new(&folder.path()).unwrap());
    assert_eq!(ask(&router, &["Bearer old"]).await.0, 200);
    // As Kubernetes does it: the name points to something else from one moment to the next.
    fs::write(folder.0.path().join("next"), "new").unwrap();
    fs::rename(folder.0.path().join("next"), folder.path()).unwrap();
    assert_eq!(ask(&router, &["Bearer old"]).await.0, 401);
    assert_eq!(ask(&router, &["Bearer new"]).await.0, 200);
}

#[tokio::test]
async fn a_file_that_goes_away_closes_the_port_to_everybody() {
    let folder = Folder::with(b"old");
    let router = router(TokenFile::new(&folder.path()).unwrap());
    fs::write(folder.path(), "").unwrap();
    let (status, _, text) = ask(&router, &["Bearer old"]).await;
    assert_eq!(status, 503);
    assert!(text.contains("is empty"), "{text}");
    fs::remove_file(folder.path()).unwrap();
    assert_eq!(ask(&router, &["Bearer old"]).await.0, 503);
}

#[test]
fn a_file_without_a_token_says_what_is_wrong_and_nothing_that_is_in_it() {
    for (content, message) in [
        (&b""[..], "is empty"),
        (b" \n\n", "is empty"),
        (b"two\nlines", "a character at byte 4 that no token has"),
        (b"clef\xc3\xa9", "a character at byte 5 that no token has"),
        (&[b'a'; 5000], "has more than 4096 bytes"),
    ] {
        let folder = Folder::with(content);
        let error = TokenFile::new(&folder.path()).unwrap_err().to_string();
        assert!(error.contains(message) && error.contains(&folder.path().display().to_string()), "{error}");
        assert!(!error.contains("two") && !error.contains("clef"), "{error}");
    }
    let folder = Folder::with(b"x");
    let folder_itself = TokenFile::new(folder.0.path()).unwrap_err().to_string();
    assert!(folder_itself.contains("it is not a file"), "{folder_itself}");
    assert!(TokenFile::new(&folder.0.path().join("none")).unwrap_err().to_string().contains("No such file"));
}
