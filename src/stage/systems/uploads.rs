//! What ordinary workers upload: files at paths that their payload names.

use crate::base::value::Value;

/// The name under which a payload uploads the file at a path; `None` if nothing uploads it.
pub fn name_of(payload: &Value, path: &str) -> Option<String> {
    let artifacts = &payload["artifacts"];
    let named = artifacts.as_object().into_iter().flatten();
    let named = named.map(|(name, value)| (name.as_str(), value));
    let listed = artifacts.as_array().into_iter().flatten();
    let listed = listed.map(|value| (value["name"].as_str().unwrap_or_default(), value));
    let mut found = named.chain(listed).filter_map(|(name, value)| {
        let own = value["path"].as_str()?.trim_end_matches('/');
        let rest = path.strip_prefix(own)?;
        match rest.strip_prefix('/') {
            Some(inner) if value["type"] == "directory" => Some(format!("{name}/{inner}")),
            None if rest.is_empty() && value["type"] != "directory" => Some(name.to_owned()),
            _ => None,
        }
    });
    found.next()
}

/// The task and the artifact that a payload fetches to a path; `None` if it fetches nothing there.
pub fn fetched(payload: &Value, path: &str) -> Option<(String, String)> {
    let list = payload["env"]["MOZ_FETCHES"].as_str()?;
    let list: Value = crate::base::json::read("MOZ_FETCHES", list.as_bytes()).ok()?;
    let folder = payload["env"]["MOZ_FETCHES_DIR"].as_str();
    let folder = folder.unwrap_or("fetches").trim_end_matches('/');
    let folder = folder.trim_start_matches("/builds/worker/");
    let inner = path.strip_prefix(&format!("/builds/worker/{folder}/"))?;
    let fetches = list.as_array().into_iter().flatten();
    let mut found = fetches.filter_map(|fetch| {
        let artifact = fetch["artifact"].as_str()?;
        let file = artifact.rsplit('/').next()?;
        let at = match fetch["dest"].as_str().map(|dest| dest.trim_matches('/')) {
            None | Some("") => file.to_owned(),
            Some(dest) => format!("{dest}/{file}"),
        };
        let task = fetch["task"].as_str()?;
        (at == inner).then(|| (task.to_owned(), artifact.to_owned()))
    });
    found.next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    #[test]
    fn files_have_the_names_that_the_payload_gives_them() {
        let named = json!({"artifacts": {
            "releng/partner": {"type": "directory", "path": "/builds/worker/artifacts/"},
            "public/a.txt": {"type": "file", "path": "/tmp/a"},
        }});
        let name = |payload: &Value, path: &str| name_of(payload, path);
        let known = Some("releng/partner/a/b.zip".to_owned());
        assert_eq!(name(&named, "/builds/worker/artifacts/a/b.zip"), known);
        assert_eq!(name(&named, "/tmp/a"), Some("public/a.txt".to_owned()));
        assert_eq!(name(&named, "/tmp/a/b"), None);
        assert_eq!(name(&named, "/builds/worker/artifacts-2/a"), None);
        let listed =
            json!({"artifacts": [{"name": "public", "type": "directory", "path": "/out"}]});
        assert_eq!(name(&listed, "/out/a"), Some("public/a".to_owned()));
    }

    #[test]
    fn fetches_are_found_by_their_places() {
        let fetches = json!([
            {"artifact": "public/build/de/target.installer.exe", "dest": "win64/de", "task": "one"},
            {"artifact": "public/build/target.dmg", "task": "two"},
        ]);
        let payload =
            json!({"env": {"MOZ_FETCHES": (fetches.to_string()), "MOZ_FETCHES_DIR": "fetches"}});
        let at = |path: &str| fetched(&payload, path).map(|(task, _)| task);
        let one = "/builds/worker/fetches/win64/de/target.installer.exe";
        assert_eq!(at(one), Some("one".to_owned()));
        assert_eq!(
            at("/builds/worker/fetches/target.dmg"),
            Some("two".to_owned())
        );
        assert_eq!(at("/builds/worker/fetches/win64/target.dmg"), None);
        assert_eq!(at("/elsewhere/target.dmg"), None);
    }
}
