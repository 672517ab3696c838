//! Whether a file was signed before, and by whom.
//!
//! The worker signs over any signature. Here one by the same certificate is noted, and one by another key
//! refused: the file would have come from another release.

use super::jar::{self, JarVerdict};
use super::report::Reason;
use super::zip::Zip;
use crate::stage::keys::Certificate;
use crate::stage::mar::Mar;
use crate::stage::mar::sign::{Verdict, verify};

/// Looks at the signatures of a MAR file. Places for signatures, which hold zeros, are none.
///
/// # Errors
///
/// When another key made one of them.
pub fn mar(mar: &Mar<'_>, certificate: &Certificate) -> Result<Option<String>, Reason> {
    let is_empty = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
    if mar
        .signatures
        .iter()
        .all(|signature| is_empty(signature.bytes))
    {
        return Ok(None);
    }
    let known = Certificate::all();
    let keys = known.iter().map(|one| one.key().map(|key| key.public()));
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    let mut note = None;
    for (verdict, signature) in verify(mar, &keys)?.into_iter().zip(&mar.signatures) {
        let name = |number: usize| known.get(number).map_or("", |one| one.name);
        match verdict {
            Verdict::Valid(number) => note = Some(by(name(number), certificate)?),
            _ if is_empty(signature.bytes) => {}
            Verdict::OtherContent(number) => {
                let name = name(number);
                let text =
                    format!("the file was signed by the certificate {name}, and changed since");
                return Err(Reason(text));
            }
            _ => return Err(Reason::new(UNKNOWN_KEY)),
        }
    }
    Ok(note)
}

/// Looks at the signature of a JAR file.
///
/// # Errors
///
/// When another key made it, or it does not fit the content.
pub fn jar(zip: &Zip<'_>, certificate: &Certificate) -> Result<Option<String>, Reason> {
    let known: Vec<&'static Certificate> = Certificate::all().iter().collect();
    match jar::verify(zip, &known)? {
        JarVerdict::Unsigned => Ok(None),
        JarVerdict::Valid(name) => by(name, certificate).map(Some),
        JarVerdict::OtherKey => Err(Reason::new(UNKNOWN_KEY)),
        JarVerdict::Changed(what) => {
            let text = format!("the file has a signature that does not fit it: {what}");
            Err(Reason(text))
        }
    }
}

const UNKNOWN_KEY: &str = "the file is already signed by an unknown key";

fn by(name: &str, certificate: &Certificate) -> Result<String, Reason> {
    if name == certificate.name {
        return Ok("the file was already signed by this certificate".to_owned());
    }
    let text = format!("the file is already signed by the certificate {name}");
    Err(Reason(text))
}
