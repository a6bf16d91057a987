//! Frames on the runner's socket: a length, a kind byte, a payload. Both ends use this codec.
//!
//! Must not know what a payload means.

use std::io;

use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;
use tokio_util::codec::{Decoder, Encoder, LengthDelimitedCodec};

use crate::protocol::{KIND_BYTES, KIND_JSON, MAX_FRAME};

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A JSON document, not parsed yet.
    Json(Bytes),
    /// Bytes of a terminal.
    Bytes(Bytes),
}

impl Frame {
    /// A frame with `value` as JSON.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] if it cannot be serialised.
    pub fn json(value: &impl Serialize) -> io::Result<Self> {
        let json = serde_json::to_vec(value).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
        Ok(Self::Json(json.into()))
    }
}

/// Encodes and decodes [`Frame`]s; a frame longer than [`MAX_FRAME`] is an error at either end.
#[derive(Debug)]
pub struct FrameCodec(LengthDelimitedCodec);

impl Default for FrameCodec {
    fn default() -> Self {
        Self(LengthDelimitedCodec::builder().max_frame_length(MAX_FRAME).new_codec())
    }
}

impl Encoder<Frame> for FrameCodec {
    type Error = io::Error;

    fn encode(&mut self, frame: Frame, out: &mut BytesMut) -> io::Result<()> {
        let (kind, payload) = match frame {
            Frame::Json(payload) => (KIND_JSON, payload),
            Frame::Bytes(payload) => (KIND_BYTES, payload),
        };
        let mut body = BytesMut::with_capacity(payload.len() + 1);
        body.put_u8(kind);
        body.put(payload);
        self.0.encode(body.freeze(), out)
    }
}

impl Decoder for FrameCodec {
    type Item = Frame;
    type Error = io::Error;

    fn decode(&mut self, input: &mut BytesMut) -> io::Result<Option<Frame>> {
        let Some(mut body) = self.0.decode(input)? else { return Ok(None) };
        if body.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "an empty frame"));
        }
        let payload = body.split_off(1).freeze();
        match body[0] {
            KIND_JSON => Ok(Some(Frame::Json(payload))),
            KIND_BYTES => Ok(Some(Frame::Bytes(payload))),
            kind => Err(io::Error::new(io::ErrorKind::InvalidData, format!("a frame of unknown kind {kind}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_the_wire_in_pieces() {
        let frames = [Frame::Json("{}".into()), Frame::Bytes(Bytes::from_static(b"\x1b[0m\xff")), Frame::Bytes(Bytes::new())];
        let mut wire = BytesMut::new();
        for frame in &frames {
            FrameCodec::default().encode(frame.clone(), &mut wire).unwrap();
        }
        let (mut codec, mut input, mut got) = (FrameCodec::default(), BytesMut::new(), Vec::new());
        for byte in wire {
            input.put_u8(byte);
            got.extend(codec.decode(&mut input).unwrap());
        }
        assert_eq!(got, frames);
    }

    #[test]
    fn hostile_frames_are_errors() {
        for wire in [&b"\xff\xff\xff\xff"[..], b"\0\0\0\0", b"\0\0\0\x01\x07"] {
            assert!(FrameCodec::default().decode(&mut BytesMut::from(wire)).is_err(), "{wire:?} was accepted");
        }
        let long = Frame::Bytes(vec![0; MAX_FRAME].into());
        assert!(FrameCodec::default().encode(long, &mut BytesMut::new()).is_err());
    }
}
