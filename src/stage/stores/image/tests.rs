//! Images that are not what they say.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::{Value, json};

use super::*;
use crate::stage::keys::Hash;
use crate::stage::makers;
use crate::stage::stores::snap::tests::facts;

fn hash(content: &[u8]) -> String {
    Hash::Sha256.hex(content)
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zstd(content: &[u8]) -> Vec<u8> {
    compress_to_vec(content, CompressionLevel::Fastest)
}

/// An archive of files; those whose content begins with `->` are links.
fn tar(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        // Written into the header as it is, since the library refuses paths that lead out.
        let name = path.as_bytes();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name);
        header.set_mode(0o644);
        let content: &[u8] = match content.strip_prefix(b"->") {
            Some(target) => {
                header.set_entry_type(tar::EntryType::Symlink);
                header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target);
                &[]
            }
            None => content,
        };
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn layer(files: &[(&str, &[u8])]) -> Vec<u8> {
    let files = files.iter();
    let files: Vec<_> = files
        .map(|(path, content)| ((*path).to_owned(), content.to_vec()))
        .collect();
    tar(&files)
}

/// An image with these layers, each with the content that the configuration says it has.
struct Made {
    config: Value,
    layers: Vec<Vec<u8>>,
}

impl Made {
    fn new(layers: &[Vec<u8>]) -> Self {
        let hashes = layers.iter().map(|layer| format!("sha256:{}", hash(layer)));
        let hashes: Vec<String> = hashes.collect();
        Self {
            config: json!({
                "architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": hashes},
            }),
            layers: layers.to_vec(),
        }
    }

    /// Files as Docker saves them, with the layers packed in some way.
    fn docker(&self, pack: fn(&[u8]) -> Vec<u8>) -> Vec<(String, Vec<u8>)> {
        let config = self.config.to_string().into_bytes();
        let config_name = format!("{}.json", hash(&config));
        let mut files = vec![(config_name.clone(), config)];
        let mut names = Vec::new();
        for layer in &self.layers {
            let packed = pack(layer);
            let name = format!("{}.tar.gz", hash(&packed));
            names.push(name.clone());
            if !files.iter().any(|(known, _)| *known == name) {
                files.push((name, packed));
            }
        }
        let manifest =
            json!([{"Config": config_name, "RepoTags": ["hail:latest"], "Layers": names}]);
        files.push((
            "manifest.json".to_owned(),
            manifest.to_string().into_bytes(),
        ));
        files
    }

    /// Files of a layout, with the layers packed in some way that the media type says.
    fn oci(&self, pack: fn(&[u8]) -> Vec<u8>, packing: &str) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        let mut blob = |content: Vec<u8>, media_type: &str| {
            let name = hash(&content);
            let description = json!({
                "mediaType": format!("application/vnd.oci.image.{media_type}"),
                "digest": format!("sha256:{name}"), "size": content.len(),
            });
            let path = format!("blobs/sha256/{name}");
            if !files.iter().any(|(known, _)| *known == path) {
                files.push((path, content));
            }
            description
        };
        let config = blob(self.config.to_string().into_bytes(), "config.v1+json");
        let layers = self.layers.iter();
        let media_type = format!("layer.v1.tar{packing}");
        let layers: Vec<Value> = layers.map(|layer| blob(pack(layer), &media_type)).collect();
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers});
        let manifest = blob(manifest.to_string().into_bytes(), "manifest.v1+json");
        let index = json!({"schemaVersion": 2, "manifests": [manifest]});
        files.push(("index.json".to_owned(), index.to_string().into_bytes()));
        files
    }
}

fn made() -> Made {
    let base = layer(&[("etc/a", b"a"), ("bin/b", b"b")]);
    Made::new(&[base, layer(&[("etc/.wh.a", b""), ("etc/c", b"->../bin/b")])])
}

fn errors(files: &[(String, Vec<u8>)]) -> String {
    read(&tar(files)).unwrap_err().to_string()
}

#[test]
fn a_made_image_is_read() {
    let bytes = makers::make("public/image.tar.zst", &facts()).unwrap();
    let image = read(&bytes).unwrap();
    assert_eq!(image.faults, [""; 0]);
    assert_eq!(image.names, ["hail-image:latest"]);
    assert_eq!(
        (image.os.as_str(), image.architecture.as_str()),
        ("linux", "amd64")
    );
    assert_eq!(image.layers.len(), 2);
    for length in (0..bytes.len()).step_by(53) {
        assert!(read(&bytes[..length]).is_err(), "{length}");
    }
}

