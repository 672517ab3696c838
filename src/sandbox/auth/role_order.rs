//! Whether roles grant each other in a circle, which the auth service refuses: with parameters, an expansion might
//! never end.
//!
//! A role depends on each role that one of its scopes may assume. For a scope with the parameter `<..>`, that is the
//! worst case: any text in its place.

use std::collections::{BTreeMap, BTreeSet};

const PARAMETER: &str = "<..>";

/// Checks roles, given by id with their scopes.
///
/// # Errors
/// The message of the auth service about a circle.
pub(crate) fn check_order<'r>(
    roles: impl Iterator<Item = (&'r str, &'r [String])>,
) -> Result<(), String> {
    let roles: BTreeMap<String, Vec<String>> = roles
        .map(|(id, scopes)| {
            let scopes = scopes
                .iter()
                .map(|scope| match scope.split_once(PARAMETER) {
                    Some((start, _)) if id.ends_with('*') => format!("{start}*"),
                    _ => scope.clone(),
                });
            (format!("assume:{id}"), scopes.collect())
        })
        .collect();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in roles.keys() {
        // The roles on the way, each with those that it leads to and that are still to be visited.
        let mut way: Vec<(&str, Vec<&str>)> = vec![(start, next(&roles, start))];
        while let Some((role, rest)) = way.last_mut() {
            let Some(after) = rest.pop() else {
                done.insert(role);
                way.pop();
                continue;
            };
            if let Some(at) = way.iter().position(|(role, _)| *role == after) {
                let circle = way.iter().skip(at).map(|(role, _)| *role);
                let circle: Vec<&str> = circle.chain([after]).collect();
                return Err(format!(
                    "Roles may not contain dependency cycles, found: '{}'",
                    circle.join("' -> '")
                ));
            }
            if !done.contains(after) {
                way.push((after, next(&roles, after)));
            }
        }
    }
    Ok(())
}

/// The roles that a role may assume.
fn next<'r>(roles: &'r BTreeMap<String, Vec<String>>, role: &str) -> Vec<&'r str> {
    let scopes = roles.get(role).map_or(&[][..], Vec::as_slice);
    let roles = roles.keys().map(String::as_str);
    roles
        .filter(|role| scopes.iter().any(|scope| overlap(scope, role)))
        .collect()
}

/// Whether a scope and the pattern of a role may be about the same.
fn overlap(scope: &str, pattern: &str) -> bool {
    match (scope.strip_suffix('*'), pattern.strip_suffix('*')) {
        (None, None) => scope == pattern,
        (Some(start), None) => pattern.starts_with(start),
        (None, Some(start)) => scope.starts_with(start),
        (Some(one), Some(other)) => one.starts_with(other) || other.starts_with(one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(roles: &[(&str, &[&str])]) -> Result<(), String> {
        let roles: Vec<(&str, Vec<String>)> = roles
            .iter()
            .map(|(id, scopes)| (*id, scopes.iter().map(|&scope| scope.to_owned()).collect()))
            .collect();
        check_order(roles.iter().map(|(id, scopes)| (*id, scopes.as_slice())))
    }

    #[test]
    fn a_chain_is_no_circle() {
        assert_eq!(
            check(&[
                ("a", &["assume:b", "x"]),
                ("b", &["assume:c*"]),
                ("c1", &["y"])
            ]),
            Ok(())
        );
        assert_eq!(
            check(&[("a*", &["queue:<..>"]), ("b", &["assume:a1"])]),
            Ok(())
        );
    }

    #[test]
    fn circles_are_found_however_long() {
        for roles in [
            &[("a", &["assume:a"][..])][..],
            &[("a", &["assume:b"]), ("b", &["x", "assume:a"])],
            &[
                ("a", &["assume:b*"]),
                ("bc", &["assume:d"]),
                ("d", &["assume:a"]),
            ],
            // Each expansion would be longer than the one before.
            &[("a*", &["assume:ab<..>"])],
            &[("a*", &["assume:<..>"])],
            // A scope that satisfies everything satisfies its own role.
            &[("a", &["*"])],
        ] {
            let error = check(roles).unwrap_err();
            assert!(
                error.starts_with("Roles may not contain dependency cycles, found: 'assume:"),
                "{error}"
            );
        }
    }
}
