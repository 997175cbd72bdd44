//! Escapes of JSON strings (RFC 8259, section 7).

/// Appends text as the inside of a JSON string.
pub(super) fn escape(line: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    if is_clean(rest) {
        line.extend_from_slice(rest);
        return;
    }
    while let Some(at) = rest.iter().position(|&byte| MUST_ESCAPE[usize::from(byte)]) {
        line.extend_from_slice(&rest[..at]);
        match rest[at] {
            b'"' => line.extend_from_slice(b"\\\""),
            b'\\' => line.extend_from_slice(b"\\\\"),
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            0x08 => line.extend_from_slice(b"\\b"),
            0x0c => line.extend_from_slice(b"\\f"),
            b'\t' => line.extend_from_slice(b"\\t"),
            control => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                let digits = [HEX[usize::from(control >> 4)], HEX[usize::from(control & 15)]];
                line.extend_from_slice(b"\\u00");
                line.extend_from_slice(&digits);
            }
        }
        rest = &rest[at + 1..];
    }
    line.extend_from_slice(rest);
}

/// For each byte, true if a JSON string must not contain it as it is.
const MUST_ESCAPE: [bool; 256] = {
    let mut table = [false; 256];
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    let mut control = 0;
    while control < b' ' as usize {
        table[control] = true;
        control += 1;
    }
    table
};

/// True if no byte must be escaped. Looks at eight bytes at a time, because nearly all texts are clean.
fn is_clean(text: &[u8]) -> bool {
    match text.last_chunk::<8>() {
        // The last chunk overlaps with the one before, unless the length is a multiple of eight.
        Some(last) => text.as_chunks::<8>().0.iter().all(is_clean_word) && is_clean_word(last),
        None => text.iter().all(|&byte| !MUST_ESCAPE[usize::from(byte)]),
    }
}

/// True if none of the eight bytes must be escaped. A byte is below `n` if subtracting `n` borrows into its highest bit.
fn is_clean_word(bytes: &[u8; 8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH_BITS: u64 = 0x80 * ONES;
    let word = u64::from_le_bytes(*bytes);
    let has_zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let control = word.wrapping_sub(u64::from(b' ') * ONES) & !word;
    let quote = has_zero(word ^ (u64::from(b'"') * ONES));
    let backslash = has_zero(word ^ (u64::from(b'\\') * ONES));
    (control | quote | backslash) & HIGH_BITS == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_is_escaped_at_each_position_as_serde_json_does() {
        for character in (0..0x80).map(char::from).chain(['é', '€', '😀']) {
            for (before, after) in (0..20).flat_map(|before| [0, 3, 20].map(|after| (before, after))) {
                let text = format!("{}{character}{}", "a".repeat(before), "b".repeat(after));
                let mut line = vec![b'"'];
                escape(&mut line, &text);
                line.push(b'"');
                assert_eq!(String::from_utf8(line).unwrap(), serde_json::to_string(&text).unwrap(), "{character:?}");
            }
        }
    }
}
