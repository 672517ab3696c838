//! The fetch type `static-url`: one file whose content is known in advance.

use super::fetch_type::{FetchType, Fetched, UPLOADS};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::pyformat::{Scope, format as fill};
use crate::base::value::{Object, Value, py_str, truthy};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::{Context, Item, checks};

/// The type.
pub const TYPE: FetchType = FetchType {
    name: "static-url",
    doc: "one file whose SHA-256 and size are known",
    schema: &SCHEMA,
    make,
};

static GPG_SIGNATURE: Schema = Schema {
    name: "gpg-signature",
    fields: &[
        required(
            "sig-url",
            Type::Str,
            "the URL of the signature; `{url}` is replaced with the URL of the file",
        ),
        required(
            "key-path",
            Type::Str,
            "the file with the public keys, relative to the root of the repository",
        ),
    ],
    open: false,
    exclusive: &[],
};

static SCHEMA: Schema = Schema {
    name: "static-url",
    fields: &[
        required("type", Type::Literal(&["static-url"]), ""),
        required("url", Type::Str, "the URL of the file"),
        required("sha256", Type::Str, "the SHA-256 of the file"),
        required("size", Type::Int, "the size of the file in bytes"),
        optional(
            "gpg-signature",
            Type::Struct(&GPG_SIGNATURE),
            "the signature of the file",
        ),
        optional(
            "artifact-name",
            Type::Str,
            "the name of the artifact (default: the name of the file); if it has another extension, the file is repacked",
        ),
        optional(
            "strip-components",
            Type::Int,
            "the number of leading folders to remove from each path in the archive",
        ),
        optional(
            "add-prefix",
            Type::Str,
            "a prefix for each path in the archive",
        ),
        optional(
            "headers",
            Type::Map(&Type::Str),
            "HTTP headers of the request",
        ),
    ],
    open: true,
    exclusive: &[],
};

fn make(context: &Context<'_>, item: &Item, fetch: &Object) -> Outcome<Fetched> {
    checks::refuse_null(item, "fetch", fetch, &["gpg-signature", "headers"])?;
    let field = |key: &str| fetch.get(key).filter(|value| truthy(value)).map(py_str);
    let url = field("url").unwrap_or_default();
    let file_name = url.rsplit('/').next().unwrap_or_default();
    let artifact_name = field("artifact-name").unwrap_or_else(|| file_name.to_owned());

    let mut arguments = vec!["--sha256".to_owned(), field("sha256").unwrap_or_default()];
    let size = fetch.get("size").map(py_str).unwrap_or_default();
    arguments.extend(["--size".to_owned(), size]);
    for option in ["strip-components", "add-prefix"] {
        if let Some(value) = field(option) {
            arguments.extend([format!("--{option}"), value]);
        }
    }
    let mut command = vec!["fetch-content".to_owned(), "static-url".to_owned()];
    command.extend(arguments.iter().cloned());
    let mut env = Object::new();
    if let Some(signature) = fetch.get("gpg-signature") {
        let (url, key) = gpg(context, item, signature, &url)?;
        env.insert("FETCH_GPG_KEY", Value::from(key));
        command.extend(["--gpg-sig-url".to_owned(), url]);
        command.extend(["--gpg-key-env", "FETCH_GPG_KEY"].map(str::to_owned));
    }
    let headers = fetch.get("headers").and_then(Value::as_object);
    for (name, value) in headers.into_iter().flatten() {
        command.extend(["-H".to_owned(), format!("{name}:{}", py_str(value))]);
    }
    command.extend([url, format!("{UPLOADS}/{artifact_name}")]);
    // The signature is not an input: the SHA-256 already determines the content.
    let mut inputs = arguments;
    inputs.push(artifact_name.clone());
    Ok(Fetched {
        command,
        artifact_name,
        env,
        inputs,
        secret: None,
    })
}

/// The address of the signature, and the public keys.
fn gpg(
    context: &Context<'_>,
    item: &Item,
    signature: &Value,
    url: &str,
) -> Result<(String, String), Diagnostic> {
    let text = |key: &str| {
        signature
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let value = Value::from(url);
    let address =
        fill(text("sig-url"), &Scope::default().with("url", &value)).map_err(|error| {
            item.error_at("fetch.gpg-signature.sig-url", error.to_string())
                .help("use only `{url}`, the URL of the file, in braces")
        })?;
    let bad_key = |why: String| {
        item.error_at("fetch.gpg-signature.key-path", why)
            .help("set `key-path` to a text file with public keys, relative to the root of the repository")
    };
    let path = text("key-path");
    let bytes = context
        .project
        .files
        .read(path)
        .map_err(|error| bad_key(error.to_string()))?;
    let key =
        String::from_utf8(bytes).map_err(|_| bad_key(format!("{path:?} is not valid UTF-8")))?;
    // As Python reads texts.
    Ok((address, key.replace("\r\n", "\n").replace('\r', "\n")))
}
