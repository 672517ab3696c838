//! What describes an image: `manifest.json` of Docker, `index.json` of the Open Container Initiative, and the
//! configuration that both name.

use super::members::{Member, Members, Packing};
use crate::base::json;
use crate::base::value::Value;

/// The most layers of an image: that of Docker.
const MAX_LAYERS: usize = 127;

/// How deep an index may lead to another one.
const MAX_INDEXES: usize = 3;

/// A layer that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerFile {
    /// The file.
    pub path: String,
    /// How it should be compressed, if the manifest says it.
    pub packing: Option<Packing>,
}

/// What the configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Its hash.
    pub id: String,
    /// The operating system.
    pub os: String,
    /// The processor.
    pub architecture: String,
    /// The hash of the content of each layer.
    pub diff_ids: Vec<String>,
}

/// An image as its manifests describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The configuration.
    pub config: Config,
    /// The hash of the manifest of the Open Container Initiative, if there is one.
    pub manifest: Option<String>,
    /// The names of the image.
    pub names: Vec<String>,
    /// The layers, the lowest first: as many as the configuration has hashes.
    pub layers: Vec<LayerFile>,
    /// What is wrong with the hashes of files.
    pub faults: Vec<String>,
}

/// Why an archive does not describe an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It has neither form of manifest.
    #[error("it has neither manifest.json, as archives of Docker have, nor index.json")]
    None,
    /// A file is missing.
    #[error("{by} names the file {path}, which is missing")]
    Missing {
        /// What names it.
        by: &'static str,
        /// The file.
        path: String,
    },
    /// A file is not JSON.
    #[error("{0} is not JSON, or too large")]
    NotJson(String),
    /// A field is missing or has another type.
    #[error("{file}: `{field}` is missing or invalid")]
    Field {
        /// The file.
        file: String,
        /// The field.
        field: &'static str,
    },
    /// There are several images, or none.
    #[error("{file} describes {count} images, but one is pushed")]
    Count {
        /// The file.
        file: String,
        /// How many.
        count: usize,
    },
    /// An index leads to an index, and so on.
    #[error("index.json leads to too many other indexes")]
    Deep,
    /// The configuration has another number of layers.
    #[error("the manifest has {layers} layers, but the configuration {hashes}")]
    Layers {
        /// How many the manifest has.
        layers: usize,
        /// How many the configuration has.
        hashes: usize,
    },
    /// There are too many.
    #[error("the image has more than {MAX_LAYERS} layers")]
    TooMany,
    /// Both forms describe different images.
    #[error("manifest.json describes the image {docker}, but index.json {oci}")]
    Different {
        /// The image of Docker's form.
        docker: String,
        /// The other image.
        oci: String,
    },
}

/// Finds the image of an archive.
pub fn find(members: &Members) -> Result<Found, ManifestError> {
    let docker = members
        .get(DOCKER)
        .map(|_| of_docker(members))
        .transpose()?;
    let oci = members.get(INDEX).map(|_| of_oci(members)).transpose()?;
    match (docker, oci) {
        (None, None) => Err(ManifestError::None),
        (Some(found), None) | (None, Some(found)) => Ok(found),
        (Some(docker), Some(oci)) if docker.config.id != oci.config.id => {
            Err(ManifestError::Different {
                docker: docker.config.id,
                oci: oci.config.id,
            })
        }
        (Some(mut docker), Some(oci)) => {
            docker.manifest = oci.manifest;
            for fault in oci.faults {
                if !docker.faults.contains(&fault) {
                    docker.faults.push(fault);
                }
            }
            for (own, other) in docker.layers.iter_mut().zip(oci.layers) {
                if own.path == other.path {
                    own.packing = other.packing;
                }
            }
            Ok(docker)
        }
    }
}

const DOCKER: &str = "manifest.json";
const INDEX: &str = "index.json";

fn json_of(members: &Members, path: &str) -> Result<Value, ManifestError> {
    let content = members
        .get(path)
        .and_then(|member| member.content.as_deref());
    let value = content.and_then(|content| json::read(path, content).ok());
    value.ok_or_else(|| ManifestError::NotJson(path.to_owned()))
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let items = value.as_array()?.iter();
    items.map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The only one of a list.
fn only<'v>(list: &'v Value, file: &str, field: &'static str) -> Result<&'v Value, ManifestError> {
    let items = list.as_array().ok_or_else(|| wrong(file, field))?;
    match &items[..] {
        [only] => Ok(only),
        others => Err(ManifestError::Count {
            file: file.to_owned(),
            count: others.len(),
        }),
    }
}

fn wrong(file: &str, field: &'static str) -> ManifestError {
    ManifestError::Field {
        file: file.to_owned(),
        field,
    }
}

fn of_docker(members: &Members) -> Result<Found, ManifestError> {
    let manifest = json_of(members, DOCKER)?;
    let image = only(&manifest, DOCKER, "")?;
    let path = image["Config"]
        .as_str()
        .ok_or_else(|| wrong(DOCKER, "Config"))?;
    let layers = texts(&image["Layers"]).ok_or_else(|| wrong(DOCKER, "Layers"))?;
    let mut faults = Vec::new();
    let (member, _) = named(members, DOCKER, path)?;
    faults.extend(misnamed(path, member));
    let config = config(members, path)?;
    let mut files = Vec::new();
    for layer in &layers {
        let (member, path) = named(members, DOCKER, layer)?;
        faults.extend(misnamed(layer, member));
        files.push(LayerFile {
            path: path.to_owned(),
            packing: None,
        });
    }
    check_count(&files, &config)?;
    Ok(Found {
        config,
        manifest: None,
        names: match &image["RepoTags"] {
            Value::Null => Vec::new(),
            names => texts(names).ok_or_else(|| wrong(DOCKER, "RepoTags"))?,
        },
        layers: files,
        faults,
    })
}

/// A file that a manifest names, and its path after links.
fn named<'m>(
    members: &'m Members,
    by: &'static str,
    path: &'m str,
) -> Result<(&'m Member, &'m str), ManifestError> {
    let found = members.get(path).zip(members.path(path));
    found.ok_or_else(|| ManifestError::Missing {
        by,
        path: path.to_owned(),
    })
}

