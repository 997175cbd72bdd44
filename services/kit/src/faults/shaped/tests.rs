use http_body_util::BodyExt;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::faults::rule_lifetime::RuleLifetime;

const TEXT: &[u8] = br#"{"own": true, "message": "a body that is long enough to be turned over in places"}"#;

fn shaped(effects: &[Effect]) -> Shaped {
    with(&CancellationToken::new(), effects)
}

fn with(cancel: &CancellationToken, effects: &[Effect]) -> Shaped {
    let fault = |effect: &Effect| PlannedFault {
        effect: *effect,
        lifetime: RuleLifetime::new(cancel.clone(), None),
        stats: RuleStats::new("t", "t", "drip", true, None),
    };
    let faults = effects.iter().map(fault).collect();
    Shaped::new(Bytes::from_static(TEXT), faults, FlushTracker::Untracked, Duration::from_secs(300))
}

async fn whole(body: Shaped) -> Bytes {
    let declared = body.size_hint().exact().unwrap();
    let bytes = body.collect().await.unwrap().to_bytes();
    assert_eq!(bytes.len() as u64, declared);
    bytes
}

/// What comes before the end, and whether that is a break.
async fn until_cut(mut body: Shaped) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap()),
            Err(CutOff) => return (bytes, true),
        }
    }
    (bytes, false)
}

#[tokio::test]
async fn padding_makes_it_so_long_and_leaves_the_json_what_it_was() {
    for size in [TEXT.len() as u64 + 1, 1000, 1 << 20] {
        let bytes = whole(shaped(&[Effect::Size(size)])).await;
        assert_eq!(bytes.len() as u64, size);
        let json = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
        assert_eq!(json(&bytes), json(TEXT));
    }
    assert_eq!(whole(shaped(&[Effect::Size(3)])).await, TEXT);
}

#[tokio::test]
async fn corruption_is_of_about_one_byte_in_sixteen_and_follows_its_seed() {
    let size = 1 << 20;
    let corrupt = |seed| whole(shaped(&[Effect::Size(size), Effect::Corrupt { seed }]));
    let (right, wrong) = (whole(shaped(&[Effect::Size(size)])).await, corrupt(1).await);
    let turned = right.iter().zip(&wrong).filter(|(right, wrong)| right != wrong).count() as f64;
    // The deviation of the count is about 248; a right implementation is off by five of them once in a million.
    assert!((turned - size as f64 / 16.0).abs() < 5.0 * 248.0, "{turned} bytes");
    assert_eq!(wrong[0], !TEXT[0]);
    assert_eq!(corrupt(1).await, wrong);
    assert_ne!(corrupt(2).await, wrong);
}

#[tokio::test]
async fn a_truncated_body_declares_its_whole_length_and_breaks_off_in_the_middle() {
    let body = shaped(&[Effect::Truncate]);
    assert_eq!(body.size_hint().exact(), Some(TEXT.len() as u64));
    assert_eq!(until_cut(body).await, (TEXT[..TEXT.len() / 2].to_vec(), true));
    let (bytes, cut) = until_cut(shaped(&[Effect::Size(1000), Effect::Truncate])).await;
    assert_eq!((bytes.len(), cut), (500, true));
}

#[tokio::test]
async fn a_body_that_drips_comes_piece_by_piece_at_its_rate() {
    let cancel = CancellationToken::new();
    let began = Instant::now();
    let mut body = with(&cancel, &[Effect::Drip(500)]);
    let mut pieces = 0;
    while let Some(frame) = body.frame().await {
        pieces += frame.unwrap().into_data().unwrap().len().min(1);
    }
    assert!(began.elapsed() >= Duration::from_millis(TEXT.len() as u64 * 2), "{:?}", began.elapsed());
    assert!(pieces > 1, "it came at once");
}

#[tokio::test]
async fn the_rest_of_a_body_that_drips_comes_at_once_when_its_rule_goes() {
    let cancel = CancellationToken::new();
    let mut body = with(&cancel, &[Effect::Drip(20)]);
    assert!(body.frame().await.unwrap().unwrap().into_data().unwrap().len() < TEXT.len());
    cancel.cancel();
    let rest = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(TEXT.ends_with(&rest) && body.frame().await.is_none());
}
