//! The fetch type `git`: a revision of a git repository, as an archive.

use super::fetch_type::{FetchType, Fetched, UPLOADS};
use crate::base::diagnostic::Outcome;
use crate::base::value::{Object, Value, truthy};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::{Context, Item};

/// The type.
pub const TYPE: FetchType = FetchType {
    name: "git",
    doc: "a revision of a git repository, as an archive",
    schema: &SCHEMA,
    make,
};

static SCHEMA: Schema = Schema {
    name: "git",
    fields: &[
        required("type", Type::Literal(&["git"]), ""),
        required("repo", Type::Str, "the URL of the repository"),
        required("revision", Type::Str, "the full SHA-1 of the commit"),
        optional(
            "include-dot-git",
            Type::Bool,
            "whether the archive includes the folder `.git`",
        ),
        optional(
            "artifact-name",
            Type::Str,
            "the name of the artifact (default: the folder's name with `.tar.zst`)",
        ),
        optional(
            "path-prefix",
            Type::Str,
            "the folder in the archive (default: the last part of the URL)",
        ),
        optional(
            "ssh-key",
            Type::Str,
            "the name of the secret whose `ssh_privkey` is the SSH key for cloning",
        ),
    ],
    open: true,
    exclusive: &[],
};

fn make(_context: &Context<'_>, item: &Item, fetch: &Object) -> Outcome<Fetched> {
    let field = |key: &str| {
        let text = fetch.get(key).and_then(Value::as_str);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let repository = field("repo").unwrap_or_default();
    let revision = field("revision").unwrap_or_default();
    let digits = revision.bytes().take_while(u8::is_ascii_hexdigit).count();
    if digits < 40 {
        return Err(item
            .error_at(
                "fetch.revision",
                format!("the revision {revision:?} is not a full SHA-1"),
            )
            .help("use all 40 hexadecimal digits; branches and tags can move")
            .into());
    }
    let folder = field("path-prefix").unwrap_or_else(|| {
        let path = repository.trim_end_matches('/');
        path.rsplit('/').next().unwrap_or_default().to_owned()
    });
    let artifact_name = field("artifact-name").unwrap_or_else(|| format!("{folder}.tar.zst"));
    let mut command: Vec<String> = ["fetch-content", "git-checkout-archive", "--path-prefix"]
        .map(str::to_owned)
        .into();
    command.extend([
        folder.clone(),
        repository,
        revision.clone(),
        format!("{UPLOADS}/{artifact_name}"),
    ]);
    let secret = field("ssh-key");
    if let Some(secret) = &secret {
        command.extend(["--ssh-key-secret".to_owned(), secret.clone()]);
    }
    let mut inputs = vec![revision, folder, artifact_name.clone()];
    if fetch.get("include-dot-git").is_some_and(truthy) {
        command.push("--include-dot-git".to_owned());
        inputs.push(".git".to_owned());
    }
    Ok(Fetched {
        command,
        artifact_name,
        env: Object::new(),
        inputs,
        secret,
    })
}