#[test]
fn all_forms_and_compressions_are_read() {
    let made = Made::new(&[
        layer(&[("a", b"a")]),
        layer(&[("b", b"b")]),
        layer(&[("a", b"a")]),
    ]);
    let plain: fn(&[u8]) -> Vec<u8> = <[u8]>::to_vec;
    let mut ids = BTreeSet::new();
    for (pack, packing) in [(plain, ""), (gzip, "+gzip"), (zstd, "+zstd")] {
        let oci = made.oci(pack, packing);
        let both = [made.docker(pack), oci.clone()].concat();
        for files in [made.docker(pack), oci, both] {
            let image = read(&tar(&files)).unwrap();
            assert_eq!(image.faults, [""; 0], "{packing}");
            let digests: Vec<&str> = image
                .layers
                .iter()
                .map(|layer| layer.digest.as_str())
                .collect();
            assert_eq!(digests[0], format!("sha256:{}", hash(&made.layers[0])));
            assert_eq!(digests[2], digests[0]);
            ids.insert(image.id);
        }
    }
    assert_eq!(ids.len(), 1);
}

/// Programs that compress in parallel begin with a frame that is skipped.
#[test]
fn a_file_may_begin_with_a_frame_that_is_skipped() {
    let skipped = b"\x5f\x2a\x4d\x18\x03\0\0\0abc";
    let pack: fn(&[u8]) -> Vec<u8> =
        |content| [&b"\x50\x2a\x4d\x18\0\0\0\0"[..], &zstd(content)].concat();
    let packed = [&skipped[..], &zstd(&tar(&made().oci(pack, "+zstd")))].concat();
    let image = read(&packed).unwrap();
    assert_eq!(image.faults, [""; 0]);
    assert_eq!(image.layers.len(), 2);
}

#[test]
fn layers_and_files_have_their_hashes() {
    let mut other = made();
    let wrong = format!("sha256:{}", "0".repeat(64));
    other.config["rootfs"]["diff_ids"][1] = json!(wrong);
    let image = read(&tar(&other.docker(gzip))).unwrap();
    assert_eq!(image.faults.len(), 1);
    assert!(image.faults[0].contains(&format!("but the configuration says {wrong}")));
    // Files with other content than their names say.
    let mut files = made().docker(gzip);
    files[1].1 = gzip(&layer(&[("x", b"x")]));
    let image = read(&tar(&files)).unwrap();
    assert!(
        image.faults[0].contains("has the hash"),
        "{:?}",
        image.faults
    );
    assert_eq!(image.faults.len(), 2);
    // A media type of another compression.
    let image = read(&tar(&made().oci(gzip, "+zstd"))).unwrap();
    assert!(
        image.faults[0]
            .contains("is compressed by gzip, but its media type says compressed by zstd")
    );
    // A description of another size.
    let mut files = made().oci(gzip, "+gzip");
    let index = files.last_mut().unwrap();
    let mut value: Value = serde_json::from_slice(&index.1).unwrap();
    value["manifests"][0]["size"] = json!(1);
    index.1 = value.to_string().into_bytes();
    let image = read(&tar(&files)).unwrap();
    assert!(
        image.faults[0].contains("but index.json says 1"),
        "{:?}",
        image.faults
    );
}

#[test]
fn files_of_layers_stay_inside() {
    for (path, content, wrong) in [
        ("../a", &b""[..], "leads out of the image"),
        ("a/../../b", b"", "leads out of the image"),
        ("a/b", b"->../../c", "leads out of the image, to"),
        ("a/.wh...", b"", "would remove a folder above its own"),
        ("a/.wh.", b"", "would remove a folder above its own"),
    ] {
        let made = Made::new(&[layer(&[(path, content)])]);
        let image = read(&tar(&made.docker(gzip))).unwrap();
        assert_eq!(image.faults.len(), 1, "{path}");
        assert!(image.faults[0].contains(wrong), "{:?}", image.faults);
    }
    let good = [
        ("/a", &b""[..]),
        ("a/b", b"->/etc/c"),
        ("a/c", b"->../b"),
        ("a/.wh..wh..opq", b""),
        ("a/.wh.b", b""),
    ];
    let image = read(&tar(&Made::new(&[layer(&good)]).docker(gzip))).unwrap();
    assert_eq!(image.faults, [""; 0]);
}

#[test]
fn the_archive_is_no_way_out() {
    let with = |path: &str, content: &[u8]| {
        let mut files = made().docker(gzip);
        files.push((path.to_owned(), content.to_vec()));
        errors(&files)
    };
    assert!(with("../a", b"").contains("leads out of the archive"));
    assert!(with("/a", b"").contains("leads out of the archive"));
    assert!(with("a", b"->../b").contains("does not lead to a file"));
    assert!(with("a", b"->/etc/passwd").contains("does not lead to a file"));
    assert!(with("manifest.json", b"[]").contains("occurs twice"));
    // A layer that is a link to another one, as old versions of Docker have it, and links in a circle.
    let link = |target: &str| {
        let mut files = made().docker(gzip);
        files.retain(|(path, _)| path != "manifest.json");
        let names: Vec<String> = files.iter().map(|(path, _)| path.clone()).collect();
        files.push((
            "old/layer.tar".to_owned(),
            format!("->{target}").into_bytes(),
        ));
        let manifest = json!([{"Config": names[0], "Layers": [names[1], "old/layer.tar"]}]);
        files.push((
            "manifest.json".to_owned(),
            manifest.to_string().into_bytes(),
        ));
        (read(&tar(&files)), names)
    };
    let second = made().docker(gzip)[2].0.clone();
    let (image, names) = link(&format!("../{second}"));
    let image = image.unwrap();
    assert_eq!(
        (image.faults.len(), image.layers[1].path.as_str()),
        (0, names[2].as_str())
    );
    assert!(
        link("layer.tar")
            .0
            .unwrap_err()
            .to_string()
            .contains("which is missing")
    );
    assert!(
        link("none")
            .0
            .unwrap_err()
            .to_string()
            .contains("which is missing")
    );
}

