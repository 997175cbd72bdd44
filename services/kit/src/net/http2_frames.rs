//! Follows the frames of an HTTP/2 client (RFC 9113 section 4.1), for those of which only a part has arrived.

const HEADER_BYTES: usize = 9;

const DATA: u8 = 0x0;
const HEADERS: u8 = 0x1;
const SETTINGS: u8 = 0x4;
const CONTINUATION: u8 = 0x9;

/// SETTINGS flag: an acknowledgement.
const ACK: u8 = 0x1;

/// HEADERS and CONTINUATION flag: the last frame of the header block.
const END_HEADERS: u8 = 0x4;

/// What has arrived in part.
pub(super) struct Partial;

impl Partial {
    /// Nothing.
    pub(super) const NONE: u8 = 0;
    /// A DATA frame. The body that it belongs to has a limit of its own while its request is in flight.
    pub(super) const DATA: u8 = 1;
    /// Another frame, a header block, or the connection preface, which ends with the client's SETTINGS frame.
    pub(super) const OTHER: u8 = 2;
}

/// Position within the frames of a connection.
#[derive(Debug, Default)]
pub(super) struct Frames {
    header: [u8; HEADER_BYTES],
    /// Bytes of the header that have arrived.
    in_header: usize,
    /// Bytes of the payload that have not arrived.
    missing: usize,
    has_settings: bool,
    /// A header block has begun and not ended.
    in_block: bool,
    /// Number of header blocks that have ended.
    heads: u64,
}

impl Frames {
    /// Notes bytes that were received, and returns how many elements they complete.
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> u64 {
        let mut complete = 0;
        while !bytes.is_empty() {
            if self.in_header < HEADER_BYTES {
                let of_header = bytes.len().min(HEADER_BYTES - self.in_header);
                self.header[self.in_header..][..of_header].copy_from_slice(&bytes[..of_header]);
                self.in_header += of_header;
                bytes = &bytes[of_header..];
                if self.in_header < HEADER_BYTES {
                    return complete;
                }
                let [a, b, c, ..] = self.header;
                self.missing = u32::from_be_bytes([0, a, b, c]) as usize;
            }
            let of_payload = bytes.len().min(self.missing);
            self.missing -= of_payload;
            bytes = &bytes[of_payload..];
            if self.missing == 0 {
                self.end_frame();
                complete += u64::from(self.has_settings && !self.in_block);
            }
        }
        complete
    }

    fn end_frame(&mut self) {
        self.in_header = 0;
        let flags = self.header[4];
        match self.frame_type() {
            SETTINGS if flags & ACK == 0 => self.has_settings = true,
            HEADERS | CONTINUATION => {
                self.in_block = flags & END_HEADERS == 0;
                self.heads += u64::from(!self.in_block);
            }
            _ => {}
        }
    }

    fn frame_type(&self) -> u8 {
        self.header[3]
    }

    /// True if a header block has begun and not ended.
    pub(super) fn is_in_block(&self) -> bool {
        self.in_block
    }

    /// Number of request heads and trailers that have arrived.
    pub(super) fn heads(&self) -> u64 {
        self.heads
    }

    /// What has arrived in part: one of the constants of [`Partial`].
    pub(super) fn partial(&self) -> u8 {
        if !self.has_settings || self.in_block {
            Partial::OTHER
        } else if self.in_header == 0 {
            Partial::NONE
        } else if self.in_header == HEADER_BYTES && self.frame_type() == DATA {
            Partial::DATA
        } else {
            Partial::OTHER
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(length: u8, frame_type: u8, flags: u8) -> Vec<u8> {
        let mut frame = vec![0, 0, length, frame_type, flags, 0, 0, 0, 1];
        frame.resize(HEADER_BYTES + usize::from(length), 0);
        frame
    }

    #[test]
    fn each_cut_of_a_sequence_of_frames_has_the_same_end() {
        let all =
            [frame(6, SETTINGS, 0), frame(5, HEADERS, 0), frame(3, CONTINUATION, END_HEADERS), frame(8, 6, 0)].concat();
        for cut in 0..=all.len() {
            let mut frames = Frames::default();
            let complete = frames.read(&all[..cut]) + frames.read(&all[cut..]);
            assert_eq!((complete, frames.heads(), frames.partial()), (3, 1, Partial::NONE), "{cut}");
        }
    }

    #[test]
    fn half_frame_and_open_header_block_are_partial() {
        let mut frames = Frames::default();
        assert_eq!(frames.partial(), Partial::OTHER, "no SETTINGS frame yet");
        frames.read(&frame(0, SETTINGS, 0));
        assert_eq!(frames.partial(), Partial::NONE);
        frames.read(&frame(4, HEADERS, 0));
        assert_eq!(frames.partial(), Partial::OTHER, "CONTINUATION is missing");
        frames.read(&frame(4, CONTINUATION, END_HEADERS));
        assert_eq!(frames.partial(), Partial::NONE);
        frames.read(&frame(4, DATA, 0)[..10]);
        assert_eq!(frames.partial(), Partial::DATA);
        frames.read(&[0; 3]);
        assert_eq!(frames.partial(), Partial::NONE);
        frames.read(&frame(8, 6, 0)[..10]);
        assert_eq!(frames.partial(), Partial::OTHER, "half a PING frame");
    }
}
