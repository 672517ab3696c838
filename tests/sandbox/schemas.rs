//! Validates responses against the services' own schemas, if a folder with them is available.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Value, json};

struct Method {
    verb: String,
    route: Vec<String>,
    output: Option<String>,
}

pub struct Schemas {
    methods: Vec<(String, Method)>,
    validators: BTreeMap<String, jsonschema::Validator>,
    /// The schema of the body of `createTask`.
    pub definition: jsonschema::Validator,
    folder: PathBuf,
}

/// Returns the schemas, or `None` without a folder.
pub fn schemas() -> Option<&'static Schemas> {
    static SCHEMAS: OnceLock<Option<Schemas>> = OnceLock::new();
    SCHEMAS
        .get_or_init(|| match folder() {
            Some(folder) => Some(Schemas::read(&folder)),
            None => {
                eprintln!("skipped: there is no folder with Taskcluster's schemas");
                None
            }
        })
        .as_ref()
}

fn folder() -> Option<PathBuf> {
    let variable = std::env::var_os("SNOWMAN_SCHEMAS").map(PathBuf::from);
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    variable
        .into_iter()
        .chain(
            ["../shared/schemas", "../../shared/schemas"]
                .iter()
                .map(|part| here.join(part)),
        )
        .map(|folder| folder.join("taskcluster"))
        .find(|folder| folder.is_dir())
}

fn json_in(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

impl Schemas {
    fn read(folder: &Path) -> Schemas {
        let mut methods = Vec::new();
        let mut documents = BTreeMap::new();
        for service in ["queue", "index", "auth"] {
            let reference = json_in(&folder.join(format!("references/{service}/v1/api.json")));
            for entry in reference["entries"].as_array().unwrap() {
                let text = |name: &str| entry[name].as_str().map(str::to_owned);
                let output = text("output").map(|output| {
                    format!("json-schema:///{service}/{}", output.trim_end_matches('#'))
                });
                let route = text("route").unwrap();
                let route = route.split('/').skip(1).map(str::to_owned).collect();
                let verb = text("method").unwrap().to_uppercase();
                methods.push((
                    service.to_owned(),
                    Method {
                        verb,
                        route,
                        output,
                    },
                ));
            }
            for file in std::fs::read_dir(folder.join(format!("schemas/{service}/v1"))).unwrap() {
                let file = file.unwrap();
                let name = file.file_name().into_string().unwrap();
                let base = format!("json-schema:///{service}/v1/");
                documents.insert(
                    format!("{base}{name}"),
                    absolute(&json_in(&file.path()), &base),
                );
            }
        }
        let mut registry = jsonschema::Registry::new();
        for (uri, document) in &documents {
            registry = registry.add(uri.as_str(), document).unwrap();
        }
        let registry = registry.prepare().unwrap();
        let validator = |document: String| {
            jsonschema::options()
                .with_draft(jsonschema::Draft::Draft7)
                .with_registry(&registry)
                .should_validate_formats(true)
                .build(&json!({"$ref": document}))
                .unwrap()
        };
        let validators = methods
            .iter()
            .filter_map(|(_, method)| method.output.clone())
            .map(|output| (output.clone(), validator(output)))
            .collect();
        let definition = "json-schema:///queue/v1/create-task-request.json";
        Schemas {
            methods,
            validators,
            definition: validator(definition.to_owned()),
            folder: folder.to_owned(),
        }
    }

    /// The schema of the payloads of a worker, by its file.
    pub fn payload(&self, file: &str) -> jsonschema::Validator {
        let document = json_in(&self.folder.join("schemas").join(file));
        jsonschema::options()
            .with_draft(jsonschema::Draft::Draft7)
            .should_validate_formats(true)
            .build(&absolute(&document, ""))
            .unwrap()
    }

    /// The methods of the references that no request of the tests would find.
    pub fn routes(&self, service: &str) -> Vec<(String, String)> {
        let own = self.methods.iter().filter(|(other, _)| other == service);
        own.map(|(_, method)| (method.verb.clone(), format!("/{}", method.route.join("/"))))
            .collect()
    }

    /// Validates the response to a request.
    #[track_caller]
    pub fn check(&self, verb: &str, path: &str, body: &Value) {
        let path = path.split('?').next().unwrap();
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let ["api", service, "v1", rest @ ..] = parts.as_slice() else {
            return;
        };
        let found = self
            .methods
            .iter()
            .filter(|(other, method)| other == service && method.verb == verb)
            .find(|(_, method)| matches_route(&method.route, rest));
        let Some(output) = found.and_then(|(_, method)| method.output.as_ref()) else {
            return;
        };
        let problems: Vec<String> = self.validators[output]
            .iter_errors(body)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(problems.is_empty(), "{verb} {path}: {problems:#?}");
    }
}

fn matches_route(route: &[String], path: &[&str]) -> bool {
    match (route.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((part, route)), Some((given, path))) => {
            let parameter = part.starts_with('<');
            let open = part == "<name>" || part == "<taskQueueId>";
            (parameter || part == given)
                && (matches_route(route, path)
                    || (open && !path.is_empty() && matches_open_route(part, route, path)))
        }
        _ => false,
    }
}

fn matches_open_route(part: &str, route: &[String], path: &[&str]) -> bool {
    let again: Vec<String> = [part.to_owned()]
        .into_iter()
        .chain(route.iter().cloned())
        .collect();
    matches_route(&again, path)
}

/// Makes references absolute, so that documents need no `$id`.
fn absolute(value: &Value, base: &str) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| *name != "$id" && *name != "$schema")
            .map(|(name, value)| {
                let value = match (name.as_str(), value.as_str()) {
                    ("$ref", Some(target)) if !target.starts_with('#') => {
                        let target = target.trim_start_matches("./").trim_end_matches('#');
                        Value::String(format!("{base}{target}"))
                    }
                    _ => absolute(value, base),
                };
                (name.clone(), value)
            })
            .collect(),
        Value::Array(members) => members
            .iter()
            .map(|member| absolute(member, base))
            .collect(),
        other => other.clone(),
    }
}
