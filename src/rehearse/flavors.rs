//! The flavors that are rehearsed.

use crate::actions::proposal::{chain, of_first_product};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::suggest;
use crate::base::value::{Object, Value};
use crate::config::graph_config::GraphConfig;

/// Returns the flavors to rehearse.
pub fn flavors(config: &GraphConfig, requested: &[String]) -> Outcome<Vec<String>> {
    let section = config
        .get("release-promotion")
        .and_then(|section| section.get("flavors"));
    let none = Object::new();
    let all = section.and_then(Value::as_object).unwrap_or(&none);
    if all.is_empty() && !requested.is_empty() {
        return Err(
            Diagnostic::user("the graph config has no `release-promotion.flavors`")
                .help("pass no flavors to rehearse only the push")
                .into(),
        );
    }
    let mut wrong = Diagnostics::new();
    let named = requested.iter().flat_map(|requested| chain(requested));
    for name in named.filter(|name| !all.contains_key(name)) {
        wrong.push(
            Diagnostic::user(format!("unknown flavor `{name}`"))
                .help(suggest::hint(name, all.keys().map(|key| key.as_str()))),
        );
    }
    wrong.or_ok(())?;
    if !requested.is_empty() {
        return Ok(requested.to_vec());
    }
    Ok(of_first_product(config))
}

/// Returns a version before this one: with the last number decremented that is not 0.
pub fn previous_version(version: &str) -> String {
    let end = version.rfind(|c: char| c.is_ascii_digit() && c != '0');
    let Some(end) = end else {
        return "0.0".to_owned();
    };
    let digits = version[end + 1..]
        .chars()
        .take_while(char::is_ascii_digit)
        .count();
    let end = end + 1 + digits;
    let start = version[..end]
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .len();
    match version[start..end].parse::<u64>() {
        Ok(number) => format!(
            "{}{}{}",
            &version[..start],
            number.saturating_sub(1),
            &version[end..]
        ),
        Err(_) => "0.0".to_owned(),
    }
}
