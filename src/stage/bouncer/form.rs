//! Fields in the query of a URL, as Go's standard library reads and writes them.

/// The fields of a query, in its order. What cannot be read is left out.
#[must_use]
pub fn read(query: &str) -> Vec<(String, String)> {
    parts(query).filter_map(Result::ok).collect()
}

/// The fields of a query; `None` if one of them cannot be read.
#[must_use]
pub fn read_all(query: &str) -> Option<Vec<(String, String)>> {
    parts(query).collect::<Result<_, _>>().ok()
}

/// The first field of a name; empty if there is none.
#[must_use]
pub fn first<'f>(fields: &'f [(String, String)], name: &str) -> &'f str {
    let mut fields = fields.iter();
    let field = fields.find(|(key, _)| key == name);
    field.map_or("", |(_, value)| value.as_str())
}

/// A field that cannot be read.
struct Unreadable;

fn parts(query: &str) -> impl Iterator<Item = Result<(String, String), Unreadable>> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.map(|part| {
        // Some servers separate fields with it, so Go refuses it.
        if part.contains(';') {
            return Err(Unreadable);
        }
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        Ok((decode(key)?, decode(value)?))
    })
}

fn decode(text: &str) -> Result<String, Unreadable> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut left = text.bytes();
    while let Some(byte) = left.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || {
                    let digit = left.next().map(char::from);
                    digit.and_then(|digit| digit.to_digit(16)).ok_or(Unreadable)
                };
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).map_err(|_| Unreadable)?
            }
            other => other,
        });
    }
    // Texts that are not UTF-8 equal no name of a product.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A query of these fields.
#[must_use]
pub fn write(fields: &[(&str, &str)]) -> String {
    let fields = fields
        .iter()
        .map(|(key, value)| format!("{}={}", encode(key), encode(value)));
    fields.collect::<Vec<_>>().join("&")
}

fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read() {
        let fields = read("a=1&b=x%20y+z&c&&d=%zz&e=1;2&a=2");
        let texts: Vec<String> = fields.iter().map(|(k, v)| format!("{k}:{v}")).collect();
        assert_eq!(texts, ["a:1", "b:x y z", "c:", "a:2"]);
        assert_eq!(first(&fields, "a"), "1");
        assert_eq!(first(&fields, "z"), "");
        assert!(read_all("a=1&d=%z").is_none());
    }

    #[test]
    fn fields_are_written() {
        assert_eq!(
            write(&[("a b", "(x)&"), ("c", "~\u{e4}")]),
            "a+b=%28x%29%26&c=~%C3%A4"
        );
    }
}
