//! Ids of traces and spans as text.

use opentelemetry::trace::{SpanId, TraceId};

/// Hexadecimal digits of an id, without an allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HexId<const DIGITS: usize>([u8; DIGITS]);

impl<const DIGITS: usize> HexId<DIGITS> {
    fn new(bytes: &[u8]) -> Self {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [b'0'; DIGITS];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
            pair.copy_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        Self(digits)
    }

    pub(crate) fn as_str(&self) -> &str {
        // Digits are ASCII by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl From<TraceId> for HexId<32> {
    fn from(id: TraceId) -> Self {
        Self::new(&id.to_bytes())
    }
}

impl From<SpanId> for HexId<16> {
    fn from(id: SpanId) -> Self {
        Self::new(&id.to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_id_equals_text_of_the_sdk() {
        for number in [1, 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c, u128::MAX] {
            let trace = TraceId::from_bytes(number.to_be_bytes());
            assert_eq!(HexId::<32>::from(trace).as_str(), trace.to_string());
            let span = SpanId::from_bytes((number as u64).to_be_bytes());
            assert_eq!(HexId::<16>::from(span).as_str(), span.to_string());
        }
    }
}