/// Reports that a file has the name of another hash than its own. Layers named `HASH/layer.tar` by old versions of
/// Docker have the hash of something else.
fn misnamed(path: &str, member: &Member) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let name = name.strip_prefix("sha256:").unwrap_or(name);
    let hash = name.split('.').next().unwrap_or(name);
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let own = member.digest.strip_prefix("sha256:").unwrap_or_default();
    (is_hash && hash != own).then(|| format!("the file {path} has the hash {own}"))
}

/// Reads the configuration.
fn config(members: &Members, path: &str) -> Result<Config, ManifestError> {
    let value = json_of(members, path)?;
    let text = |field: &'static str| {
        let text = value[field].as_str().filter(|text| !text.is_empty());
        text.map(str::to_owned).ok_or_else(|| wrong(path, field))
    };
    let diff_ids = texts(&value["rootfs"]["diff_ids"]);
    let diff_ids = diff_ids.ok_or_else(|| wrong(path, "rootfs.diff_ids"))?;
    if value["rootfs"]["type"] != "layers" {
        return Err(wrong(path, "rootfs.type"));
    }
    if let Some(history) = value.get("history").filter(|value| !value.is_null()) {
        let history = history.as_array().ok_or_else(|| wrong(path, "history"))?;
        let filled = history.iter().filter(|entry| entry["empty_layer"] != true);
        if filled.count() != diff_ids.len() && !history.is_empty() {
            return Err(wrong(path, "history"));
        }
    }
    let id = members.get(path).map(|member| member.digest.clone());
    Ok(Config {
        id: id.unwrap_or_default(),
        os: text("os")?,
        architecture: text("architecture")?,
        diff_ids,
    })
}

fn check_count(layers: &[LayerFile], config: &Config) -> Result<(), ManifestError> {
    if layers.len() > MAX_LAYERS {
        return Err(ManifestError::TooMany);
    }
    match layers.len() == config.diff_ids.len() {
        true => Ok(()),
        false => Err(ManifestError::Layers {
            layers: layers.len(),
            hashes: config.diff_ids.len(),
        }),
    }
}

fn of_oci(members: &Members) -> Result<Found, ManifestError> {
    let mut faults = Vec::new();
    let mut value = json_of(members, INDEX)?;
    let mut file = INDEX.to_owned();
    let mut names = Vec::new();
    let mut digest = String::new();
    let mut depth = 0;
    while value.get("manifests").is_some() {
        depth += 1;
        if depth > MAX_INDEXES {
            return Err(ManifestError::Deep);
        }
        let image = only(&value["manifests"], &file, "manifests")?;
        let name = &image["annotations"]["org.opencontainers.image.ref.name"];
        names.extend(name.as_str().map(str::to_owned));
        let path = blob(members, image, &file, &mut faults)?;
        digest = members
            .get(&path)
            .map(|member| member.digest.clone())
            .unwrap_or_default();
        value = json_of(members, &path)?;
        file = path;
    }
    if file == INDEX {
        return Err(wrong(INDEX, "manifests"));
    }
    let path = blob(members, &value["config"], &file, &mut faults)?;
    let config = config(members, &path)?;
    let list = value["layers"]
        .as_array()
        .ok_or_else(|| wrong(&file, "layers"))?;
    let mut layers = Vec::new();
    for layer in list.iter().take(MAX_LAYERS + 1) {
        let path = blob(members, layer, &file, &mut faults)?;
        layers.push(LayerFile {
            path: members.path(&path).unwrap_or_default().to_owned(),
            packing: packing(layer["mediaType"].as_str().unwrap_or_default()),
        });
    }
    check_count(&layers, &config)?;
    Ok(Found {
        config,
        manifest: Some(digest),
        names,
        layers,
        faults,
    })
}

/// How a media type says that a layer is compressed.
fn packing(media_type: &str) -> Option<Packing> {
    let end = media_type.rsplit(['+', '.']).next().unwrap_or_default();
    match end {
        "gzip" => Some(Packing::Gzip),
        "zstd" => Some(Packing::Zstd),
        "tar" => Some(Packing::Plain),
        _ => None,
    }
}

/// The file that a description names by hash, which it has to have, as the size.
fn blob(
    members: &Members,
    description: &Value,
    file: &str,
    faults: &mut Vec<String>,
) -> Result<String, ManifestError> {
    let digest = description["digest"].as_str();
    let hash = digest.and_then(|digest| digest.strip_prefix("sha256:"));
    let hash =
        hash.filter(|hash| hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let hash = hash.ok_or_else(|| wrong(file, "digest"))?;
    let size = description["size"]
        .as_u64()
        .ok_or_else(|| wrong(file, "size"))?;
    let path = format!("blobs/sha256/{hash}");
    let (member, _) = named(members, "a description", &path)?;
    faults.extend(misnamed(&path, member));
    if member.size != size {
        faults.push(format!(
            "the file {path} has {} bytes, but {file} says {size}",
            member.size
        ));
    }
    Ok(path)
}
