//! Stores: what is in the packages that are pushed to them.
//!
//! The real workers check little; the stores check the rest, weeks after the build. These readers open the
//! packages themselves, with limits for sizes and depths, since a package is untrusted.
//!
//! - [`inside`]: paths in packages;
//! - [`element`], [`xml`]: XML as manifests have it;
//! - [`msix`]: packages for the Microsoft Store;
//! - [`language_pack`]: language packs for addons.mozilla.org, [`addon`]: other add-ons;
//! - [`publish`]: how an Android package is published, [`jar_manifest`]: the digests in its manifest;
//! - [`binary_xml`], [`proto_xml`], [`apk_signature`], [`apk`]: packages and bundles for Android;
//! - [`squashfs`], [`snap`]: snaps;
//! - [`image`]: container images, and [`image_name`]: their names;
//! - [`ostree`] with the encoding `gvariant`, [`flatpak`]: flatpaks.

pub mod addon;
pub mod apk;
pub mod apk_signature;
pub mod binary_xml;
pub mod element;
pub mod flatpak;
mod gvariant;
pub mod image;
pub mod image_name;
pub mod inside;
pub mod jar_manifest;
pub mod language_pack;
pub mod msix;
pub mod ostree;
pub mod proto_xml;
pub mod publish;
pub mod snap;
pub mod squashfs;
pub mod xml;
