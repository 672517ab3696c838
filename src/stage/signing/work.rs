//! What is done to a file for each method.

use flate2::{Compression, GzBuilder};

use super::fit::Opened;
use super::formats::Method;
use super::jar::{self, JarVerdict, Names};
use super::report::{How, Output};
use super::{channels, file_type::FileType};
use crate::base::digest::hex;
use crate::stage::keys::{Certificate, Hash, Seal};
use crate::stage::mar::sign::{Algorithm, Verdict};
use crate::stage::mar::{Mar, check, sign as mar_sign};
use crate::stage::openpgp::{Outcome, SigningKey, VerifyingKey, verify};

/// When the OpenPGP keys of staging were created: 2020-01-01.
const KEYS_CREATED: u32 = 1_577_836_800;

/// What a task signs with.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'a> {
    /// The scope that names the certificate.
    pub scope: &'a str,
    /// The certificate.
    pub certificate: &'static Certificate,
    /// The time of signatures that have one, in seconds since 1970.
    pub time: u32,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worked {
    /// How it was done.
    pub how: How,
    /// The file, if it was changed.
    pub changed: Option<Output>,
    /// Files beside it.
    pub beside: Vec<Output>,
    /// What a reader of the report should know.
    pub notes: Vec<String>,
}

impl Worked {
    fn new(how: How) -> Self {
        Self {
            how,
            changed: None,
            beside: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl Signer<'_> {
    /// The OpenPGP key of the certificate.
    ///
    /// # Errors
    ///
    /// When the key is damaged.
    pub fn openpgp(&self) -> Result<SigningKey<'static>, String> {
        let key = self.certificate.key().map_err(|error| error.to_string())?;
        let user = "Worthless staging key";
        Ok(SigningKey {
            key,
            user,
            created: KEYS_CREATED,
        })
    }

    /// Applies a method to a file that fits it.
    ///
    /// # Errors
    ///
    /// With the reason for which the file must not be signed, or cannot be.
    pub fn apply(&self, method: Method, file: &Opened<'_>) -> Result<Worked, String> {
        match (method, file.file_type) {
            (Method::Mar, _) => self.mar(file),
            (Method::Gpg, _) => self.gpg(file),
            (Method::Detached, _) => self.detached(file),
            (Method::Xpi, _) => self.jar(file, jar::XPI),
            (Method::Service, FileType::Apk | FileType::Aab) => self.jar(file, jar::APK),
            (Method::Widevine | Method::OmniJa | Method::MacApp, FileType::Dmg) => converted(file),
            _ => Ok(Worked::new(How::Attested)),
        }
    }

    fn mar(&self, file: &Opened<'_>) -> Result<Worked, String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let mar = Mar::read(file.content).map_err(|error| text(&error))?;
        if let Some(defect) = check::check(&mar).first() {
            return Err(text(defect));
        }
        let product = mar.product_info().map_err(|error| text(&error))?;
        let mut worked = Worked::new(How::Signed(self.certificate.name));
        match channels::allowed(self.scope) {
            Some(allowed) if channels::accepts(allowed, &product.channel) => {}
            Some(allowed) => {
                let (name, channel) = (self.certificate.name, product.channel);
                let allowed = allowed.join(", ");
                return Err(format!(
                    "the certificate {name} does not sign the MAR channel id {channel:?}, only: {allowed}"
                ));
            }
            None => worked.notes.push(
                "not checked: the MAR channel ids of this certificate are not known".to_owned(),
            ),
        }
        let known = Certificate::all();
        let keys: Result<Vec<_>, _> = known
            .iter()
            .map(|one| one.key().map(|key| key.public()))
            .collect();
        let keys = keys.map_err(|error| text(&error))?;
        let verdicts = mar_sign::verify(&mar, &keys).map_err(|error| text(&error))?;
        for (verdict, signature) in verdicts.iter().zip(&mar.signatures) {
            let name = |number: &usize| known.get(*number).map_or("", |one| one.name);
            match verdict {
                Verdict::Valid(number) if name(number) == self.certificate.name => {
                    worked
                        .notes
                        .push("the file was already signed by this certificate".to_owned());
                }
                Verdict::Valid(number) => {
                    return Err(format!(
                        "the file is already signed by the certificate {}",
                        name(number)
                    ));
                }
                _ if signature.bytes.iter().all(|byte| *byte == 0) => {}
                Verdict::OtherContent(number) => {
                    return Err(format!(
                        "the file was signed by the certificate {}, and changed since",
                        name(number)
                    ));
                }
                _ => return Err("the file is already signed by an unknown key".to_owned()),
            }
        }
        let key = self.certificate.key().map_err(|error| text(&error))?;
        let signed =
            mar_sign::sign(&mar, &[(Algorithm::Sha384, key)]).map_err(|error| text(&error))?;
        let again = Mar::read(&signed).map_err(|error| text(&error))?;
        let verdicts = mar_sign::verify(&again, &[key.public()]);
        if verdicts.map_err(|error| text(&error))? != [Verdict::Valid(0)] {
            return Err("the new signature does not verify".to_owned());
        }
        worked.changed = Some(Output {
            path: file.path.to_owned(),
            content: signed,
        });
        Ok(worked)
    }

    fn gpg(&self, file: &Opened<'_>) -> Result<Worked, String> {
        let key = self.openpgp()?;
        let parts = [file.content];
        let signature = key.sign(Hash::Sha512, self.time, &parts);
        let signature = signature.map_err(|error| error.to_string())?;
        let public = VerifyingKey {
            fingerprint: key.fingerprint(),
            key: key.key.public().clone(),
        };
        let outcomes = verify(&signature, &parts, &[public]).map_err(|error| error.to_string())?;
        if !matches!(outcomes[..], [Outcome::Valid { .. }]) {
            return Err("the new signature does not verify".to_owned());
        }
        let mut worked = Worked::new(How::Signed(self.certificate.name));
        worked
            .notes
            .push(format!("the key is {}", hex(&key.fingerprint())));
        worked.beside.push(Output {
            path: format!("{}.asc", file.path),
            content: signature.into_bytes(),
        });
        Ok(worked)
    }

    fn detached(&self, file: &Opened<'_>) -> Result<Worked, String> {
        let key = self.certificate.key().map_err(|error| error.to_string())?;
        let signature = key.sign(Hash::Sha256, &[file.content]);
        let signature = signature.map_err(|error| error.to_string())?;
        let digest = Hash::Sha256.digest(&[file.content]);
        if key.public().check(Hash::Sha256, &digest, &signature) != Seal::Matches {
            return Err("the new signature does not verify".to_owned());
        }
        let mut worked = Worked::new(How::Signed(self.certificate.name));
        worked.beside.push(Output {
            path: format!("{}.sig", file.path),
            content: signature,
        });
        Ok(worked)
    }

    fn jar(&self, file: &Opened<'_>, names: Names) -> Result<Worked, String> {
        let zip = file.zip.as_ref().ok_or("the file is not a ZIP file")?;
        let known: Vec<&'static Certificate> = Certificate::all().iter().collect();
        let mut worked = Worked::new(How::Signed(self.certificate.name));
        match jar::verify(zip, &known).map_err(|error| error.to_string())? {
            JarVerdict::Unsigned => {}
            JarVerdict::Valid(name) if name == self.certificate.name => {
                worked
                    .notes
                    .push("the file was already signed by this certificate".to_owned());
            }
            JarVerdict::Valid(name) => {
                return Err(format!(
                    "the file is already signed by the certificate {name}"
                ));
            }
            JarVerdict::OtherKey => {
                return Err("the file is already signed by an unknown key".to_owned());
            }
            JarVerdict::Changed(what) => {
                return Err(format!(
                    "the file has a signature that does not fit it: {what}"
                ));
            }
        }
        let signed = jar::sign(zip, names, self.certificate).map_err(|error| error.to_string())?;
        let again = Opened::new(file.path, &signed);
        let again = again.zip.as_ref().ok_or("the signed file cannot be read")?;
        let verdict = jar::verify(again, &[self.certificate]).map_err(|error| error.to_string())?;
        if verdict != JarVerdict::Valid(self.certificate.name) {
            return Err("the new signature does not verify".to_owned());
        }
        worked
            .notes
            .push("signed with a JAR signature only".to_owned());
        worked.changed = Some(Output {
            path: file.path.to_owned(),
            content: signed,
        });
        Ok(worked)
    }
}

/// The archive that a worker makes of a disk image. Disk images cannot be opened here, so the archive
/// holds the image itself.
fn converted(file: &Opened<'_>) -> Result<Worked, String> {
    let stem = file.path.strip_suffix(".dmg").unwrap_or(file.path);
    let name = file
        .path
        .rsplit_once('/')
        .map_or(file.path, |(_, name)| name);
    let mut header = tar::Header::new_ustar();
    header.set_size(u64::try_from(file.content.len()).unwrap_or_default());
    header.set_mode(0o644);
    header.set_mtime(0);
    let writer = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::fast());
    let mut archive = tar::Builder::new(writer);
    let content = || {
        archive.append_data(&mut header, name, file.content)?;
        archive.into_inner()?.finish()
    };
    let content = content().map_err(|error: std::io::Error| error.to_string())?;
    let mut worked = Worked::new(How::Attested);
    worked
        .notes
        .push("not done: disk images are not opened; the archive holds the image".to_owned());
    worked.changed = Some(Output {
        path: format!("{stem}.tar.gz"),
        content,
    });
    Ok(worked)
}
