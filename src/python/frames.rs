//! Messages on a pipe: a head in JSON and blobs.
//!
//! The length of the head, the number of blobs and the length of each blob come first, all of them
//! as big-endian numbers of 32 bits; then the head and the blobs.

use std::io::{self, Read, Write};

use crate::base::value::Value;

/// Writes a message.
///
/// # Errors
/// When the pipe is broken or a part is too large for its length field.
pub fn write<B: AsRef<[u8]>>(pipe: &mut impl Write, head: &Value, blobs: &[B]) -> io::Result<()> {
    let head = head.to_string();
    let mut start = Vec::with_capacity(8 + 4 * blobs.len() + head.len());
    let lengths = [head.len(), blobs.len()].into_iter();
    for length in lengths.chain(blobs.iter().map(|blob| blob.as_ref().len())) {
        let length = u32::try_from(length).map_err(io::Error::other)?;
        start.extend(length.to_be_bytes());
    }
    start.extend(head.as_bytes());
    pipe.write_all(&start)?;
    for blob in blobs {
        pipe.write_all(blob.as_ref())?;
    }
    pipe.flush()
}

/// Reads a message; `None` at the end of the pipe.
///
/// # Errors
/// When the pipe breaks within a message, or the head is not JSON.
pub fn read(pipe: &mut impl Read) -> io::Result<Option<(Value, Vec<Vec<u8>>)>> {
    let mut first = [0; 4];
    match pipe.read_exact(&mut first) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let head = u32::from_be_bytes(first);
    let count = number(pipe)?;
    let lengths = (0..count)
        .map(|_| number(pipe))
        .collect::<io::Result<Vec<u32>>>()?;
    let head = exactly(pipe, head)?;
    let head = serde_json::from_slice(&head)?;
    let blobs = lengths
        .into_iter()
        .map(|length| exactly(pipe, length))
        .collect::<io::Result<_>>()?;
    Ok(Some((head, blobs)))
}

fn number(pipe: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    pipe.read_exact(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes))
}

fn exactly(pipe: &mut impl Read, length: u32) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = pipe.take(u64::from(length)).read_to_end(&mut bytes)?;
    if u32::try_from(read) == Ok(length) {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    #[test]
    fn frames_round_trip() {
        let mut pipe = Vec::new();
        write(&mut pipe, &json!({"call": "é"}), &[b"one".as_slice(), b""]).unwrap();
        write::<&[u8]>(&mut pipe, &json!([]), &[]).unwrap();
        let mut reader = pipe.as_slice();
        let (head, blobs) = read(&mut reader).unwrap().unwrap();
        assert_eq!(head, json!({"call": "é"}));
        assert_eq!(blobs, [b"one".to_vec(), Vec::new()]);
        assert_eq!(read(&mut reader).unwrap().unwrap(), (json!([]), Vec::new()));
        assert!(read(&mut reader).unwrap().is_none());
    }

    #[test]
    fn truncated_frames_are_errors() {
        let mut pipe = Vec::new();
        write(&mut pipe, &json!({"a": 1}), &[b"blob"]).unwrap();
        for length in 4..pipe.len() {
            assert!(read(&mut &pipe[..length]).is_err(), "{length}");
        }
    }
}
