//! What is done to a file for each method.

use flate2::{Compression, GzBuilder};

use super::before;
use super::channels;
use super::file_type::FileType;
use super::formats::Method;
use super::jar::{self, JarVerdict, Names};
use super::opened::Opened;
use super::report::{How, Output, Reason};
use super::zip::Zip;
use crate::base::digest::hex;
use crate::stage::keys::{Certificate, Hash, Seal};
use crate::stage::mar::Mar;
use crate::stage::mar::check::check;
use crate::stage::mar::sign::{Algorithm, Verdict, sign, verify as verify_mar};
use crate::stage::openpgp::{Outcome, SigningKey, VerifyingKey, verify};

/// When the OpenPGP keys of staging were created: 2020-01-01.
const KEYS_CREATED: u32 = 1_577_836_800;

const DOES_NOT_VERIFY: &str = "the new signature does not verify";

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
    pub fn openpgp(&self) -> Result<SigningKey<'static>, Reason> {
        Ok(SigningKey {
            key: self.certificate.key()?,
            user: "Worthless staging key",
            created: KEYS_CREATED,
        })
    }

    /// Applies a method to a file that fits it.
    ///
    /// # Errors
    ///
    /// With the reason for which the file must not be signed, or cannot be.
    pub fn apply(&self, method: Method, file: &Opened<'_>) -> Result<Worked, Reason> {
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

    fn mar(&self, file: &Opened<'_>) -> Result<Worked, Reason> {
        let mar = Mar::read(file.content)?;
        if let Some(defect) = check(&mar).into_iter().next() {
            return Err(defect.into());
        }
        let mut worked = self.signed()?;
        worked
            .notes
            .extend(self.channel(&mar.product_info()?.channel)?);
        worked.notes.extend(before::mar(&mar, self.certificate)?);
        let key = self.certificate.key()?;
        let signed = sign(&mar, &[(Algorithm::Sha384, key)])?;
        if verify_mar(&Mar::read(&signed)?, &[key.public()])? != [Verdict::Valid(0)] {
            return Err(Reason::new(DOES_NOT_VERIFY));
        }
        worked.changed = Some(file.output("", signed));
        Ok(worked)
    }

    fn signed(&self) -> Result<Worked, Reason> {
        let public = self.certificate.key()?.public();
        Ok(Worked::new(How::Signed {
            certificate: self.certificate.name,
            key: Hash::Sha256.hex(&public.to_der()),
        }))
    }

    /// Checks that the certificate signs a MAR channel id. Gives a note when that is not known.
    fn channel(&self, channel: &str) -> Result<Option<String>, Reason> {
        let Some(allowed) = channels::allowed(self.scope) else {
            let note = "not checked: the MAR channel ids of this certificate are not known";
            return Ok(Some(note.to_owned()));
        };
        if channels::accepts(allowed, channel) {
            return Ok(None);
        }
        let (name, allowed) = (self.certificate.name, allowed.join(", "));
        Err(Reason(format!(
            "the certificate {name} does not sign the MAR channel id {channel:?}, only: {allowed}"
        )))
    }

    fn gpg(&self, file: &Opened<'_>) -> Result<Worked, Reason> {
        let key = self.openpgp()?;
        let parts = [file.content];
        let signature = key.sign(Hash::Sha512, self.time, &parts)?;
        let public = VerifyingKey {
            fingerprint: key.fingerprint(),
            key: key.key.public().clone(),
        };
        let outcomes = verify(&signature, &parts, &[public])?;
        if !matches!(outcomes[..], [Outcome::Valid { .. }]) {
            return Err(Reason::new(DOES_NOT_VERIFY));
        }
        let mut worked = Worked::new(How::Signed {
            certificate: self.certificate.name,
            key: hex(&key.fingerprint()),
        });
        worked
            .beside
            .push(file.output(".asc", signature.into_bytes()));
        Ok(worked)
    }

    fn detached(&self, file: &Opened<'_>) -> Result<Worked, Reason> {
        let key = self.certificate.key()?;
        let signature = key.sign(Hash::Sha256, &[file.content])?;
        let digest = Hash::Sha256.digest(&[file.content]);
        if key.public().check(Hash::Sha256, &digest, &signature) != Seal::Matches {
            return Err(Reason::new(DOES_NOT_VERIFY));
        }
        let mut worked = self.signed()?;
        worked.beside.push(file.output(".sig", signature));
        Ok(worked)
    }

    fn jar(&self, file: &Opened<'_>, names: Names) -> Result<Worked, Reason> {
        let not_zip = || Reason::new("the file is not a ZIP file");
        let zip = file.zip.as_ref().ok_or_else(not_zip)?;
        let mut worked = self.signed()?;
        worked.notes.extend(before::jar(zip, self.certificate)?);
        let signed = jar::sign(zip, names, self.certificate)?;
        let verdict = jar::verify(&Zip::read(&signed)?, &[self.certificate])?;
        if verdict != JarVerdict::Valid(self.certificate.name) {
            return Err(Reason::new(DOES_NOT_VERIFY));
        }
        worked
            .notes
            .push("signed with a JAR signature only".to_owned());
        worked.changed = Some(file.output("", signed));
        Ok(worked)
    }
}

/// Applies a method to a disk image, of which the worker makes an archive.
fn converted(file: &Opened<'_>) -> Result<Worked, Reason> {
    let mut worked = Worked::new(How::Attested);
    let note = "not done: disk images are not opened; the archive holds the image";
    worked.notes.push(note.to_owned());
    worked.changed = Some(attested_archive(file)?);
    Ok(worked)
}

/// The archive that a worker makes of an application for macOS. Unless the file is one already, the
/// archive holds the file itself, since nothing is converted here.
///
/// # Errors
///
/// When the archive cannot be written.
pub fn attested_archive(file: &Opened<'_>) -> Result<Output, Reason> {
    if file.path.ends_with(".tar.gz") || file.path.ends_with(".pkg") {
        return Ok(file.output("", file.content.to_vec()));
    }
    let name = file
        .path
        .rsplit_once('/')
        .map_or(file.path, |(_, name)| name);
    let ends = [".dmg", ".zip", ".tgz", ".tar.bz2", ".tar.xz"];
    let stem = ends.iter().find_map(|end| file.path.strip_suffix(end));
    let stem = stem.unwrap_or(file.path);
    let mut header = tar::Header::new_ustar();
    header.set_size(u64::try_from(file.content.len())?);
    header.set_mode(0o644);
    header.set_mtime(0);
    let writer = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::fast());
    let mut archive = tar::Builder::new(writer);
    archive.append_data(&mut header, name, file.content)?;
    Ok(Output {
        path: format!("{stem}.tar.gz"),
        content: archive.into_inner()?.finish()?,
    })
}
