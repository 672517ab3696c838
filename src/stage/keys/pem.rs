//! Text around binary keys, certificates and signatures: `-----BEGIN KIND-----`, base64, an end line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Reports that a text holds no such block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no valid block \"-----BEGIN {0}-----\"")]
pub struct NoBlock(pub String);

/// The first block of this kind in a text. Text around it is ignored.
///
/// # Errors
///
/// When there is none, or it is not valid base64.
pub fn read(kind: &str, text: &str) -> Result<Vec<u8>, NoBlock> {
    let (begin, end) = (
        format!("-----BEGIN {kind}-----"),
        format!("-----END {kind}-----"),
    );
    let inner = text
        .split_once(&begin)
        .and_then(|(_, rest)| rest.split_once(&end));
    let digits: Option<String> = inner.map(|(inner, _)| inner.split_whitespace().collect());
    digits
        .and_then(|digits| STANDARD.decode(digits).ok())
        .ok_or_else(|| NoBlock(kind.to_owned()))
}

/// Base64 in lines of 64 characters, each with a line end.
#[must_use]
pub fn lines(bytes: &[u8]) -> String {
    let digits = STANDARD.encode(bytes);
    let mut out = String::with_capacity(digits.len() + digits.len() / 64 + 1);
    let mut rest = digits.as_str();
    while let Some((line, after)) = rest.split_at_checked(64) {
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    if !rest.is_empty() {
        out.push_str(rest);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_of_the_kind_is_read() {
        let text = "note\n-----BEGIN A-----\nAQI=\n-----END A-----\n-----BEGIN B-----\nAw\n=\n";
        assert_eq!(read("A", text), Ok(vec![1, 2]));
        assert_eq!(read("B", text), Err(NoBlock("B".to_owned())));
        assert_eq!(read("B", &format!("{text}=\n-----END B-----")), Ok(vec![3]));
    }

    #[test]
    fn lines_have_64_characters() {
        assert_eq!(lines(&[0; 48]), format!("{}\n", "A".repeat(64)));
        assert_eq!(lines(&[0; 51]), format!("{}\nAAAA\n", "A".repeat(64)));
        assert_eq!(lines(b""), "");
    }
}
