//! What payloads say of the release: product, version, build, and the releases that are updated from.

use crate::base::diagnostic::Diagnostic;
use crate::base::value::{Value, py_str};
use crate::base::version::reported;
use crate::config::parameters::Parameters;
use crate::transform::{Context, Item, fields};

/// The product of the release, from the attribute `shipping_product`.
pub(super) fn product<'i>(item: &'i Item, field: &str) -> Result<&'i str, Diagnostic> {
    fields::get(item, &["attributes", "shipping_product"])
        .and_then(Value::as_str)
        .ok_or_else(|| {
            item.error_at(field, "the product of the release is unknown")
                .help("set the attribute `shipping_product`")
        })
}

/// The version of the release.
pub(super) fn version<'p>(
    params: &'p Parameters,
    item: &Item,
    field: &str,
) -> Result<&'p str, Diagnostic> {
    let version = params.get("version").and_then(Value::as_str);
    version.ok_or_else(|| {
        item.error_at(field, "the version of the release is unknown")
            .help("set the parameter `version`, as release promotion does")
    })
}

/// The number of the build: 1 if no parameter says another.
pub(super) fn build_number(params: &Parameters) -> Value {
    let number = params.get("build_number").cloned();
    number.unwrap_or_else(|| Value::from(1))
}

/// The [`reported`] version. A parameter `app_version` takes precedence.
pub(super) fn app_version(params: &Parameters, version: &str) -> String {
    if let Some(given) = params.get("app_version").and_then(Value::as_str) {
        return given.to_owned();
    }
    reported(version).to_owned()
}

/// The releases that partial updates start from, as the update server is told:
/// `91.0build2, 92.0b9build1`.
pub(super) fn partial_versions(params: &Parameters) -> String {
    let history = params.get("release_history").and_then(Value::as_object);
    let releases = history.into_iter().flatten().filter_map(|(version, info)| {
        let number = info.get("buildNumber")?;
        Some(format!("{version}build{}", py_str(number)))
    });
    releases.collect::<Vec<_>>().join(", ")
}

/// The tags of the release of these types: `buildN` for the build, `release` for the release.
pub(super) fn tags(
    context: &Context<'_>,
    item: &Item,
    field: &str,
    types: &[String],
) -> Result<Vec<String>, Diagnostic> {
    let params = context.params();
    let product = product(item, field)?.to_uppercase();
    let version = version(params, item, field)?.replace('.', "_");
    let build = py_str(&build_number(params));
    let stem = format!("{product}_{version}");
    let tags = [
        ("buildN", format!("{stem}_BUILD{build}")),
        ("release", format!("{stem}_RELEASE")),
    ];
    let wanted = tags.into_iter();
    let wanted = wanted.filter(|(name, _)| types.iter().any(|one| one == name));
    Ok(wanted.map(|(_, tag)| tag).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;
    use crate::config::test_support::params;

    #[test]
    fn programs_report_versions_without_suffixes() {
        let none = params(json!({}));
        for (version, reported) in [
            ("93.0b3", "93.0"),
            ("91.3.0esr", "91.3.0"),
            ("94.0", "94.0"),
            ("95.0a1", "95.0a1"),
        ] {
            assert_eq!(app_version(&none, version), reported);
        }
        let given = params(json!({"app_version": "1.2"}));
        assert_eq!(app_version(&given, "93.0b3"), "1.2");
    }

    #[test]
    fn earlier_releases_are_listed_as_they_were_given() {
        let history =
            json!({"92.0": {"buildNumber": 2}, "91.0.1": {"buildNumber": 1, "locales": []}});
        let given = params(json!({"release_history": history}));
        assert_eq!(partial_versions(&given), "92.0build2, 91.0.1build1");
        assert_eq!(partial_versions(&params(json!({}))), "");
    }
}
