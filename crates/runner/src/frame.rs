//! Frames on the runner's socket, for both ends: length, kind byte, payload.
//!
//! Must not know what the JSON says. Refuses what is too long before buffering it.

use std::io;

use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;
use tokio_util::codec::{Decoder, Encoder, LengthDelimitedCodec};

use crate::protocol::{KIND_BYTES, KIND_JSON, MAX_FRAME};

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A JSON text, not yet parsed.
    Json(Bytes),
    /// Raw bytes of a terminal.
    Bytes(Bytes),
}

impl Frame {
    /// A JSON frame of a value.
    ///
    /// # Errors
    /// `InvalidData` if the value has no JSON form.
    pub fn json<T: Serialize>(value: &T) -> io::Result<Self> {
        Ok(Self::Json(serde_json::to_vec(value)?.into()))
    }
}

/// Splits a byte stream into [`Frame`]s and back; use it with `tokio_util::codec::Framed`.
#[derive(Debug)]
pub struct FrameCodec {
    lengths: LengthDelimitedCodec,
}

impl Default for FrameCodec {
    fn default() -> Self {
        Self { lengths: LengthDelimitedCodec::builder().max_frame_length(MAX_FRAME).new_codec() }
    }
}

impl Decoder for FrameCodec {
    type Item = Frame;
    type Error = io::Error;

    fn decode(&mut self, source: &mut BytesMut) -> io::Result<Option<Frame>> {
        let Some(frame) = self.lengths.decode(source)? else { return Ok(None) };
        let frame = frame.freeze();
        match frame.first() {
            Some(&KIND_JSON) => Ok(Some(Frame::Json(frame.slice(1..)))),
            Some(&KIND_BYTES) => Ok(Some(Frame::Bytes(frame.slice(1..)))),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "a frame of unknown kind")),
        }
    }
}

impl Encoder<Frame> for FrameCodec {
    type Error = io::Error;

    fn encode(&mut self, frame: Frame, target: &mut BytesMut) -> io::Result<()> {
        let (kind, payload) = match frame {
            Frame::Json(payload) => (KIND_JSON, payload),
            Frame::Bytes(payload) => (KIND_BYTES, payload),
        };
        let length = payload.len() + 1;
        let prefix = u32::try_from(length).ok().filter(|_| length <= MAX_FRAME);
        let prefix =
            prefix.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a frame that is too long"))?;
        target.reserve(4 + length);
        target.put_u32(prefix);
        target.put_u8(kind);
        target.put_slice(&payload);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_any_split_and_bad_ones_are_refused() {
        let frames =
            [Frame::json(&vec![1, 2]).unwrap(), Frame::Bytes(Bytes::new()), Frame::Bytes("x".into())];
        let mut wire = BytesMut::new();
        for frame in &frames {
            FrameCodec::default().encode(frame.clone(), &mut wire).unwrap();
        }
        assert_eq!(&wire[..10], b"\0\0\0\x06\x01[1,2]"[..10].as_ref());
        let (mut codec, mut source, mut seen) = (FrameCodec::default(), BytesMut::new(), Vec::new());
        for byte in wire {
            source.put_u8(byte);
            seen.extend(codec.decode(&mut source).unwrap());
        }
        assert_eq!(seen, frames);
        for bad in [&b"\0\0\0\x01\x07"[..], b"\0\0\0\0", b"\x7f\0\0\0x"] {
            assert!(FrameCodec::default().decode(&mut BytesMut::from(bad)).is_err(), "{bad:?}");
        }
        let long = Frame::Bytes(vec![0; MAX_FRAME].into());
        assert!(FrameCodec::default().encode(long, &mut BytesMut::new()).is_err());
    }
}
