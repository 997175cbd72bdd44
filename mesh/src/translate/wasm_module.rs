//! A minimal Wasm extension. It does nothing, but if one is loaded, Envoy exports metrics with the prefix `wasmcustom`
//! under their plain names, as in Istio's sidecars.
//!
//! The binary format is that of the WebAssembly core specification (section 5). The exports are those of the Proxy-Wasm
//! ABI 0.2.1.

/// Bytes of the module.
pub(crate) fn module() -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    module.extend(section(TYPES, &types()));
    module.extend(section(FUNCTIONS, &functions()));
    module.extend(section(MEMORY, &[1, 0, 1])); // One memory, without a maximum, of at least one page.
    module.extend(section(EXPORTS, &exports()));
    module.extend(section(CODE, &code()));
    module
}

const TYPES: u8 = 1;
const FUNCTIONS: u8 = 3;
const MEMORY: u8 = 5;
const EXPORTS: u8 = 7;
const CODE: u8 = 10;

const I32: u8 = 0x7f;
const END: u8 = 0x0b;
/// Instruction that pushes 0 onto the stack.
const ZERO: [u8; 2] = [0x41, 0];
const ONE: [u8; 2] = [0x41, 1];

/// A function of the module: name, number of parameters, and result.
struct Function {
    name: &'static str,
    parameters: u8,
    result: Option<[u8; 2]>,
}

/// Functions that the host calls or requires. The two that return 1 accept the configuration.
const HOOKS: [Function; 6] = [
    Function { name: "proxy_abi_version_0_2_1", parameters: 0, result: None },
    Function { name: "_start", parameters: 0, result: None },
    Function { name: "proxy_on_memory_allocate", parameters: 1, result: Some(ZERO) },
    Function { name: "proxy_on_vm_start", parameters: 2, result: Some(ONE) },
    Function { name: "proxy_on_configure", parameters: 2, result: Some(ONE) },
    Function { name: "proxy_on_context_create", parameters: 2, result: None },
];

/// Encodes a section: number, length, content. All lengths except the exports' fit into one byte of LEB128.
fn section(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number];
    bytes.extend(length(content.len()));
    bytes.extend(content);
    bytes
}

/// Encodes an unsigned LEB128 number.
#[allow(clippy::cast_possible_truncation)] // Seven bits of it at a time.
fn length(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// Type section: one type for each function.
fn types() -> Vec<u8> {
    let mut bytes = length(HOOKS.len());
    for hook in &HOOKS {
        bytes.extend([0x60, hook.parameters]);
        bytes.extend(vec![I32; usize::from(hook.parameters)]);
        bytes.push(u8::from(hook.result.is_some()));
        bytes.extend(hook.result.map(|_| I32));
    }
    bytes
}

/// Function section: each function has the type of its own index.
fn functions() -> Vec<u8> {
    let mut bytes = length(HOOKS.len());
    bytes.extend(HOOKS.iter().enumerate().flat_map(|(index, _)| length(index)));
    bytes
}

/// Export section: functions by name (kind 0), and the memory (kind 2).
fn exports() -> Vec<u8> {
    let mut bytes = length(HOOKS.len() + 1);
    let mut export = |name: &str, kind: u8, index: usize| {
        bytes.extend(length(name.len()));
        bytes.extend(name.as_bytes());
        bytes.push(kind);
        bytes.extend(length(index));
    };
    for (index, hook) in HOOKS.iter().enumerate() {
        export(hook.name, 0, index);
    }
    export("memory", 2, 0);
    bytes
}

/// Code section: no local variables, at most one constant, the end.
fn code() -> Vec<u8> {
    let mut bytes = length(HOOKS.len());
    for hook in &HOOKS {
        let mut body = vec![0];
        body.extend(hook.result.into_iter().flatten());
        body.push(END);
        bytes.extend(length(body.len()));
        bytes.extend(body);
    }
    bytes
}

/// Encodes bytes in base64 for protobuf's JSON (RFC 4648, section 4).
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for location in 0..4 {
            let digit = (group >> (18 - 6 * location)) as usize & 0x3f;
            text.push(if location <= chunk.len() { char::from(ALPHABET[digit]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_has_about_two_hundred_bytes() {
        assert!((150..300).contains(&module().len()), "{}", module().len());
    }

    #[test]
    fn pads_base64_to_whole_groups() {
        // Examples of RFC 4648, section 10.
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