#[test]
fn manifests_that_lie_are_refused() {
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut files = made().docker(gzip);
        let last = files.last_mut().unwrap();
        let mut value: Value = serde_json::from_slice(&last.1).unwrap();
        change(&mut value);
        last.1 = value.to_string().into_bytes();
        errors(&files)
    };
    let image = |value: &Value| value[0].clone();
    assert!(changed(&|value| *value = json!([])).contains("describes 0 images"));
    assert!(
        changed(&|value| *value = json!([image(value), image(value)]))
            .contains("describes 2 images")
    );
    assert!(
        changed(&|value| value[0]["Config"] = json!("x"))
            .contains("names the file x, which is missing")
    );
    assert!(changed(&|value| value[0]["Config"] = json!(1)).contains("`Config` is missing"));
    assert!(
        changed(&|value| value[0]["Layers"] = json!([]))
            .contains("has 0 layers, but the configuration 2")
    );
    assert!(changed(&|value| *value = json!("x")).contains("is not JSON"));
    for tags in [json!("a:1"), json!([1])] {
        assert!(changed(&|value| value[0]["RepoTags"] = tags.clone()).contains("`RepoTags`"));
    }
    let configured = |change: &dyn Fn(&mut Value)| {
        let mut made = made();
        change(&mut made.config);
        errors(&made.docker(gzip))
    };
    assert!(configured(&|config| config["os"] = json!("")).contains("`os` is missing"));
    assert!(configured(&|config| config["rootfs"] = json!({})).contains("`rootfs.diff_ids`"));
    assert!(configured(&|config| config["rootfs"]["type"] = json!("x")).contains("`rootfs.type`"));
    let history = json!([{"empty_layer": true}, {}]);
    for history in [history, json!({}), json!("x")] {
        assert!(configured(&|config| config["history"] = history.clone()).contains("`history`"));
    }
    assert!(errors(&[("a".to_owned(), b"a".to_vec())]).contains("neither manifest.json"));
    // Two forms of different images.
    let other = Made::new(&[layer(&[("x", b"x")])]);
    let both = [made().docker(gzip), other.oci(gzip, "+gzip")].concat();
    assert!(errors(&both).contains("but index.json sha256:"));
    // An index that leads to itself cannot have its own hash, but may be deep.
    let mut files = made().oci(gzip, "+gzip");
    for _ in 0..4 {
        let (_, index) = files.pop().unwrap();
        let name = hash(&index);
        let next =
            json!({"manifests": [{"digest": format!("sha256:{name}"), "size": index.len()}]});
        files.push((format!("blobs/sha256/{name}"), index));
        files.push(("index.json".to_owned(), next.to_string().into_bytes()));
    }
    assert!(errors(&files).contains("too many other indexes"));
}

#[test]
fn what_unpacks_to_too_much_is_refused() {
    let small = Limits {
        archive: 1 << 20,
        layers: 1 << 20,
    };
    let zeros = vec![0; 1 << 20];
    let made = Made::new(&[layer(&[("zeros", &zeros)])]);
    let bytes = tar(&made.docker(gzip));
    assert!(bytes.len() < 16 << 10);
    let error = read_within(&bytes, small).unwrap_err();
    assert_eq!(error, ImageError::TooLarge(1 << 20));
    // Two layers that are within the limit alone, but not together.
    let zeros = vec![0; 600 << 10];
    let made = Made::new(&[layer(&[("a", &zeros)]), layer(&[("b", &zeros)])]);
    let error = read_within(&tar(&made.docker(gzip)), small).unwrap_err();
    assert_eq!(error, ImageError::TooLarge(1 << 20));
    let error = read_within(&gzip(&tar(&[("a".to_owned(), vec![0; 1 << 21])])), small).unwrap_err();
    assert!(
        error.to_string().contains("unpacks to more than"),
        "{error}"
    );
    // What follows the end of a layer counts, too.
    let mut long = layer(&[("a", b"a")]);
    long.extend(vec![0; 1 << 20]);
    let error = read_within(&tar(&Made::new(&[long]).docker(gzip)), small).unwrap_err();
    assert_eq!(error, ImageError::TooLarge(1 << 20));
}

#[test]
fn changed_images_do_no_harm() {
    let bytes = tar(&made().oci(gzip, "+gzip"));
    for at in (0..bytes.len()).step_by(31) {
        let mut changed = bytes.clone();
        changed[at] ^= 0xff;
        let _ = read(&changed);
    }
}
