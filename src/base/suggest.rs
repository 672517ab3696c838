//! "Did you mean …?"

/// The most typos in a name; long names with more differences are different names.
const MOST: usize = 4;

/// The candidate nearest to `word`, if one is near enough for `word` to be a likely typo.
///
/// Distance is the number of insertions, removals, replacements and swaps of neighbours; a third
/// of the word's length is allowed, and no more than four. Of equally near candidates, the first counts.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = word.chars().count().div_ceil(3).max(1);
    // A name that has nothing in common with the word is not a likely typo, however short both are.
    let longest = word.chars().count().saturating_sub(1);
    let allowed = allowed.min(longest).min(MOST);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let distance = strsim::osa_distance(word, candidate);
        let better = match best {
            None => true,
            Some((least, name)) => (distance, candidate) < (least, name),
        };
        if distance <= allowed && better {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, name)| name)
}

/// A sentence that suggests the nearest candidate, or else lists them all.
#[must_use]
pub fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(name) = nearest(word, candidates.clone()) {
        return format!("did you mean `{name}`?");
    }
    let mut all: Vec<&str> = candidates.into_iter().collect();
    all.sort_unstable();
    all.dedup();
    const LISTED: usize = 20;
    match all.len() {
        0 => "none are available".to_owned(),
        n if n <= LISTED => format!("available: {}", all.join(", ")),
        n => format!(
            "available: {}, … ({} more)",
            all[..LISTED].join(", "),
            n - LISTED
        ),
    }
}

/// As [`hint`], for what projects may also write in Python.
#[must_use]
pub fn hint_native<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    let known = hint(word, candidates.clone());
    match nearest(word, candidates) {
        Some(_) => known,
        None => format!("register it if the project defines it in Python; {known}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_names_are_suggested() {
        let names = ["description", "dependencies", "worker-type"];
        assert_eq!(nearest("descripton", names), Some("description"));
        assert_eq!(nearest("worker_type", names), Some("worker-type"));
        assert_eq!(nearest("frobnicate", names), None);
        // Two swapped neighbours are one typo.
        assert_eq!(nearest("ab", ["ba"]), Some("ba"));
        assert_eq!(hint("x", ["b", "a"]), "available: a, b");
        assert_eq!(
            hint_native("frobnicate", ["a"]),
            "register it if the project defines it in Python; available: a"
        );
        assert_eq!(hint("frobnicate", ["b", "a"]), "available: a, b");
    }
}
